"""What the oracle knows of a loan: contract, stored schedules, money and acts, as plain values of its own.

Read from the tables by the names of their columns and by nothing of the engine. Amounts are in currency units, rates are
fractions a year (0.18 is 18 %), a day counts from its morning.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F

from loans.models import Instalment, Loan, LoanAct, LoanPosition, Repayment, RepaymentLine
from loans.proof.oracle_days import months_later

NOTHING = Decimal("0.00")
Dated = tuple[date, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyCharge:
    """The charge agreed for repaying early, as parts of the principal: ``last_year_rate`` where a year or less is left.

    ``free_from``: the day from which none is charged. ``charged_before``: a fee that was taken out of the sum paid out.
    """

    rate: Decimal
    last_year_rate: Decimal
    free_from: date | None
    cost_cap: Decimal | None
    charged_before: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What was signed. ``lent``: the first sum and the later ones by day; ``rates``: the first rate and agreed steps."""

    number: str
    lent: tuple[Dated, ...]
    rates: tuple[Dated, ...]
    count: int
    method: str
    frequency: str
    every: int
    day_count: str
    interest_by: str
    moves_to: str
    first_due_on: date | None
    schedule_start_on: date | None
    spreads_first_period: bool
    due_dates: tuple[date, ...]
    free_instalments: int
    deferred_instalments: int
    is_flat: bool
    down_payment_rate: Decimal
    follows_balance: bool
    rest: str
    compounding: str
    grace_days: int
    late_rate: Decimal
    late_multiplier: Decimal | None
    late_ceiling: Decimal | None
    late_most: Decimal | None
    late_on_top: bool
    late_compounds: bool
    early: EarlyCharge | None
    refund_gives_back: bool = False
    ends_when_charged_off: bool = False
    is_line: bool = False

    @property
    def start_on(self) -> date:
        return self.lent[0][0]


@dataclass(frozen=True, slots=True)
class Row:
    """One instalment as stored. What was paid of it belongs to the latest version only.

    ``agreed_on`` is the due date an act agreed, before it moved to a working day.
    """

    number: int
    starts_on: date
    due_on: date
    principal: Decimal
    interest: Decimal
    fee: Decimal
    principal_paid: Decimal
    interest_paid: Decimal
    fee_paid: Decimal
    late_interest_paid: Decimal
    agreed_on: date | None = None
    settled_on: date | None = None

    @property
    def agreed(self) -> Decimal:
        return self.principal + self.interest + self.fee

    @property
    def agreed_owed(self) -> Decimal:
        paid = self.principal_paid + self.interest_paid + self.fee_paid
        return self.agreed - paid


@dataclass(frozen=True, slots=True)
class Version:
    """A schedule, until the day on which another one took its place."""

    rows: tuple[Row, ...]
    until: date | None


