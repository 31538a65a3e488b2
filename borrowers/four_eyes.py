"""What a second person decides on in `borrowers`, declared to the audit app when Django starts."""

from django.utils.translation import gettext_lazy as _

from audit import approvals, changes_by_two
from audit.changes_by_two import Declared
from borrowers import bank_accounts, consents, contacts, occupations, standing
from borrowers.models import ConsentText

approvals.register(
    bank_accounts.PAYOUT_ACCOUNT,
    bank_accounts.payout_account_approved,
    permission=bank_accounts.APPROVE,
    label=_("Account a borrower is paid to"),
    outcome=bank_accounts.would_redirect,
    asked_with=("borrowers.change_borrower", "borrowers.add_borrower"),
    threshold=bank_accounts.one_person_changes,
)

approvals.register(
    standing.LIVES,
    standing.lives_agreed,
    permission=standing.CONFIRM,
    label=_("Borrower recorded as dead lives"),
    group=approvals.Group.PERSON,
    asked_with="borrowers.change_borrower",
)
approvals.register(
    standing.ALIKE,
    standing.alike_agreed,
    permission=standing.CONFIRM_ALIKE,
    label=_("Identity of a borrower who is like another one"),
    group=approvals.Group.PERSON,
    asked_with="borrowers.confirm_identity",
)
approvals.register(
    occupations.STUDIES_ENDED,
    occupations.studies_ended,
    permission=standing.CONFIRM,
    label=_("Borrower is a student no longer"),
    group=approvals.Group.PERSON,
    asked_with="borrowers.change_borrower",
)
approvals.register(
    consents.AGAIN,
    consents.given_again,
    permission=standing.CONFIRM,
    label=_("Consent given again after its withdrawal"),
    group=approvals.Group.PERSON,
    asked_with="borrowers.change_borrower",
)

approvals.register(
    contacts.VERIFIED_BY_TWO,
    contacts.verified_agreed,
    permission=standing.CONFIRM,
    label=_("Contact point found to be the borrower's"),
    group=approvals.Group.PERSON,
    asked_with="borrowers.change_borrower",
)

changes_by_two.declare(
    Declared(
        model=ConsentText,
        code="power.consent_text",
        label=_("Wording of a consent"),
        asked_with=("borrowers.add_consenttext",),
    )
)
