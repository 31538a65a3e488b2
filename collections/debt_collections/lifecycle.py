"""The life of a case: one table of steps and the one function that takes them.

open ⇄ promised      a promise is taken, then kept, broken or cancelled
open | promised → hold → open      collection rests for a reason, until a day
anything open → closed      only the review closes, when nothing is overdue; a new delay opens a new case
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, NotFound
from debt_collections.models import Case, CaseEvent, EventKind, Status

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.OPEN: frozenset({Status.PROMISED, Status.HOLD, Status.CLOSED}),
    Status.PROMISED: frozenset({Status.OPEN, Status.HOLD, Status.CLOSED}),
    Status.HOLD: frozenset({Status.OPEN, Status.CLOSED}),
    Status.CLOSED: frozenset(),
}


class CaseNotFound(NotFound):
    code = "case_not_found"
    message = _("This case does not exist.")


class CaseClosed(DomainError):
    code = "case_closed"
    message = _("This case is closed: nothing is overdue any more.")


class StepNotAllowed(DomainError):
    code = "case_step_not_allowed"
    message = _("A case that is %(before)s cannot become %(after)s.")


def locked(case_id: int) -> Case:
    """The case, locked for the running transaction. Raises CaseNotFound."""
    case = Case.objects.select_for_update(of=("self",)).filter(pk=case_id).first()
    if case is None:
        raise CaseNotFound()
    return case


def locked_open(case_id: int) -> Case:
    """The same, refusing a closed case. Raises CaseClosed."""
    case = locked(case_id)
    if not case.is_open:
        raise CaseClosed()
    return case


def advance(case: Case, to: Status, *, on: date, by: Any = None, note: str = "", **changes: Any) -> None:
    """Take one step of the table and tell it; ``changes`` are fields that belong to the step. Raises StepNotAllowed."""
    before = Status(case.status)
    if to not in TRANSITIONS[before]:
        raise StepNotAllowed(before=before.label, after=to.label)
    case.status = to
    if before == Status.HOLD:
        case.hold_reason, case.hold_until = "", None
    for name, value in changes.items():
        setattr(case, name, value)
    case.save()
    tell(case, EventKind.STATUS, on=on, by=by, before=before, after=to, note=note)


def tell(
    case: Case,
    kind: EventKind,
    *,
    on: date,
    by: Any = None,
    before: str = "",
    after: str = "",
    note: str = "",
    at: datetime | None = None,
) -> CaseEvent:
    """Append one line to the story of the case."""
    moment = {} if at is None else {"at": at}
    return CaseEvent.objects.create(case=case, kind=kind, on=on, by=by, before=before, after=after, note=note, **moment)


def start_of(day: date) -> datetime:
    """The first moment of a day in the office's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))
