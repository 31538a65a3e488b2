"""The loan account as a value, and what each event does to it (pure).

Servicing loads an ``Account`` from the database, applies one event and writes the result back. A back-dated event starts
from the schedule as agreed and applies all events again in date order: the very same functions, so that replaying equals
having been in order from the start.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from core.money import ZERO, round_money
from loans.interest import Hold, accrued_fee, accrued_interest, chargeable_days, late_interest_of_day
from loans.schedule import Schedule


@dataclass(frozen=True, slots=True)
class InstalmentState:
    """One instalment: what was agreed, what was paid of it, and late interest so far (eight decimals)."""

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
    def late_interest_owed(self) -> Decimal:
        return round_money(self.late_interest) - self.late_interest_paid

    @property
    def agreed_owed(self) -> Decimal:
        """Principal, interest and fee not yet paid: what makes an instalment late."""
        return self.principal_owed + self.interest_owed + self.fee_owed

    @property
    def owed(self) -> Decimal:
        return self.agreed_owed + self.late_interest_owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A loan on a day: its instalments, how far late interest is reckoned (``as_of``), money not allocated, and holds."""

    instalments: tuple[InstalmentState, ...]
    as_of: date
    grace_days: int
    late_annual_rate: Decimal
    overpaid: Decimal = ZERO
    holds: tuple[Hold, ...] = ()

    @property
    def owed(self) -> Decimal:
        """Everything still to be paid, future interest and fees included."""
        return sum((row.owed for row in self.instalments), ZERO)

    @property
    def principal_outstanding(self) -> Decimal:
        return sum((row.principal_owed for row in self.instalments), ZERO)

    @property
    def is_settled(self) -> bool:
        return self.owed == 0

    def interest_accrued(self, on: date) -> Decimal:
        """Interest accrued by the end of ``on`` since the loan began, paid or not."""
        rows = self.instalments
        return sum((accrued_interest(r.interest, r.interest_paid, r.starts_on, r.due_on, on) for r in rows), ZERO)

    def fee_accrued(self, on: date) -> Decimal:
        """Fees earned by the end of ``on``, paid or not."""
        return sum((accrued_fee(r.fee, r.fee_paid, r.due_on, on) for r in self.instalments), ZERO)

    @property
    def late_interest_accrued(self) -> Decimal:
        """Late interest charged so far, in cents, paid or not."""
        return sum((round_money(row.late_interest) for row in self.instalments), ZERO)


def open_account(schedule: Schedule, *, on: date, grace_days: int, late_annual_rate: Decimal) -> Account:
    """The account on the day the money goes out."""
    rows = tuple(
        InstalmentState(r.number, r.starts_on, r.due_on, r.principal, r.interest, r.fee) for r in schedule.instalments
    )
    return Account(instalments=rows, as_of=on, grace_days=grace_days, late_annual_rate=late_annual_rate)


def age(account: Account, on: date) -> Account:
    """Charge late interest up to the end of ``on``; an earlier day changes nothing."""
    if on <= account.as_of:
        return account
    rows = tuple(_with_late_interest(row, account, on) for row in account.instalments)
    return replace(account, instalments=rows, as_of=on)


def _with_late_interest(row: InstalmentState, account: Account, on: date) -> InstalmentState:
    if not account.late_annual_rate or not row.principal_owed:
        return row
    days = chargeable_days(row.due_on, account.grace_days, account.as_of, on, account.holds)
    if not days:
        return row
    charged = late_interest_of_day(row.principal_owed, account.late_annual_rate) * days
    return replace(row, late_interest=row.late_interest + charged)


def extend(account: Account, *, on: date, days: int, annual_rate: Decimal) -> tuple[Account, Decimal]:
    """Move every open due date by ``days`` and add the interest of the extra time to the first open instalment.

    The extra time is charged at the contract rate on the principal outstanding (actual/365). Late interest charged so
    far stays owed. Returns the new account and the interest added.
    """
    account = age(account, on)
    shift = timedelta(days=days)
    added = round_money(account.principal_outstanding * annual_rate * days / 365)
    rows: list[InstalmentState] = []
    first_open = True
    for row in account.instalments:
        if row.settled_on is None and row.agreed_owed:
            extra = added if first_open else ZERO
            starts_on = row.starts_on if first_open else row.starts_on + shift
            row = replace(row, starts_on=starts_on, due_on=row.due_on + shift, interest=row.interest + extra)
            first_open = False
        rows.append(row)
    return replace(account, instalments=tuple(rows)), added


def call_in(account: Account, on: date) -> Account:
    """Make everything due on ``on``, with interest only for the days used (民法典 677): early settlement.

    Interest of the running period is cut to what has accrued, of later periods to what was paid; principal of open
    instalments falls due on ``on``.
    """
    account = age(account, on)
    rows: list[InstalmentState] = []
    for row in account.instalments:
        if row.due_on > on and row.settled_on is None:
            interest = accrued_interest(row.interest, row.interest_paid, row.starts_on, row.due_on, on)
            row = replace(row, starts_on=min(row.starts_on, on), due_on=on, interest=interest)
        rows.append(row)
    return replace(account, instalments=tuple(rows))


def waive(account: Account, *, on: date, component: str, amount: Decimal, at_most: bool = False) -> Account:
    """Give up ``amount`` of late interest or fees, oldest instalment first.

    When less is owed, gives up what is owed if ``amount`` was meant as ``at_most`` that; else raises ValueError.
    """
    account, left = age(account, on), amount
    rows: list[InstalmentState] = []
    for row in account.instalments:
        owed = row.late_interest_owed if component == "late_interest" else row.fee_owed
        part = min(owed, left)
        if part and component == "late_interest":
            # All of it given up: the fraction of a cent goes too, half a cent below nothing would round to a cent.
            left_over = row.late_interest_paid if part == owed else row.late_interest - part
            row = replace(row, late_interest=left_over)
        elif part:
            row = replace(row, fee=row.fee - part)
        rows.append(row)
        left -= part
    if left and not at_most:
        raise ValueError("more would be waived than is owed")
    return settle_rows(replace(account, instalments=tuple(rows)), on)


def settle_rows(account: Account, on: date) -> Account:
    """Stamp instalments that owe nothing any more with the day they were settled."""
    rows = tuple(
        replace(row, settled_on=on) if row.settled_on is None and not row.owed else row for row in account.instalments
    )
    return replace(account, instalments=rows)
