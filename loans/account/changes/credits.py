"""Debt that falls without the borrower paying, and debt that comes back (pure)."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from loans.account.account import Account, InstalmentState, age, settle_rows
from loans.account.allocation import Order
from loans.account.changes.base import Effect, EventImpossible, TakenBack
from loans.account.changes.earning import with_earned
from loans.account.changes.plan_rows import with_rows
from loans.account.credit_balance import taken_in
from loans.account.parts import Parts
from loans.account.settlement import with_claim


class MoreThanOwed(EventImpossible):
    code = "more_than_owed"
    field = "amount"
    message = _("Only %(owed)s can be given up or credited.")


class RefundTooHigh(EventImpossible):
    code = "refund_too_high"
    field = "amount"
    message = _("Only %(overpaid)s is overpaid; no more can be given back.")


class SplitTooHigh(EventImpossible):
    code = "split_too_high"
    field = "amount"
    message = _("The parts come to more than the %(amount)s that were charged back.")


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
class ChargeBack:
    """``amount`` of a receipt was taken back by the payer's bank: it is owed again.

    As principal, with the next instalment; where none is to come, or interest follows the balance, as a claim that falls due
    on the day of the charge-back: the loan is late from then, not from a due date long past, and what follows the balance
    bears interest as all that is outstanding does. ``interest``, ``fee`` and
    ``late_interest`` say how much of it had paid these: that was earned before, and is due again at once. A credit balance
    pays it first (``loans.account.credit_balance``).
    """

    on: date
    amount: Decimal
    receipt: str
    interest: Decimal | None = None
    fee: Decimal | None = None
    late_interest: Decimal | None = None
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises SplitTooHigh."""
        account = age(account, self.on)
        earned = Parts(interest=self.interest or ZERO, fee=self.fee or ZERO, late_interest=self.late_interest or ZERO)
        principal = self.amount - earned.total
        if principal < 0:
            raise SplitTooHigh(amount=self.amount)
        ahead = [row for row in account.instalments if row.due_on >= self.on] if account.plan is None else []
        if principal and ahead:
            owed = replace(ahead[0], principal=ahead[0].principal + principal, settled_on=None)
            account, principal = with_rows(account, [owed]), ZERO
        claim = earned + Parts(principal=principal)
        after = with_claim(account, claim, self.on) if claim.total else account
        return Effect(after, figures={**earned.as_dict(), "owed_again": self.amount})


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestWaived:
    """Interest that has accrued and is unpaid is given up, oldest instalment first."""

    on: date
    amount: Decimal
    source: Any = None
    takes_back: ClassVar[bool] = True

    def apply(self, account: Account) -> Effect:
        """Raises MoreThanOwed."""
        account, left = age(account, self.on), self.amount
        rows = []
        for row in account.instalments:
            part = min(left, _unpaid_interest(row, self.on))
            rows.append(with_earned(row, self.on, -part))
            left -= part
        if left and self.source is None:
            raise MoreThanOwed(owed=self.amount - left)
        after = settle_rows(replace(account, instalments=tuple(rows)), self.on)
        return Effect(after, figures={"waived": self.amount - left})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """Overpaid money given back to the borrower.

    The money has left. Where what was overpaid turns out to have been less, because a payment bounced after the refund,
    the borrower owes what was refunded beyond it: as a claim that falls due on the day the payment was taken back
    (``taken_back``: all that was, since the refund). Once the claims left the books it lessens what was recovered.
    ``to_account`` names the account it went to.
    """

    on: date
    amount: Decimal
    to_account: str | None = None
    source: Any = None
    taken_back: tuple[TakenBack, ...] = ()

    def apply(self, account: Account) -> Effect:
        """Raises RefundTooHigh for a refund not made yet."""
        account = age(account, self.on)
        covered = min(self.amount, account.overpaid)
        short = self.amount - covered
        figures = {"refunded": self.amount}
        if short and self.source is None:
            raise RefundTooHigh(overpaid=account.overpaid)
        after = replace(account, overpaid=account.overpaid - covered)
        if not short:
            return Effect(after, figures=figures)
        figures["owed_again"] = short
        if after.written_off is not None:
            gone = replace(after.written_off, recovered=after.written_off.recovered - short)
            return Effect(replace(after, written_off=gone), figures=figures)
        for part in self._claims(account, short):
            after = with_claim(after, Parts(principal=part.amount), part.on)
        if after.charged_off is not None:
            lost = replace(after.charged_off, recovered=after.charged_off.recovered - short)
            after = replace(after, charged_off=lost)
        return Effect(after, figures=figures)

    def _claims(self, account: Account, short: Decimal) -> list[TakenBack]:
        """When ``short`` falls due: each part when so much had been taken back that the credit no longer held it."""
        taken = sorted(self.taken_back, key=lambda part: part.on)
        gone = -max(sum((part.amount for part in taken), account.overpaid - account.owed - self.amount), ZERO)
        found, left = [], short
        for part in taken:
            gone += part.amount
            due = min(left, max(gone - (short - left), ZERO))
            if due:
                found.append(TakenBack(on=part.on, amount=due))
                left -= due
        if left:
            day = taken[-1].on if taken else self.on
            found.append(TakenBack(on=day, amount=left))
        return found


def _unpaid_interest(row: InstalmentState, on: date) -> Decimal:
    return row.interest_accrued(on) - row.interest_paid
