"""The states of an application and the steps between them."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.lifecycle import Lifecycle
from loans.models import Application
from loans.models import ApplicationStatus as S


class ApplicationStepRefused(DomainError):
    """The application is in a state from which this step does not lead on."""

    code = "application_step_refused"
    message = _("Application %(number)s is “%(status)s”: it cannot become “%(to)s”.")


APPLICATIONS = Lifecycle(
    model=Application,
    states=S,
    begins=frozenset({S.DRAFT, S.SUBMITTED}),
    steps={
        S.DRAFT: frozenset({S.SUBMITTED, S.WITHDRAWN}),
        S.SUBMITTED: frozenset({S.REFERRED, S.SECOND_APPROVAL, S.OFFERED, S.DECLINED, S.WITHDRAWN}),
        S.REFERRED: frozenset({S.SECOND_APPROVAL, S.OFFERED, S.DECLINED, S.WITHDRAWN}),
        S.SECOND_APPROVAL: frozenset({S.OFFERED, S.REFERRED, S.WITHDRAWN}),
        S.OFFERED: frozenset({S.ACCEPTED, S.EXPIRED, S.WITHDRAWN}),
        S.ACCEPTED: frozenset(),
        S.DECLINED: frozenset(),
        S.WITHDRAWN: frozenset(),
        S.EXPIRED: frozenset(),
    },
    step_refused=ApplicationStepRefused,
)

require_step = APPLICATIONS.require_step
advance = APPLICATIONS.advance
