"""The loan account as a value, and what each event does to it (pure).

Servicing loads an ``Account`` from the database, applies one event and writes the result back. A back-dated event starts
from the schedule as agreed and applies all events again in date order: the very same functions, so that replaying equals
having been in order from the start.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from core.money import CENT, ZERO, round_to
from core.values import changed
from loans.account.early_charge import EarlyCharge
from loans.account.interest import Hold, accrued_fee, chargeable_days, earned_interest, late_interest_of_day
from loans.account.late_interest import Bearing, LateRate, LateTerms, Reckoning, charged_until
from loans.account.parts import Parts, sum_of
from loans.account.payment_order import COMPONENTS, PaymentOrder, plain_order
from loans.schedules.earning import STRAIGHT, Curve, line
from loans.schedules.plan import Plan, laid_out_by_day
from loans.schedules.schedule import Schedule
from loans.schedules.terms import LoanTerms, RateStep


@dataclass(frozen=True, slots=True)
class InstalmentState:
    """One instalment: what was agreed, what was paid of it, and late interest so far (eight decimals).

    ``agreed_on`` is the day an act made it due on, where the product moved that to the working day ``due_on``; None where
    the day stands in the contract, or no day ever moves. ``step`` is the smallest sum that is paid, as the account says it.
    ``curve`` says how its interest is earned by day where that is no straight line (``loans.schedules.earning``).
    """

    number: int
    starts_on: date
    due_on: date
    principal: Decimal
    interest: Decimal
    fee: Decimal
    principal_paid: Decimal = ZERO
    interest_paid: Decimal = ZERO
    fee_paid: Decimal = ZERO
    late_interest: Decimal = ZERO
    late_interest_paid: Decimal = ZERO
    settled_on: date | None = None
    agreed_on: date | None = None
    step: Decimal = CENT
    curve: Curve = STRAIGHT

    def interest_earned(self, on: date) -> Decimal:
        """What of its interest is earned by the end of ``on``, paid or not: the price of the days the money was used.

        As it can be asked for: in the smallest sum that is paid.
        """
        return earned_interest(self.interest, self.starts_on, self.due_on, on, self.curve, self.step)

    def interest_accrued(self, on: date) -> Decimal:
        """What of its interest the books have by the end of ``on``: never less than what was paid of it, also ahead."""
        return max(self.interest_earned(on), self.interest_paid)

    def earning(self) -> Curve:
        """How its interest is earned, the straight line too as a curve."""
        return self.curve or line(self.starts_on, self.due_on, self.interest)

    @property
    def principal_owed(self) -> Decimal:
        return self.principal - self.principal_paid

    @property
    def interest_owed(self) -> Decimal:
        return self.interest - self.interest_paid

    @property
    def fee_owed(self) -> Decimal:
        return self.fee - self.fee_paid

    @property
    def late_interest_due(self) -> Decimal:
        """Late interest so far as it is owed, paid or not."""
        return round_to(self.late_interest, self.step) if self.late_interest else ZERO

    @property
    def late_interest_owed(self) -> Decimal:
        return self.late_interest_due - self.late_interest_paid

    @property
    def agreed_owed(self) -> Decimal:
        """Principal, interest and fee not yet paid: what makes an instalment late."""
        return self.principal + self.interest + self.fee - (self.principal_paid + self.interest_paid + self.fee_paid)

    @property
    def owed(self) -> Decimal:
        owed = self.agreed_owed - self.late_interest_paid
        return owed + self.late_interest_due if self.late_interest else owed

    @property
    def owed_parts(self) -> Parts:
        return Parts(
            principal=self.principal_owed,
            interest=self.interest_owed,
            fee=self.fee_owed,
            late_interest=self.late_interest_owed,
        )


@dataclass(frozen=True, slots=True)
class Earned:
    """Interest, late interest and fees earned since the loan began, paid or not, in cents."""

    interest: Decimal
    late_interest: Decimal
    fee: Decimal


@dataclass(frozen=True, slots=True)
class Suspended:
    """Interest and late interest that are owed and in the books, but not as income (``loans.account.suspense``)."""

    interest: Decimal = ZERO
    late_interest: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.interest + self.late_interest


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeOff:
    """The claims left the books on ``on`` while the borrower goes on owing them.

    ``amount`` is what they were, ``earned`` what had accrued by then (nothing is booked after it), ``suspended`` what of
    it had not been income, ``recovered`` the money that has come for them since.
    """

    on: date
    amount: Decimal
    earned: Earned
    suspended: Suspended = Suspended()
    recovered: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff:
    """The claims left the books on ``on`` and the account stands still from then: nothing accrues any more.

    ``amount`` is all that was still owed, with what had been recovered after an earlier charge-off; ``recovered`` is the
    money that has come for it, before and since. What comes beyond ``amount`` is owed back.
    """

    on: date
    amount: Decimal
    recovered: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        """What can still be recovered."""
        return self.amount - self.recovered


PLAIN_ORDER = plain_order(COMPONENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A loan on a day: its instalments, how far late interest is reckoned (``as_of``), money not allocated, and holds.

    ``plan`` is there where interest follows what is outstanding: then the instalments are laid out from it anew.
    ``charged_off`` changes nothing of what is owed, only what the books make of it; ``written_off`` ends the reckoning.
    ``late_annual_rate`` is the late rate the contract begins with, ``late_rates`` those from later days on; ``rate_steps``
    are the contract rates of later days, agreed at the beginning or since. ``refunded`` is what merchants gave back of a
    purchase, in all. ``overpaid`` is a credit balance: nothing is owed beside it (``loans.account.credit_balance``);
    ``order`` is how it pays, ``early`` what repaying early costs.
    """

    instalments: tuple[InstalmentState, ...]
    as_of: date
    grace_days: int
    late_annual_rate: Decimal
    late: LateTerms = field(default_factory=LateTerms)
    late_rates: tuple[LateRate, ...] = ()
    rate_steps: tuple[RateStep, ...] = ()
    overpaid: Decimal = ZERO
    refunded: Decimal = ZERO
    holds: tuple[Hold, ...] = ()
    plan: Plan | None = None
    charged_off: ChargeOff | None = None
    written_off: WriteOff | None = None
    order: PaymentOrder = PLAIN_ORDER
    early: EarlyCharge | None = None

    def in_force(self, terms: LoanTerms) -> LoanTerms:
        """The contract's ``terms`` with the rates in force: what is priced on a day is priced at the rate of that day."""
        return terms if terms.rate_steps == self.rate_steps else replace(terms, rate_steps=self.rate_steps)

    def __post_init__(self) -> None:
        step = self.late.step
        if step != CENT and any(row.step != step for row in self.instalments):
            rows = tuple(row if row.step == step else replace(row, step=step) for row in self.instalments)
            object.__setattr__(self, "instalments", rows)  # frozen: whoever makes a row need not know the step

    @property
    def owed(self) -> Decimal:
        """Everything still to be paid, future interest and fees included."""
        return sum((row.owed for row in self.instalments), ZERO)

    @property
    def owed_parts(self) -> Parts:
        """The same by its parts."""
        return sum_of(row.owed_parts for row in self.instalments)

    @property
    def principal_outstanding(self) -> Decimal:
        return sum((row.principal_owed for row in self.instalments), ZERO)

    @property
    def planned_principal(self) -> Decimal:
        """Principal outstanding that the plan lays out; claims outside it bear too, but are due at once."""
        planned = self.plan.numbers if self.plan is not None else ()
        return sum((row.principal_owed for row in self.instalments if row.number in planned), ZERO)

    @property
    def is_settled(self) -> bool:
        return self.owed == 0 and self.written_off is None

    @property
    def claims(self) -> Parts:
        """What the claims on the borrower are at the end of ``as_of``: principal, and what accrued and was not paid."""
        accrued, paid = self.accrued, self.paid
        return Parts(
            principal=self.principal_outstanding,
            interest=accrued.interest - paid.interest,
            late_interest=accrued.late_interest - paid.late_interest,
            fee=accrued.fee - paid.fee,
        )

    @property
    def late_by_day(self) -> bool:
        """Whether late interest must be reckoned day by day: at more than one rate, or under a cap."""
        return bool(self.late_rates) or self.late.most is not None

    @property
    def late_reckoning(self) -> Reckoning:
        return Reckoning(
            self.late_annual_rate, self.late_rates, self.grace_days, self.holds, self.late.most, self.late.step
        )

    def bears_late_interest(self, row: InstalmentState) -> Decimal:
        """What of ``row`` bears late interest once it is late: principal, and interest where it compounds (复利)."""
        return row.principal_owed + row.interest_owed if self.late.compounds else row.principal_owed

    def interest_accrued(self, on: date) -> Decimal:
        """Interest accrued by the end of ``on`` since the loan began, paid or not."""
        return sum((row.interest_accrued(on) for row in self.instalments), ZERO)

    def fee_accrued(self, on: date) -> Decimal:
        """Fees earned by the end of ``on``, paid or not."""
        return sum((accrued_fee(r.fee, r.fee_paid, r.due_on, on) for r in self.instalments), ZERO)

    @property
    def late_interest_accrued(self) -> Decimal:
        """Late interest charged so far, as it is owed, paid or not."""
        return sum((row.late_interest_due for row in self.instalments), ZERO)

    @property
    def accrued(self) -> Earned:
        """What the borrower has come to owe besides principal by the end of ``as_of``, paid or not."""
        on = self.as_of
        return Earned(self.interest_accrued(on), self.late_interest_accrued, self.fee_accrued(on))

    @property
    def earned(self) -> Earned:
        """What of it is in the books, as income or in suspense: all of it, until the loan is charged off."""
        return self.accrued if self.charged_off is None else self.charged_off.earned

    @property
    def paid(self) -> Earned:
        """What of it was paid."""
        rows = self.instalments
        return Earned(
            sum((row.interest_paid for row in rows), ZERO),
            sum((row.late_interest_paid for row in rows), ZERO),
            sum((row.fee_paid for row in rows), ZERO),
        )


