"""Which account of the books plays which part for which product."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.history import tracked
from loans.models.account_roles import AccountRole
from loans.models.product import Product

ROLE_NAMES = {
    AccountRole.CASH: _("cash"),
    AccountRole.PRINCIPAL: _("principal receivable"),
    AccountRole.INTEREST: _("interest receivable"),
    AccountRole.LATE_INTEREST: _("late interest receivable"),
    AccountRole.FEES: _("fees receivable"),
    AccountRole.OVERPAYMENTS: _("overpayments"),
    AccountRole.UNIDENTIFIED_RECEIPTS: _("unidentified receipts"),
    AccountRole.INTEREST_INCOME: _("interest income"),
    AccountRole.LATE_INTEREST_INCOME: _("late interest income"),
    AccountRole.FEE_INCOME: _("fee income"),
    AccountRole.RECOVERIES: _("recoveries of written-off loans"),
    AccountRole.WRITE_OFFS: _("write-off expense"),
    AccountRole.CHARGE_OFFS: _("charge-off expense"),
    AccountRole.GOODWILL: _("goodwill expense"),
    AccountRole.SETTLEMENT_DISCOUNTS: _("discounts on settlement"),
    AccountRole.SMALL_REMAINDERS: _("small remainders closed"),
    AccountRole.MERCHANT_REFUNDS: _("merchant refunds receivable"),
    AccountRole.DISBURSEMENT_CLEARING: _("disbursement clearing"),
    AccountRole.ADJUSTMENTS: _("fees and penalties adjustments"),
    AccountRole.SUSPENSE_INTEREST: _("interest in suspense"),
}


class AccountMapping(models.Model):
    """The account that plays ``role`` for ``product``; without a product it is the answer for all the others."""

    product = models.ForeignKey(
        Product,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="account_mappings",
        verbose_name=_("product"),
        help_text=_("Empty: for every product that has no account of its own for this role."),
    )
    role = models.CharField(_("role"), max_length=30, choices=[(role.value, name) for role, name in ROLE_NAMES.items()])
    account = models.ForeignKey(
        "ledger.Account", on_delete=models.PROTECT, related_name="+", verbose_name=_("account"), db_index=False
    )
    history = tracked()

    class Meta:
        ordering = ["role", "product"]
        verbose_name = _("account mapping")
        verbose_name_plural = _("account mappings")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "role"], name="loans_accountmapping_one_a_role", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.account_id}"
