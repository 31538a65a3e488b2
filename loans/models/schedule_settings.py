"""The settings of a schedule and of its servicing as columns: a product version has them, booking a loan copies them.

The pure twins are ``loans.schedules.terms.LoanTerms`` with ``Rounding`` and ``ServicingTerms``. Defaults are the
ordinary loan.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.calendars import DayCount
from core.fields import exact_field, money_field
from core.working_calendars import working_calendar
from core.working_days import STEPPING
from loans.account.payment_order import PaymentOrderRefused, parse_order
from loans.models.schedule_choices import choice_field
from loans.schedules.terms import (
    BusinessDayRoll,
    Compounding,
    Drawdown,
    EmiRule,
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
    RateStep,
    Repricing,
    Residue,
    Rest,
    Rounding,
    RoundingMode,
    ServicingTerms,
    Stage,
)

LAST_DAY_OF_MONTH = 31
MOST_LINE_MONTHS = 360


def _count_field(label: Any, help_text: Any = "") -> Any:
    return models.PositiveSmallIntegerField(label, default=0, db_default=0, help_text=help_text)


def _share_field(label: Any, help_text: Any = "") -> Any:
    return exact_field(verbose_name=label, default=0, db_default=0, help_text=help_text)


def _list_field(label: Any, help_text: Any = "") -> Any:
    return models.JSONField(label, null=True, blank=True, help_text=help_text)


class ScheduleSettings(models.Model):
    """What a product fixes and a loan keeps."""

    interest_type = choice_field(InterestType.DECLINING, _("interest is worked out"))
    interest_by = choice_field(InterestBy.PERIOD, _("part of the annual rate a period bears"))
    month_end = choice_field(MonthEnd.CLAMP, _("a due day the month does not have becomes"))
    business_day_roll = choice_field(
        BusinessDayRoll.NONE,
        _("a due date on a day off"),
        _("Only instalments by days or weeks are paid together or left out."),
    )
    business_calendar = models.CharField(
        _("calendar of working days"),
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text=_("Needed where a due date moves; see Products, Calendars."),
    )
    first_period = choice_field(FirstPeriod.CHARGED, _("a first period of odd length is"))
    grace_on_principal = _count_field(_("instalments without principal"))
    grace_on_interest_payment = _count_field(
        _("instalments whose interest is deferred"), _("It falls due with the first instalment after them.")
    )
    grace_on_interest_charged = _count_field(_("instalments free of interest"))
    down_payment_rate = _share_field(
        _("down payment, part of the loan"), _("As a fraction: 0.25 is 25 %, due on the day the money goes out.")
    )
    balloon_rate = _share_field(
        _("balloon, part of the loan"), _("As a fraction of the loan that the last instalment repays.")
    )
    stages = _list_field(
        _("stages"), _("For principal in stages: instalments and part of the loan, as [[12, 0.3], [12, 0.7]].")
    )
    level_on = choice_field(LevelOn.OUTSTANDING, _("where money goes out in parts, instalments repay"))
    level_from = choice_field(LevelFrom.EVERY_PERIOD, _("the level instalment counts"))
    rate_index = models.CharField(_("index of the rate"), max_length=20, blank=True, default="", db_default="")
    rate_spread = _share_field(_("spread over the index"), _("As a fraction: 0.0035 is 35 basis points."))
    repricing = choice_field(Repricing.FIXED, _("the rate is set anew"))
    rounding_mode = choice_field(RoundingMode.HALF_UP, _("rounding"))
    rounding_step = money_field(verbose_name=_("smallest sum paid"), default="0.01", db_default="0.01")
    instalment_multiple = money_field(
        verbose_name=_("instalments are a multiple of"),
        null=True,
        blank=True,
        help_text=_("Empty: of the smallest sum."),
    )
    multiple_for_principal = models.BooleanField(
        _("equal parts of principal are such a multiple too"), default=True, db_default=True
    )
    emi_rounding = choice_field(EmiRule.ROUND_DOWN, _("the level instalment is"))
    residue = choice_field(Residue.EVEN, _("what rounding leaves goes to"))
    round_each_segment = models.BooleanField(
        _("round interest before a drawdown or new rate by itself"), default=True, db_default=True
    )
    recalculates = models.BooleanField(
        _("interest follows what is really outstanding"), default=False, db_default=False
    )
    rest = choice_field(Rest.DAILY, _("payments lessen interest from"))
    overdue_bears = choice_field(OverdueBears.EVERY_DAY, _("interest of what is overdue is reckoned"))
    compounding = choice_field(Compounding.NONE, _("added to the sum that bears interest"))
    compounding_day = models.PositiveSmallIntegerField(
        _("day of the month on which it is added"),
        default=0,
        db_default=0,
        help_text=_("1 to 31, or the last day of a shorter month. 0: on its due date."),
    )
    prepayment = choice_field(Prepayment.NEXT_INSTALMENTS, _("money paid beyond what is due"))
    payment_order = models.JSONField(
        _("payment order"), null=True, blank=True, help_text=_("Empty: the plain allocation order.")
    )
    late_interest_compounds = models.BooleanField(
        _("late interest is charged on overdue interest too"), default=False, db_default=False
    )
    late_rate_follows_rule = models.BooleanField(
        _("a new late multiplier of the market applies to running loans"),
        default=False,
        db_default=False,
        help_text=_("From the day the rule late_rate_multiplier names. Otherwise the contract fixes the multiplier."),
    )
    early_charge_rate = _share_field(
        _("early-repayment charge, part of the principal repaid early"),
        _(
            "As a fraction: 0.01 is 1 %. Charged only when the whole loan is settled before its time; never more than "
            "the interest saved, nor than the market's cap on all costs leaves. 0: none."
        ),
    )
    early_charge_last_year_rate = exact_field(
        verbose_name=_("early-repayment charge where a year or less is left"),
        null=True,
        blank=True,
        help_text=_("As a fraction, no more than before the last year. Empty: the same."),
    )
    early_charge_months = _count_field(
        _("months in which the early-repayment charge applies"), _("From the day the money goes out. 0: until the end.")
    )
    remainder_tolerance = money_field(
        verbose_name=_("largest remainder that is waived"),
        default=0,
        db_default=0,
        help_text=_(
            "When all that a loan still owes is no more than this sum, it is waived, under its own name in history and "
            "books, and the loan is settled. At most one percent of the smallest amount. 0: never."
        ),
    )
    line_open_months = _count_field(
        _("months in which what was repaid can be drawn again"),
        _(
            "Of a loan paid out in parts, from the first payout on, within the approved amount. 0: it cannot be drawn again."
        ),
    )
    charge_off_makes_all_due = models.BooleanField(
        _("when the loan is charged off, all of it falls due"),
        default=False,
        db_default=False,
        help_text=_(
            "All principal not yet due, with interest for the days used and no more: what an early settlement of that day "
            "asks for. Otherwise the due dates stay."
        ),
    )
    refund_gives_interest_back = models.BooleanField(
        _("a merchant's refund gives back the interest charged on what is returned"),
        default=False,
        db_default=False,
        help_text=_(
            "When half of the loan is returned, half of all interest charged so far is given back; late interest and fees "
            "are not. Otherwise interest for the days used stays owed."
        ),
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(down_payment_rate__gte=0, down_payment_rate__lt=1, balloon_rate__gte=0, balloon_rate__lt=1),
                name="%(app_label)s_%(class)s_shares",
                violation_error_message=_("Down payment and balloon are parts of the loan: from 0 to less than 1."),
            ),
            models.CheckConstraint(
                condition=Q(method="balloon", balloon_rate__gt=0) | (~Q(method="balloon") & Q(balloon_rate=0)),
                name="%(app_label)s_%(class)s_balloon",
                violation_error_message=_(
                    "The method with a balloon at the end needs a balloon, and no other has one."
                ),
            ),
            models.CheckConstraint(
                condition=Q(rounding_step__gt=0)
                & (Q(instalment_multiple__isnull=True) | Q(instalment_multiple__gte=models.F("rounding_step"))),
                name="%(app_label)s_%(class)s_rounding",
                violation_error_message=_(
                    "The smallest sum is above zero, and what instalments are a multiple of is no smaller."
                ),
            ),
            models.CheckConstraint(
                condition=Q(business_day_roll="none") | ~Q(business_calendar=""),
                name="%(app_label)s_%(class)s_calendar",
                violation_error_message=_("Due dates that move need a calendar of working days."),
            ),
            models.CheckConstraint(
                condition=~Q(business_day_roll__in=[roll.value for roll in STEPPING])
                | Q(
                    ~Q(frequency=Frequency.MONTH.value),
                    ~Q(method=Method.BULLET.value),
                    ~Q(day_count=DayCount.ACT_ACT_ICMA.value),
                    down_payment_rate=0,
                    first_period=FirstPeriod.CHARGED.value,
                ),
                name="%(app_label)s_%(class)s_left_out_or_merged",
                violation_error_message=_(
                    "Only instalments by days or weeks are left out or merged on days off: not a single one, not by regular "
                    "periods (ICMA), and without down payment or odd first days."
                ),
            ),
            models.CheckConstraint(
                condition=Q(repricing="fixed", rate_index="") | (~Q(repricing="fixed") & ~Q(rate_index="")),
                name="%(app_label)s_%(class)s_index",
                violation_error_message=_("A rate that is set anew needs an index, and a fixed one has none."),
            ),
            models.CheckConstraint(
                condition=Q(recalculates=True)
                | ~Q(prepayment__in=["reduce_instalment", "reduce_number", "lessen_next"]),
                name="%(app_label)s_%(class)s_reducing",
                violation_error_message=_(
                    "Only a loan whose interest follows the balance can become smaller or shorter."
                ),
            ),
            models.CheckConstraint(
                condition=Q(recalculates=False) | Q(interest_type=InterestType.DECLINING.value),
                name="%(app_label)s_%(class)s_follows_balance",
                violation_error_message=_("Flat interest does not follow the balance: choose one or the other."),
            ),
            models.CheckConstraint(
                condition=Q(line_open_months=0)
                | Q(line_open_months__lte=MOST_LINE_MONTHS, recalculates=False, level_on=LevelOn.OUTSTANDING.value),
                name="%(app_label)s_%(class)s_line",
                violation_error_message=_(
                    "Only a loan on a fixed schedule that repays what is outstanding can be drawn again, and for 360 months "
                    "at the most."
                ),
            ),
            models.CheckConstraint(
                condition=Q(compounding_day__lte=LAST_DAY_OF_MONTH),
                name="%(app_label)s_%(class)s_compounding_day",
                violation_error_message=_("The day of the month is between 1 and 31, or 0 for the due date."),
            ),
            models.CheckConstraint(
                condition=Q(early_charge_rate__gte=0, early_charge_rate__lt=1)
                & (
                    Q(early_charge_last_year_rate__isnull=True)
                    | Q(early_charge_last_year_rate__range=(0, models.F("early_charge_rate")))
                ),
                name="%(app_label)s_%(class)s_early_charge",
                violation_error_message=_(
                    "An early-repayment charge is less than the whole, and in the last year no higher than before."
                ),
            ),
            models.CheckConstraint(
                condition=Q(remainder_tolerance__gte=0),
                name="%(app_label)s_%(class)s_remainder_tolerance",
                violation_error_message=_("A remainder that is waived is not below zero."),
            ),
        ]

    def clean(self) -> None:
        """The payment order must be one. Raises ValidationError."""
        super().clean()
        if self.payment_order is None:
            return
        try:
            parse_order(self.payment_order)
        except PaymentOrderRefused as refusal:
            raise ValidationError({"payment_order": str(refusal)}) from refusal

    def settings_for_booking(self) -> dict[str, Any]:
        """The columns a loan takes over when it is booked."""
        return {name: getattr(self, name) for name in SETTINGS}

    def schedule_settings(self) -> dict[str, Any]:
        """The settings as keyword arguments of ``LoanTerms``. Raises CalendarMissing."""
        return {
            "calendar": working_calendar(self.business_calendar) if self.business_calendar else None,
            "interest_type": InterestType(self.interest_type),
            "interest_by": InterestBy(self.interest_by),
            "month_end": MonthEnd(self.month_end),
            "business_day_roll": BusinessDayRoll(self.business_day_roll),
            "first_period": FirstPeriod(self.first_period),
            "grace_on_principal": self.grace_on_principal,
            "grace_on_interest_payment": self.grace_on_interest_payment,
            "grace_on_interest_charged": self.grace_on_interest_charged,
            "down_payment_rate": Decimal(self.down_payment_rate),
            "balloon_rate": Decimal(self.balloon_rate),
            "stages": tuple(Stage(int(count), Decimal(str(share))) for count, share in self.stages or ()),
            "level_on": LevelOn(self.level_on),
            "level_from": LevelFrom(self.level_from),
            "rounding": self.rounding(),
            "rest": Rest(self.rest) if self.recalculates else Rest.DAILY,
        }

    @property
    def early_charge_at_the_end(self) -> Decimal:
        """The rate of the early-repayment charge where a year or less is left."""
        at_the_end = self.early_charge_last_year_rate
        return Decimal(self.early_charge_rate if at_the_end is None else at_the_end)

    def rounding(self) -> Rounding:
        """How this product or loan rounds."""
        return Rounding(
            mode=RoundingMode(self.rounding_mode),
            step=Decimal(self.rounding_step),
            multiple=self.instalment_multiple,
            multiple_for_principal=self.multiple_for_principal,
            emi=EmiRule(self.emi_rounding),
            residue=Residue(self.residue),
            each_segment=self.round_each_segment,
        )

    def servicing_terms(self) -> ServicingTerms:
        """How a running loan answers to money and time."""
        return ServicingTerms(
            recalculates=self.recalculates,
            overdue_bears=OverdueBears(self.overdue_bears),
            compounding=Compounding(self.compounding),
            compounding_day=self.compounding_day,
            prepayment=Prepayment(self.prepayment),
            payment_order=self.payment_order,
            late_interest_compounds=self.late_interest_compounds,
        )


SETTINGS = tuple(field.name for field in ScheduleSettings._meta.local_fields)


class AgreedSchedule(ScheduleSettings):
    """What only a loan has: dates, amounts and rates agreed for it alone. Lists are JSON, dates in ISO form."""

    schedule_start_on = models.DateField(_("first period begins on"), null=True, blank=True)
    due_dates = _list_field(_("chosen due dates"))
    amounts = _list_field(_("agreed instalments"))
    fixed_instalment = money_field(verbose_name=_("fixed instalment"), null=True, blank=True)
    drawdowns = _list_field(_("drawdowns"))
    rate_steps = _list_field(_("rate steps"))

    class Meta(ScheduleSettings.Meta):
        abstract = True

    def agreed_schedule(self) -> dict[str, Any]:
        """Everything beyond the plain terms as keyword arguments of ``LoanTerms``."""
        return self.schedule_settings() | {
            "schedule_start_on": self.schedule_start_on,
            "due_dates": tuple(date.fromisoformat(on) for on in self.due_dates or ()),
            "amounts": tuple(Decimal(amount) for amount in self.amounts or ()),
            "fixed_instalment": self.fixed_instalment,
            "drawdowns": tuple(Drawdown(date.fromisoformat(on), Decimal(x)) for on, x in self.drawdowns or ()),
            "rate_steps": self.agreed_rate_steps(),
        }

    def agreed_rate_steps(self) -> tuple[RateStep, ...]:
        """The contract rates of later days that were agreed at the beginning."""
        return tuple(RateStep(date.fromisoformat(on), Decimal(x)) for on, x in self.rate_steps or ())
