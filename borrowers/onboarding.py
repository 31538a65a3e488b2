"""Meeting a borrower for the first time: one person, one identity number, one file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.context import acting_for
from borrowers import consents as consent_room
from borrowers.consents import GivenConsent, give_consent, withdraw_consent
from borrowers.contacts import first_contact_point, normalise_address, phone_of
from borrowers.fingerprints import contact_index, document_signs, identity_index, name_index, plain, written
from borrowers.identity import IdentityNumberInvalid, IdentityProblem, age, parse_resident_id, resident_id_in
from borrowers.likeness import remember_sounds
from borrowers.means import record_external_debt, record_income
from borrowers.models import Borrower, ContactKind, IdentityKind, Provenance, Sex
from borrowers.occupations import require_occupation
from borrowers.standing import look_again
from core.errors import DomainError, Invalid
from core.history import insert_tracked
from core.identifiers import next_number
from core.strict import require_plain
from staff.models import User

__all__ = [
    "BorrowerAlreadyRegistered",
    "GivenConsent",
    "give_consent",
    "record_external_debt",
    "record_income",
    "register_borrower",
    "withdraw_consent",
]

OLDEST = 120  # years; the oldest person whose age was ever proved became 122

PROBLEMS: dict[IdentityProblem, str | Promise] = {
    IdentityProblem.LENGTH: _("it needs 18 characters, or 15 digits in its old form"),
    IdentityProblem.CHARACTERS: _("only digits are allowed, and X as the last character"),
    IdentityProblem.CHECK_DIGIT: _("the check digit does not match, one digit is mistyped"),
    IdentityProblem.BIRTH_DATE: _("the birth date in it does not exist"),
}


class NameMissing(Invalid):
    """A borrower has a name."""

    code = "name_missing"
    field = "name"
    message = _("Enter the name as it stands in the identity document.")


class IdentityNumberRefused(Invalid):
    """The identity number cannot be true."""

    code = "identity_number_invalid"
    field = "identity_number"
    message = _("This is not a valid resident ID number: %(problem)s.")


class IdentityIsResidentId(Invalid):
    """The number of a resident ID under another kind of document. Birth date and sex it tells are not repeated."""

    code = "identity_is_resident_id"
    field = "identity_kind"
    message = _("This is the number of a resident ID. Choose the resident ID as the document.")


class IdentityNumberMissing(Invalid):
    """A document of another kind still has a number."""

    code = "identity_number_missing"
    field = "identity_number"
    message = _("Enter the number of the identity document.")


class BirthDateNotReached(Invalid):
    """Nobody is born after today."""

    code = "birth_date_in_future"
    field = "birth_date"
    message = _("The birth date %(birth_date)s has not come yet.")


class BornTooLongAgo(Invalid):
    """Nobody who borrows is older. What the check digit of a resident ID vouches for is not judged so."""

    code = "birth_date_too_early"
    field = "birth_date"
    message = _("The birth date %(birth_date)s lies more than %(years)s years back.")


class BirthDateContradicts(Invalid):
    """The resident ID tells another birth date. What it tells is not repeated."""

    code = "birth_date_contradicts"
    field = "birth_date"
    message = _("The identity number says another birth date. Correct one of them, or leave the birth date out.")


class SexContradicts(Invalid):
    """The resident ID tells another sex."""

    code = "sex_contradicts"
    field = "sex"
    message = _("The identity number says another sex. Correct one of them, or leave the sex out.")


class BorrowerAlreadyRegistered(DomainError):
    """The person has a file already; ``existing`` is it."""

    code = "borrower_already_registered"
    message = _("This person is already registered as %(number)s.")

    def __init__(self, existing: Borrower) -> None:
        super().__init__(number=existing.number)
        self.existing = existing


class PartnerNumberTaken(DomainError):
    """The partner uses this number for somebody else."""

    code = "external_id_taken"
    message = _("The partner's number %(external_id)s belongs to another borrower.")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a person is by document."""

    kind: str
    number: str
    birth_date: date | None
    sex: str


