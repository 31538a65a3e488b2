"""The life of an application: every step that is allowed, and the only function that takes one."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.history import update_tracked
from loans.models import Application
from loans.models import ApplicationStatus as S

ALLOWED: dict[S, frozenset[S]] = {
    S.DRAFT: frozenset({S.SUBMITTED, S.WITHDRAWN}),
    S.SUBMITTED: frozenset({S.REFERRED, S.SECOND_APPROVAL, S.OFFERED, S.DECLINED, S.WITHDRAWN}),
    S.REFERRED: frozenset({S.SECOND_APPROVAL, S.OFFERED, S.DECLINED, S.WITHDRAWN}),
    S.SECOND_APPROVAL: frozenset({S.OFFERED, S.REFERRED, S.WITHDRAWN}),
    S.OFFERED: frozenset({S.ACCEPTED, S.EXPIRED, S.WITHDRAWN}),
    S.ACCEPTED: frozenset(),
    S.DECLINED: frozenset(),
    S.WITHDRAWN: frozenset(),
    S.EXPIRED: frozenset(),
}


class ApplicationStepRefused(DomainError):
    """The application is in a state from which this step does not lead on."""

    code = "application_step_refused"
    message = _("Application %(number)s is “%(status)s”: it cannot become “%(to)s”.")


def advance(application: Application, to: S, **changes: Any) -> Application:
    """Move ``application`` (locked or just made by the caller) to ``to`` and write ``changes`` with it.

    Raises ApplicationStepRefused. The history row is written with it.
    """
    require(application, to)
    application.status = to
    for name, value in changes.items():
        setattr(application, name, value)
    update_tracked(application, ("status", *changes))
    return application


def require(application: Application, to: S) -> None:
    """Raise ApplicationStepRefused unless the step to ``to`` is allowed now."""
    if to not in ALLOWED[S(application.status)]:
        raise ApplicationStepRefused(
            number=application.number,
            status=application.get_status_display(),
            to=to.label,
            current_status=application.status,
            allowed=sorted(ALLOWED[S(application.status)]),
        )
