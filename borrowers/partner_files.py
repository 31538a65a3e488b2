"""A person as one partner knows them: registered under a handle of its own, and nothing told that others brought.

Who registers a person that is on file already must not learn it, by no answer now or later. So a registration ends the
same way for both: with a file of that partner alone. What it tells of a person somebody else opened is kept in its file
and changes nothing that is on file; where the two contradict, staff have a look.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from audit import events
from audit.context import acting_for
from audit.models import Approval
from borrowers import consents as consent_room
from borrowers.brought import bring_consent, bring_first_contact_points
from borrowers.consents import GivenConsent
from borrowers.contacts import normalise_address
from borrowers.fingerprints import contact_index, name_index, plain
from borrowers.likeness import remember_sounds
from borrowers.models import (
    Borrower,
    BorrowerStatus,
    ConsentPurpose,
    ContactKind,
    ContactState,
    PartnerFile,
    Provenance,
)
from borrowers.occupations import STUDENT, StudentEvidenceMissing, state_occupation
from borrowers.onboarding import BorrowerAlreadyRegistered, Identity, read_identity, register_borrower
from borrowers.preferences import choose_language
from borrowers.sharing import SharingEnded, ended_people, is_ended, without_profile
from borrowers.standing import look_again
from core.errors import DomainError, Invalid, NotFound
from core.finding import any_of
from core.identifiers import next_number
from partners.introductions import introduce, reaches_every_origin
from partners.models import ApiClient, ApiKey
from staff.models import User

KIND = "borrower"
NEEDED = ConsentPurpose.THIRD_PARTY


class RegistrationConsentMissing(Invalid):
    """A partner hands over a person's data, and is told of their loans, with that person's consent only (个保法 23)."""

    code = "consent_missing"
    field = "consents"
    message = _("Send the person's consent to %(purpose)s with the registration.")


class AlreadyYours(DomainError):
    """The partner registered the person before."""

    code = BorrowerAlreadyRegistered.code
    message = BorrowerAlreadyRegistered.message


class FileUnknown(NotFound):
    code = "partner_file_unknown"
    message = _("There is no such file of a partner.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as the partner describes them."""

    name: str
    identity_number: str
    phone: str
    identity_kind: str
    language: str
    email: str = ""
    birth_date: date | None = None
    sex: str | None = None
    occupation: str = ""
    external_id: str | None = None


@transaction.atomic
def register_by_partner(
    person: Person, *, client: ApiClient, consents: Sequence[GivenConsent], on: date, by: User
) -> PartnerFile:
    """The partner's file of the person, known before or not. Raises AlreadyYours, SharingEnded of somebody who withdrew the
    consent that this partner is told of them, RegistrationConsentMissing and what ``register_borrower`` raises of wrong
    values."""
    if NEEDED not in {given.purpose for given in consents}:
        raise RegistrationConsentMissing(purpose=NEEDED.value)
    try:
        borrower, opened = _registered(person, client, consents, on, by), True
    except BorrowerAlreadyRegistered as known:
        borrower, opened = Borrower.objects.select_for_update().get(pk=known.existing.pk), False
    with acting_for(by):
        file = _filed(person, client, borrower, opened=opened, on=on)
        bring_first_contact_points(file, email=_email(person, borrower))
        refused = consent_room.withdrawn_purposes(borrower.pk) if not opened else frozenset()
        for given in consents:
            kept = None if given.purpose in refused else consent_room.record(borrower=borrower, given=given)
            bring_consent(file, given, kept)
        if not opened and person.occupation:
            tell_occupation(file, occupation=person.occupation, evidence="", on=on, by=by)
        introduce(client=client, kind=KIND, object_id=borrower.pk, external_id=person.external_id)
    return file


def _registered(person: Person, client: ApiClient, consents: Sequence[GivenConsent], on: date, by: User) -> Borrower:
    facts = {"birth_date": person.birth_date, **({"sex": person.sex} if person.sex else {})}
    return register_borrower(
        name=person.name,
        identity_number=person.identity_number,
        identity_kind=person.identity_kind,
        phone=person.phone,
        email=person.email,
        language=person.language,
        occupation=person.occupation,
        external_id=person.external_id,
        consents=consents,
        on=on,
        source=client.public_id,
        provenance=Provenance.PARTNER,
        registered_by=by,
        **facts,  # type: ignore[arg-type]
    )


