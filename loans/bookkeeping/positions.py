"""The one writer of positions and of the paid columns of instalments (its set-based twin is ``loans.night.closing``).

``load`` makes an ``Account`` of the stored rows, ``store`` writes one back with its accruals, transitions and reading.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from core import partitions, rows, sending
from core.money import ZERO, round_money
from core.rules import rule
from loans.account.account import Account, ChargeOff, InstalmentState, Suspended, WriteOff
from loans.account.arrears import Steps, arrears, step_of
from loans.account.interest import Hold, Stops
from loans.account.late_interest import LateRate
from loans.account.suspense import suspended
from loans.bookkeeping.accruing import accrue, booked
from loans.events.stored import order_of
from loans.models import Instalment, Loan, LoanPosition, LoanStatus, LoanTransition, RiskClass
from loans.schedules.due_dates import periods
from loans.schedules.earning import STRAIGHT, Curve
from loans.schedules.plan import Plan, plan_of
from loans.schedules.plan_record import as_json, from_json
from loans.schedules.schedule import Schedule, ScheduledInstalment
from loans.schedules.terms import RateStep

SIGNED = ("starts_on", "due_on", "principal", "interest", "fee")
AGREED = (*SIGNED, "agreed_on")
MOVING = (
    "late_interest",
    "principal_paid",
    "interest_paid",
    "fee_paid",
    "late_interest_paid",
    "settled_on",
)
_CURRENT_ROWS = (
    f"SELECT number, curve, {', '.join(AGREED + MOVING)} FROM loans_instalment "
    "WHERE loan_id = %s AND superseded_on IS NULL ORDER BY number"
)


def bucket_steps(on: date) -> Steps:
    """Buckets in force on ``on`` as (name, first day past due)."""
    return [(name, first_day) for name, first_day in rule("arrears_buckets", on)["buckets"]]


def class_steps(on: date) -> Steps:
    """Risk classes in force on ``on`` as (name, first day past due)."""
    return [(name, first_day) for name, first_day in rule("risk_classes", on)["floors"]]


def suspense_from(on: date) -> int | None:
    """Days past due from which interest is no income on ``on``, by the rule ``interest_suspense``; None for never."""
    return dict(class_steps(on)).get(rule("interest_suspense", on)["from_class"])


def suspended_of(account: Account) -> Suspended:
    """The interest of ``account`` that is not income, by the rule in force on the day it stands at."""
    return suspended(account, suspense_from(account.as_of))


def locked(loan_id: int) -> LoanPosition:
    """The position, held until the transaction ends; the loan row is locked before it."""
    position = rows.first(LoanPosition, "WHERE loan_id = %s FOR NO KEY UPDATE", [loan_id])
    if position is None:
        raise LoanPosition.DoesNotExist(f"Loan {loan_id} has no position.")
    return position


def locked_with_loan(loan_id: int) -> tuple[Loan, LoanPosition | None]:
    """The loan and its position, the loan held first, by one statement; no position where the loan has none yet."""
    loan = rows.first_joined(Loan, ("position",), "WHERE t0.id = %s FOR NO KEY UPDATE OF t0, t1", [loan_id])
    return (Loan.objects.locked(loan_id), None) if loan is None else (loan, loan.position)


def load(loan: Loan, position: LoanPosition) -> Account:
    """The account as stored."""
    return _loaded(loan, position, _current_rows(loan.pk))


def _loaded(loan: Loan, position: LoanPosition, states: Iterable[InstalmentState]) -> Account:
    plan = from_json(position.plan, loan.terms(), loan.servicing_terms()) if position.plan is not None else None
    return _account(loan, states, as_of=position.as_of, position=position, plan=plan)


def load_from(loan: Loan, position: LoanPosition, rows: Iterable[Instalment]) -> Account:
    """The account of ``load`` from ``rows``, the current schedule, where it has been read already."""
    states = [
        InstalmentState(
            row.number, **{name: getattr(row, name) for name in AGREED + MOVING}, curve=curve_from_json(row.curve)
        )
        for row in rows
    ]
    return _loaded(loan, position, states)


def load_as_agreed(loan: Loan) -> Account:
    """The account as it was on the day of disbursement: the first schedule, nothing paid."""
    return agreed_account(loan, Instalment.objects.filter(loan=loan, version=1).order_by("number"))


def agreed_account(loan: Loan, rows: Iterable[Instalment]) -> Account:
    """The account of ``load_as_agreed`` from ``rows``, the first schedule, where it has been read already."""
    rows = list(rows)
    agreed = (ScheduledInstalment(r.number, r.starts_on, r.due_on, r.principal, r.interest, r.fee) for r in rows)
    states = (
        InstalmentState(r.number, r.starts_on, r.due_on, r.principal, r.interest, r.fee, curve=curve_from_json(r.curve))
        for r in rows
    )
    assert loan.disbursed_on is not None
    plan = agreed_plan(loan, Schedule(tuple(agreed)))
    return _account(loan, states, as_of=loan.disbursed_on, position=None, plan=plan)


def account_as_signed(loan: Loan, schedule: Schedule) -> Account:
    """The account of ``load_as_agreed`` where the stored rows say what ``schedule``, made of the contract, says."""
    states = (InstalmentState(*row, curve=schedule.curves.get(row.number, STRAIGHT)) for row in schedule.instalments)
    assert loan.disbursed_on is not None
    return _account(loan, states, as_of=loan.disbursed_on, position=None, plan=agreed_plan(loan, schedule))


def agreed_plan(loan: Loan, schedule: Schedule) -> Plan | None:
    """The plan the loan begins with, where its interest follows what is outstanding."""
    if not loan.recalculates:
        return None
    terms = loan.terms()
    return plan_of(terms, loan.servicing_terms(), schedule, periods(terms))


def _account(
    loan: Loan,
    states: Iterable[InstalmentState],
    *,
    as_of: date,
    position: LoanPosition | None,
    plan: Plan | None,
) -> Account:
    return Account(
        instalments=tuple(states),
        as_of=as_of,
        grace_days=loan.grace_days,
        late_annual_rate=loan.late_annual_rate,
        late=loan.late_terms(),
        late_rates=tuple(_late_rate(*kept) for kept in position.late_rates) if position else (),
        rate_steps=tuple(_rate_step(*kept) for kept in position.rate_steps) if position else loan.agreed_rate_steps(),
        overpaid=position.overpaid if position else ZERO,
        refunded=position.merchant_refunded if position else ZERO,
        holds=tuple(_hold(*kept) for kept in position.holds) if position else (),
        plan=plan,
        charged_off=_charge_off(position) if position and position.charged_off_on else None,
        written_off=_write_off(loan, position) if position and position.status == LoanStatus.WRITTEN_OFF else None,
        order=order_of(loan),
        early=loan.early_charge(),
    )


def _write_off(loan: Loan, position: LoanPosition) -> WriteOff:
    assert loan.written_off_on is not None
    return WriteOff(on=loan.written_off_on, amount=position.written_off_amount, recovered=position.recovered)


def _charge_off(position: LoanPosition) -> ChargeOff:
    assert position.charged_off_on is not None
    return ChargeOff(
        on=position.charged_off_on,
        amount=position.charged_off_amount,
        earned=booked(position),
        suspended=Suspended(position.suspended_interest, position.suspended_late_interest),
        recovered=position.recovered,
    )


def _hold(first: str, last: str, stops: str) -> Hold:
    return Hold(date.fromisoformat(first), date.fromisoformat(last), Stops(stops))


def _late_rate(first: str, *rates: str) -> LateRate:
    return LateRate(date.fromisoformat(first), *(Decimal(rate) for rate in rates))


def _rate_step(first: str, rate: str) -> RateStep:
    return RateStep(date.fromisoformat(first), Decimal(rate))


def curve_from_json(kept: Sequence[tuple[str, str]] | None) -> Curve:
    """How an instalment earns its interest, as ``curve_as_json`` wrote it."""
    return tuple((date.fromisoformat(day), Decimal(earned)) for day, earned in kept or ())


def _curve_read(kept: str | None) -> Curve:
    """The column as PostgreSQL's driver gives it: JSON as text."""
    return curve_from_json(json.loads(kept)) if kept else STRAIGHT


