"""What a second person decides on in `borrowers`, declared to the audit app when Django starts."""

from django.utils.translation import gettext_lazy as _

from audit import approvals
from borrowers import bank_accounts

approvals.register(
    bank_accounts.PAYOUT_ACCOUNT,
    bank_accounts.payout_account_approved,
    permission=bank_accounts.APPROVE,
    label=_("Account a borrower is paid to"),
)
