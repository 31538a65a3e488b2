"""What a second person decides on in `loans`, declared to the audit app when Django starts."""

from django.utils.translation import gettext_lazy as _

from audit import approvals, changes_by_two
from audit.changes_by_two import Declared
from borrowers import bank_accounts
from loans.acts import asking, kinds, receipts, vouching
from loans.bookkeeping import account_mapping
from loans.disbursement import other_accounts
from loans.gate import authority, overrides
from loans.gate.gate import BindingAct
from loans.incoming import matching_by_two, returning, striking, uploading
from loans.merchants import changing, merchants
from loans.models import AccountMapping, LoanPurpose
from loans.origination import second_person
from loans.payees import payees
from loans.pledges import agreeing, reinstating
from loans.products import designing, ending_sale

__all__ = ["kinds"]  # importing them declares every kind of act

approvals.register(
    second_person.SECOND_APPROVAL,
    second_person.second_person_approved,
    permission="loans.approve_second",
    label=_("Loan above one person's authority"),
    on_reject=second_person.second_person_rejected,
    outcome=second_person.would_offer,
    asked_with="loans.decide_application",
    threshold=authority.one_person_decides,
)
approvals.register(
    second_person.OVERRIDE,
    second_person.second_person_approved,
    permission="loans.override_gate",
    label=_("Offer in spite of soft checks"),
    on_reject=second_person.second_person_rejected,
    outcome=second_person.would_offer,
    asked_with="loans.decide_application",
)
overrides.rebuilt_by(BindingAct.ACCEPTANCE, second_person.acceptance_of)
approvals.register(
    overrides.AHEAD,
    overrides.agreed,
    permission="loans.override_gate",
    label=_("Payment in spite of soft checks"),
    outcome=overrides.would_override,
    asked_with=("loans.decide_application", "loans.disburse_loan"),
)

asking.declare_requests()
receipts.declare_request()
vouching.declare_request()
returning.declare_request()
uploading.declare_request()
matching_by_two.declare_request()
striking.declare_request()
agreeing.declare_request()
reinstating.declare_request()

approvals.register(
    merchants.NEW_ACCOUNT,
    merchants.new_account_approved,
    permission="loans.approve_merchant_account",
    label=_("Account of a merchant"),
    asked_with=("loans.change_merchant", "loans.add_merchant"),
)

approvals.register(
    changing.DETAILS,
    changing.details_agreed,
    permission="loans.approve_merchant_account",
    label=_("Name of a merchant, or business with it again"),
    asked_with="loans.change_merchant",
)

approvals.register(
    designing.NEW_VERSION,
    designing.version_agreed,
    permission="loans.approve_product",
    label=_("New version of a product"),
    outcome=designing.outcome_of_request,
    group=approvals.Group.POWER,
    asked_with="loans.design_product",
)

approvals.register(
    ending_sale.END_OF_SALE,
    ending_sale.end_of_sale_agreed,
    permission="loans.approve_product",
    label=_("End of sale of a product"),
    group=approvals.Group.POWER,
    asked_with="loans.design_product",
)

approvals.register(
    other_accounts.KIND,
    other_accounts.other_account_approved,
    permission=bank_accounts.APPROVE,
    label=_("Payout to another account"),
    asked_with="loans.disburse_loan",
)

bank_accounts.told_of_commitments(payees.commitments)

changes_by_two.declare(
    Declared(
        model=AccountMapping,
        code="power.account_mapping",
        label=_("Account mapping"),
        asked_with=("loans.add_accountmapping", "loans.change_accountmapping"),
        refuse=account_mapping.refuse_change,
        after=account_mapping.forget_mappings,
    )
)
changes_by_two.declare(
    Declared(
        model=LoanPurpose,
        code="power.loan_purpose",
        label=_("Purpose of a loan"),
        asked_with=("loans.add_loanpurpose", "loans.change_loanpurpose"),
    )
)
