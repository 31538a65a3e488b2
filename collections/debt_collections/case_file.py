"""Everything one page shows of a case, read in a fixed number of queries: who, how much, may we call, what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from borrowers.models import ContactKind, ContactPoint
from core.money import ZERO
from core.rules import rule
from core.together import Reading, read_together
from debt_collections import guarding, promises, queries
from debt_collections.models import Case, Channel, ContactAttempt, Promise, PromiseStatus, Reason, Status
from debt_collections.strategy import Evidence, NextAction, next_action, suggest_reason
from debt_collections.timeline import Line, happened, story
from loans.account.account import Account, age
from loans.account.changes.base import EventImpossible
from loans.account.changes.extending import Extended
from loans.account.parts import Parts
from loans.account.replay import apply
from loans.acts.kinds.extending import days_that_cure
from loans.bookkeeping import positions
from loans.models import Instalment, Loan, LoanPosition, LoanStatus
from staff.models import User

LOANS_SHOWN = 5
CONTACTS_READ = 60

ACTION_WORDS: dict[NextAction, str | LazyText] = {
    NextAction.WAIT: _("Wait"),
    NextAction.CHECK_PROMISE: _("Promise due: ask for the payment"),
    NextAction.FIND_CONTACT: _("Find a working number"),
    NextAction.ANSWER_DISPUTE: _("Answer the dispute"),
    NextAction.OFFER_EXTENSION: _("Offer more time"),
    NextAction.REMIND: _("Remind"),
    NextAction.CALL: _("Call and agree on a day"),
    NextAction.DEMAND: _("Send the demand letter"),
    NextAction.PROPOSE_WRITE_OFF: _("Consider a write-off"),
    NextAction.RECOVER: _("Recover after write-off"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed(Parts):
    """What is overdue, by part, and what has to be paid today and tomorrow to be up to date."""

    to_recover: Decimal = ZERO
    today: Decimal = ZERO
    tomorrow: Decimal = ZERO

    @property
    def overdue(self) -> Decimal:
        return self.total + self.to_recover


@dataclass(frozen=True, slots=True)
class LoanLine:
    """One loan of the borrower with the extension that would cure it, where one can."""

    position: LoanPosition
    owed: Decimal
    extension_days: int | None
    extension_cost: Decimal | None

    @property
    def is_active(self) -> bool:
        return self.position.status == LoanStatus.ACTIVE

    @property
    def is_late(self) -> bool:
        return self.is_active and self.position.bucket != "C"


@dataclass(frozen=True)
class CaseFile:
    case: Case
    loans: list[LoanLine]
    owed: Owed
    points: list[ContactPoint]
    phone: ContactPoint | None
    guard: guarding.Guard
    promise: Promise | None
    promised: list[Promise]
    promise_received: Decimal
    next_action: str | LazyText
    suggested_reason: str | LazyText
    suggested_by: int
    story: list[Line]
    taken_by: User | None

    @property
    def reason(self) -> str | LazyText:
        """What people judged; until then what the evidence suggests."""
        judged = self.case.reason != Reason.UNKNOWN
        return Reason(self.case.reason).label if judged else self.suggested_reason


def case_file(case: Case, *, person: User, now: datetime, on: date) -> CaseFile:
    """The whole file of ``case`` as ``person`` sees it at ``now``."""
    known: _Known
    known, beside = read_together(_known(case), happened(case))
    points, contacts, promised = known.points, known.contacts, known.promised
    phone = next((p for p in points if p.kind == ContactKind.MOBILE and p.is_usable), None)
    pending = next((p for p in promised if p.status == PromiseStatus.PENDING), None)
    evidence = _evidence(case, contacts, points, pending)
    actions = rule("collections_actions", on)
    suggestion = suggest_reason(evidence, failed_in_a_row=actions["failed_in_a_row"])
    action = next_action(evidence, on=on, stage_actions=actions["by_stage"], failed_in_a_row=actions["failed_in_a_row"])
    late = known.late
    accounts = _accounts(late)
    return CaseFile(
        case=case,
        loans=[_loan_line(position, accounts.get(position.loan_id), on) for position in late],
        owed=_owed(late, accounts.values(), on),
        points=points,
        phone=phone,
        guard=guarding.guard(case.borrower, phone, channel=Channel.CALL, now=now, on=on),
        promise=pending,
        promised=promised,
        promise_received=promises.received_so_far(pending, on) if pending else ZERO,
        next_action=ACTION_WORDS[action],
        suggested_reason=Reason(suggestion.reason).label,
        suggested_by=suggestion.facts,
        story=story(case, beside, contacts=contacts, promised=promised),
        taken_by=case.claimed_by if case.is_claimed_by_other(person, now) else None,
    )


@dataclass(frozen=True)
class _Known:
    points: list[ContactPoint]
    contacts: list[ContactAttempt]
    promised: list[Promise]
    late: list[LoanPosition]


def _known(case: Case) -> Reading[_Known]:
    return Reading(
        (
            case.borrower.contact_points.order_by("-is_primary", "kind", "id"),
            case.contacts.select_related("by", "contact_point").order_by("-at", "-id")[:CONTACTS_READ],
            case.promises.select_related("taken_by", "loan").order_by("-id"),
            queries.late_positions(case.borrower_id)[:LOANS_SHOWN],
        ),
        _Known,
    )


def _accounts(late: Iterable[LoanPosition]) -> dict[int, Account]:
    """The account of each loan that runs, by its id."""
    running = [position for position in late if position.status == LoanStatus.ACTIVE]
    rows: dict[int, list[Instalment]] = {position.loan_id: [] for position in running}
    for row in Instalment.objects.filter(loan__in=rows, superseded_on__isnull=True).order_by("loan_id", "number"):
        rows[row.loan_id].append(row)
    return {p.loan_id: positions.load_from(p.loan, p, rows[p.loan_id]) for p in running}


def _evidence(
    case: Case, contacts: list[ContactAttempt], points: list[ContactPoint], pending: Promise | None
) -> Evidence:
    return Evidence(
        stage=case.stage,
        outcomes=[contact.outcome for contact in contacts],
        broken_promises=case.broken_promises,
        promise_due_on=pending.due_on if pending else None,
        on_hold=case.status == Status.HOLD,
        dialable_numbers=sum(1 for p in points if p.kind == ContactKind.MOBILE and p.is_usable),
    )


def _cure(loan: Loan, account: Account, days: int, on: date) -> tuple[int | None, Decimal | None]:
    """An extension of ``days`` and what it costs; nothing to offer where the loan's terms do not allow it."""
    wanted = Extended(on=on, days=days, annual_rate=loan.annual_rate, terms=loan.terms())
    try:
        return days, apply(account, wanted)[1].effect.figures["interest_added"]
    except EventImpossible:
        return None, None


