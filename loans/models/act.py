"""What people did to the terms or the balance of a running loan: one row an act, whatever its kind."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.choices import Tone, Toned
from core.history import tracked
from core.identifiers import new_id
from ledger.models import entry_named_by
from loans.models.loan import Loan


class ActStatus(Toned):
    """An act stands or was undone; nothing is deleted."""

    STANDING = "standing", Tone.GOOD, _("standing")
    UNDONE = "undone", Tone.NEUTRAL, _("undone")


MERCHANT_REFUND = "merchant_refund"
# What a merchant is said to have given back: it stands, and neither the merchant's bank nor a second person says so.
REFUND_BY_WORD = Q(kind=MERCHANT_REFUND, status="standing", agreed_by=None, proved_on=None)


def new_act_id() -> str:
    return new_id("act")


class LoanActQuerySet(models.QuerySet["LoanAct"]):
    def by_word(self) -> "LoanActQuerySet":
        """Standing refunds of merchants that nobody but who recorded them vouches for."""
        return self.filter(REFUND_BY_WORD)


class LoanAct(models.Model):
    """One change that somebody made to a loan: which kind, with which values (``parameters``), by whom, and why.

    ``effective_on`` is the day it counts from, ``recorded_on`` the business day it was done on. ``entry`` is its own journal
    entry where it has one, and ``figures`` is what it came to; a replay that makes the act come out differently gives it new
    ones. ``agreed_by`` is the second person, where one was needed; ``number`` is what people quote, where its kind has one.
    """

    public_id = models.CharField(max_length=40, unique=True, default=new_act_id, editable=False)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="acts")
    kind = models.CharField(_("kind"), max_length=40)
    parameters = models.JSONField(_("parameters"), default=dict)
    effective_on = models.DateField(_("counts from"))
    recorded_on = models.DateField(_("recorded on"))
    recorded_at = models.DateTimeField(auto_now_add=True)
    reason = models.CharField(_("reason"), max_length=200)
    # What it came to, by the names of its kind: amounts in currency units, rates, days. A replay may change it.
    figures = models.JSONField(_("figures"), default=dict)
    number = models.CharField(_("number"), max_length=20, unique=True, null=True, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=ActStatus.choices, default=ActStatus.STANDING)
    undone_on = models.DateField(null=True, blank=True)
    undo_reason = models.CharField(max_length=200, blank=True)
    idempotency_key = models.CharField(max_length=255, unique=True)
    entry_id = models.BigIntegerField(_("entry"), null=True, editable=False)
    booked_on = models.DateField(_("entry posted on"), null=True, editable=False)
    entry = entry_named_by("entry_id", "booked_on")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The business day on which a line of a bank was found to be the money of the act (``IncomingPaymentShare``).
    proved_on = models.DateField(_("bank line found on"), null=True, blank=True)
    history = tracked(excluded_fields=["entry"])

    objects = LoanActQuerySet.as_manager()

    # Whether one person may not do it alone; told by the call that did or tried it, and not kept.
    needs_second_person = False

    class Meta:
        verbose_name = _("act on a loan")
        verbose_name_plural = _("acts on loans")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=Q(effective_on__lte=models.F("recorded_on")), name="loans_loanact_dates"),
            models.CheckConstraint(
                condition=Q(status="standing", undone_on__isnull=True) | Q(status="undone", undone_on__isnull=False),
                name="loans_loanact_undone",
            ),
            models.CheckConstraint(
                condition=Q(proved_on__isnull=True) | Q(kind=MERCHANT_REFUND, proved_on__gte=models.F("recorded_on")),
                name="loans_loanact_proved_refund",
            ),
        ]
        indexes = [
            models.Index(fields=["loan", "effective_on", "id"], name="loans_loanact_in_order"),
            models.Index(fields=["loan"], condition=REFUND_BY_WORD, name="loans_loanact_by_word"),
            models.Index(
                fields=["recorded_by", "recorded_on"],
                condition=Q(kind=MERCHANT_REFUND),
                name="loans_loanact_said_in_a_day",
            ),
            models.Index(
                fields=["recorded_on"],
                condition=Q(agreed_by=None, recorded_by__isnull=False),
                name="loans_loanact_alone_in_a_day",
            ),
            models.Index(fields=["undone_on"], condition=Q(status="undone"), name="loans_loanact_undone_in_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.kind} {self.effective_on}"

    @property
    def is_unproved(self) -> bool:
        """It says that a merchant gave money back, and no line of a bank and no second person stands behind it."""
        return self.kind == MERCHANT_REFUND and self.agreed_by_id is None and self.proved_on is None

    @property
    def is_undone(self) -> bool:
        return self.status == ActStatus.UNDONE

    @property
    def shown_status(self) -> ActStatus:
        """Its status as the choice that knows words and tone."""
        return ActStatus(self.status)

    @property
    def stands(self) -> bool:
        return self.status == ActStatus.STANDING
