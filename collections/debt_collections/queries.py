"""Reads of collections: the queue as rows to work through, what a borrower owes, who can be given work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict

from django.contrib.auth.models import Permission
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from core.currencies import by_currency
from core.money import ZERO
from core.pages import head_of
from core.rules import rule_versions
from core.together import Reading
from debt_collections.models import (
    Case,
    CaseEvent,
    ContactAttempt,
    EventKind,
    Promise,
    PromiseStatus,
    mine_and_nobodys,
)
from debt_collections.strategy import RECOVERY
from loans.models import LoanPosition, LoanStatus
from staff.models import User
from staff.visibility import Kind, Reach, seen


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What the queue shows. ``whose``: mine (or nobody's) | assigned | all | escalated; ``order``: see ORDERS."""

    whose: str = "mine"
    stage: str = ""
    status: str = ""
    least_amount: Decimal | None = None
    order: str = "priority"


ORDERS = {
    "priority": ("-priority", "-id"),
    "amount": ("-amount_step", "-overdue_amount", "-id"),  # the step is what an index knows
    "days": ("late_since", "id"),
}

_SEES_CASES = frozenset({Reach.EVERYTHING, Reach.ASSIGNED})


def queue(chosen: QueueFilter, *, person: User) -> QuerySet[Case]:
    """Open cases of the filter, each with the last outcome and the pending promise, in one query."""
    cases = Case.objects.open() if person.reaches & _SEES_CASES else Case.objects.none()
    parts = parts_of_queue(chosen, person=person)
    if parts:
        mine, nobodys = parts
        cases = cases.filter(mine | nobodys)
    if chosen.whose == "assigned":
        cases = cases.filter(assigned_to=person)
    elif chosen.whose == "escalated":
        cases = cases.filter(escalated_at__isnull=False)
    if chosen.stage:
        cases = cases.filter(stage=chosen.stage)
    if chosen.status:
        cases = cases.filter(status=chosen.status)
    if chosen.least_amount is not None:
        cases = cases.filter(overdue_amount__gte=chosen.least_amount)
    return _with_story(cases)


def parts_of_queue(chosen: QueueFilter, *, person: User) -> Sequence[Q]:
    """What the queue is made of, where it is made of two (``core.pages.page_of``): theirs and nobody's are also all that
    whoever does not see everything sees, whatever they choose."""
    return mine_and_nobodys(person) if chosen.whose == "mine" or not person.sees_everything else ()


def _with_story(cases: QuerySet[Case]) -> QuerySet[Case]:
    last = ContactAttempt.objects.filter(case=OuterRef("pk")).order_by("-at")
    promise = Promise.objects.filter(case=OuterRef("pk")).exclude(status=PromiseStatus.CANCELLED).order_by("-id")
    return cases.select_related("borrower", "assigned_to", "claimed_by").annotate(
        last_outcome=Subquery(last.values("outcome")[:1]),
        last_contact_at=Subquery(last.values("at")[:1]),
        promise_status=Subquery(promise.values("status")[:1]),
        promise_due_on=Subquery(promise.values("due_on")[:1]),
        promise_judged_on=Subquery(promise.values("judged_on")[:1]),
    )