def _loan_line(position: LoanPosition, account: Account | None, on: date) -> LoanLine:
    days, cost = None, None
    if account is not None and position.bucket != "C":
        days = days_that_cure(position.loan, account, on)
        if days is not None:
            days, cost = _cure(position.loan, account, days, max(on, account.as_of))
    return LoanLine(position, queries.owed_on(position), days, cost)


def _owed(late: list[LoanPosition], accounts: Iterable[Account], on: date) -> Owed:
    active = [position for position in late if position.status == LoanStatus.ACTIVE]
    written_off = [position for position in late if position.status == LoanStatus.WRITTEN_OFF]
    held = list(accounts)
    to_recover = sum((queries.owed_on(position) for position in written_off), ZERO)
    return Owed(
        principal=sum((position.overdue_principal for position in active), ZERO),
        interest=sum((position.overdue_interest for position in active), ZERO),
        fee=sum((position.overdue_fee for position in active), ZERO),
        late_interest=sum((position.late_interest_receivable for position in active), ZERO),
        to_recover=to_recover,
        today=to_recover + sum((_due_by(account, on) for account in held), ZERO),
        tomorrow=to_recover + sum((_due_by(account, on + timedelta(days=1)) for account in held), ZERO),
    )


def _due_by(account: Account, day: date) -> Decimal:
    """What must be paid for nothing to be open on ``day``, late interest up to that day included."""
    return sum((row.owed for row in age(account, day).instalments if row.due_on <= day), ZERO)
