"""Settling an account early: what is charged for it, and the claims that come up beside the schedule (pure)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.money import ZERO
from loans.account.account import Account, InstalmentState
from loans.account.parts import Parts
from loans.schedules.plan import DownPayment

_DAYS_OF_YEAR = 365


def charge_of(account: Account, on: date) -> Decimal:
    """The early-repayment charge of ``account``, reckoned to ``on``, if all of it is repaid on that day."""
    early = [row for row in account.instalments if row.due_on > on]
    if account.early is None or not early:
        return ZERO
    rows, step = account.instalments, account.late.step
    saved = sum((row.interest - row.interest_earned(on) for row in early), ZERO)
    charged = sum((row.interest_earned(on) + row.fee + row.late_interest_due for row in rows), ZERO)
    return account.early.amount(
        sum((row.principal_owed for row in early), ZERO),
        account.early.rate_on(on, max(row.due_on for row in early)),
        saved=saved,
        charged=charged,
        in_use=_in_use(account, on),
        step=step,
    )


def _in_use(account: Account, on: date) -> Decimal:
    """The principal times the years it was in use by ``on``; what is paid of an open instalment is left out, whenever
    it was paid.
    """
    began = min(row.starts_on for row in account.instalments)
    total = ZERO
    for row in account.instalments:
        if row.settled_on is None:
            total += row.principal_owed * (on - began).days
        else:
            total += row.principal * (min(row.settled_on, on) - began).days
    return total / _DAYS_OF_YEAR


def with_claim(account: Account, claim: Parts, due_on: date) -> Account:
    """The account with ``claim`` as an instalment of its own, which falls due on ``due_on`` and bears interest once late.

    It has a number that no instalment of the schedule or the plan has, and a period of no days: it was earned before. Where
    interest follows the balance, its principal bears like all that is outstanding.
    """
    planned = account.plan.numbers if account.plan is not None else ()
    row = InstalmentState(
        max((*planned, *(row.number for row in account.instalments)), default=0) + 1,
        due_on,
        due_on,
        principal=claim.principal,
        interest=claim.interest,
        fee=claim.fee,
        late_interest=claim.late_interest,
    )
    plan = account.plan
    if plan is not None and claim.principal:
        plan = replace(plan, again=(*plan.again, DownPayment(row.number, due_on, claim.principal)))
    return replace(account, instalments=(*account.instalments, row), plan=plan)


def with_charge(account: Account, charge: Decimal, on: date) -> Account:
    """The ``account``, called in on ``on``, with the charge for it as a claim of its own: it is booked like any fee."""
    return with_claim(account, Parts(fee=charge), on) if charge else account