def worked_today(person: User, *, now: datetime) -> int:
    """Cases this person logged a contact on since midnight."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    done = ContactAttempt.objects.filter(by=person, at__gte=midnight)
    return int(done.aggregate(cases=Count("case_id", distinct=True))["cases"])


def stages() -> Reading[list[str]]:
    """Stages that have open cases, for the filter: each is looked for, as counting them all would read every case."""
    buckets = {name for _from, data in rule_versions("arrears_buckets") for name, _first_day in data["buckets"]}
    known = sorted({*buckets, RECOVERY})
    return Reading(
        tuple(
            Case.objects.open().filter(stage=stage).order_by().values_list("stage", flat=True)[:1] for stage in known
        ),
        lambda *found: [stage for stages in found for stage in stages],
    )


def case_by_public_id(public_id: str) -> Case | None:
    cases = Case.objects.select_related("borrower", "assigned_to", "claimed_by")
    return cases.filter(public_id=public_id).first()


def late_positions(borrower_id: int) -> QuerySet[LoanPosition]:
    """Every loan of the borrower that still asks for money, the most overdue first."""
    positions = LoanPosition.objects.filter(
        Q(status=LoanStatus.ACTIVE) | Q(status=LoanStatus.WRITTEN_OFF, written_off_amount__gt=F("recovered")),
        borrower_id=borrower_id,
    )
    return positions.select_related("loan__product_version__product").order_by("-days_past_due", "loan_id")


def owed_on(position: LoanPosition) -> Decimal:
    """Everything a promise may be about: all that is outstanding, or what a write-off left to recover."""
    if position.status == LoanStatus.WRITTEN_OFF:
        return position.written_off_amount - position.recovered
    return Decimal(position.outstanding_total)


def owed_in_all(borrower_id: int, *, loan_id: int | None = None) -> Decimal:
    positions = [p for p in late_positions(borrower_id) if loan_id in (None, p.loan_id)]
    return sum((owed_on(position) for position in positions), ZERO)


def collectors() -> QuerySet[User]:
    """People who may be given cases."""
    right = Permission.objects.filter(codename="work_case", content_type__app_label="collections")
    by_role = User.objects.filter(groups__permissions__in=right)
    return User.objects.filter(is_active=True, pk__in=by_role.values("pk")).order_by("display_name", "username")


def promise_list(
    *, seen_by: User, status: str = "", due_on: date | None = None, person: User | None = None
) -> QuerySet[Promise]:
    """Promises with their case and borrower, of the cases that ``seen_by`` sees; ``person`` limits to those this person
    took. Read them by ``parts_of_promises``."""
    promises = promises_seen(seen_by).select_related("case__borrower", "taken_by", "loan")
    if status:
        promises = promises.filter(status=status)
    if due_on is not None:
        promises = promises.filter(due_on=due_on)
    if person is not None:
        promises = promises.filter(taken_by=person)
    return promises


def promises_seen(person: User) -> QuerySet[Promise]:
    """The promises of the cases that the person sees."""
    if not person.reaches & _SEES_CASES:
        return Promise.objects.none()
    parts = parts_of_promises(person)
    return Promise.objects.filter(parts[0] | parts[1]) if parts else Promise.objects.all()


def parts_of_promises(person: User) -> Sequence[Q]:
    """What the list of promises is made of for whoever does not see everything (``core.pages.page_of``): those of their
    cases and those of nobody's open ones, each found from its cases and not among the promises of everybody."""
    if person.sees_everything:
        return ()
    return Q(case__assigned_to=person), Q(case__assigned_to__isnull=True, case__closed_on__isnull=True)


class PromiseTotals(TypedDict):
    """How many promises fall due and their sum by currency; how many of the newest thirty judged were kept."""

    due: int
    due_amount: dict[str, Decimal]
    judged: int
    kept: int


def promise_totals(on: date, *, seen_by: User) -> PromiseTotals:
    """Today's promises that the person sees: due, their sum, and how the last thirty judged turned out."""
    due = promises_seen(seen_by).filter(status=PromiseStatus.PENDING, due_on__lte=on)
    by_market = list(
        due.order_by().values_list("case__borrower__market").annotate(count=Count("pk"), total=Sum("amount"))
    )
    judged = promises_seen(seen_by).filter(status__in=[PromiseStatus.KEPT, PromiseStatus.BROKEN])
    judged = judged.order_by("-judged_on", "-id")
    recent = list(head_of(judged, 30, parts=parts_of_promises(seen_by)).values_list("status", flat=True))
    return {
        "due": sum(count for _market, count, _total in by_market),
        "due_amount": by_currency((market, total) for market, _count, total in by_market),
        "judged": len(recent),
        "kept": recent.count(PromiseStatus.KEPT),
    }


def moves_of(case: Case) -> QuerySet[CaseEvent]:
    """The stages the case went through, oldest first."""
    kinds = [EventKind.OPENED, EventKind.MOVED, EventKind.CLOSED]
    return case.events.filter(kind__in=kinds).order_by("on", "id")


def earlier_cases(case: Case, *, seen_by: User) -> QuerySet[Case]:
    others = Case.objects.filter(borrower_id=case.borrower_id).exclude(pk=case.pk)
    return seen(others, seen_by, Kind.CASE).order_by("-opened_on")[:10]
