"""Interest that was paid ahead of its days, where a change of the loan takes these days' interest away (pure).

A hold, goods given back, a lower rate, a plan made anew: the money is used for fewer days, or at a lower price, than
somebody has already paid for. What was paid too much belongs to the borrower (民法典 677): it joins the credit balance, and
that pays at once whatever is owed (``loans.account.credit_balance``).
"""

from dataclasses import replace

from core.money import ZERO
from loans.account.account import Account
from loans.account.allocation import AllocationLine
from loans.account.changes.base import Effect

PAID_AHEAD_GIVEN_BACK = "paid_ahead_given_back"


def with_interest_given_back(account: Account) -> Account:
    """``account`` with no more paid of the interest of an instalment than it bears; what was is overpaid.

    Once the claims left the books, charged off, it lessens what was recovered.
    """
    if all(row.interest_owed >= 0 for row in account.instalments):
        return account
    back = sum((max(-row.interest_owed, ZERO) for row in account.instalments), ZERO)
    rows = tuple(replace(row, interest_paid=min(row.interest_paid, row.interest)) for row in account.instalments)
    after = replace(account, instalments=rows, overpaid=account.overpaid + back)
    gone = account.charged_off
    return after if gone is None else replace(after, charged_off=replace(gone, recovered=gone.recovered - back))


def given_back(before: Account, effect: Effect) -> tuple[AllocationLine, ...]:
    """What ``effect`` took out of the interest paid of each instalment of ``before``, as negative lines."""
    paid = {row.number: row.interest_paid for row in effect.account.instalments}
    if effect.allocation is not None:
        for line in effect.allocation.lines:
            paid[line.instalment_number] -= line.interest
    fallen = {row.number: paid.get(row.number, ZERO) - row.interest_paid for row in before.instalments}
    return tuple(AllocationLine(instalment_number=number, interest=less) for number, less in fallen.items() if less < 0)
