"""What a second person decides on in `loans`, declared to the audit app when Django starts."""

from django.utils.translation import gettext_lazy as _

from audit import approvals
from borrowers import bank_accounts
from loans.acts import asking, kinds, receipts
from loans.disbursement import other_accounts
from loans.merchants import merchants
from loans.origination import origination
from loans.payees import payees

__all__ = ["kinds"]  # importing them declares every kind of act

approvals.register(
    origination.SECOND_APPROVAL,
    origination.second_person_approved,
    permission="loans.approve_second",
    label=_("Loan above one person's authority"),
    on_reject=origination.second_person_rejected,
)

asking.declare_requests()
receipts.declare_request()

approvals.register(
    merchants.NEW_ACCOUNT,
    merchants.new_account_approved,
    permission="loans.approve_merchant_account",
    label=_("Account of a merchant"),
)

approvals.register(
    other_accounts.KIND,
    other_accounts.other_account_approved,
    permission=bank_accounts.APPROVE,
    label=_("Payout to another account"),
)

bank_accounts.told_of_commitments(payees.commitments)
