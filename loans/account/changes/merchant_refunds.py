"""Goods taken back by the merchant of a purchase: principal falls, and where agreed the interest on it too (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from core.money import ZERO
from loans.account.account import Account, InstalmentState, age, relaid, settle_rows
from loans.account.allocation import Allocation, Order
from loans.account.changes.base import Effect
from loans.account.changes.earning import keeping_earned, with_earned
from loans.account.changes.plan_rows import with_rows
from loans.account.changes.replanning import running, worked_out_anew
from loans.account.changes.restructuring import FlatChargeStays
from loans.account.credit_balance import taken_in
from loans.schedules.earning import STRAIGHT
from loans.schedules.plan import GivenBack, PaidPart, rest_day
from loans.schedules.terms import LoanTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantRefund:
    """The merchant gives ``amount`` of a purchase back; ``merchant`` is its registration number, None that of the purchase.

    It lessens the principal of the instalments ahead, which are worked out anew from its day on, so that their interest is
    unwound; what is beyond pays what is overdue, and the rest belongs to the borrower. Interest accrued so far stays, unless
    ``gives_interest_back``: then the share of it that the returned part has in the loan (``amount`` of what was lent and
    not refunded before) is no longer owed, and what was paid of it pays what else is owed or becomes a credit balance.
    """

    on: date
    amount: Decimal
    terms: LoanTerms
    order: Order
    gives_interest_back: bool = False
    merchant: str | None = None
    source: Any = None

    @property
    def takes_back(self) -> bool:
        """Whether interest that was earned falls by it."""
        return self.gives_interest_back

    def apply(self, account: Account) -> Effect:
        """Raises FlatChargeStays: where one charge was agreed there is no interest by days to unwind."""
        account = age(account, self.on)
        if self.terms.flat_charge is not None:
            raise FlatChargeStays()
        lent = sum((row.principal for row in account.instalments), ZERO)
        rows = running(account, self.on) if account.plan is None else []
        unwound = min(self.amount, sum((row.principal_owed for row in rows), ZERO))
        after = self._unwound(account, rows, unwound) if unwound else account
        given_back = ZERO
        if self.gives_interest_back:
            after, given_back = _given_back(after, self._share(account), self.terms, self.on)
        left, allocation = self.amount - unwound, Allocation(amount=ZERO)
        if left:
            after, allocation = taken_in(after, left, self.on, self.order)
        figures = allocation.parts.as_dict()
        figures["principal"] += lent - sum((row.principal for row in after.instalments), ZERO)
        figures |= {"refunded": self.amount, "overpaid": allocation.overpaid}
        if given_back:
            figures["interest_given_back"] = given_back
        after = replace(after, refunded=account.refunded + self.amount)
        return Effect(settle_rows(after, self.on), figures=figures)

    def _unwound(self, account: Account, rows: Sequence[InstalmentState], amount: Decimal) -> Account:
        after = worked_out_anew(account, rows, self.terms, self.on, added=-amount)
        return keeping_earned(account, after, self.on) if self.gives_interest_back else after

    def _share(self, account: Account) -> Decimal:
        """What part of the purchase still financed is returned: 1 is all of it.

        Financed is what was paid out by then, also where more was approved.
        """
        drawn = sum((part.amount for part in self.terms.drawdowns if part.on <= self.on), ZERO) or self.terms.principal
        financed = max(drawn, sum((row.principal for row in account.instalments), ZERO)) - account.refunded
        return min(self.amount / financed, Decimal(1)) if financed > 0 else ZERO


def _given_back(account: Account, share: Decimal, terms: LoanTerms, on: date) -> tuple[Account, Decimal]:
    """The account without ``share`` of the interest earned by ``on``, and how much that is.

    Once all is returned nothing of the purchase bears interest any more, nor what was paid of it ahead of its day.
    """
    changed, back, parts = [], [], []
    total = ZERO
    for row in account.instalments:
        earned = min(terms.rounding.payable(row.interest_earned(on) * share), row.interest)
        gone = row.interest if share == 1 else earned
        less = replace(row, interest=ZERO, curve=STRAIGHT) if share == 1 else with_earned(row, on, -earned)
        beyond = max(less.interest_paid - less.interest, ZERO)
        if not gone and not beyond:
            continue
        changed.append(less)
        total += earned
        if account.plan is not None and row.number in account.plan.numbers:
            back.append(GivenBack(number=row.number, on=on, amount=gone))
            counts_from = rest_day(account.plan, on)
            parts.append(PaidPart(number=row.number, counts_from=counts_from, interest=earned - beyond))
    after = with_rows(account, changed) if changed else account
    if back and after.plan is not None:
        plan = replace(after.plan, given_back=(*after.plan.given_back, *back), paid=(*after.plan.paid, *parts))
        after = relaid(replace(after, plan=plan), on)
    return after, total