@dataclass(frozen=True, slots=True)
class Line:
    """What of a sum went to one instalment."""

    number: int
    principal: Decimal
    interest: Decimal
    fee: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """A receipt that stands, with what it was used for."""

    on: date
    told_on: date
    amount: Decimal
    overpaid: Decimal
    settles: bool
    is_recovery: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act that stands (or, in ``Facts.undone``, stood), with what was asked for and what it came to."""

    on: date
    told_on: date
    kind: str
    asked: Mapping[str, Any]
    figures: Mapping[str, Any]

    def amount(self, name: str) -> Decimal:
        """A sum the act came to; nothing where it has none of this name."""
        return Decimal(self.figures.get(name) or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The figures of the position, as they stand at the end of ``as_of``."""

    status: str
    as_of: date
    principal: Decimal
    interest_accrued: Decimal
    interest_paid: Decimal
    late_interest_accrued: Decimal
    late_interest_paid: Decimal
    fee_accrued: Decimal
    overdue_principal: Decimal
    days_past_due: int
    overpaid: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All of it. ``versions`` begin with the signed schedule and end with the one in force; acts go by their day."""

    contract: Contract
    versions: tuple[Version, ...]
    money: tuple[Money, ...]
    acts: tuple[Act, ...]
    undone: tuple[Act, ...]
    has_reversed_money: bool
    stored: Stored

    @property
    def signed(self) -> tuple[Row, ...]:
        return self.versions[0].rows

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.versions[-1].rows

    def of(self, *kinds: str) -> list[Act]:
        """The standing acts of these kinds, by day."""
        return [act for act in self.acts if act.kind in kinds]


def read(loan: Loan) -> Facts:
    """Everything the oracle needs of a loan that was paid out."""
    acts = LoanAct.objects.filter(loan=loan).order_by("effective_on", "recorded_at", "id")
    receipts = Repayment.objects.filter(loan=loan).order_by("received_on", "recorded_at", "id")
    standing = [receipt for receipt in receipts if receipt.status == "posted"]
    lines = _lines(loan)
    return Facts(
        contract=_contract(loan),
        versions=_versions(Instalment.objects.filter(loan=loan).order_by("version", "number")),
        money=tuple(_money(loan, receipt, lines.get(receipt.pk, ())) for receipt in standing),
        acts=tuple(_act(act) for act in acts if act.status == "standing"),
        undone=tuple(_act(act) for act in acts if act.status != "standing"),
        has_reversed_money=len(standing) < len(receipts),
        stored=_stored(LoanPosition.objects.get(pk=loan.pk)),
    )


def _dated(pairs: Iterable[Any] | None) -> tuple[Dated, ...]:
    return tuple((date.fromisoformat(on), Decimal(str(value))) for on, value in pairs or ())


def _contract(loan: Loan) -> Contract:
    assert loan.disbursed_on is not None, "only a loan that was paid out has a position"
    return Contract(
        number=loan.number,
        lent=_dated(loan.drawdowns) or ((loan.disbursed_on, loan.principal),),
        rates=((date.min, loan.annual_rate), *_dated(loan.rate_steps)),
        count=loan.instalment_count,
        method=loan.method,
        frequency=loan.frequency,
        every=loan.every,
        day_count=loan.day_count,
        interest_by=loan.interest_by,
        moves_to=loan.business_day_roll,
        first_due_on=loan.first_due_on,
        schedule_start_on=loan.schedule_start_on,
        spreads_first_period=loan.first_period == "spread",
        due_dates=tuple(date.fromisoformat(on) for on in loan.due_dates or ()),
        free_instalments=loan.grace_on_interest_charged,
        deferred_instalments=loan.grace_on_interest_payment,
        is_flat=loan.flat_charge is not None or loan.interest_type == "flat",
        down_payment_rate=loan.down_payment_rate,
        follows_balance=loan.recalculates,
        rest=loan.rest,
        compounding=loan.compounding,
        grace_days=loan.grace_days,
        late_rate=loan.late_annual_rate,
        late_multiplier=loan.late_rate_multiplier,
        late_ceiling=loan.late_rate_ceiling,
        late_most=loan.late_interest_most,
        late_on_top=loan.late_interest_on_top,
        late_compounds=loan.late_interest_compounds,
        early=_early_charge(loan, loan.disbursed_on),
        refund_gives_back=loan.refund_gives_interest_back,
        is_line=loan.line_open_months > 0,
        ends_when_charged_off=loan.charge_off_makes_all_due,
    )


def _early_charge(loan: Loan, paid_out_on: date) -> EarlyCharge | None:
    if not loan.early_charge_rate:
        return None
    last, months = loan.early_charge_last_year_rate, loan.early_charge_months
    return EarlyCharge(
        rate=loan.early_charge_rate,
        last_year_rate=loan.early_charge_rate if last is None else last,
        free_from=months_later(paid_out_on, months) if months else None,
        cost_cap=loan.early_charge_cost_cap,
        charged_before=loan.fee_total if loan.fee_due == "deducted" else NOTHING,
    )


def _versions(found: Iterable[Instalment]) -> tuple[Version, ...]:
    rows: dict[int, list[Row]] = {}
    until: dict[int, date | None] = {}
    for x in found:
        paid = (x.principal_paid, x.interest_paid, x.fee_paid, x.late_interest_paid)
        row = Row(x.number, x.starts_on, x.due_on, x.principal, x.interest, x.fee, *paid, x.agreed_on, x.settled_on)
        rows.setdefault(x.version, []).append(row)
        until[x.version] = x.superseded_on
    return tuple(Version(tuple(rows[number]), until[number]) for number in sorted(rows))


def _lines(loan: Loan) -> dict[int, list[Line]]:
    """What each receipt of the loan was used for, as its present entry says, by instalment."""
    found: dict[int, list[Line]] = {}
    in_force = RepaymentLine.objects.filter(repayment__loan=loan, entry_id=F("repayment__entry_id"))
    for line in in_force.order_by("repayment_id", "instalment_number"):
        used = Line(line.instalment_number, line.principal, line.interest, line.fee)
        found.setdefault(line.repayment_id, []).append(used)
    return found


def _money(loan: Loan, receipt: Repayment, lines: Iterable[Line]) -> Money:
    on = receipt.received_on
    if receipt.is_recovery and loan.written_off_on is not None:
        on = max(on, loan.written_off_on)
    return Money(
        on=on,
        told_on=receipt.recorded_on,
        amount=receipt.amount,
        overpaid=receipt.overpaid,
        settles=receipt.settles_early,
        is_recovery=receipt.is_recovery and loan.written_off_on is not None,
        lines=tuple(lines),
    )


def _act(act: LoanAct) -> Act:
    return Act(
        on=act.effective_on,
        told_on=act.recorded_on,
        kind=act.kind,
        asked=act.parameters,
        figures=act.figures,
    )


def _stored(position: LoanPosition) -> Stored:
    return Stored(
        status=position.status,
        as_of=position.as_of,
        principal=position.principal_outstanding,
        interest_accrued=position.interest_accrued,
        interest_paid=position.interest_paid,
        late_interest_accrued=position.late_interest_accrued,
        late_interest_paid=position.late_interest_paid,
        fee_accrued=position.fee_accrued,
        overdue_principal=position.overdue_principal,
        days_past_due=position.days_past_due,
        overpaid=position.overpaid,
    )
