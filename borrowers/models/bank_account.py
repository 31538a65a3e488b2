"""Accounts a borrower is paid to and pays from."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.history import tracked
from borrowers.models.borrower import Borrower
from core.fields import EncryptedTextField


class BankAccount(models.Model):
    """One account; only its last four digits are kept readable."""

    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="bank_accounts")
    bank_name = models.CharField(_("bank"), max_length=80)
    account_number = EncryptedTextField(_("account number"))
    account_index = models.CharField(max_length=64, db_index=True, editable=False)
    last4 = models.CharField(_("last four digits"), max_length=4)
    holder_matches = models.BooleanField(
        _("holder is the borrower"), null=True, blank=True, help_text=_("Empty until the bank has answered.")
    )
    is_primary = models.BooleanField(_("primary"), default=False)
    history = tracked()

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        constraints = [
            models.UniqueConstraint(fields=["borrower", "account_index"], name="borrowers_account_once"),
            models.UniqueConstraint(
                fields=["borrower"], condition=models.Q(is_primary=True), name="borrowers_account_one_primary"
            ),
            models.CheckConstraint(
                condition=~models.Q(is_primary=True, holder_matches=False), name="borrowers_account_primary_is_own"
            ),
        ]

    def __str__(self) -> str:
        return self.masked_number

    @property
    def masked_number(self) -> str:
        return f"**** {self.last4}"
