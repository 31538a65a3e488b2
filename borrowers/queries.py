"""Reads about borrowers: exact search through fingerprints, the list, and one borrower's file."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import CharField, Prefetch, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from audit.kinds import kind_of
from audit.models import Approval, ApprovalStatus
from borrowers import consents
from borrowers.fingerprints import contact_index, identity_index, name_index, plain
from borrowers.means import owed_elsewhere
from borrowers.models import (
    BankAccount,
    Borrower,
    BorrowerQuerySet,
    Consent,
    ConsentPurpose,
    ContactKind,
    ContactPoint,
    ContactState,
    ExternalDebt,
    Income,
    PartnerFile,
)
from borrowers.models.contact_point import USABLE
from borrowers.phones import PhoneInvalid, normalise_phone
from borrowers.sharing import ended
from core.choices import Tone, Toned
from core.errors import NotFound
from core.finding import any_of
from core.identifiers import number_given
from core.money import ZERO
from core.rules import RuleMissing, rule
from core.together import Reading


class BorrowerUnknown(NotFound):
    """No such borrower."""

    code = "borrower_unknown"
    message = _("There is no such borrower.")


def by_number(number: str) -> Borrower:
    """The borrower with a CU number. Raises BorrowerUnknown."""
    return _one(Borrower.objects.filter(number=number_given(number, "CU") or number.upper()))


def _one(found: BorrowerQuerySet) -> Borrower:
    borrower = found.first()
    if borrower is None:
        raise BorrowerUnknown
    return borrower


def find(text: str) -> BorrowerQuerySet:
    """Borrowers a whole phone, e-mail, identity number, name, borrower or partner number belongs to.

    Encrypted data is found by its fingerprint, so a part of a name or number finds nobody. A phone also finds those who
    had it before.
    """
    wanted = plain(text)
    if not wanted:
        return Borrower.objects.none()
    fingerprints = list(_contact_fingerprints(wanted))
    found = any_of(
        Borrower.objects.filter(name_index=name_index(wanted)),
        with_identity(wanted),
        Borrower.objects.filter(number=number_given(wanted, "CU") or wanted.upper()),
        Borrower.objects.filter(public_id=wanted),
        Borrower.objects.filter(external_id=wanted),
        _by_partner_file(wanted),
        *([_by_contact(fingerprints)] if fingerprints else []),
    )
    return found.order_by("-id")


def _by_partner_file(text: str) -> BorrowerQuerySet:
    """By the identifier or number under which a partner knows the person."""
    files = PartnerFile.objects.filter(number=number_given(text, "CU") or text.upper()).order_by().values("borrower_id")
    handles = PartnerFile.objects.filter(public_id=text).order_by().values("borrower_id")
    return Borrower.objects.filter(pk__in=files.union(handles))


def _by_contact(fingerprints: list[str]) -> BorrowerQuerySet:
    points = ContactPoint.objects.filter(value_index__in=fingerprints)
    return Borrower.objects.filter(pk__in=points.values("borrower_id"))


def with_phone(text: str, market: str = "CN") -> BorrowerQuerySet:
    """Who is known by a mobile number now or was before; nobody when the text is none."""
    try:
        fingerprint = contact_index(ContactKind.MOBILE, normalise_phone(text, market))
    except PhoneInvalid:
        return Borrower.objects.none()
    found = any_of(Borrower.objects.filter(phone_index=fingerprint), _by_contact([fingerprint]))
    return found.order_by("-id")


def with_identity(number: str) -> BorrowerQuerySet:
    """Who has an identity number."""
    return Borrower.objects.filter(identity_index=identity_index(number)).order_by("-id")


def with_name(name: str) -> BorrowerQuerySet:
    """Namesakes."""
    return Borrower.objects.filter(name_index=name_index(name)).order_by("-id")


def _contact_fingerprints(text: str) -> Iterable[str]:
    with suppress(PhoneInvalid):
        yield contact_index(ContactKind.MOBILE, normalise_phone(text))
    if "@" in text:
        yield contact_index(ContactKind.EMAIL, text)


def borrower_list(people: BorrowerQuerySet, *, reach: str = "", status: str = "") -> BorrowerQuerySet:
    """The list of ``people``, narrowed to a status or to who can(not) be reached."""
    found = people
    if status:
        found = found.filter(status=status)
    if reach == "unreachable":
        found = found.unreachable()
    elif reach == "reachable":
        found = found.reachable()
    points = ContactPoint.objects.order_by("kind", "-is_primary", "id")
    return found.prefetch_related(Prefetch("contact_points", queryset=points, to_attr="loaded_points"))


class Reach(Toned):
    """Whether a borrower can be reached, in one word for a list."""

    VERIFIED = "verified", Tone.GOOD, _("Verified")
    UNVERIFIED = "unverified", Tone.ATTENTION, _("Not verified")
    UNREACHABLE = "unreachable", Tone.BAD, _("Cannot be reached")


def reach(points: Iterable[ContactPoint]) -> Reach:
    """``verified`` when any verified contact point stands, else ``unverified``, else ``unreachable``."""
    states = {point.state for point in points if point.state in USABLE}
    if ContactState.VERIFIED in states:
        return Reach.VERIFIED
    return Reach.UNVERIFIED if states else Reach.UNREACHABLE


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    borrower: Borrower
    age: int | None
    reach: Reach


def rows(borrowers: Iterable[Borrower], on: date) -> list[Row]:
    """The lines of a page of ``borrower_list`` as of a day."""
    return [Row(one, one.age_on(on), reach(one.loaded_points)) for one in borrowers]  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class BorrowerFile:
    """Everything the house itself knows about one borrower, loaded in one query a kind."""

    borrower: Borrower
    contact_points: list[ContactPoint]
    consents: list[Consent]
    bank_accounts: list[BankAccount]
    incomes: list[Income]
    debts: list[ExternalDebt]
    contradicting: list[PartnerFile]
    requests: list[Approval]
    unshared: list[PartnerFile]
    phone_valid_days: int
    consents_needed: tuple[str, ...]
    on: date

    @property
    def age(self) -> int | None:
        return self.borrower.age_on(self.on)

    @property
    def reach(self) -> Reach:
        return reach(self.contact_points)

    @property
    def is_unreachable(self) -> bool:
        return self.reach == Reach.UNREACHABLE

    @property
    def to_verify(self) -> set[int]:
        """The contact points whose verification is missing or too old."""
        return {point.pk for point in self.contact_points if point.needs_verification(self.on, self.phone_valid_days)}

    @property
    def waiting(self) -> list[str]:
        """What is asked about the person and waits for a second one, in words."""
        return [str(kind_of(request).label) for request in self.requests]

    @property
    def total_income(self) -> Decimal:
        """The latest figure of each source, a month."""
        latest: dict[str, Decimal] = {}
        for income in self.incomes:
            latest.setdefault(income.source, income.monthly_amount)
        return sum(latest.values(), ZERO)

    @property
    def total_debt_payment(self) -> Decimal:
        """What is paid to all lenders a month: of each the larger of the figures that stand."""
        return sum(owed_elsewhere(self.debts).values(), ZERO)

    @property
    def missing_consents(self) -> list[ConsentPurpose]:
        """The purposes nobody may act on yet."""
        given = {consent.purpose for consent in self.consents if consent.is_in_force}
        return [purpose for purpose in ConsentPurpose if purpose.value not in given]

    @property
    def missing_for_a_loan(self) -> list[ConsentPurpose]:
        """Those of them without which no application is submitted or scored."""
        return [purpose for purpose in self.missing_consents if purpose in self.consents_needed]


def contradicting(borrower: Borrower) -> QuerySet[PartnerFile]:
    """What partners told of the person otherwise than it is on file, and nobody has looked at, newest first."""
    untouched = PartnerFile.objects.filter(borrower=borrower, looked_at=None).exclude(contradicts=[])
    return untouched.select_related("client").order_by("-id")


def _requests(borrower: Borrower) -> QuerySet[Approval]:
    """What waits for a second person about the borrower: the person themselves, a consent, an account, what a
    partner claims."""
    about = Q(object_type=Borrower._meta.label_lower, object_id=str(borrower.pk))
    for rows in (borrower.consents, borrower.bank_accounts, borrower.partner_files):
        keys = rows.order_by().annotate(key=Cast("pk", CharField())).values("key")
        about |= Q(object_type=rows.model._meta.label_lower, object_id__in=keys)
    return Approval.objects.filter(about, status=ApprovalStatus.PENDING).order_by("id")


def borrower_file(borrower: Borrower, on: date) -> Reading[BorrowerFile]:
    """The file of a borrower as of a business day."""
    valid_days = int(rule("phone_reverify_days", on)["days"])
    try:
        needed = consents.needed(on, borrower.market)
    except RuleMissing:  # nothing is lent there, as where an imported book comes from
        needed = ()
    return Reading(
        (
            borrower.contact_points.order_by("kind", "-is_primary", "id"),
            borrower.consents.order_by("purpose", "-given_at"),
            borrower.bank_accounts.order_by("-is_primary", "id"),
            borrower.incomes.select_related("recorded_by", "verified_by"),
            borrower.external_debts.select_related("recorded_by"),
            contradicting(borrower),
            _requests(borrower),
            ended().filter(borrower=borrower).select_related("client").order_by("id"),
        ),
        lambda points, given, accounts, incomes, debts, files, requests, unshared: BorrowerFile(
            borrower, points, given, accounts, incomes, debts, files, requests, unshared, valid_days, needed, on
        ),
    )
