"""What a second person decides on in `loans`, declared to the audit app when Django starts."""

from django.utils.translation import gettext_lazy as _

from audit import approvals
from loans.acts import kinds, performing
from loans.merchants import merchants
from loans.origination import origination
from loans.servicing import asking

__all__ = ["kinds"]  # importing them declares every kind of act

approvals.register(
    origination.SECOND_APPROVAL,
    origination.second_person_approved,
    permission="loans.approve_second",
    label=_("Loan above one person's authority"),
    on_reject=origination.second_person_rejected,
)

approvals.register(
    asking.EXTENSION,
    asking.extension_approved,
    permission="loans.grant_extension",
    label=_("Extension above one person's authority"),
)

approvals.register(
    performing.SECOND_PERSON,
    performing.second_person_approved,
    permission="loans.approve_act",
    label=_("Act on a loan above one person's authority"),
)

approvals.register(
    performing.SECOND_PERSON_TO_UNDO,
    performing.second_person_agreed_to_undo,
    permission="loans.approve_act",
    label=_("Undoing an act above one person's authority"),
)

approvals.register(
    merchants.NEW_ACCOUNT,
    merchants.new_account_approved,
    permission="loans.approve_merchant_account",
    label=_("Account of a merchant"),
)
