"""Applications: what somebody asked for, where it stands, and what was decided on which grounds."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import rows
from core.choices import Tone, Toned
from core.fields import money_field
from core.history import tracked
from core.identifiers import new_id


def _application_id() -> str:
    return new_id("app")


class ApplicationStatus(Toned):
    """Where an application stands. Which step may follow which is in loans.origination.application_lifecycle."""

    DRAFT = "draft", Tone.NEUTRAL, pgettext_lazy("application", "draft")
    SUBMITTED = "submitted", Tone.INFO, pgettext_lazy("application", "submitted")
    REFERRED = "referred", Tone.ATTENTION, pgettext_lazy("application", "with an underwriter")
    SECOND_APPROVAL = "second_approval", Tone.ATTENTION, pgettext_lazy("application", "waiting for a second person")
    OFFERED = "offered", Tone.INFO, pgettext_lazy("application", "offer made")
    ACCEPTED = "accepted", Tone.GOOD, pgettext_lazy("application", "accepted")
    DECLINED = "declined", Tone.BAD, pgettext_lazy("application", "declined")
    WITHDRAWN = "withdrawn", Tone.NEUTRAL, pgettext_lazy("application", "withdrawn")
    EXPIRED = "expired", Tone.NEUTRAL, pgettext_lazy("application", "offer expired")


OPEN_STATUSES = (
    ApplicationStatus.SUBMITTED,
    ApplicationStatus.REFERRED,
    ApplicationStatus.SECOND_APPROVAL,
    ApplicationStatus.OFFERED,
)


class DecisionSource(models.TextChoices):
    """Who decided. ``imported``: agreed elsewhere before; such a loan needs no second person here."""

    AUTOMATIC = "automatic", pgettext_lazy("decision source", "rules")
    STAFF = "staff", pgettext_lazy("decision source", "a person")
    IMPORTED = "imported", pgettext_lazy("decision source", "an imported contract")


FROM_IMPORT = "import"  # the channel of what was agreed elsewhere before it came here


class Outcome(models.TextChoices):
    """What a decision can say."""

    APPROVE = "approve", pgettext_lazy("decision", "approve")
    COUNTER_OFFER = "counter_offer", pgettext_lazy("decision", "counter-offer")
    REFER = "refer", pgettext_lazy("decision", "refer")
    DECLINE = "decline", pgettext_lazy("decision", "decline")


class ApplicationQuerySet(models.QuerySet["Application"]):
    def locked(self, application_id: int) -> "Application":
        """The application with its row locked: the first thing every change of it does. Filters would not count."""
        assert not self.query.where
        found = rows.first_joined(
            self.model, ("borrower", "product"), "WHERE t0.id = %s FOR NO KEY UPDATE OF t0", [application_id]
        )
        if found is None:
            raise self.model.DoesNotExist(f"There is no application {application_id}.")
        return found

    def open(self) -> "ApplicationQuerySet":
        """Applications still under way: not drafts, not ended."""
        return self.filter(status__in=OPEN_STATUSES)

    def waiting_for_underwriter(self) -> "ApplicationQuerySet":
        """The underwriting queue, oldest first."""
        return self.filter(status=ApplicationStatus.REFERRED).order_by("submitted_on", "id")


class Application(models.Model):
    """A request for a loan. ``amount`` is what the borrower wants to have in hand.

    For a purchase ``price`` is what the ``goods`` of the ``merchant`` cost, ``amount`` the price less the down payment,
    and the loan is at most the price less the down payment that the risk grade asks for.
    """

    public_id = models.CharField(max_length=40, unique=True, default=_application_id, editable=False)
    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    borrower = models.ForeignKey(
        "borrowers.Borrower", on_delete=models.PROTECT, related_name="applications", verbose_name=_("borrower")
    )
    product = models.ForeignKey(
        "loans.Product", on_delete=models.PROTECT, related_name="applications", verbose_name=_("product")
    )
    amount = money_field(verbose_name=_("amount"))
    price = money_field(verbose_name=_("price"), null=True, blank=True)
    merchant = models.ForeignKey(
        "loans.Merchant", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("merchant")
    )
    goods = models.CharField(_("goods"), max_length=120, blank=True, default="", db_default="")
    first_drawdown = money_field(
        verbose_name=_("first drawdown"),
        null=True,
        blank=True,
        help_text=_("What is paid out at first of the approved amount; empty: all of it."),
    )
    agreed_instalment = money_field(
        verbose_name=_("instalment that can be paid"),
        null=True,
        blank=True,
        help_text=_("The number of instalments follows from it; empty: the number was asked for."),
    )
    term_count = models.PositiveSmallIntegerField(_("number of instalments"))
    purpose = models.ForeignKey(
        "loans.LoanPurpose",
        to_field="code",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("purpose"),
    )
    purpose_note = models.CharField(_("note on the purpose"), max_length=120, blank=True, default="", db_default="")
    wants_person = models.BooleanField(
        _("the borrower wants a person to decide"),
        default=False,
        db_default=False,
        help_text=_("Then the rules decide nothing."),
    )
    channel = models.CharField(_("channel"), max_length=20, default="web")
    status = models.CharField(
        _("status"), max_length=16, choices=ApplicationStatus, default=ApplicationStatus.SUBMITTED
    )
    submitted_on = models.DateField(_("submitted on"), null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The key by which a partner's program took it; whoever made the key took it too.
    submitted_via = models.ForeignKey(
        "partners.ApiKey",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("submitted via"),
    )
    idempotency_key = models.CharField(max_length=120, null=True, blank=True, unique=True, editable=False)

    outcome = models.CharField(_("decision"), max_length=14, choices=Outcome, blank=True)
    decision_reasons = models.JSONField(_("reasons"), default=list, blank=True)
    decision_note = models.CharField(_("note"), max_length=500, blank=True)
    decision_source = models.CharField(_("decided by"), max_length=10, blank=True)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    grade = models.CharField(_("risk grade"), max_length=4, blank=True)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    history = tracked()
    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        default_permissions = ("view",)
        permissions = [
            ("submit_application", _("Can take and submit applications")),
            ("decide_application", _("Can decide on applications")),
            ("approve_second", _("Can approve applications as second person")),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="loans_application_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(price__isnull=True) | models.Q(price__gt=0), name="loans_application_price_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "withdrawn"])
                | models.Q(price__isnull=False)
                | models.Q(merchant__isnull=True, goods=""),
                name="loans_application_purchase_priced",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "withdrawn"])
                | models.Q(first_drawdown__isnull=True)
                | models.Q(first_drawdown__gt=0, first_drawdown__lte=models.F("amount")),
                name="loans_application_first_drawdown",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "withdrawn"])
                | models.Q(purpose__isnull=False)
                | models.Q(channel=FROM_IMPORT),
                name="loans_application_purpose_stated",
            ),
            models.CheckConstraint(condition=models.Q(term_count__gte=1), name="loans_application_term_positive"),
            models.CheckConstraint(
                condition=models.Q(agreed_instalment__isnull=True) | models.Q(agreed_instalment__gt=0),
                name="loans_application_agreed_instalment",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=ApplicationStatus.values), name="loans_application_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "withdrawn"]) | models.Q(submitted_on__isnull=False),
                name="loans_application_submitted_dated",
            ),
            # A reason is compulsory for every decision, whoever or whatever made it.
            models.CheckConstraint(
                condition=models.Q(outcome="") | ~models.Q(decision_reasons=[]),
                name="loans_application_decision_reasoned",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="loans_application_status"),
            models.Index(
                fields=["submitted_on", "id"],
                condition=models.Q(status="referred"),
                name="loans_application_queue",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("risk:application", args=[self.number])

    @property
    def shown_status(self) -> ApplicationStatus:
        """Its status as the choice that knows words and tone."""
        return ApplicationStatus(self.status)

    @property
    def is_being_assessed(self) -> bool:
        return self.status == ApplicationStatus.SUBMITTED

    @property
    def is_with_underwriter(self) -> bool:
        return self.status == ApplicationStatus.REFERRED

    @property
    def has_open_offer(self) -> bool:
        return self.status == ApplicationStatus.OFFERED

    @property
    def down_payment(self) -> Decimal | None:
        """What the borrower pays the merchant; None where nothing is bought."""
        return None if self.price is None else self.price - self.amount

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def was_agreed_elsewhere(self) -> bool:
        """Whether it came with a contract that another system had made: its purpose and consents are not ours to ask."""
        return self.channel == FROM_IMPORT

    @property
    def currency(self) -> str:
        """ISO 4217, from the market of its product."""
        return self.product.currency
