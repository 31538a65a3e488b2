"""Of two lines of one bank reference that say different things, the one that two people struck."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from borrowers.fingerprints import account_index
from core.fields import EncryptedTextField, money_field
from core.masking import mask_name
from loans.models.bank_file import BankFile, IncomingPayment


class Standing(models.TextChoices):
    """Which of the two lines two people say is the bank's."""

    UPLOADED = "uploaded", _("the uploaded line")
    BANK = "bank", _("the line of the bank's own statement")


class StruckLine(models.Model):
    """What the struck line said, in which file it stands, and who decided. Rows only grow; the other line is the payment."""

    payment = models.ForeignKey(IncomingPayment, on_delete=models.PROTECT, related_name="struck_lines")
    stands = models.CharField(_("what stands"), max_length=10, choices=Standing)
    bank_file = models.ForeignKey(BankFile, on_delete=models.PROTECT, related_name="struck_lines")
    line = models.PositiveIntegerField(_("line"))
    paid_on = models.DateField(_("paid on"))
    amount = money_field(verbose_name=_("amount"))
    payer_name = EncryptedTextField(_("payer"), blank=True, default="")
    payer_last4 = models.CharField(_("payer account"), max_length=4, blank=True, default="")
    payer_account = EncryptedTextField(_("payer account"), blank=True, default="")
    remark = EncryptedTextField(_("remark"), blank=True, default="")
    reason = models.CharField(_("reason"), max_length=500)
    decided_on = models.DateField(_("decided on"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("asked by")
    )
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("agreed by"),
    )

    class Meta:
        verbose_name = _("struck line of a statement")
        verbose_name_plural = _("struck lines of statements")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="loans_struckline_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(stands__in=Standing.values), name="loans_struckline_stands_known"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="loans_struckline_reason"),
            models.CheckConstraint(
                condition=~models.Q(agreed_by=models.F("asked_by")), name="loans_struckline_agreed_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.stands}"

    @property
    def payer_index(self) -> str:
        """Keyed fingerprint of the account; empty without one."""
        return account_index(self.payer_account) if self.payer_account else ""

    @property
    def masked_payer(self) -> str:
        return mask_name(self.payer_name)