def curve_as_json(curve: Curve) -> list[list[str]] | None:
    """``curve`` as an instalment keeps it; None where interest is earned evenly."""
    return [[day.isoformat(), f"{earned:f}"] for day, earned in curve] or None


def _current_rows(loan_id: int) -> list[InstalmentState]:
    return [
        InstalmentState(number, **dict(zip(AGREED + MOVING, kept, strict=True)), curve=_curve_read(curve))
        for number, curve, *kept in sending.execute(_CURRENT_ROWS, [loan_id]).fetchall()
    ]


def store(loan: Loan, position: LoanPosition, before: Account, after: Account, *, posted_on: date) -> None:
    """Write ``after`` over ``before``: instalments (a new version where dates or amounts changed), the accrual up to
    ``after.as_of``, transitions of bucket and class, and the reading itself."""
    if [_agreed(row) for row in before.instalments] == [_agreed(row) for row in after.instalments]:
        _update_rows(loan.pk, before, after)
    else:
        insert_version(loan.pk, after, superseded_on=after.as_of)
    accrue(loan, position, after, suspended_of(after), posted_on=posted_on)
    read(position, after)
    rows.update_later(position)


def _agreed(row: InstalmentState) -> tuple[object, ...]:
    return (*(getattr(row, name) for name in AGREED), row.curve)


