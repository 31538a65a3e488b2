"""The settings of schedules in words: every choice a product shows, beside the value the pure rooms know."""

from enum import StrEnum
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loans.schedules.terms import (
    BusinessDayRoll,
    Compounding,
    EmiRule,
    FirstPeriod,
    InterestBy,
    InterestType,
    LevelFrom,
    LevelOn,
    MonthEnd,
    OverdueBears,
    Prepayment,
    Repricing,
    Residue,
    Rest,
    RoundingMode,
)

WORDS: dict[type[StrEnum], dict[StrEnum, Any]] = {
    InterestType: {
        InterestType.DECLINING: _("on the falling balance"),
        InterestType.FLAT: _("flat: on the sum first lent"),
    },
    InterestBy: {
        InterestBy.PERIOD: _("months by twelfths, weeks and days by the day count"),
        InterestBy.EVEN: _("even parts of the year: a month 1/12, a week 1/52"),
        InterestBy.THIRTY: _("thirty days a month, seven a week, over the year of the day count"),
        InterestBy.DAY: _("by the day count"),
    },
    MonthEnd: {
        MonthEnd.CLAMP: _("the last day of the month"),
        MonthEnd.FIRST_OF_NEXT: _("the first day of the next month"),
    },
    BusinessDayRoll: {
        BusinessDayRoll.NONE: _("stays where it is"),
        BusinessDayRoll.FOLLOWING: _("moves to the next working day"),
        BusinessDayRoll.MODIFIED_FOLLOWING: _("moves to the next working day, within the month"),
        BusinessDayRoll.PRECEDING: _("moves to the working day before"),
        BusinessDayRoll.MODIFIED_PRECEDING: _("moves to the working day before, within the month"),
        BusinessDayRoll.NEAREST: _("moves to the nearest working day"),
        BusinessDayRoll.MERGE: _("moves to the next working day, paid together with what is due there"),
        BusinessDayRoll.SKIP: _("is left out: it and all later instalments fall due later"),
    },
    FirstPeriod: {
        FirstPeriod.CHARGED: _("charged: instalments are worked out over the periods as they are"),
        FirstPeriod.SPREAD: _("spread: its odd days' interest in equal parts on all instalments"),
        FirstPeriod.ADDED: _("added: its odd days' interest on the first instalment"),
    },
    LevelFrom: {
        LevelFrom.EVERY_PERIOD: _("every period as long as it is"),
        LevelFrom.FIRST_PERIOD: _("all periods as long as the first"),
    },
    LevelOn: {
        LevelOn.OUTSTANDING: _("what is outstanding, anew with each drawdown"),
        LevelOn.APPROVED: _("the approved amount, once"),
    },
    RoundingMode: {
        RoundingMode.HALF_UP: _("half up"),
        RoundingMode.HALF_EVEN: _("half to even"),
        RoundingMode.HALF_DOWN: _("half down"),
        RoundingMode.UP: _("up"),
        RoundingMode.DOWN: _("down"),
    },
    EmiRule: {
        EmiRule.ROUND_DOWN: _("rounded down"),
        EmiRule.NEAREST: _("rounded by the mode"),
        EmiRule.ITERATE: _("rounded by the mode, then moved while that brings the last instalment nearer"),
    },
    Residue: {
        Residue.EVEN: _("as evenly as cents allow"),
        Residue.LAST: _("the last instalment"),
        Residue.FIRST: _("the first instalment"),
    },
    Repricing: {
        Repricing.FIXED: pgettext_lazy("repricing", "never"),
        Repricing.EVERY_QUOTE: _("with every new quote"),
        Repricing.FIRST_OF_JANUARY: _("on 1 January"),
        Repricing.ANNIVERSARY: _("on the anniversary of the loan"),
        Repricing.QUARTERLY: _("every three months"),
    },
    Rest: {
        Rest.DAILY: _("daily"),
        Rest.WEEKLY: _("weekly"),
        Rest.MONTHLY: _("monthly"),
        Rest.SAME_AS_REPAYMENT: _("on due dates"),
    },
    OverdueBears: {
        OverdueBears.EVERY_DAY: _("as each day passes"),
        OverdueBears.ON_RECEIPT: _("when money comes, from the period it comes in"),
    },
    Compounding: {
        Compounding.NONE: _("nothing"),
        Compounding.INTEREST: _("interest"),
        Compounding.FEE: _("fees"),
        Compounding.BOTH: _("interest and fees"),
    },
    Prepayment: {
        Prepayment.NEXT_INSTALMENTS: _("pays the next instalments"),
        Prepayment.LAST_FIRST: _("pays the last instalments first"),
        Prepayment.REAMORTISE: _("is spread over all open instalments"),
        Prepayment.REDUCE_INSTALMENT: _("makes the instalments smaller"),
        Prepayment.REDUCE_NUMBER: _("makes the loan shorter"),
        Prepayment.LESSEN_NEXT: _("lessens the next instalments by as much principal"),
    },
}


def choice_field(default: StrEnum, label: Any, help_text: Any = "") -> Any:
    """A column for one of the values of ``default``'s enumeration."""
    words = WORDS[type(default)]
    return models.CharField(
        label,
        max_length=20,
        choices=[(member.value, words[member]) for member in type(default)],
        default=default.value,
        db_default=default.value,
        help_text=help_text,
    )
