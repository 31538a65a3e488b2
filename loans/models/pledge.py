"""An insurance policy pledged for a loan, and the cash values its insurer stated (保单质押)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.choices import Tone, Toned
from core.fields import EncryptedTextField, exact_field, money_field
from core.history import tracked
from core.identifiers import new_id
from core.masking import mask_name
from loans.account.policy_cover import Growth
from loans.models.loan import Loan


class PledgeStatus(Toned):
    """The life of a pledge."""

    PLEDGED = "pledged", Tone.GOOD, _("pledged")
    WARNED = "warned", Tone.ATTENTION, _("warned")
    LAPSE_NOTIFIED = "lapse_notified", Tone.BAD, _("lapse notice runs")
    LAPSED = "lapsed", Tone.BAD, _("lapsed")
    REINSTATED = "reinstated", Tone.GOOD, _("reinstated")
    RELEASED = "released", Tone.NEUTRAL, _("released")


class CashValueGrowth(models.TextChoices):
    """How cash value goes from one stated day to the next."""

    LINEAR = Growth.LINEAR.value, _("in a straight line")
    STEP = Growth.STEP.value, _("in steps")


LIVE_PLEDGES = (PledgeStatus.PLEDGED, PledgeStatus.WARNED, PledgeStatus.LAPSE_NOTIFIED, PledgeStatus.REINSTATED)

CURABLE_PLEDGES = (PledgeStatus.WARNED, PledgeStatus.LAPSE_NOTIFIED)


def new_pledge_id() -> str:
    return new_id("plg")


class PolicyPledge(models.Model):
    """A policy pledged for one loan. ``policy_since`` is the day the policy began: its anniversaries count from it.

    ``lent``, ``cash_value`` and ``most_share`` are as they were on the day of the pledge. ``warned_level`` is the highest
    share of cash value the borrower was warned of since the cover was last sound.
    """

    public_id = models.CharField(max_length=40, unique=True, default=new_pledge_id, editable=False)
    loan = models.OneToOneField(Loan, on_delete=models.PROTECT, related_name="policy_pledge")
    insurer = models.CharField(_("insurer"), max_length=80)
    policy_number = EncryptedTextField(_("policy number"))
    policy_index = models.CharField(max_length=64, editable=False)
    last4 = models.CharField(_("last four characters"), max_length=4)
    insured_name = EncryptedTextField(_("insured person"))
    policy_since = models.DateField(_("policy in force since"))
    pledged_on = models.DateField(_("pledged on"))
    growth = models.CharField(
        _("cash value grows"), max_length=6, choices=CashValueGrowth.choices, default=CashValueGrowth.LINEAR
    )
    lent = money_field(verbose_name=_("lent"))
    cash_value = money_field(verbose_name=_("cash value when pledged"))
    most_share = exact_field(verbose_name=_("largest share lent"))
    next_anniversary_on = models.DateField(_("next anniversary"))
    status = models.CharField(_("status"), max_length=14, choices=PledgeStatus.choices, default=PledgeStatus.PLEDGED)
    warned_level = exact_field(null=True, blank=True)
    notified_on = models.DateField(null=True, blank=True)
    notice_ends_on = models.DateField(null=True, blank=True)
    lapsed_on = models.DateField(null=True, blank=True)
    payout = models.OneToOneField("loans.Repayment", on_delete=models.PROTECT, null=True, related_name="+")
    reinstated_on = models.DateField(null=True, blank=True)
    released_on = models.DateField(null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # The second person who agreed that there is this policy, of this cash value, and the business day on which they did.
    # Until then nothing is done to the borrower by it.
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agreed to by"),
        db_index=False,
    )
    agreed_on = models.DateField(_("agreed to on"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    history = tracked()

    class Meta:
        verbose_name = _("pledged policy")
        verbose_name_plural = _("pledged policies")
        default_permissions = ("view",)
        permissions = [("manage_policypledge", _("Can pledge, review, reinstate and release policies"))]
        constraints = [
            models.UniqueConstraint(
                fields=["policy_index"],
                condition=Q(status__in=["pledged", "warned", "lapse_notified", "reinstated"]),
                name="loans_pledge_one_live_a_policy",
            ),
            models.CheckConstraint(
                condition=Q(lent__gt=0) & Q(lent__lte=F("cash_value") * F("most_share")),
                name="loans_pledge_lent_within_share",
            ),
            models.CheckConstraint(
                condition=~Q(status="lapse_notified") | Q(notified_on__isnull=False, notice_ends_on__isnull=False),
                name="loans_pledge_notice_has_an_end",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["lapsed", "reinstated"]) | Q(lapsed_on__isnull=False),
                name="loans_pledge_lapsed_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(status="released", released_on__isnull=False)
                | Q(~Q(status="released"), released_on__isnull=True),
                name="loans_pledge_released_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True, agreed_on__isnull=True)
                | Q(Q(recorded_by__isnull=True) | ~Q(agreed_by=F("recorded_by")), agreed_on__isnull=False)
                & Q(agreed_by__isnull=False),
                name="loans_pledge_agreed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pledged", "released"]) | Q(agreed_on__isnull=False),
                name="loans_pledge_acts_once_agreed",
            ),
        ]

    def __str__(self) -> str:
        return self.masked_number

    def get_absolute_url(self) -> str:
        return reverse("desk:loan_tab", args=[self.loan.number, "policy"])

    @property
    def shown_status(self) -> PledgeStatus:
        """Its status as the choice that knows words and tone."""
        return PledgeStatus(self.status)

    @property
    def lapse_notice_runs(self) -> bool:
        return self.status == PledgeStatus.LAPSE_NOTIFIED

    @property
    def is_lapsed(self) -> bool:
        return self.status == PledgeStatus.LAPSED

    @property
    def is_released(self) -> bool:
        return self.status == PledgeStatus.RELEASED

    @property
    def is_agreed(self) -> bool:
        """Two people say that there is this policy."""
        return self.agreed_by_id is not None

    @property
    def masked_number(self) -> str:
        return f"**** {self.last4}"

    @property
    def masked_insured(self) -> str:
        return mask_name(self.insured_name)

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_PLEDGES

    @property
    def currency(self) -> str:
        """ISO 4217, from the market of its loan."""
        return self.loan.currency


class PolicyCashValue(models.Model):
    """The cash value of a pledged policy from a day, as the insurer stated it."""

    pledge = models.ForeignKey(PolicyPledge, on_delete=models.PROTECT, related_name="cash_values")
    on = models.DateField(_("from"))
    amount = money_field(verbose_name=_("cash value"))
    history = tracked()

    class Meta:
        verbose_name = _("cash value")
        verbose_name_plural = _("cash values")
        default_permissions = ("view",)
        ordering = ["on"]
        constraints = [
            models.UniqueConstraint(fields=["pledge", "on"], name="loans_cashvalue_one_a_day"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="loans_cashvalue_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.amount}"