def _update_rows(loan_id: int, before: Account, after: Account) -> None:
    pairs = zip(before.instalments, after.instalments, strict=True)
    changed = [new for old, new in pairs if old != new]
    if not changed:
        return
    assignments = ", ".join(f"{name} = v.{name}" for name in MOVING)
    types = ("int", "numeric", "numeric", "numeric", "numeric", "numeric", "date")
    casts = ", ".join(f"%s::{kind}" for kind in types)
    values = ", ".join([f"({casts})"] * len(changed))
    sending.later(
        f"UPDATE loans_instalment i SET {assignments} "
        f"FROM (VALUES {values}) AS v(number, {', '.join(MOVING)}) "
        "WHERE i.loan_id = %s AND i.superseded_on IS NULL AND i.number = v.number",
        [x for row in changed for x in (row.number, *(getattr(row, name) for name in MOVING))] + [loan_id],
    )


def lay_out(loan: Loan, before: Account, after: Account) -> None:
    """Write rows that time alone laid out anew: over the current version, but never over what was agreed."""
    number = Instalment.objects.filter(loan=loan, superseded_on__isnull=True).values_list("version", flat=True)[0]
    if number == 1 or len(before.instalments) != len(after.instalments):
        insert_version(loan.pk, after, superseded_on=after.as_of)
        return
    for old, new in zip(before.instalments, after.instalments, strict=True):
        if _agreed(old) != _agreed(new):
            row = Instalment.objects.filter(loan=loan, version=number, number=new.number)
            curve = curve_as_json(new.curve)
            row.update(principal=new.principal, interest=new.interest, settled_on=new.settled_on, curve=curve)


def insert_version(loan_id: int, account: Account, *, superseded_on: date | None) -> int:
    """Store the account's instalments as the next version of the schedule and close the one before, if there is one."""
    version = 1
    if superseded_on is not None:
        current = Instalment.objects.filter(loan_id=loan_id, superseded_on__isnull=True)
        version += current.values_list("version", flat=True)[0]
        current.update(superseded_on=superseded_on)
    rows.insert(
        *(
            Instalment(
                loan_id=loan_id,
                version=version,
                number=row.number,
                curve=curve_as_json(row.curve),
                **{name: getattr(row, name) for name in AGREED + MOVING},
            )
            for row in account.instalments
        )
    )
    return version


def read(position: LoanPosition, account: Account) -> None:
    """Set every column of ``position`` from ``account`` and note moves of bucket and class."""
    bucket, risk_class = position.bucket, position.risk_class
    fill(position, account)
    _note_moves(position, bucket, risk_class)


