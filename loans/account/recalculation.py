"""Money received for a loan whose interest follows what is outstanding (pure).

What is due is paid in the product's order. Money beyond it lessens principal: of the coming instalments, or of the
running one, which makes those after it smaller, fewer or partly paid, as the product's ``prepayment`` says. Interest not
yet due is left to its due date, where it is found lessened by the money, unless the product's rest days put the money off
until then.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.money import ZERO, split_evenly
from loans.account.account import Account, InstalmentState, age, relaid, settle_rows
from loans.account.allocation import Allocation, AllocationLine, Order, allocate, give, merged, timing_of
from loans.account.payment_order import Timing
from loans.account.settlement import with_charge
from loans.schedules.plan import PaidPart, Plan, rest_day
from loans.schedules.terms import Prepayment

WITH_RUNNING = (Prepayment.REDUCE_INSTALMENT, Prepayment.REDUCE_NUMBER, Prepayment.LESSEN_NEXT)


def receive_on_plan(
    account: Account, *, amount: Decimal, on: date, order: Order, settles: bool = False, charge: Decimal = ZERO
) -> tuple[Account, Allocation]:
    """Take in a payment on ``on``. ``settles``: all principal outstanding is called in and the plan ends with it, which
    costs ``charge``.
    """
    account = age(account, on)
    assert account.plan is not None
    account = relaid(replace(account, plan=account.plan.looked_at(on)), on)
    account, due = _pay(account, [row for row in account.instalments if row.due_on <= on], amount, order, on)
    left = amount - due.total
    if settles and left:
        account, ahead = _settle(account, left, order, on, charge)
    elif left:
        account, ahead = _pay_ahead(account, left, order, on)
    else:
        ahead = ()
    left -= sum((line.total for line in ahead), ZERO)
    rest: Sequence[AllocationLine] = ()
    if left and not account.principal_outstanding:
        account, paid = _pay(account, list(account.instalments), left, order, on)
        left, rest = paid.overpaid, paid.lines
    allocation = Allocation(amount=amount, lines=merged([*due.lines, *ahead, *rest]), overpaid=left)
    return settle_rows(replace(account, overpaid=account.overpaid + left), on), allocation


def _pay(
    account: Account, rows: Sequence[InstalmentState], amount: Decimal, order: Order, on: date
) -> tuple[Account, Allocation]:
    """Pay what ``rows`` owe in the product's order; the account is then laid out anew."""
    allocation = allocate(amount, replace(account, instalments=tuple(rows)), order, on)
    return _taken_in(account, allocation.lines, on), allocation


def _settle(
    account: Account, amount: Decimal, order: Order, on: date, charge: Decimal
) -> tuple[Account, Sequence[AllocationLine]]:
    """Call in all principal: later instalments bear no interest any more, and all of them are paid as they then stand."""
    assert account.plan is not None
    plan = account.plan
    called = relaid(replace(account, plan=plan.called_in(account.planned_principal, on)), on)
    called = with_charge(called, charge, on)
    lines = allocate(amount, called, order, on).lines
    return _taken_in(replace(called, plan=plan), lines, on), lines


def _pay_principal(
    account: Account, shares: Sequence[tuple[int, Decimal]], amount: Decimal, on: date
) -> tuple[Account, Sequence[AllocationLine]]:
    """Pay principal of instalments by number, until ``amount`` is used up."""
    lines: list[AllocationLine] = []
    left = amount
    for number, most in shares:
        part = min(most, left)
        if part > 0:
            lines.append(AllocationLine(instalment_number=number, principal=part))
            left -= part
    return _taken_in(account, lines, on), lines


def _taken_in(account: Account, lines: Sequence[AllocationLine], on: date) -> Account:
    assert account.plan is not None
    if not lines:
        return account
    total = sum((line.total for line in lines), ZERO)
    paid = [_part(account.plan, line, on) for line in lines]
    account = replace(account, plan=replace(account.plan, paid=(*account.plan.paid, *paid)))
    return relaid(give(account, Allocation(amount=total, lines=merged(lines)), on), on)


def _part(plan: Plan, line: AllocationLine, on: date) -> PaidPart:
    return PaidPart(
        number=line.instalment_number,
        counts_from=rest_day(plan, on),
        principal=line.principal,
        interest=line.interest,
        fee=line.fee,
    )


def _pay_ahead(account: Account, left: Decimal, order: Order, on: date) -> tuple[Account, Sequence[AllocationLine]]:
    """Money beyond what is due on ``on``."""
    plan = account.plan
    assert plan is not None
    rows = [row for row in account.instalments if timing_of(row, on) is Timing.IN_ADVANCE and row.agreed_owed]
    rows = [row for row in rows if row.number in plan.numbers]
    lines: list[AllocationLine] = []
    if rows and rest_day(plan, on) >= rows[0].due_on:
        # The money counts from the due date on, so that the interest until then is owed whatever is paid now.
        account, paid = _pay(account, rows[:1], left, order, on)
        lines, left = list(paid.lines), paid.overpaid
    planned = min(left, account.planned_principal)
    if planned:
        with_running = plan.servicing.prepayment in WITH_RUNNING
        shares = _running_first(plan, account, on) if with_running else _shares(plan, account, planned, on)
        account, more = _pay_principal(account, shares, planned, on)
        lines += more
        left -= sum((line.total for line in more), ZERO)
    account, beside = _pay_principal(account, _all_ahead(account, on, planned=False), left, on)
    return account, [*lines, *beside]


def _running_first(plan: Plan, account: Account, on: date) -> list[tuple[int, Decimal]]:
    """All that the plan still repays, with the instalment due on ``on`` or running then."""
    dated = zip(plan.numbers, plan.periods, strict=True)
    running = next((number for number, period in dated if period.due_on >= on), None)
    return [] if running is None else [(running, account.planned_principal)]


def _shares(plan: Plan, account: Account, amount: Decimal, on: date) -> list[tuple[int, Decimal]]:
    """Which instalments' principal money in advance pays, most of each."""
    ahead = _all_ahead(account, on)
    if plan.servicing.prepayment is Prepayment.LAST_FIRST:
        return ahead[::-1]
    if plan.servicing.prepayment is Prepayment.REAMORTISE:
        shares = zip(ahead, split_evenly(amount, len(ahead)), strict=True)
        evenly = [(number, owed, min(owed, share)) for (number, owed), share in shares]
        rest = [(number, owed - share) for number, owed, share in reversed(evenly)]
        return [*((number, share) for number, _owed, share in evenly), *rest]
    return ahead


def _all_ahead(account: Account, on: date, *, planned: bool = True) -> list[tuple[int, Decimal]]:
    """Instalments ahead by number with their principal: those of the plan, or the claims outside it."""
    assert account.plan is not None
    rows = [row for row in account.instalments if row.due_on > on and row.principal_owed]
    return [(row.number, row.principal_owed) for row in rows if (row.number in account.plan.numbers) is planned]