def read_identity(
    *, kind: str, number: str, on: date, birth_date: date | None = None, sex: str = Sex.UNKNOWN
) -> Identity:
    """Check a document number. A resident ID itself tells birth date and sex; what is told beside it must be the same.

    Raises IdentityNumberRefused, IdentityIsResidentId, IdentityNumberMissing, TextNotPlain, BirthDateContradicts,
    SexContradicts, BirthDateNotReached, BornTooLongAgo.
    """
    require_plain(number, field="identity_number")
    if kind == IdentityKind.CN_RESIDENT_ID:
        identity = _resident(number)
        if birth_date not in (None, identity.birth_date):
            raise BirthDateContradicts
        if sex not in (Sex.UNKNOWN, identity.sex):
            raise SexContradicts
    elif not document_signs(number):
        raise IdentityNumberMissing
    elif resident_id_in(number) is not None:
        raise IdentityIsResidentId
    else:
        identity = Identity(IdentityKind.OTHER, plain(number).upper(), birth_date, sex)
    if identity.birth_date and identity.birth_date > on:
        raise BirthDateNotReached(birth_date=identity.birth_date.isoformat())
    if birth_date is not None and age(birth_date, on) > OLDEST:
        raise BornTooLongAgo(birth_date=birth_date.isoformat(), years=OLDEST)
    return identity


def _resident(number: str) -> Identity:
    try:
        resident = parse_resident_id(number)
    except IdentityNumberInvalid as error:
        raise IdentityNumberRefused(problem=PROBLEMS[error.problem]) from error
    return Identity(IdentityKind.CN_RESIDENT_ID, resident.number, resident.birth_date, resident.sex)


@transaction.atomic
def register_borrower(
    *,
    name: str,
    identity_number: str,
    phone: str,
    on: date,
    identity_kind: str = IdentityKind.CN_RESIDENT_ID,
    email: str = "",
    language: str = "zh-hans",
    market: str = "CN",
    birth_date: date | None = None,
    sex: str = Sex.UNKNOWN,
    occupation: str = "",
    external_id: str | None = None,
    source: str = "",
    provenance: str = Provenance.CONTRACT,
    consents: Sequence[GivenConsent] = (),
    registered_by: User | None = None,
) -> Borrower:
    """Open the file of a person: identity checked, mobile and e-mail as contact points, consents recorded.

    ``occupation`` is one of ``Occupation``, empty where it is not known.
    Raises BorrowerAlreadyRegistered (with the existing file), NameMissing, OccupationUnknown, what the identity raises.
    """
    name = written(name, "name")
    if not name:
        raise NameMissing
    require_occupation(occupation)
    identity = read_identity(kind=identity_kind, number=identity_number, on=on, birth_date=birth_date, sex=sex)
    # A borrower of an imported book may come without a number; whoever is met here gives one.
    imported = identity.kind == IdentityKind.OTHER and bool(external_id)
    mobile = "" if imported and not phone.strip() else phone_of(phone, market)
    email = normalise_address(ContactKind.EMAIL, email, market) if email.strip() else ""
    _refuse_known(identity)
    borrower = Borrower(
        market=market,
        language=language,
        identity_kind=identity.kind,
        name=name,
        name_index=name_index(name),
        identity_number=identity.number,
        identity_index=identity_index(identity.number),
        birth_date=identity.birth_date,
        sex=identity.sex,
        occupation=occupation,
        phone=mobile,
        phone_index=contact_index(ContactKind.MOBILE, mobile) if mobile else "",
        source=source,
        external_id=external_id or None,
        created_on=on,
        registered_by=registered_by,
    )
    with acting_for(registered_by):
        _store(borrower)
        for kind, address in {ContactKind.MOBILE: mobile, ContactKind.EMAIL: email}.items():
            if address:
                first_contact_point(borrower=borrower, kind=kind, address=address, provenance=provenance)
        for given in consents:
            consent_room.record(borrower=borrower, given=given)
    return borrower


def _refuse_known(identity: Identity) -> None:
    existing = Borrower.objects.filter(identity_index=identity_index(identity.number)).first()
    if existing is not None:
        raise BorrowerAlreadyRegistered(existing)


def _store(borrower: Borrower) -> None:
    """Two people may register the same person at once: the unique constraint decides, the loser is told by name."""
    borrower.number = next_number("CU", borrower.created_on)
    try:
        with transaction.atomic():
            insert_tracked(borrower)
    except IntegrityError as error:
        _refuse_known(Identity(borrower.identity_kind, borrower.identity_number, None, borrower.sex))
        raise PartnerNumberTaken(external_id=borrower.external_id) from error
    remember_sounds(borrower, borrower.name)
    look_again(borrower, by=borrower.registered_by)