def fill(position: LoanPosition, account: Account) -> None:
    """Set every column of ``position`` from ``account`` at its ``as_of``; writes nothing."""
    for name, value in figures_of(account).items():
        setattr(position, name, value)


def figures_of(account: Account) -> dict[str, object]:
    """What the columns of a position say of ``account`` at its ``as_of``, by their names."""
    on = account.as_of
    late = arrears(account, on)
    accrued, paid, gone = account.accrued, account.paid, account.charged_off
    earned = accrued if gone is None else gone.earned
    held = suspended(account, suspense_from(on), late)
    figures: dict[str, object] = {
        "as_of": on,
        "principal_outstanding": account.principal_outstanding,
        "interest_accrued": accrued.interest,
        "interest_paid": paid.interest,
        "fee_accrued": accrued.fee,
        "fee_paid": paid.fee,
        "late_interest_accrued": accrued.late_interest,
        "late_interest_paid": paid.late_interest,
        "overdue_principal": late.principal,
        "overdue_interest": late.interest,
        "overdue_fee": late.fee,
        "due_today": late.due_today,
        "oldest_due_on": late.oldest_due_on,
        "next_due_on": late.next_due_on,
        "next_due_amount": late.next_due_amount,
        "days_past_due": late.days_past_due,
        "overpaid": account.overpaid,
        "merchant_refunded": account.refunded,
        "suspended_interest": held.interest,
        "suspended_late_interest": held.late_interest,
        "charged_off_on": gone.on if gone else None,
        "charged_off_amount": gone.amount if gone else ZERO,
        "recovered": gone.recovered if gone else ZERO,
        "memo_interest": accrued.interest - earned.interest,
        "memo_late_interest": accrued.late_interest - earned.late_interest,
        "memo_fee": accrued.fee - earned.fee,
        "holds": [[hold.first.isoformat(), hold.last.isoformat(), hold.stops.value] for hold in account.holds],
    }
    figures["late_rates"] = [
        [rate.first.isoformat(), str(rate.annual_rate), str(rate.contract_rate), str(rate.multiplier)]
        for rate in account.late_rates
    ]
    figures["rate_steps"] = [[step.from_on.isoformat(), str(step.annual_rate)] for step in account.rate_steps]
    figures["late_by_day"] = account.late_by_day
    figures["plan"] = as_json(account.plan)
    figures["quiet_before"] = None  # the next night reads the instalments
    figures["bucket"] = step_of(late.days_past_due, bucket_steps(on))
    figures["risk_class"] = RiskClass.LOSS.value if gone else step_of(late.days_past_due, class_steps(on))
    figures |= _out_of_the_books(account.written_off)
    return {name: round_money(value) if isinstance(value, Decimal) else value for name, value in figures.items()}


_CLAIMS = ("principal_outstanding", "overdue_principal", "overdue_interest", "overdue_fee", "due_today")


def _out_of_the_books(gone: WriteOff | None) -> dict[str, object]:
    """What a written-off loan's position says in place of its claims: how much left the books, and what came back."""
    if gone is None:
        return {"written_off_amount": ZERO}
    left = {**dict.fromkeys(_CLAIMS, ZERO), "next_due_on": None, "next_due_amount": ZERO}
    loss = {"written_off_amount": gone.amount, "recovered": gone.recovered, "risk_class": RiskClass.LOSS.value}
    return left | loss


def _note_moves(position: LoanPosition, old_bucket: str, old_class: str) -> None:
    moves = [("bucket", old_bucket, position.bucket), ("class", old_class, position.risk_class)]
    partitions.require_month(position.as_of)
    rows.insert_later(
        *(
            rows.new(
                LoanTransition,
                loan_id=position.pk,
                on=position.as_of,
                kind=kind,
                before=before,
                after=after,
                days_past_due=position.days_past_due,
                amount=position.principal_outstanding,
            )
            for kind, before, after in moves
            if before != after
        )
    )