def open_account(
    schedule: Schedule,
    *,
    on: date,
    grace_days: int,
    late_annual_rate: Decimal,
    late: LateTerms | None = None,
    plan: Plan | None = None,
    rate_steps: tuple[RateStep, ...] = (),
) -> Account:
    """The account on the day the money goes out."""
    rows = tuple(InstalmentState(*row, curve=schedule.curves.get(row.number, STRAIGHT)) for row in schedule.instalments)
    return Account(
        instalments=rows,
        as_of=on,
        grace_days=grace_days,
        late_annual_rate=late_annual_rate,
        late=late or LateTerms(),
        rate_steps=rate_steps,
        plan=plan,
    )


def age(account: Account, on: date) -> Account:
    """Charge late interest up to the end of ``on``; an earlier day, or a write-off, changes nothing."""
    if on <= account.as_of or account.written_off is not None:
        return account
    account = relaid(account, on)
    if account.late_by_day:
        rows = _charged_by_day(account, on)
    else:
        rows = tuple(row if row.due_on >= on else _with_late_interest(row, account, on) for row in account.instalments)
    return changed(account, instalments=rows, as_of=on)


def _charged_by_day(account: Account, on: date) -> tuple[InstalmentState, ...]:
    bearing = [Bearing(row.due_on, account.bears_late_interest(row), row.late_interest) for row in account.instalments]
    charged = charged_until(bearing, account.late_reckoning, account.as_of, on)
    pairs = zip(account.instalments, charged, strict=True)
    return tuple(row if row.late_interest == amount else replace(row, late_interest=amount) for row, amount in pairs)


