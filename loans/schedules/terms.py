"""What was agreed: the terms of a loan as one value (pure: no Django, no clock).

Every way in which published schedules differ is a setting here, named as a product shows it. The defaults are the
ordinary consumer loan of this house: equal instalments rounded down to the cent, the last one takes the residue.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from core.calendars import DayCount
from core.money import CENT, round_to
from core.working_days import STEPPING, WorkingCalendar
from loans.schedules.conventions import (
    BusinessDayRoll,
    Compounding,
    EmiRule,
    FeeTiming,
    FirstPeriod,
    Frequency,
    InterestBy,
    InterestType,
    LevelFrom,
    LevelOn,
    Method,
    MonthEnd,
    OverdueBears,
    Prepayment,
    Repricing,
    Residue,
    Rest,
    RoundingMode,
)

__all__ = [
    "AmountsRefused",
    "BusinessDayRoll",
    "Compounding",
    "CountTooSmall",
    "DeductionTooLarge",
    "Drawdown",
    "DrawdownsRefused",
    "DueDatesRefused",
    "EmiRule",
    "FeeTiming",
    "FirstPeriod",
    "Frequency",
    "GraceTooLong",
    "InterestBy",
    "InterestType",
    "LevelFrom",
    "LevelOn",
    "LoanTerms",
    "Method",
    "MonthEnd",
    "NegativeTerms",
    "NothingDue",
    "OverdueBears",
    "Prepayment",
    "PrincipalNotPositive",
    "RateStep",
    "RateStepsRefused",
    "Repricing",
    "Residue",
    "Rest",
    "Rounding",
    "RoundingMode",
    "RoundingRefused",
    "ServicingTerms",
    "ShareOutOfRange",
    "Stage",
    "StagesRefused",
    "TermsRefused",
]


class TermsRefused(ValueError):
    """Terms that no schedule can be made of; subclasses name the reason and carry a ``code`` that never changes."""

    code = "terms_refused"


class PrincipalNotPositive(TermsRefused):
    code = "principal_not_positive"


class NegativeTerms(TermsRefused):
    code = "negative_terms"


class CountTooSmall(TermsRefused):
    code = "count_too_small"


class DueDatesRefused(TermsRefused):
    """Due dates that do not rise, lie before the start, or are not as many as the instalments."""

    code = "due_dates_refused"


class ShareOutOfRange(TermsRefused):
    code = "share_out_of_range"


class GraceTooLong(TermsRefused):
    code = "grace_too_long"


class StagesRefused(TermsRefused):
    code = "stages_refused"


class DrawdownsRefused(TermsRefused):
    code = "drawdowns_refused"


class DeductionTooLarge(TermsRefused):
    """A fee taken out of the sum paid out that would leave nothing of it."""

    code = "deduction_too_large"


class RateStepsRefused(TermsRefused):
    code = "rate_steps_refused"


class AmountsRefused(TermsRefused):
    """Agreed instalments that do not fit the method, their number, or the interest they must cover."""

    code = "amounts_refused"


class NothingDue(TermsRefused):
    """An instalment with nothing to pay: grace on everything at once, or a sum too small for so many instalments."""

    code = "nothing_due"


class RoundingRefused(TermsRefused):
    code = "rounding_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """How sums of a schedule become payable.

    ``step`` is the smallest sum of the currency that is paid (0.01; 100 where only whole hundreds are), ``multiple``
    what a level instalment is a multiple of (None: of ``step``), and with ``multiple_for_principal`` the equal parts of
    principal too. ``each_segment``: where a period's interest has parts
    (a drawdown or a new rate inside it) each part is rounded before they are summed, else their sum.
    """

    mode: RoundingMode = RoundingMode.HALF_UP
    step: Decimal = CENT
    multiple: Decimal | None = None
    multiple_for_principal: bool = True
    emi: EmiRule = EmiRule.ROUND_DOWN
    residue: Residue = Residue.EVEN
    each_segment: bool = True

    def __post_init__(self) -> None:
        if self.step <= 0 or self.step % CENT or (self.multiple is not None and self.multiple <= 0):
            raise RoundingRefused("steps and multiples must be more than zero and whole cents")
        if self.multiple is not None and self.multiple % self.step:
            raise RoundingRefused("the multiple of an instalment must be a multiple of the currency's step")

    @property
    def unit(self) -> Decimal:
        """What a sum is a multiple of where it is shared out over instalments."""
        return self.multiple or self.step

    def payable(self, amount: Decimal) -> Decimal:
        """``amount`` as it can be paid: a multiple of the smallest sum."""
        return round_to(amount, self.step, self.mode.decimal)

    def payable_unit(self, amount: Decimal) -> Decimal:
        """``amount`` as a part of the loan that is agreed by its share: a multiple of what instalments are multiples of."""
        return round_to(amount, self.unit, self.mode.decimal)


@dataclass(frozen=True, slots=True)
class Stage:
    """``count`` instalments that together repay ``share`` of the principal (0.3 is 30 %)."""

    count: int
    share: Decimal


@dataclass(frozen=True, slots=True)
class Drawdown:
    """A part of the loan paid out on ``on``; on a due date it belongs to the period that begins. ``in_full``: no down
    payment is due of it."""

    on: date
    amount: Decimal
    in_full: bool = False


@dataclass(frozen=True, slots=True)
class RateStep:
    """The annual rate from ``from_on`` (that day included) until the next step."""

    from_on: date
    annual_rate: Decimal


ORDINARY_ROUNDING = Rounding()
_NOTHING, _WHOLE, _NO_GRACE = Decimal(0), Decimal(1), (0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanTerms:
    """The economic terms of a loan.

    ``principal`` in currency units, more than zero: what is lent, or with ``drawdowns`` the most that may be.
    ``annual_rate`` as a fraction (0.18 is 18 %), zero or more; ``rate_steps`` change it on their days. ``count``
    instalments, each ``every`` units of ``frequency`` after the one before, counted from ``schedule_start_on`` (else
    ``start_on``, the day the money goes out) or, where it is chosen, from ``first_due_on``; or on ``due_dates``.
    ``fixed_instalment`` is what an instalment before the last one asks for without fee, or repays of equal principal.
    ``flat_charge`` replaces interest by rate: one agreed sum for the whole term. A BULLET loan falls due once, after
    ``count`` periods. Grace is counted in instalments. ``calendar`` is what ``business_day_roll`` asks. ``lent_in_all``
    stands in terms that are only the rest of a loan: what of it is a share of the whole loan is a share of this sum.
    ``rest`` says from which day on money lessens interest, where interest follows the balance.
    Raises a TermsRefused (a ValueError) when a value is out of its range.
    """

    principal: Decimal
    annual_rate: Decimal
    count: int
    start_on: date
    method: Method = Method.EQUAL_INSTALMENTS
    frequency: Frequency = Frequency.MONTH
    every: int = 1
    first_due_on: date | None = None
    day_count: DayCount = DayCount.ACT_365F
    fee_total: Decimal = Decimal("0.00")
    fee_timing: FeeTiming = FeeTiming.SPREAD
    flat_charge: Decimal | None = None
    interest_type: InterestType = InterestType.DECLINING
    interest_by: InterestBy = InterestBy.PERIOD
    month_end: MonthEnd = MonthEnd.CLAMP
    business_day_roll: BusinessDayRoll = BusinessDayRoll.NONE
    calendar: WorkingCalendar | None = None
    schedule_start_on: date | None = None
    due_dates: tuple[date, ...] = ()
    first_period: FirstPeriod = FirstPeriod.CHARGED
    grace_on_principal: int = 0
    grace_on_interest_payment: int = 0
    grace_on_interest_charged: int = 0
    down_payment_rate: Decimal = Decimal(0)
    balloon_rate: Decimal = Decimal(0)
    stages: tuple[Stage, ...] = ()
    amounts: tuple[Decimal, ...] = ()
    fixed_instalment: Decimal | None = None
    drawdowns: tuple[Drawdown, ...] = ()
    level_on: LevelOn = LevelOn.OUTSTANDING
    level_from: LevelFrom = LevelFrom.EVERY_PERIOD
    lent_in_all: Decimal | None = None
    rate_steps: tuple[RateStep, ...] = ()
    rounding: Rounding = ORDINARY_ROUNDING
    rest: Rest = Rest.DAILY

    def __post_init__(self) -> None:
        if self.principal <= _NOTHING:
            raise PrincipalNotPositive("principal must be more than zero")
        charge = self.flat_charge
        if self.annual_rate < _NOTHING or self.fee_total < _NOTHING or (charge is not None and charge < _NOTHING):
            raise NegativeTerms("rate, fees and charges cannot be negative")
        if self.count < 1 or self.every < 1:
            raise CountTooSmall("count and every must be at least one")
        _check_dates(self)
        _check_grace(self)
        _check_shares(self)
        if self.drawdowns:
            _check_drawdowns(self)
        if self.rate_steps:
            _check_rate_steps(self)
        if self.fee_timing is FeeTiming.DEDUCTED and self.fee_total >= self.drawn:
            raise DeductionTooLarge("a fee taken out of the sum paid out must be less than that sum")

    @property
    def drawn(self) -> Decimal:
        """What is really lent: all drawdowns, or the principal where there are none."""
        return sum((part.amount for part in self.drawdowns), Decimal("0.00")) if self.drawdowns else self.principal

    @property
    def fee_deducted(self) -> Decimal:
        """The fee taken out of the sum paid out; it falls due with no instalment."""
        return self.fee_total if self.fee_timing is FeeTiming.DEDUCTED else Decimal("0.00")

    @property
    def paid_out(self) -> Decimal:
        """What reaches the payee of what is really lent."""
        return self.drawn - self.fee_deducted

    @property
    def instalment_total(self) -> int:
        """How many instalments fall due, down payments not counted."""
        return 1 if self.method is Method.BULLET else self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicingTerms:
    """How a running loan answers to money and time. ``payment_order`` None: the loan's plain allocation order.

    ``compounding_day`` is the day of the month (1 to 31, the last day where the month has fewer) from which what compounds
    bears interest itself; 0: from its due date.
    """

    recalculates: bool = False
    overdue_bears: OverdueBears = OverdueBears.EVERY_DAY
    compounding: Compounding = Compounding.NONE
    compounding_day: int = 0
    prepayment: Prepayment = Prepayment.NEXT_INSTALMENTS
    payment_order: dict[str, object] | None = None
    late_interest_compounds: bool = False


def _check_dates(terms: LoanTerms) -> None:
    if terms.first_due_on is not None and terms.first_due_on <= terms.start_on:
        raise DueDatesRefused("the first due date must be after the start")
    if terms.schedule_start_on is not None and terms.schedule_start_on > terms.start_on:
        raise DueDatesRefused("the first period must begin on the day the money goes out or before")
    if terms.due_dates:
        dates = (terms.start_on, *terms.due_dates)
        if len(terms.due_dates) != terms.count or any(b <= a for a, b in pairwise(dates)):
            raise DueDatesRefused("due dates must be as many as the instalments and rise from the start")
        if terms.first_due_on is not None or terms.method is Method.BULLET:
            raise DueDatesRefused("chosen due dates cannot stand beside a first due date or one single due date")
    if terms.business_day_roll is not BusinessDayRoll.NONE and terms.calendar is None:
        raise DueDatesRefused("moving due dates to working days must have a calendar")
    if terms.business_day_roll in STEPPING:
        _check_stepping(terms)


def _check_stepping(terms: LoanTerms) -> None:
    by_days = terms.frequency is not Frequency.MONTH and terms.method is not Method.BULLET and not terms.due_dates
    if not by_days or terms.day_count is DayCount.ACT_ACT_ICMA:
        raise DueDatesRefused(
            "only instalments by days or weeks, other than by regular periods, are left out or merged"
        )
    if terms.first_period is not FirstPeriod.CHARGED or terms.down_payment_rate:
        raise DueDatesRefused("what is left out or merged knows no down payment and no odd days of a first period")


def _check_grace(terms: LoanTerms) -> None:
    graces = (terms.grace_on_principal, terms.grace_on_interest_payment, terms.grace_on_interest_charged)
    if graces == _NO_GRACE:
        return
    if min(graces) < 0:
        raise NegativeTerms("grace cannot be negative")
    most = terms.instalment_total - 1
    if terms.grace_on_principal > most or terms.grace_on_interest_payment > most:
        raise GraceTooLong("the last instalment must repay principal and interest: grace cannot reach it")
    if terms.grace_on_interest_charged > terms.instalment_total:
        raise GraceTooLong("interest-free instalments cannot be more than the instalments")


def _check_shares(terms: LoanTerms) -> None:
    if not _NOTHING <= terms.down_payment_rate < _WHOLE or not _NOTHING <= terms.balloon_rate < _WHOLE:
        raise ShareOutOfRange("a down payment or a balloon must be from nothing to less than the whole")
    if (terms.method is Method.BALLOON) != bool(terms.balloon_rate):
        raise ShareOutOfRange("a balloon must have its part of the principal, and only a balloon can")
    if terms.method is Method.STAGES or terms.stages:
        _check_stages(terms)
    if terms.method is Method.CUSTOM or terms.amounts:
        fits = terms.method is Method.CUSTOM and len(terms.amounts) == terms.count - 1
        if not fits or any(amount < 0 for amount in terms.amounts):
            raise AmountsRefused("agreed amounts must be one for each instalment but the last, and not negative")
    fixed = terms.fixed_instalment
    if fixed is not None and (terms.method not in (Method.EQUAL_INSTALMENTS, Method.EQUAL_PRINCIPAL) or fixed <= 0):
        raise AmountsRefused("a fixed instalment must be more than zero, for equal instalments or equal principal")


def _check_stages(terms: LoanTerms) -> None:
    counted = sum(stage.count for stage in terms.stages) == terms.count - terms.grace_on_principal
    shared = sum((stage.share for stage in terms.stages), Decimal(0)) == 1
    sound = all(stage.count >= 1 and stage.share >= 0 for stage in terms.stages)
    if terms.method is not Method.STAGES or not (counted and shared and sound):
        raise StagesRefused("stages must cover all repaying instalments and the whole principal")


def _check_drawdowns(terms: LoanTerms) -> None:
    days = [part.on for part in terms.drawdowns]
    if days[0] != terms.start_on or days != sorted(set(days)):
        raise DrawdownsRefused("drawdowns must begin on the day the loan starts and follow each other")
    if any(part.amount <= 0 for part in terms.drawdowns) or terms.drawn > terms.principal:
        raise DrawdownsRefused("drawdowns must be more than zero and cannot exceed the approved amount")
    if terms.flat_charge is not None or terms.interest_type is InterestType.FLAT:
        raise DrawdownsRefused("flat interest cannot be worked out for a loan paid out in parts")


def _check_rate_steps(terms: LoanTerms) -> None:
    days = [step.from_on for step in terms.rate_steps]
    if days != sorted(set(days)) or any(step.annual_rate < 0 for step in terms.rate_steps):
        raise RateStepsRefused("rate steps must follow each other and cannot be negative")
    if terms.flat_charge is not None:
        raise RateStepsRefused("a charge agreed for the whole term cannot follow a rate")
