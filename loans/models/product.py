"""What is lent: products and their dated versions. A live version never changes; a change is a new version."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.calendars import DayCount
from core.choices import Tone, Toned
from core.currencies import MarketWithoutCurrency, currency_of
from core.fields import exact_field, money_field
from core.history import tracked
from core.identifiers import new_id
from core.kept import kept
from loans.models.schedule_settings import ScheduleSettings
from loans.schedules.terms import FeeTiming, Frequency, InterestType, Method

MOST_REMAINDER_OF = 100  # a remainder is small up to this part of the smallest loan


class RepaymentMethod(models.TextChoices):
    """How principal and interest come back."""

    EQUAL_INSTALMENTS = Method.EQUAL_INSTALMENTS.value, _("equal instalments")
    EQUAL_PRINCIPAL = Method.EQUAL_PRINCIPAL.value, _("equal principal")
    INTEREST_ONLY = Method.INTEREST_ONLY.value, _("interest by period, principal at the end")
    BULLET = Method.BULLET.value, _("principal and interest at the end")
    STAGES = Method.STAGES.value, _("principal in stages")
    BALLOON = Method.BALLOON.value, _("equal instalments and a balloon at the end")
    CUSTOM = Method.CUSTOM.value, _("agreed instalments")


class RepaymentFrequency(models.TextChoices):
    """The unit between two due dates."""

    MONTH = Frequency.MONTH.value, _("months")
    WEEK = Frequency.WEEK.value, _("weeks")
    DAY = Frequency.DAY.value, _("days")


class FeeDue(models.TextChoices):
    """With which instalment a fee is due. Out of the sum paid out it is taken only where the market's rule
    ``advance_deduction`` allows it: offers and orders are refused elsewhere.
    """

    FIRST = FeeTiming.FIRST.value, _("with the first instalment")
    SPREAD = FeeTiming.SPREAD.value, _("spread over all instalments")
    DEDUCTED = FeeTiming.DEDUCTED.value, _("taken out of the sum paid out")


class VersionStatus(Toned):
    """A version is designed, agreed to by a second person, sold from its day on, and replaced."""

    DRAFT = "draft", Tone.INFO, _("draft")
    AGREED = "agreed", Tone.INFO, pgettext_lazy("product version", "agreed")
    LIVE = "live", Tone.GOOD, _("live")
    RETIRED = "retired", Tone.NEUTRAL, _("retired")


def new_product_id() -> str:
    return new_id("prod")


def standard_allocation_order() -> list[str]:
    """Costs before interest before principal (民法典 561)."""
    return ["fee", "late_interest", "interest", "principal"]


class Product(models.Model):
    """A loan product under one name; what it costs is in its versions."""

    public_id = models.CharField(max_length=40, unique=True, default=new_product_id, editable=False)
    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_zh = models.CharField(_("Chinese name"), max_length=80, blank=True)
    market = models.CharField(max_length=2, default="CN")
    active = models.BooleanField(_("active"), default=True)
    sale_ends_on = models.DateField(_("last day of sale"), null=True, blank=True)
    history = tracked()

    class Meta:
        ordering = ["code"]
        verbose_name = _("product")
        verbose_name_plural = _("products")
        default_permissions = ("view",)
        permissions = [
            ("design_product", _("Can design products and ask for their terms to hold")),
            ("approve_product", _("Can agree to terms and end of sale of products")),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("loans:product", args=[self.code])

    def clean(self) -> None:
        try:
            currency_of(self.market)
        except MarketWithoutCurrency as refusal:
            raise ValidationError({"market": refusal.detail}) from refusal

    @property
    def currency(self) -> str:
        """ISO 4217, from its market. Raises MarketWithoutCurrency."""
        return currency_of(self.market)


def market_of_version(version_id: int) -> str:
    """The market in which a version of a product is sold; a product never moves to another one."""

    def read() -> str:
        market: str = Product.objects.values_list("market", flat=True).get(versions=version_id)
        return market

    return kept(f"market:version:{version_id}", read)


def currency_of_version(version_id: int) -> str:
    """The currency in which a version of a product lends."""
    return currency_of(market_of_version(version_id))


class ProductVersion(ScheduleSettings):
    """The conditions of a product from a date on."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="versions", verbose_name=_("product"))
    version = models.PositiveIntegerField(_("version"))
    status = models.CharField(_("status"), max_length=10, choices=VersionStatus.choices, default=VersionStatus.DRAFT)
    effective_from = models.DateField(_("effective from"))
    method = models.CharField(_("method"), max_length=20, choices=RepaymentMethod.choices)
    frequency = models.CharField(
        _("frequency"), max_length=5, choices=RepaymentFrequency.choices, default=RepaymentFrequency.MONTH
    )
    every = models.PositiveSmallIntegerField(_("every"), default=1)
    min_count = models.PositiveSmallIntegerField(_("fewest instalments"), default=1)
    max_count = models.PositiveSmallIntegerField(_("most instalments"), default=12)
    min_amount = money_field(verbose_name=_("smallest amount"))
    max_amount = money_field(verbose_name=_("largest amount"))
    annual_rate = exact_field(verbose_name=_("annual rate"), help_text=_("As a fraction: 0.18 is 18 % a year."))
    day_count = models.CharField(
        _("day count"), max_length=20, choices=[(c.value, c.value) for c in DayCount], default=DayCount.ACT_365F.value
    )
    fee_rate = exact_field(verbose_name=_("fee, part of the amount"), default=0)
    fee_due = models.CharField(_("fee due"), max_length=8, choices=FeeDue.choices, default=FeeDue.SPREAD)
    fee_payee = models.CharField(_("who charges the fee"), max_length=80, blank=True)
    grace_days = models.PositiveSmallIntegerField(_("grace days"), default=0)
    late_rate_multiplier = models.DecimalField(
        _("late interest, times the contract rate"), max_digits=4, decimal_places=2, default="1.50"
    )
    late_interest_cap = exact_field(
        verbose_name=_("most late interest, part of the loan"),
        null=True,
        blank=True,
        help_text=_("As a fraction of the principal: 0.30 is 30 %. Empty: only the cap of the market, if it has one."),
    )
    allocation_order = ArrayField(
        models.CharField(max_length=15), default=standard_allocation_order, verbose_name=_("allocation order")
    )
    is_purchase = models.BooleanField(
        _("for a purchase, paid to the merchant, with down payment by grade"), default=False
    )
    allows_drawdowns = models.BooleanField(
        _("paid out in parts, up to the approved amount"), default=False, db_default=False
    )
    allows_agreed_instalment = models.BooleanField(
        _("the instalment may be agreed, and the number follows from it"),
        default=False,
        db_default=False,
        help_text=_(
            "With equal instalments the whole instalment is agreed, a fee spread over them included; with equal principal "
            "its part of the principal. The last instalment is smaller."
        ),
    )
    history = tracked()

    class Meta:
        ordering = ["product", "-version"]
        verbose_name = _("product version")
        verbose_name_plural = _("product versions")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["product", "version"], name="loans_productversion_number"),
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(status="live"),
                name="loans_productversion_one_live",
                violation_error_message=_("Another version of this product is live. Retire it first."),
            ),
            models.UniqueConstraint(
                fields=["product"], condition=Q(status="agreed"), name="loans_productversion_one_agreed"
            ),
            models.UniqueConstraint(
                fields=["product"], condition=Q(status="draft"), name="loans_productversion_one_draft"
            ),
            *ScheduleSettings.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(is_purchase=True, fee_due=FeeTiming.DEDUCTED.value),
                name="loans_productversion_merchant_paid_whole",
                violation_error_message=_(
                    "The merchant of a purchase is paid the whole sum: no fee is taken out of it."
                ),
            ),
            models.CheckConstraint(
                condition=Q(allows_drawdowns=False) | Q(is_purchase=False, interest_type=InterestType.DECLINING.value),
                name="loans_productversion_drawdowns",
                violation_error_message=_("A purchase, or a loan with flat interest, is paid out in one sum."),
            ),
            models.CheckConstraint(
                condition=Q(early_charge_rate=0) | Q(allows_drawdowns=False),
                name="loans_productversion_early_charge_one_sum",
                violation_error_message=_("A loan paid out in parts is repaid early without a charge."),
            ),
            models.CheckConstraint(
                condition=Q(allows_agreed_instalment=False)
                | Q(
                    method__in=[Method.EQUAL_INSTALMENTS.value, Method.EQUAL_PRINCIPAL.value],
                    interest_type=InterestType.DECLINING.value,
                ),
                name="loans_productversion_agreed_instalment",
                violation_error_message=_(
                    "An instalment can be agreed for equal instalments or equal principal, with interest on the balance."
                ),
            ),
            models.CheckConstraint(
                condition=Q(line_open_months=0) | Q(allows_drawdowns=True),
                name="loans_productversion_line_in_parts",
                violation_error_message=_("Only a loan that is paid out in parts can be drawn again."),
            ),
            models.CheckConstraint(
                condition=Q(min_count__gte=1, min_count__lte=F("max_count"), every__gte=1),
                name="loans_productversion_counts",
                violation_error_message=_(
                    "There is at least one instalment, and the fewest are no more than the most."
                ),
            ),
            models.CheckConstraint(
                condition=Q(min_amount__gt=0, min_amount__lte=F("max_amount")),
                name="loans_productversion_amounts",
                violation_error_message=_("The smallest amount is above zero and no more than the largest."),
            ),
            models.CheckConstraint(
                condition=Q(annual_rate__gte=0, annual_rate__lt=10, fee_rate__gte=0, fee_rate__lt=1),
                name="loans_productversion_rates",
                violation_error_message=_("The annual rate is from 0 to less than 10, the fee from 0 to less than 1."),
            ),
            models.CheckConstraint(
                condition=Q(day_count__in=[count.value for count in DayCount]),
                name="loans_productversion_day_count_known",
            ),
            models.CheckConstraint(
                condition=Q(remainder_tolerance__lte=F("min_amount") / MOST_REMAINDER_OF),
                name="loans_productversion_remainder_small",
                violation_error_message=_("A remainder that is waived is at most one percent of the smallest amount."),
            ),
            models.CheckConstraint(
                condition=Q(late_rate_multiplier__range=(0, 10)),
                name="loans_productversion_late_multiplier",
                violation_error_message=_("Late interest is between 0 and 10 times the contract rate."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} v{self.version}"

    def get_absolute_url(self) -> str:
        return reverse("loans:product_version", args=[self.pk])

    @property
    def shown_status(self) -> VersionStatus:
        """Its status as the choice that knows words and tone."""
        return VersionStatus(self.status)

    @property
    def currency(self) -> str:
        """ISO 4217, from the market of its product."""
        return currency_of_version(self.pk)