def relaid(account: Account, on: date) -> Account:
    """Lay the instalments out anew as they stand at the end of ``on``, where the account has a plan.

    What was paid of an instalment stays owed and paid. Instalments that no longer have anything to repay fall away.
    """
    if account.plan is None:
        return account
    amounts = laid_out_by_day(account.plan, on)
    known = {row.number: _laid_out(row, amounts.get(row.number)) for row in account.instalments}
    for number, period in zip(account.plan.numbers, account.plan.periods, strict=True):
        if number not in known:  # it had fallen away, and there may be something to repay again
            principal, interest, curve = amounts[number]
            known[number] = InstalmentState(number, *period[:2], principal, interest, ZERO, curve=curve)
    rows = [known[number] for number in sorted(known)]
    while rows and not rows[-1].principal + rows[-1].interest + rows[-1].fee + rows[-1].late_interest:
        rows.pop()
    return replace(account, instalments=tuple(rows))


def _laid_out(row: InstalmentState, found: tuple[Decimal, Decimal, Curve] | None) -> InstalmentState:
    if found is None:
        return row
    principal, interest, curve = found[0], max(found[1], row.interest_paid), found[2]
    if (principal, interest, curve) == (row.principal, row.interest, row.curve):
        return row
    row = replace(row, principal=principal, interest=interest, curve=curve)
    return replace(row, settled_on=None) if row.owed else row


def _with_late_interest(row: InstalmentState, account: Account, on: date) -> InstalmentState:
    base = account.bears_late_interest(row)
    if not account.late_annual_rate or not base:
        return row
    days = chargeable_days(row.due_on, account.grace_days, account.as_of, on, account.holds)
    if not days:
        return row
    charged = late_interest_of_day(base, account.late_annual_rate) * days
    return changed(row, late_interest=row.late_interest + charged)


def call_in(account: Account, on: date) -> Account:
    """Make everything due on ``on``, with interest only for the days used (民法典 677): early settlement.

    Interest of the running and of later periods is cut to what was earned; principal of open instalments falls due on
    ``on``. Where interest was paid ahead of its days, less is owed of it than nothing: that is given back.
    """
    follows_balance = account.plan is not None
    account = _called_in_plan(age(account, on), on)
    rows: list[InstalmentState] = []
    for row in account.instalments:
        interest = row.interest if follows_balance else row.interest_earned(on)
        if row.due_on > on and (row.settled_on is None or row.interest_paid > interest):
            row = replace(row, starts_on=min(row.starts_on, on), due_on=on, interest=interest, curve=STRAIGHT)
        rows.append(row)
    return replace(account, instalments=tuple(rows))


def _called_in_plan(account: Account, on: date) -> Account:
    """A plan ends when all is called in: its instalments as they stand with no interest after ``on``."""
    if account.plan is None:
        return account
    ended = relaid(replace(account, plan=account.plan.called_in(account.planned_principal, on)), on)
    return replace(ended, plan=None)


def settle_rows(account: Account, on: date) -> Account:
    """Stamp instalments that owe nothing any more with the day they were settled."""
    return replace(account, instalments=settled(account.instalments, on))


def settled(rows: tuple[InstalmentState, ...], on: date) -> tuple[InstalmentState, ...]:
    """``rows``, those that owe nothing any more stamped with ``on``."""
    return tuple(changed(row, settled_on=on) if row.settled_on is None and not row.owed else row for row in rows)
