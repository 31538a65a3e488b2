"""The life of a case: one table of steps and the one function that takes them.

open ⇄ promised      a promise is taken, then kept, broken or cancelled
open | promised → hold → open      collection rests for a reason, until a day
anything open → closed      only the review closes, when nothing is overdue; a new delay opens a new case
"""

from __future__ import annotations

from datetime import date, datetime, time

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.deciding import same_account
from core.errors import DomainError, NotAllowed, NotFound
from core.lifecycle import Lifecycle
from debt_collections.models import Case, CaseEvent, EventKind, Status
from staff.models import User


class CaseNotFound(NotFound):
    code = "case_not_found"
    message = _("This case does not exist.")


class CaseClosed(DomainError):
    code = "case_closed"
    message = _("This case is closed: nothing is overdue any more.")


class CaseOfAnother(NotAllowed):
    """A case given to somebody is put to rest by them or by who gives cases out."""

    code = "case_of_another"
    message = _("This case is given to %(person)s. Only they or the team lead do this; ask the lead to hand it over.")


class StepNotAllowed(DomainError):
    code = "case_step_not_allowed"
    message = _("A case that is %(status)s cannot become %(to)s.")


CASES = Lifecycle(
    model=Case,
    states=Status,
    begins=frozenset({Status.OPEN}),
    steps={
        Status.OPEN: frozenset({Status.PROMISED, Status.HOLD, Status.CLOSED}),
        Status.PROMISED: frozenset({Status.OPEN, Status.HOLD, Status.CLOSED}),
        Status.HOLD: frozenset({Status.OPEN, Status.CLOSED}),
        Status.CLOSED: frozenset(),
    },
    step_refused=StepNotAllowed,
    not_in_state=CaseClosed,
    named_by="public_id",
)


def locked(case_id: int) -> Case:
    """The case, locked for the running transaction. Raises CaseNotFound."""
    case = Case.objects.select_for_update(of=("self",)).filter(pk=case_id).first()
    if case is None:
        raise CaseNotFound()
    return case


def locked_open(case_id: int) -> Case:
    """The same, refusing a closed case. Raises CaseClosed."""
    case = locked(case_id)
    CASES.require(case, Status.OPEN, Status.PROMISED, Status.HOLD)
    return case


def in_hand(case_id: int, by: User) -> Case:
    """An open case that ``by`` may act on: theirs, nobody's, or they give cases out. Raises CaseClosed, CaseOfAnother."""
    case = locked_open(case_id)
    require_in_hand(case, by)
    return case


def require_in_hand(case: Case, by: User) -> None:
    """Raises CaseOfAnother."""
    free = case.assigned_to_id is None or same_account(case.assigned_to_id, by.pk)
    if not free and not by.has_perm("collections.assign_case"):
        raise CaseOfAnother(person=str(case.assigned_to))


def advance(case: Case, to: Status, *, on: date, by: User | None = None, note: str = "", **columns: object) -> None:
    """Take one step and tell it; ``columns`` belong to the step. The end of a rest forgets its reason and its day.

    Raises StepNotAllowed.
    """
    before = Status(case.status)
    if before == Status.HOLD:
        columns = {"hold_reason": "", "hold_until": None, **columns}
    CASES.advance(case, to, reason=note, **columns)
    tell(case, EventKind.STATUS, on=on, by=by, before=before, after=to, note=note)


def tell(
    case: Case,
    kind: EventKind,
    *,
    on: date,
    by: User | None = None,
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