def _filed(person: Person, client: ApiClient, borrower: Borrower, *, opened: bool, on: date) -> PartnerFile:
    earlier = PartnerFile.objects.filter(client=client, borrower=borrower).first()
    if earlier is not None and is_ended(client, borrower.pk):
        raise SharingEnded
    if earlier is not None:
        raise AlreadyYours(number=earlier.number, existing=earlier.public_id)
    identity = read_identity(
        kind=person.identity_kind,
        number=person.identity_number,
        on=on,
        birth_date=person.birth_date,
        **({"sex": person.sex} if person.sex else {}),
    )
    file = PartnerFile(
        client=client,
        borrower=borrower,
        opened=opened,
        number=borrower.number if opened else next_number("CU", on),
        name=plain(person.name),
        phone=normalise_address(ContactKind.MOBILE, person.phone, borrower.market) if person.phone.strip() else "",
        birth_date=identity.birth_date,
        sex=identity.sex,
        occupation=person.occupation,
        language=person.language,
        created_on=on,
        status_then=borrower.status,
        do_not_contact_then=borrower.do_not_contact,
    )
    if opened:
        file.public_id = borrower.public_id
    else:
        file.contradicts = _contradictions(file, identity, _email(person, borrower))
    file.save()
    if not opened:
        remember_sounds(borrower, file.name)
        look_again(borrower, by=None)
        events.record("linked", borrower, after={"partner": client.name, "contradicts": file.contradicts})
    return file


def _email(person: Person, borrower: Borrower) -> str:
    return normalise_address(ContactKind.EMAIL, person.email, borrower.market) if person.email.strip() else ""


def _contradictions(file: PartnerFile, identity: Identity, email: str) -> list[str]:
    """What the partner told otherwise than it is on file, by the names of the fields; never told to the partner."""
    borrower = file.borrower
    usable = borrower.contact_points.exclude(state__in=[ContactState.RETIRED, ContactState.WRONG_PERSON])
    known = set(usable.values_list("kind", "value_index"))
    told = {ContactKind.MOBILE: file.phone, ContactKind.EMAIL: email}
    differs = {
        "name": name_index(file.name) != borrower.name_index,
        "birth_date": bool(identity.birth_date and borrower.birth_date) and identity.birth_date != borrower.birth_date,
        "sex": "unknown" not in (identity.sex, borrower.sex) and identity.sex != borrower.sex,
        "occupation": bool(file.occupation and borrower.occupation) and file.occupation != borrower.occupation,
        "phone": bool(told[ContactKind.MOBILE]) and _point(ContactKind.MOBILE, file.phone) not in known,
        "email": bool(email) and _point(ContactKind.EMAIL, email) not in known,
        "status": not borrower.is_active,
    }
    return [name for name, so in differs.items() if so]


def _point(kind: str, value: str) -> tuple[str, str]:
    return kind, contact_index(kind, value)


# Who is who for a key ------------------------------------------------------------------------------------------------


def files_of(client: ApiClient) -> QuerySet[PartnerFile]:
    """The people a partner brought in, with what is shown of them."""
    return PartnerFile.objects.filter(client=client).select_related("borrower")


def named(public_id: str, *, key: ApiKey, writing: bool) -> QuerySet[Borrower]:
    """The person the key names so: by its partner's handle, or by the house's where the key reaches every origin."""
    own = Borrower.objects.filter(partner_files__client_id=key.client_id, partner_files__public_id=public_id)
    if not reaches_every_origin(key, writing=writing):
        return own
    return any_of(Borrower.objects.filter(public_id=public_id), own)


