"""A credit balance, used as soon as something is owed again (pure).

What was paid too much is owed to the borrower, until the borrower owes something: then it pays that, in the product's
order, on the very day, as money received on that day would. "Owed" is everything still to be paid, instalments ahead
included: money beyond what is due pays them ahead too, so that money overpaid by one road and money received by the other
leave the same loan. Hence the law: nothing is owed beside a credit balance, due or not. Only a loan written off may have
both: its account stands still, and its credit is what came beyond the loss.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.money import ZERO
from loans.account.account import Account
from loans.account.allocation import Allocation, Order, receive
from loans.account.recalculation import receive_on_plan


def taken_in(account: Account, amount: Decimal, on: date, order: Order) -> tuple[Account, Allocation]:
    """``amount`` divided over what the account owes, as a payment of ``on`` would be."""
    if account.plan is not None:
        return receive_on_plan(account, amount=amount, on=on, order=order)
    return receive(account, amount=amount, on=on, order=order)


def credit_used(account: Account, on: date) -> tuple[Account, Allocation | None]:
    """The account once its credit balance has paid what is owed on ``on``; how it was divided, None where nothing was."""
    if not account.overpaid or not account.owed or account.written_off is not None:
        return account, None
    after, divided = taken_in(replace(account, overpaid=ZERO), account.overpaid, on, account.order)
    if not divided.total:
        return account, None
    used = Allocation(amount=divided.total, lines=divided.lines)
    gone = after.charged_off
    if gone is None:
        return after, used
    recovered = replace(gone, recovered=gone.recovered + used.total)
    return replace(after, charged_off=recovered), replace(used, recovers=True)
