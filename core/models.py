"""Facts every app may read: the business date, the effective-dated rules of markets and regulators, working days."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import validate_slug
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.history import tracked


class BusinessDate(models.Model):
    """The day the books are open for; one row. Only end of day moves it."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    on = models.DateField(_("business date"))
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("business date")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="core_businessdate_one_row")]

    def __str__(self) -> str:
        return self.on.isoformat()


class RuleShape(models.Model):
    """What a rule may say, as the code that reads it declares it (``core.rulebook``); laid down by each migrate."""

    code = models.CharField(_("rule"), max_length=60, primary_key=True)
    shape = models.JSONField(_("shape"))
    published = models.BooleanField(_("published elsewhere"), default=False)

    class Meta:
        verbose_name = _("shape of a rule")
        verbose_name_plural = _("shapes of rules")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Rule(models.Model):
    """One version of a rule of a market or regulator, in force from a date until the next version.

    PostgreSQL keeps it as it is (``core/law/rules.sql``): a version is never changed, another follows it.
    """

    code = models.CharField(_("rule"), max_length=60)
    market = models.CharField(_("market"), max_length=2, default="CN")
    effective_from = models.DateField(_("in force from"))
    data = models.JSONField(_("what it says"))
    source = models.TextField(_("source"), help_text=_("Where the numbers come from."))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("written by"),
    )
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("agreed to by"),
    )
    written_at = models.DateTimeField(_("written at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["code", "market", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["code", "market", "effective_from"], name="core_rule_one_version_a_day"),
            models.CheckConstraint(
                condition=models.Q(agreed_by__isnull=True) | ~models.Q(agreed_by=models.F("written_by")),
                name="core_rule_two_people",
            ),
            models.CheckConstraint(condition=~models.Q(source=""), name="core_rule_has_a_source"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.market} {self.effective_from}"


class Weekday(models.IntegerChoices):
    """Weekdays as ``date.weekday`` counts them."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


def saturday_and_sunday() -> list[int]:
    """The weekend of most markets."""
    return [Weekday.SATURDAY.value, Weekday.SUNDAY.value]


class Calendar(models.Model):
    """The working days of a market: its weekend, and day by day what differs from it (``days``).

    ``core.working_calendars`` makes the value of it that dates are rolled on.
    """

    code = models.CharField(_("code"), max_length=20, primary_key=True, validators=[validate_slug])
    name = models.CharField(_("name"), max_length=80)
    name_zh = models.CharField(_("Chinese name"), max_length=80, blank=True)
    weekend = ArrayField(
        models.PositiveSmallIntegerField(choices=Weekday.choices),
        verbose_name=_("weekend"),
        default=saturday_and_sunday,
        blank=True,
    )
    known_until = models.DateField(
        _("published until"),
        null=True,
        blank=True,
        help_text=_("Due dates after this day are provisional. Empty: nothing is ever published."),
    )
    history = tracked()

    class Meta:
        ordering = ["code"]
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(weekend__contained_by=Weekday.values) & ~models.Q(weekend__contains=Weekday.values),
                name="core_calendar_weekend",
            )
        ]

    def __str__(self) -> str:
        return self.code


class CalendarDay(models.Model):
    """A day that is not what its weekday says: a day off, or a weekend day that is worked in exchange for one."""

    calendar = models.ForeignKey(
        Calendar, on_delete=models.CASCADE, related_name="days", verbose_name=_("calendar"), db_index=False
    )
    on = models.DateField(_("day"))
    working = models.BooleanField(
        _("working day"), default=False, help_text=_("Ticked: worked in exchange for a day off. Else: a day off.")
    )
    name = models.CharField(_("name"), max_length=80, blank=True)
    name_zh = models.CharField(_("Chinese name"), max_length=80, blank=True)
    history = tracked()

    class Meta:
        ordering = ["calendar", "on"]
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        constraints = [models.UniqueConstraint(fields=["calendar", "on"], name="core_calendarday_one_a_day")]

    def __str__(self) -> str:
        return f"{self.calendar_id} {self.on}"
