"""Contact points: learning a new one, and what happens to it (the causes of technical default, S4).

A reminder that never arrived is not the borrower's fault. So every address has a state, the state moves only along the
table below, and whoever sends asks for usable addresses only.
"""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from audit import approvals
from audit.context import acting_for
from audit.deciding import require_other_hand
from audit.models import Approval
from borrowers.fingerprints import contact_index, plain
from borrowers.models import Borrower, ContactKind, ContactPoint, ContactState, IdentityKind, Provenance
from borrowers.phones import PhoneInvalid, normalise_phone
from borrowers.standing import look_again
from core.errors import DomainError, Invalid, NotFound
from core.lifecycle import Lifecycle
from core.strict import require_plain
from staff.models import User

VERIFIED_BY_TWO = "borrower.contact_verified"
CONTACT = gettext_noop("contact point")  # what a request shows, in words
_UNVERIFIED, _VERIFIED = ContactState.UNVERIFIED, ContactState.VERIFIED
_UNDELIVERABLE, _WRONG_PERSON = ContactState.UNDELIVERABLE, ContactState.WRONG_PERSON
_RECYCLED, _RETIRED = ContactState.RECYCLED, ContactState.RETIRED


class PhoneRefused(Invalid):
    """Not a mobile number of the borrower's market."""

    code = "phone_invalid"
    field = "phone"
    message = _("This is not a mobile number. In China it has 11 digits and starts with 13 to 19.")


class EmailRefused(Invalid):
    """Not an e-mail address."""

    code = "email_invalid"
    field = "email"
    message = _("This is not an e-mail address.")


class AddressMissing(Invalid):
    """An empty contact point."""

    code = "address_missing"
    field = "value"
    message = _("Enter the address.")


class ContactPointKnown(DomainError):
    """The borrower already has this contact point; ``existing`` is it."""

    code = "contact_point_known"
    message = _("This contact point is already on file: %(state)s.")

    def __init__(self, existing: ContactPoint) -> None:
        super().__init__(state=existing.get_state_display())
        self.existing = existing


class ContactPointUnknown(NotFound):
    """No such contact point."""

    code = "contact_point_unknown"
    message = _("This contact point does not exist.")


class ContactStateImpossible(DomainError):
    """The table of states has no such move."""

    code = "contact_state_impossible"
    message = _("A contact point that is “%(status)s” cannot become “%(to)s”.")


# Verified to verified is a repeated verification. A wrong person or a recycled number can only be let go: should the
# borrower get the number back, it is learnt anew.
CONTACT_POINTS = Lifecycle(
    model=ContactPoint,
    states=ContactState,
    begins=frozenset({_UNVERIFIED}),
    steps={
        _UNVERIFIED: frozenset({_VERIFIED, _UNDELIVERABLE, _WRONG_PERSON, _RECYCLED, _RETIRED}),
        _VERIFIED: frozenset({_VERIFIED, _UNVERIFIED, _UNDELIVERABLE, _WRONG_PERSON, _RECYCLED, _RETIRED}),
        _UNDELIVERABLE: frozenset({_UNVERIFIED, _VERIFIED, _WRONG_PERSON, _RECYCLED, _RETIRED}),
        _WRONG_PERSON: frozenset({_RECYCLED, _RETIRED}),
        _RECYCLED: frozenset({_RETIRED}),
        _RETIRED: frozenset(),
    },
    step_refused=ContactStateImpossible,
    named_by="pk",
    column="state",
)


class ContactVerifiedByTwo(DomainError):
    """One person alone does not say that an address is the borrower's."""

    code = "contact_verified_by_two"
    field = "to"
    message = _(
        "A second person must agree that the contact point is the borrower's. Ask for it on the borrower's page."
    )


class ContactPointUnusable(DomainError):
    """A dead contact point cannot be the primary one."""

    code = "contact_point_unusable"
    message = _("Only a contact point that still works can be the primary one.")


def normalise_address(kind: str, value: str, market: str = "CN") -> str:
    """The stored form of a contact point. Raises PhoneRefused, EmailRefused, AddressMissing or TextNotPlain."""
    require_plain(value, field="value")
    if kind == ContactKind.MOBILE:
        return phone_of(value, market)
    address = plain(value)
    if kind == ContactKind.EMAIL:
        return _email(address)
    if not address:
        raise AddressMissing
    return address


def phone_of(text: str, market: str) -> str:
    """The stored form of a mobile number. Raises PhoneRefused, TextNotPlain."""
    require_plain(text, field="phone")
    try:
        return normalise_phone(text, market)
    except PhoneInvalid as error:
        raise PhoneRefused from error


def _email(address: str) -> str:
    try:
        validate_email(address)
    except ValidationError as error:
        raise EmailRefused from error
    name, _at, host = address.rpartition("@")
    return f"{name}@{host.lower()}"


def first_contact_point(*, borrower: Borrower, kind: str, address: str, provenance: str) -> ContactPoint:
    """The address a new file begins with. Nobody else knows the file yet, so there is nothing to lock or compare."""
    return ContactPoint.objects.create(
        borrower=borrower,
        kind=kind,
        value=address,
        value_index=contact_index(kind, address),
        provenance=provenance,
        is_primary=True,
    )


