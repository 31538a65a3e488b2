"""Offers and contracts: what was offered to the last cent, and what was signed, sealed by its hash."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.fields import exact_field, money_field
from core.identifiers import new_id
from loans.models.product import currency_of_version
from loans.rates.cost_table import CostComponent, CostPart, components_of
from loans.schedules.schedule import ScheduledInstalment


def _offer_id() -> str:
    return new_id("off")


class OfferStatus(models.TextChoices):
    """An offer is open once, and ends once."""

    OPEN = "open", pgettext_lazy("offer", "open")
    ACCEPTED = "accepted", pgettext_lazy("offer", "accepted")
    WITHDRAWN = "withdrawn", pgettext_lazy("offer", "withdrawn")
    EXPIRED = "expired", pgettext_lazy("offer", "expired")


class Offer(models.Model):
    """The terms offered on an application, with the full schedule and the all-in cost. PostgreSQL refuses any change of
    the terms (migration 0002): only the status and the fields of acceptance move.
    """

    public_id = models.CharField(max_length=40, unique=True, default=_offer_id, editable=False)
    application = models.ForeignKey("loans.Application", on_delete=models.PROTECT, related_name="offers")
    product_version = models.ForeignKey("loans.ProductVersion", on_delete=models.PROTECT, related_name="+")
    status = models.CharField(_("status"), max_length=10, choices=OfferStatus, default=OfferStatus.OPEN)
    is_counter_offer = models.BooleanField(_("counter-offer"), default=False)
    price = money_field(verbose_name=_("price"))
    down_payment = money_field(verbose_name=_("down payment"), default=0)
    merchant = models.ForeignKey(
        "loans.Merchant", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("merchant")
    )
    goods = models.CharField(_("goods"), max_length=120, blank=True, default="", db_default="")
    principal = money_field(verbose_name=_("principal"))
    first_drawdown = money_field(verbose_name=_("first drawdown"), null=True)
    term_count = models.PositiveSmallIntegerField(_("number of instalments"))
    annual_rate = exact_field(verbose_name=_("annual interest rate"))
    grade = models.CharField(_("risk grade"), max_length=4, blank=True)
    terms = models.JSONField(_("terms"))
    schedule = models.JSONField(_("schedule"))
    total_interest = money_field(verbose_name=_("interest in all"))
    total_fees = money_field(verbose_name=_("fees in all"))
    fee_deducted = money_field(verbose_name=_("fee taken out of the sum paid out"), default=0, db_default=0)
    total_repayable = money_field(verbose_name=_("to be repaid in all"))
    monthly_payment = money_field(
        verbose_name=_("a month"), help_text=_("The highest month, of the sum drawn first."), db_default=0, default=0
    )
    annualised_simple = exact_field(verbose_name=_("annualised all-in cost (IRR × periods, simple)"))
    annualised_compound = exact_field(verbose_name=_("annualised all-in cost (IRR, compounded)"))
    cost_cap = exact_field(verbose_name=_("highest all-in cost allowed"), null=True)
    verdict = models.OneToOneField("loans.GateVerdict", on_delete=models.PROTECT, null=True, related_name="+")
    # The fingerprint of the account the money was to go to when the offer was made; empty where there was none.
    payee_index = models.CharField(max_length=64, default="", db_default="", blank=True, editable=False)
    made_on = models.DateField(_("made on"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    expires_on = models.DateField(_("valid until"))
    accepted_on = models.DateField(_("accepted on"), null=True)
    accepted_via = models.CharField(_("accepted via"), max_length=20, blank=True)
    closed_on = models.DateField(null=True)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(status__in=["open", "accepted"]),
                name="loans_offer_one_standing",
            ),
            models.CheckConstraint(
                condition=models.Q(principal=models.F("price") - models.F("down_payment")),
                name="loans_offer_principal_is_price_less_down_payment",
            ),
            models.CheckConstraint(
                condition=models.Q(principal__gt=0, down_payment__gte=0), name="loans_offer_amounts_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    total_repayable=Coalesce("first_drawdown", "principal")
                    + models.F("total_interest")
                    + models.F("total_fees")
                ),
                name="loans_offer_total_adds_up",
            ),
            models.CheckConstraint(
                condition=models.Q(first_drawdown__isnull=True)
                | models.Q(first_drawdown__gt=0, first_drawdown__lte=models.F("principal")),
                name="loans_offer_first_drawdown",
            ),
            models.CheckConstraint(
                condition=models.Q(fee_deducted__gte=0, fee_deducted__lt=Coalesce("first_drawdown", "principal")),
                name="loans_offer_fee_deducted",
            ),
            models.CheckConstraint(condition=models.Q(status__in=OfferStatus.values), name="loans_offer_status_known"),
            models.CheckConstraint(
                condition=models.Q(status="accepted", accepted_on__isnull=False)
                | (~models.Q(status="accepted") & models.Q(accepted_on__isnull=True)),
                name="loans_offer_acceptance_dated",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_on"], condition=models.Q(status="open"), name="loans_offer_expiry"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_open(self) -> bool:
        return self.status == OfferStatus.OPEN

    @property
    def total_cost(self) -> Decimal:
        """What the credit costs in all: interest and fees, also one taken out of the sum paid out."""
        return self.total_interest + self.total_fees + self.fee_deducted

    @property
    def paid_out(self) -> Decimal:
        """What reaches the borrower, or the merchant of a purchase, at first."""
        drawn = self.principal if self.first_drawdown is None else self.first_drawdown
        return drawn - self.fee_deducted

    @property
    def components(self) -> tuple[CostComponent, ...]:
        """The table of all costs as offered: what, by whom, how much, when."""
        deducted = CostPart(date.fromisoformat(self.terms["start_on"]), self.fee_deducted)
        return components_of(map(_instalment, self.schedule), self.product_version.fee_payee, deducted)

    @property
    def currency(self) -> str:
        """ISO 4217, from the market of its product."""
        return currency_of_version(self.product_version_id)


def _instalment(row: dict[str, Any]) -> ScheduledInstalment:
    due_on = date.fromisoformat(row["due_on"])
    amounts = (Decimal(row[name]) for name in ("principal", "interest", "fee"))
    return ScheduledInstalment(row["number"], due_on, due_on, *amounts)


class Contract(models.Model):
    """What was signed, as one canonical JSON text and its SHA-256. Never changed: PostgreSQL refuses UPDATE and DELETE,
    and refuses a row whose hash is not the hash of its text.
    """

    number = models.CharField(_("number"), max_length=20, unique=True)
    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="contract")
    document = models.TextField(_("document"))
    sha256 = models.CharField(max_length=64)
    verdict = models.OneToOneField("loans.GateVerdict", on_delete=models.PROTECT, null=True, related_name="+")
    signed_on = models.DateField(_("signed on"))
    signed_via = models.CharField(_("signed via"), max_length=20)

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.number

    @property
    def snapshot(self) -> dict[str, Any]:
        """The document read back."""
        return json.loads(self.document)