class Faces:
    """How people are named in the answers to one request: each as the partner knows them, others as the house does."""

    def __init__(self, key: ApiKey) -> None:
        self.client = key.client
        self.ended: dict[int, bool] = {}
        self.all_ended: frozenset[int] | None = None
        self.sees_all = reaches_every_origin(key, writing=False)
        self.known: dict[int, PartnerFile] = {}
        self.asked: set[int] = set()

    def learn(self, people: Iterable[Borrower]) -> None:
        """Read in one statement what may be needed of several."""
        if self.sees_all:
            return
        wanted = {person.pk for person in people} - self.asked
        self.asked |= wanted
        if wanted:
            self.known |= {file.borrower_id: file for file in files_of(self.client).filter(borrower_id__in=wanted)}

    def of(self, person: Borrower, *, whole: bool) -> Borrower | PartnerFile:
        """What stands for the person; ``whole`` when more of it is shown than the identifier. Of somebody who withdrew the
        consent that the partner is told of them it is the masked name."""
        if whole and self.is_ended(person.pk):
            return without_profile(files_of(self.client).get(borrower_id=person.pk))
        if self.sees_all or (person.source == self.client.public_id and not whole):
            return person
        self.learn([person])
        return self.known.get(person.pk, person)

    def is_ended(self, borrower_id: int) -> bool:
        """Whether the person withdrew the consent that the partner is told of them; asked once a request."""
        if self.all_ended is not None:
            return borrower_id in self.all_ended
        if borrower_id not in self.ended:
            self.ended[borrower_id] = is_ended(self.client, borrower_id)
        return self.ended[borrower_id]

    def learn_ended(self) -> frozenset[int]:
        """Everybody who withdrew it, in one statement for an answer about many."""
        self.all_ended = ended_people(self.client)
        return self.all_ended

    def require_sharing(self, borrower_id: int, *, field: str | None = None) -> None:
        """Raises SharingEnded."""
        if self.is_ended(borrower_id):
            raise SharingEnded(field=field)


def with_status(files: QuerySet[PartnerFile], words: Iterable[str]) -> QuerySet[PartnerFile]:
    """The files whose shown status is one of the words."""
    chosen = set(words)
    unchanged = Q(borrower__status=F("status_then"))
    since = Q(borrower__status__in=chosen) & ~unchanged
    return files.filter(since | unchanged if BorrowerStatus.ACTIVE.value in chosen else since)


@transaction.atomic
def tell_language(file: PartnerFile, *, language: str, by: User) -> PartnerFile:
    """The language the partner speaks with the person in; messages follow where the partner opened the file."""
    if file.opened:
        file.borrower = choose_language(borrower_id=file.borrower_id, language=language, changed_by=by)
    if file.language != language:
        file.language = language
        with acting_for(by):
            file.save()
    return file


@transaction.atomic
def tell_occupation(file: PartnerFile, *, occupation: str, evidence: str, on: date, by: User) -> PartnerFile:
    """What the person lives from, as the partner knows it. Where it is on file otherwise, staff have a look.

    A student is believed whoever says so. Who told of one tells otherwise with ``evidence`` only, and its file changes when
    a second person of the house has agreed. Raises StudentEvidenceMissing, OccupationClaimWaits.
    """
    borrower = Borrower.objects.locked(file.borrower_id)
    told_of_a_student = file.occupation == STUDENT
    if told_of_a_student and occupation != STUDENT and not evidence.strip():
        raise StudentEvidenceMissing
    if _is_followed(file, borrower, occupation) or (told_of_a_student and borrower.occupation == STUDENT):
        outcome = state_occupation(
            borrower_id=borrower.pk, occupation=occupation, evidence=evidence, file=file, on=on, changed_by=by
        )
        if isinstance(outcome, Approval):
            return file
        file.borrower = borrower = outcome
    if borrower.occupation != occupation:
        file.contradicts = sorted({*file.contradicts, "occupation"})
        file.looked_at = file.looked_at_by = None
    if file.occupation != occupation:
        file.occupation = occupation
        with acting_for(by):
            file.save()
    return file


def _is_followed(file: PartnerFile, borrower: Borrower, occupation: str) -> bool:
    """Whether what the partner tells goes on file: of a student always, else where nothing is known, or the file is its own
    and nobody told of a student."""
    if occupation == STUDENT or not borrower.occupation:
        return bool(occupation)
    return file.opened and borrower.occupation != STUDENT


# Staff ---------------------------------------------------------------------------------------------------------------


@transaction.atomic
def note_look(*, file_id: int, at: datetime, by: User) -> PartnerFile:
    """A person of the house has looked at what contradicts. Looked at again, it stays as it was."""
    file = PartnerFile.objects.select_for_update().filter(pk=file_id).first()
    if file is None:
        raise FileUnknown
    if file.awaits_a_look:
        file.looked_at, file.looked_at_by = at, by
        with acting_for(by):
            file.save()
    return file
