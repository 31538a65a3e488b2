"""What a second person decides on in `loans`, declared to the audit app when Django starts."""

from django.utils.translation import gettext_lazy as _

from audit import approvals
from loans.acts import asking, kinds, receipts
from loans.merchants import merchants
from loans.origination import offering, origination

__all__ = ["kinds"]  # importing them declares every kind of act

approvals.register(
    origination.SECOND_APPROVAL,
    origination.second_person_approved,
    permission="loans.approve_second",
    label=_("Loan above one person's authority"),
    on_reject=origination.second_person_rejected,
    asked_with="loans.decide_application",
    threshold=offering.one_person_decides,
)

asking.declare_requests()
receipts.declare_request()

approvals.register(
    merchants.NEW_ACCOUNT,
    merchants.new_account_approved,
    permission="loans.approve_merchant_account",
    label=_("Account of a merchant"),
    asked_with=("loans.change_merchant", "loans.add_merchant"),
)
