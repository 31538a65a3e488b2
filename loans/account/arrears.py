"""How late a loan is, and what that makes of it (pure).

Days past due count calendar days from the day after the oldest due date with something of principal, interest or fee
unpaid. Buckets and risk classes come as data: ``[[name, first day], …]`` in rising order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import zip_longest

from core.calendars import days_between
from core.money import ZERO
from loans.account.account import Account

Steps = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Arrears:
    """What is late on a day; amounts without late interest."""

    days_past_due: int
    oldest_due_on: date | None
    principal: Decimal
    interest: Decimal
    fee: Decimal
    due_today: Decimal
    next_due_on: date | None
    next_due_amount: Decimal

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest + self.fee


def arrears(account: Account, on: date) -> Arrears:
    """The arrears of ``account`` at the end of ``on``."""
    open_rows = [row for row in account.instalments if row.agreed_owed]
    late = [row for row in open_rows if row.due_on < on]
    coming = [row for row in open_rows if row.due_on >= on]
    oldest = min((row.due_on for row in late), default=None)
    next_due_on = min((row.due_on for row in coming), default=None)
    return Arrears(
        days_past_due=days_between(oldest, on) if oldest else 0,
        oldest_due_on=oldest,
        principal=sum((row.principal_owed for row in late), ZERO),
        interest=sum((row.interest_owed for row in late), ZERO),
        fee=sum((row.fee_owed for row in late), ZERO),
        due_today=sum((row.agreed_owed for row in coming if row.due_on == on), ZERO),
        next_due_on=next_due_on,
        next_due_amount=sum((row.agreed_owed for row in coming if row.due_on == next_due_on), ZERO),
    )


def steps_reaching(days: int, steps: Steps) -> list[str]:
    """The buckets or classes in which something ``days`` past due or later can be."""
    ends = [first_day for _name, first_day in steps[1:]]
    return [name for (name, _first_day), end in zip_longest(steps, ends) if end is None or end > days]


def step_of(days_past_due: int, steps: Steps) -> str:
    """The bucket or class that ``days_past_due`` falls into: the last step that begins at or below it."""
    name = steps[0][0]
    for candidate, first_day in steps:
        if days_past_due >= first_day:
            name = candidate
    return name
