"""The choices terms are made of, as values; ``loans.schedules.terms`` puts them together (pure)."""

from enum import StrEnum

from core.working_days import BusinessDayRoll

__all__ = [
    "BusinessDayRoll",
    "Compounding",
    "EmiRule",
    "FeeTiming",
    "FirstPeriod",
    "Frequency",
    "InterestBy",
    "InterestType",
    "LevelFrom",
    "LevelOn",
    "Method",
    "MonthEnd",
    "OverdueBears",
    "Prepayment",
    "Repricing",
    "Residue",
    "Rest",
    "RoundingMode",
]


class Method(StrEnum):
    """How principal and interest come back."""

    EQUAL_INSTALMENTS = "equal_instalments"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY = "interest_only"
    BULLET = "bullet"
    STAGES = "stages"  # equal principal within each stage, another part of the loan in each
    BALLOON = "balloon"  # equal instalments that leave ``balloon_rate`` of the loan to the last one
    CUSTOM = "custom"  # each instalment's amount is agreed; the last one pays the rest


class Frequency(StrEnum):
    """The unit between two due dates."""

    MONTH = "month"
    WEEK = "week"
    DAY = "day"


class FeeTiming(StrEnum):
    """With which instalment a fee falls due; or it is taken out of the sum paid out, where the market's rule allows it."""

    FIRST = "first"
    SPREAD = "spread"
    DEDUCTED = "deducted"


class InterestType(StrEnum):
    """Whether interest follows the falling balance or stays on the sum first lent."""

    DECLINING = "declining"
    FLAT = "flat"


class InterestBy(StrEnum):
    """What part of the annual rate a regular period bears."""

    PERIOD = "period"  # months by twelfths; weeks and days by the day count
    EVEN = "even"  # every period its even part: a month 1/12, a week 1/52
    THIRTY = "thirty"  # every month thirty days, every week seven, over the year of the day count
    DAY = "day"  # all by the day count


class MonthEnd(StrEnum):
    """Where a due day falls that its month does not have."""

    CLAMP = "clamp"
    FIRST_OF_NEXT = "first_of_next"


class FirstPeriod(StrEnum):
    """Who bears the odd days of a first period longer than a regular one; of a shorter one only its own row bears less."""

    CHARGED = "charged"  # the level instalment is worked out over the periods as they are
    # Regular instalments; the odd days' interest in equal parts on all of them. The days a short one lacks lessen the first.
    SPREAD = "spread"
    ADDED = "added"  # regular instalments; the odd days' interest on the first


class LevelFrom(StrEnum):
    """Which periods the level instalment is worked out over."""

    EVERY_PERIOD = "every_period"
    FIRST_PERIOD = "first_period"  # as if all were as long as the first: PMT(first period's rate, n)


class LevelOn(StrEnum):
    """What the level instalment repays where money goes out in parts."""

    OUTSTANDING = "outstanding"  # worked out anew with each drawdown
    APPROVED = "approved"  # worked out once, on the approved amount


class RoundingMode(StrEnum):
    """How a sum between two steps is rounded."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    HALF_DOWN = "half_down"
    UP = "up"
    DOWN = "down"

    @property
    def decimal(self) -> str:
        """The name Python's ``decimal`` knows it by."""
        return f"ROUND_{self.upper()}"


class EmiRule(StrEnum):
    """How the level instalment becomes a payable sum."""

    ROUND_DOWN = "round_down"
    NEAREST = "nearest"  # by the rounding mode
    ITERATE = "iterate"  # by the rounding mode, then moved while that brings the last instalment nearer to it


class Residue(StrEnum):
    """Which instalment takes what rounding leaves over."""

    EVEN = "even"  # equal parts differ by a cent at most, larger ones first; of level instalments the last takes it
    LAST = "last"
    FIRST = "first"


class Repricing(StrEnum):
    """When a rate tied to an index is set anew."""

    FIXED = "fixed"
    EVERY_QUOTE = "every_quote"
    FIRST_OF_JANUARY = "first_of_january"
    ANNIVERSARY = "anniversary"
    QUARTERLY = "quarterly"


class Rest(StrEnum):
    """The days on which money paid starts to lessen interest."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    SAME_AS_REPAYMENT = "same_as_repayment"


class Compounding(StrEnum):
    """What unpaid is added to the sum that bears interest."""

    NONE = "none"
    INTEREST = "interest"
    FEE = "fee"
    BOTH = "both"


class OverdueBears(StrEnum):
    """When the interest of what is overdue is reckoned, where interest follows the balance."""

    EVERY_DAY = "every_day"  # as each day passes
    ON_RECEIPT = "on_receipt"  # when money comes, from the period it comes in; earlier ones keep what they were told


class Prepayment(StrEnum):
    """What money paid beyond what is due does."""

    NEXT_INSTALMENTS = "next_instalments"
    LAST_FIRST = "last_first"
    REAMORTISE = "reamortise"
    REDUCE_INSTALMENT = "reduce_instalment"
    REDUCE_NUMBER = "reduce_number"
    LESSEN_NEXT = "lessen_next"  # the next instalments repay so much less principal, until it is used up
