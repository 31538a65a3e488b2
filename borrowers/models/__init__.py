"""People who borrow, how they can be reached, what they agreed to, and what they earn and owe elsewhere."""

from borrowers.models.bank_account import AccountState, BankAccount, HolderAnswer
from borrowers.models.borrower import (
    Borrower,
    BorrowerQuerySet,
    BorrowerStatus,
    IdentityKind,
    Language,
    Occupation,
    Sex,
)
from borrowers.models.consent import Consent, ConsentPurpose, ConsentText
from borrowers.models.contact_point import ContactKind, ContactPoint, ContactState, Provenance
from borrowers.models.means import DebtSource, ExternalDebt, Income, IncomeSource, ToldBy
from borrowers.models.name_sound import NameSound
from borrowers.models.partner_file import Brought, PartnerFile

__all__ = [
    "AccountState",
    "BankAccount",
    "Borrower",
    "BorrowerQuerySet",
    "BorrowerStatus",
    "Brought",
    "Consent",
    "ConsentPurpose",
    "ConsentText",
    "ContactKind",
    "ContactPoint",
    "ContactState",
    "DebtSource",
    "ExternalDebt",
    "HolderAnswer",
    "IdentityKind",
    "Income",
    "IncomeSource",
    "Language",
    "NameSound",
    "Occupation",
    "PartnerFile",
    "Provenance",
    "Sex",
    "ToldBy",
]
