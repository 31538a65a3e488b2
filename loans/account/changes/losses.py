"""What the lender gives up of a running loan (pure)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from core.money import ZERO, round_money
from loans.account.account import Account, ChargeOff, InstalmentState, Suspended, WriteOff, age, call_in, settle_rows
from loans.account.changes.base import Effect, EventImpossible, TakenBack
from loans.account.changes.paid_ahead import with_interest_given_back
from loans.account.credit_balance import taken_in
from loans.account.parts import PARTS, Parts
from loans.schedules.earning import STRAIGHT


class MoreThanAgreed(EventImpossible):
    code = "more_than_agreed"
    field = "at_most"
    message = _("%(owed)s is still owed; %(at_most)s was agreed to be given up. Record what was paid first.")


class AlreadyChargedOff(EventImpossible):
    code = "already_charged_off"
    message = _("The loan was charged off on %(on)s already.")


class NothingToWriteOff(EventImpossible):
    code = "nothing_to_write_off"
    message = _("Nothing of the loan is owed by the end of that day.")


class NothingToChargeOff(EventImpossible):
    code = "nothing_to_charge_off"
    message = _("Nothing of the loan stands in the books on that day.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedOff:
    """The claims leave the books at the end of ``on``: a loss that is recognised, not a debt that is given up.

    The borrower owes what was agreed, interest and late interest go on beside the books, and the loan stays with
    collection. With ``makes_all_due`` all of it falls due on ``on``, as much as an early settlement of that day asks for;
    undone, the schedule of before stands again. What was earned by ``on`` stays income; money that comes later is recovery.
    ``cause`` is kept for reports.
    ``suspended_of`` says which interest of an account is not income: losing it is no expense.
    """

    on: date
    cause: str
    suspended_of: Callable[[Account], Suspended]
    makes_all_due: bool = False
    source: Any = None

    @property
    def takes_back(self) -> bool:
        """Whether interest that was paid ahead of its days is given back by it."""
        return self.makes_all_due

    @property
    def tells_what_was_paid_ahead(self) -> bool:
        """The same: its figures have it."""
        return self.makes_all_due

    def apply(self, account: Account) -> Effect:
        """Raises AlreadyChargedOff, NothingToChargeOff."""
        account = as_agreed = age(account, self.on)
        if account.charged_off is not None and self.source is None:
            raise AlreadyChargedOff(on=account.charged_off.on.isoformat())
        moved = Parts()
        if self.makes_all_due and account.charged_off is None:
            account, moved = _all_due(account, self.on)
        claims, suspended = _in_the_books(account), self.suspended_of(account)
        figures, amount = (claims + moved).as_dict(), claims.total
        figures |= {"suspended": suspended.total, "expense": amount - suspended.total}
        if account.charged_off is not None or not amount:
            if self.source is None:
                raise NothingToChargeOff()
            return Effect(as_agreed, figures=dict.fromkeys(figures, ZERO))
        if self.makes_all_due:
            later = {row.number for row in as_agreed.instalments if row.due_on > self.on}
            figures["fell_due"] = sum((row.owed for row in account.instalments if row.number in later), ZERO)
        gone = ChargeOff(on=self.on, amount=amount, earned=account.accrued, suspended=suspended)
        return Effect(replace(account, charged_off=gone), figures=figures)


def _all_due(account: Account, on: date) -> tuple[Account, Parts]:
    """All called in on ``on``; and what interest paid ahead of its days, which is given back by it, moved to pay."""
    called = with_interest_given_back(call_in(account, on))
    back = called.overpaid - account.overpaid
    if not back:
        return called, Parts()
    after, paid = taken_in(replace(called, overpaid=account.overpaid), back, on, account.order)
    return after, paid.parts + Parts(interest=-back)


def _in_the_books(account: Account) -> Parts:
    """What the account's claims are in the books at the end of ``as_of``: principal, and what was earned and not paid."""
    earned, paid = account.earned, account.paid
    return Parts(
        principal=account.principal_outstanding,
        interest=earned.interest - paid.interest,
        late_interest=earned.late_interest - paid.late_interest,
        fee=earned.fee - paid.fee,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledForLess:
    """The borrower paid what the lender accepts; what is still owed by ``on``, ``at_most`` as much, is a discount.

    Interest counts for the days used and fees not yet due are dropped, as in any early settlement. The discount takes the
    place of money: income that was earned stays income. It rests on what had been paid: once a payment bounced and more is
    owed than was agreed to be given up (``taken_back``), it falls away and all is owed again.
    """

    on: date
    at_most: Decimal
    source: Any = None
    taken_back: tuple[TakenBack, ...] = ()
    tells_what_was_paid_ahead: ClassVar[bool] = True  # all falls due, and its figures have it

    def apply(self, account: Account) -> Effect:
        """Raises MoreThanAgreed."""
        as_owed = account = age(account, self.on)
        rows = tuple(replace(row, fee=row.fee_paid) if row.due_on > self.on else row for row in account.instalments)
        account = call_in(replace(account, instalments=rows), self.on)
        if account.owed > self.at_most and self.taken_back:
            nothing = dict.fromkeys(("given_up", "given_up_percent", *PARTS), ZERO)
            return Effect(as_owed, figures={**nothing, "at_most": self.at_most})
        if account.owed > self.at_most:
            raise MoreThanAgreed(owed=account.owed, at_most=self.at_most)
        lent = sum((row.principal for row in account.instalments), ZERO)
        figures = {
            "given_up": account.owed,
            "at_most": self.at_most,  # what a receipt taken back later may still make of it
            "given_up_percent": round_money(account.owed * 100 / lent),
            **account.owed_parts.as_dict(),
        }
        settled = replace(account, instalments=tuple(_made_good(row) for row in account.instalments))
        return Effect(settle_rows(settled, self.on), figures=figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallRemainderClosed:
    """All that is still owed by ``on`` is ``at_most`` the sum that the product does not collect: it is given up.

    Interest and fees of days to come are not earned any more, and fall away; the rest takes the place of money, so that
    income that was earned stays income. Once more than ``at_most`` is owed again, or nothing, it lapses.
    """

    on: date
    at_most: Decimal
    source: Any = None
    tells_what_was_paid_ahead: ClassVar[bool] = True

    def apply(self, account: Account) -> Effect:
        as_owed = account = age(account, self.on)
        if not is_small_remainder(account, self.at_most):
            return Effect(as_owed, lapsed=True)
        if account.plan is not None:
            account = call_in(account, self.on)
        rows = tuple(row if row.settled_on else _cut_to(row, self.on) for row in account.instalments)
        account = replace(account, instalments=rows)
        figures = {"closed": account.owed, "not_earned": as_owed.owed - account.owed, **account.owed_parts.as_dict()}
        closed = replace(account, instalments=tuple(_made_good(row) for row in rows))
        return Effect(settle_rows(closed, self.on), figures=figures)


def is_small_remainder(account: Account, at_most: Decimal) -> bool:
    """Whether all that ``account`` still owes, due or not, is more than nothing and ``at_most`` this sum."""
    return ZERO < account.owed <= at_most and account.written_off is None


def _cut_to(row: InstalmentState, on: date) -> InstalmentState:
    """``row`` as it falls due on ``on``, with interest for the days used and no fee of later days."""
    if row.due_on <= on:
        return row
    return replace(
        row,
        starts_on=min(row.starts_on, on),
        due_on=on,
        interest=row.interest_accrued(on),
        fee=row.fee_paid,
        curve=STRAIGHT,
    )


def _made_good(row: InstalmentState) -> InstalmentState:
    return replace(
        row,
        principal_paid=row.principal,
        interest_paid=row.interest,
        fee_paid=row.fee,
        late_interest_paid=row.late_interest_due,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOff:
    """All claims leave the books at the end of ``on`` and the account stands still; the right to collect stays (账销案存).

    Of a loan charged off before nothing is in the books any more, so that nothing becomes expense a second time.
    """

    on: date
    suspended_of: Callable[[Account], Suspended]
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NothingToWriteOff."""
        account = age(account, self.on)
        claims, earlier = account.claims, account.charged_off
        if not claims.total and self.source is None:
            raise NothingToWriteOff()
        suspended = self.suspended_of(account).total if earlier is None else ZERO
        recovered = earlier.recovered if earlier is not None else ZERO
        gone = WriteOff(on=self.on, amount=claims.total + recovered, recovered=recovered)
        figures = {"written_off": claims.total, **claims.as_dict(), "suspended": suspended}
        return Effect(replace(account, written_off=gone), figures=figures)
