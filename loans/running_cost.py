"""What a running loan costs in a year with everything that fell and will fall due, and whether it may (the law's cap)."""

from dataclasses import replace
from datetime import date

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from loans.account import Account
from loans.apr import AllInCost, CapBasis, cost_of
from loans.changes.base import Change
from loans.cost_caps import CostCap, cost_cap, percent
from loans.drawn import drawdowns_of
from loans.models import Loan
from loans.schedule import Schedule, ScheduledInstalment


class FeeBreaksCap(Invalid):
    """The figure is the one the cap is compared with."""

    code = "fee_breaks_cap"
    field = "amount"
    message = _(
        "With this fee the all-in cost of the loan would be %(figure)s a year (%(basis)s); the cap is %(cap)s. "
        "Choose a smaller fee."
    )


BASES = {CapBasis.SIMPLE: _("IRR, simple"), CapBasis.COMPOUND: _("IRR, compounded")}


def cost_of_account(loan: Loan, account: Account) -> AllInCost:
    """The all-in cost of ``loan`` if every instalment of ``account`` is paid on its day; late interest is no part of it.

    Raises NoRate.
    """
    rows = (
        ScheduledInstalment(row.number, row.starts_on, row.due_on, row.principal, row.interest, row.fee)
        for row in account.instalments
    )
    terms = replace(loan.terms(), drawdowns=drawdowns_of(loan))
    return cost_of(terms, Schedule(tuple(rows)))


def cap_of_loan(loan: Loan) -> CostCap:
    """The cap that held when the loan began: the law looks at the day the contract was made."""
    began: date = loan.disbursed_on  # type: ignore[assignment]  # a running loan has one
    return cost_cap(began, loan.product_version.product.market)


def refuse_fee_over_cap(loan: Loan, account: Account, change: Change) -> None:
    """Raise FeeBreaksCap, naming figure and cap, when the loan would cost more than its cap after ``change``."""
    cap = cap_of_loan(loan)
    cost = cost_of_account(loan, change.apply(account).account)
    if cap.rate is not None and not cap.allows(cost):
        raise FeeBreaksCap(figure=percent(cost.figure(cap.basis)), basis=BASES[cap.basis], cap=percent(cap.rate))