@transaction.atomic
def add_contact_point(
    *,
    borrower_id: int,
    kind: str,
    value: str,
    provenance: str = Provenance.CONTRACT,
    make_primary: bool = False,
    added_by: User | None = None,
) -> ContactPoint:
    """Put a newly learnt address on file, not verified yet. The first of its kind becomes the primary one."""
    address = normalise_address(kind, value, Borrower.objects.values_list("market", flat=True).get(pk=borrower_id))
    index = contact_index(kind, address)
    borrower = _held_with_alike(borrower_id, kind, index)
    known = list(borrower.contact_points.filter(kind=kind).exclude(state=ContactState.RETIRED))
    for point in known:
        if point.value_index == index:
            raise ContactPointKnown(point)
    point = ContactPoint(borrower=borrower, kind=kind, value=address, value_index=index, provenance=provenance)
    with acting_for(added_by):
        if make_primary or not any(other.is_primary for other in known):
            _set_primary(borrower, point)
        else:
            point.save()
    if kind == ContactKind.MOBILE:
        look_again(borrower, by=added_by)
    return point


def _held_with_alike(borrower_id: int, kind: str, index: str) -> Borrower:
    """The borrower, held beside those with the same mobile whom no number proves; in the order of their ids, so that two who
    get each other's mobile at once do not wait in a circle."""
    ids = {borrower_id}
    if kind == ContactKind.MOBILE:
        points = ContactPoint.objects.filter(kind=kind, value_index=index, borrower__identity_kind=IdentityKind.OTHER)
        ids |= set(points.values_list("borrower_id", flat=True))
    held = Borrower.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return next(borrower for borrower in list(held) if borrower.pk == borrower_id)


@transaction.atomic
def change_state(
    *,
    contact_point_id: int,
    to: str,
    at: datetime,
    reason: str = "",
    changed_by: User | None = None,
    agreed_by: User | None = None,
) -> ContactPoint:
    """Move a contact point to another state. Where a person of the house says that it is the borrower's, ``agreed_by`` is
    the second one. Raises ContactStateImpossible when the table has no such move, ContactVerifiedByTwo,
    AccountsNotIndependent.
    """
    point = _locked(contact_point_id)
    known: dict[str, object] = {"state_reason": reason[:200]}
    if to == ContactState.VERIFIED:
        if changed_by is not None and agreed_by is None:
            raise ContactVerifiedByTwo
        if changed_by is not None:
            require_other_hand(agreed_by, changed_by.pk, ContactVerifiedByTwo(), timezone.localdate(at))
        known |= {"verified_at": at, "verified_by": changed_by, "agreed_by": agreed_by if changed_by else None}
    if to == ContactState.RETIRED:
        known["is_primary"] = False
    with acting_for(changed_by):
        return CONTACT_POINTS.advance(point, to, reason=reason, **known)


@transaction.atomic
def ask_that_verified(*, contact_point_id: int, reason: str, at: datetime, on: date, by: User) -> Approval:
    """Ask a second person to agree that the contact point is the borrower's; ``reason`` says what shows it.

    Raises ReasonMissing, ContactStateImpossible, ApprovalAlreadyPending.
    """
    point = _locked(contact_point_id)
    CONTACT_POINTS.require_step(point, ContactState.VERIFIED)
    return approvals.request(
        kind=VERIFIED_BY_TWO,
        obj=point.borrower,
        payload={"contact_point": point.pk, "at": at.isoformat()},
        before={"state": point.state},
        after={CONTACT: f"{point.kind} {point.masked_value}", "state": ContactState.VERIFIED.value},
        reason=reason,
        requested_by=by,
        on=on,
    )


def verified_agreed(approval: Approval, _on: date) -> None:
    """The second person agreed that it is the borrower's. Raises ContactStateImpossible, ContactVerifiedByTwo."""
    change_state(
        contact_point_id=approval.payload["contact_point"],
        to=ContactState.VERIFIED,
        at=datetime.fromisoformat(approval.payload["at"]),
        reason=approval.reason,
        changed_by=approval.requested_by,
        agreed_by=approval.decided_by,
    )


@transaction.atomic
def make_primary(*, contact_point_id: int, changed_by: User | None = None) -> ContactPoint:
    """Use this contact point first from now on; a mobile becomes the number the borrower is known by."""
    point = _locked(contact_point_id)
    if not point.is_usable:
        raise ContactPointUnusable
    with acting_for(changed_by):
        _set_primary(Borrower.objects.select_for_update().get(pk=point.borrower_id), point)
    return point


def _set_primary(borrower: Borrower, point: ContactPoint) -> None:
    for other in borrower.contact_points.filter(kind=point.kind, is_primary=True).exclude(pk=point.pk):
        other.is_primary = False
        other.save()
    point.is_primary = True
    point.save()
    if point.kind == ContactKind.MOBILE and borrower.phone_index != point.value_index:
        borrower.phone, borrower.phone_index = point.value, point.value_index
        borrower.save()


def _locked(contact_point_id: int) -> ContactPoint:
    point = ContactPoint.objects.select_for_update().filter(pk=contact_point_id).first()
    if point is None:
        raise ContactPointUnknown
    return point
