"""Merchants: whom a purchase is bought from, and the account that the money of a purchase loan is paid to."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.fields import EncryptedTextField
from core.history import tracked
from core.identifiers import new_id
from core.masking import mask_name


def _merchant_id() -> str:
    return new_id("mer")


class Merchant(models.Model):
    """A seller known by its registration number, whose check character PostgreSQL tests (migration purchase_law).

    The account's number and holder are sealed at rest; only the last four digits are kept readable.
    """

    public_id = models.CharField(max_length=40, unique=True, default=_merchant_id, editable=False)
    market = models.CharField(_("market"), max_length=2, default="CN")
    name = models.CharField(_("name"), max_length=120)
    registration_number = models.CharField(_("registration number"), max_length=40)
    bank_name = models.CharField(_("bank"), max_length=80)
    account_holder = EncryptedTextField(_("account holder"))
    account_number = EncryptedTextField(_("account number"))
    account_index = models.CharField(max_length=64, db_index=True, editable=False)
    last4 = models.CharField(_("last four digits"), max_length=4)
    active = models.BooleanField(pgettext_lazy("merchant", "active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    history = tracked()

    class Meta:
        verbose_name = _("merchant")
        verbose_name_plural = _("merchants")
        default_permissions = ("view", "add", "change")
        permissions = [("approve_merchant_account", _("Can agree to another account of a merchant"))]
        constraints = [
            models.UniqueConstraint(fields=["market", "registration_number"], name="loans_merchant_registered_once"),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(registration_number="") & ~Q(account_number="") & ~Q(account_holder=""),
                name="loans_merchant_complete",
            ),
            models.CheckConstraint(condition=Q(last4__regex=r"^[0-9A-Z]{4}$"), name="loans_merchant_last4"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("loans:merchant", args=[self.public_id])

    @property
    def masked_account(self) -> str:
        return f"**** {self.last4}"

    @property
    def masked_holder(self) -> str:
        return mask_name(self.account_holder)
