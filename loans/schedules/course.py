"""What instalments follow besides the terms: what really bears interest, what was paid, how much has passed (pure)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from core.money import ZERO
from loans.schedules.due_dates import Period
from loans.schedules.principal_parts import PrincipalPlan
from loans.schedules.terms import Prepayment

Amounts = tuple[Decimal, Decimal]  # principal, interest
Bearing = Callable[[Sequence[Amounts], date], Decimal]


class AddedTime(NamedTuple):
    """Time from one due date to a later one that an act added; ``counted`` are the days by which it is measured.

    Days off may have moved the due date as far before: then it lies in the period already, which bears it evenly.
    """

    starts_on: date
    due_on: date
    counted: tuple[date, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What the instalments follow besides the terms; of row ``k`` counted from nothing.

    ``opening`` is the principal at the beginning of the first period. ``bearing(rows, on)`` is added to the planned
    balance that bears interest from ``on`` in the period after ``rows``; it changes on ``turns``. ``paid`` is principal
    already paid of a row: it can owe no less. Where that is more than the row was to repay, ``beyond`` says what becomes
    of the instalments after it. ``level`` keeps an instalment agreed before; ``level_periods`` are the periods it is worked
    out over, where due dates were moved since and the instalment is not to change with them. ``brought`` is interest of the
    first row that was earned before its period, the rest of one that had ``begun`` before, begins; where it is
    ``levelled_in``, the level instalment repays that too, as where the turns of a period come at once. ``free`` are days of
    a row's period that bear nothing; by the others it is measured.
    ``plan`` is what rows repay where that was worked out before, on more than is outstanding. ``added`` is time that acts
    added at the end of a row's period: it bears its own days, and more than nothing where the row is free.
    """

    opening: Decimal
    bearing: Bearing | None = None
    turns: Collection[date] = ()
    paid: dict[int, Decimal] = field(default_factory=dict)
    beyond: Prepayment | None = None
    level: Decimal | None = None
    level_periods: Sequence[Period] = ()
    brought: Decimal = ZERO
    begun: date | None = None
    levelled_in: bool = False
    free: Mapping[int, Sequence[tuple[date, date]]] = field(default_factory=dict)
    plan: PrincipalPlan | None = None
    added: Mapping[int, Sequence[AddedTime]] = field(default_factory=dict)
