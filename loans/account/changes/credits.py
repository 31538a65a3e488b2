"""Debt that falls without the borrower paying, and debt that comes back (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.calendars import days_between
from core.money import ZERO
from loans.account.account import Account, InstalmentState, age, settle_rows
from loans.account.allocation import Allocation, Order, receive
from loans.account.changes.base import Effect, EventImpossible
from loans.account.changes.plan_rows import with_rows
from loans.account.changes.replanning import lent_in_all, periods_of, rest_of, running, to_repay
from loans.account.changes.restructuring import FlatChargeStays
from loans.account.interest import accrued_interest
from loans.account.recalculation import receive_on_plan
from loans.schedules.amortisation import Amounts, Course, amortise
from loans.schedules.terms import InterestType, LoanTerms


class MoreThanOwed(EventImpossible):
    code = "more_than_owed"
    field = "amount"
    message = _("Only %(owed)s can be given up or credited.")


class RefundTooHigh(EventImpossible):
    code = "refund_too_high"
    field = "amount"
    message = _("Only %(overpaid)s is overpaid; no more can be given back.")


class NoInstalmentToAddTo(EventImpossible):
    code = "no_instalment_to_add_to"
    message = _("The loan has no instalment that the money could be owed with.")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodwillCredit:
    """The lender pays ``amount`` of the debt itself; it is divided like money from the borrower."""

    on: date
    amount: Decimal
    order: Order
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises MoreThanOwed."""
        account = age(account, self.on)
        if self.amount > account.owed and self.source is None:
            raise MoreThanOwed(owed=account.owed)
        amount = min(self.amount, account.owed)
        if not amount:
            return Effect(account, figures={"credited": ZERO})
        after, allocation = taken_in(account, amount, self.on, self.order)
        return Effect(after, allocation, {"credited": amount, **allocation.parts.as_dict()})


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantRefund:
    """The merchant gives ``amount`` of a purchase back; ``merchant`` is its registration number, None that of the purchase.

    It lessens the principal of the instalments ahead, which are worked out anew from its day on, so that their interest is
    unwound; what is beyond pays what is overdue, and the rest belongs to the borrower. Interest accrued so far stays.
    """

    on: date
    amount: Decimal
    terms: LoanTerms
    order: Order
    merchant: str | None = None
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises FlatChargeStays: where one charge was agreed there is no interest by days to unwind."""
        account = age(account, self.on)
        if self.terms.flat_charge is not None:
            raise FlatChargeStays()
        lent = sum((row.principal for row in account.instalments), ZERO)
        rows = running(account, self.on) if account.plan is None else []
        unwound = min(self.amount, sum((row.principal_owed for row in rows), ZERO))
        if unwound:
            account = _unwound(account, rows, self.terms, unwound, self.on)
        left, allocation = self.amount - unwound, Allocation(amount=ZERO)
        if left:
            account, allocation = taken_in(account, left, self.on, self.order)
        figures = allocation.parts.as_dict()
        figures["principal"] += lent - sum((row.principal for row in account.instalments), ZERO)
        figures |= {"refunded": self.amount, "overpaid": allocation.overpaid}
        return Effect(settle_rows(account, self.on), figures=figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeBack:
    """``amount`` of a receipt was taken back by the payer's bank: it is owed again, with the next instalment."""

    on: date
    amount: Decimal
    receipt: str
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoInstalmentToAddTo."""
        account = age(account, self.on)
        if not account.instalments:
            raise NoInstalmentToAddTo()
        ahead = [row for row in account.instalments if row.due_on >= self.on]
        target = ahead[0] if ahead else account.instalments[-1]
        owed = replace(target, principal=target.principal + self.amount, settled_on=None)
        return Effect(with_rows(account, [owed]), figures={"owed_again": self.amount})


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestWaived:
    """Interest that has accrued and is unpaid is given up, oldest instalment first."""

    on: date
    amount: Decimal
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises MoreThanOwed."""
        account, left = age(account, self.on), self.amount
        rows = []
        for row in account.instalments:
            part = min(left, _unpaid_interest(row, self.on))
            rows.append(replace(row, interest=row.interest - part))
            left -= part
        if left and self.source is None:
            raise MoreThanOwed(owed=self.amount - left)
        after = settle_rows(replace(account, instalments=tuple(rows)), self.on)
        return Effect(after, figures={"waived": self.amount - left})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """Overpaid money given back to the borrower."""

    on: date
    amount: Decimal
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises RefundTooHigh, also for a refund already made: the money has left."""
        account = age(account, self.on)
        if self.amount > account.overpaid:
            raise RefundTooHigh(overpaid=account.overpaid)
        after = replace(account, overpaid=account.overpaid - self.amount)
        return Effect(after, figures={"refunded": self.amount})


def taken_in(account: Account, amount: Decimal, on: date, order: Order) -> tuple[Account, Allocation]:
    """``amount`` divided over what the account owes, as a payment of ``on`` would be."""
    if account.plan is not None:
        return receive_on_plan(account, amount=amount, on=on, order=order)
    return receive(account, amount=amount, on=on, order=order)


def _unpaid_interest(row: InstalmentState, on: date) -> Decimal:
    return accrued_interest(row.interest, row.interest_paid, row.starts_on, row.due_on, on) - row.interest_paid


def _unwound(account: Account, rows: Sequence[InstalmentState], terms: LoanTerms, amount: Decimal, on: date) -> Account:
    """The instalments ahead with ``amount`` less to repay; until ``on`` it bore interest."""

    def bearing(before: Sequence[Amounts], start: date) -> Decimal:
        return amount if not before and start < on else ZERO

    course = Course(
        opening=to_repay(rows) - amount,
        bearing=bearing,
        turns={on},
        paid={k: row.principal_paid for k, row in enumerate(rows) if row.principal_paid},
    )
    amounts = amortise(rest_of(terms, rows, lent_in_all=lent_in_all(account) - amount), periods_of(rows), course)
    if terms.interest_type is InterestType.FLAT:
        interests = _flat_unwound(rows, terms, course.opening / to_repay(rows), on)
        amounts = [(principal, interest) for (principal, _old), interest in zip(amounts, interests, strict=True)]
    changed = [
        replace(row, principal=principal, interest=max(interest, row.interest_paid), settled_on=None)
        for row, (principal, interest) in zip(rows, amounts, strict=True)
    ]
    return with_rows(account, changed)


def _flat_unwound(rows: Sequence[InstalmentState], terms: LoanTerms, left: Decimal, on: date) -> list[Decimal]:
    """Flat interest of ``rows`` once only ``left`` of their principal (a fraction) is lent from ``on``.

    It is on the sum first lent, however much was repaid: it falls with the part of that sum given back, and in the running
    period for the days to come.
    """
    found = []
    for row in rows:
        gone = Decimal(max(days_between(row.starts_on, on), 0)) / days_between(row.starts_on, row.due_on)
        found.append(terms.rounding.payable(row.interest * (gone + (1 - gone) * left)))
    return found
