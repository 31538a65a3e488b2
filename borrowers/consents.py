"""Consents: one purpose, one text, one moment; withdrawn as easily as given, never erased."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.context import acting_for
from borrowers.models import Borrower, Consent, ConsentPurpose, ConsentText
from core.errors import DomainError, Invalid, NotFound
from core.rules import rule
from staff.models import User


class ConsentTextMissing(NotFound):
    """No wording is in force for the purpose."""

    code = "consent_text_missing"
    message = _("There is no consent text for “%(purpose)s” in force. Add one under Consent texts in the admin.")


class ConsentPurposeUnknown(Invalid):
    """Not one of the purposes consent can be given for."""

    code = "consent_purpose_unknown"
    field = "purpose"
    message = _("Consent cannot be given for “%(purpose)s”.")


class ConsentUnknown(NotFound):
    """No such consent."""

    code = "consent_unknown"
    message = _("This consent does not exist.")


class ConsentAlreadyWithdrawn(DomainError):
    """The consent was withdrawn before."""

    code = "consent_already_withdrawn"
    message = _("This consent was already withdrawn.")


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """A tick made by the borrower. Without ``text`` it means the wording of the house in force on that day."""

    purpose: str
    channel: str
    at: datetime
    text: str = ""
    text_version: str = ""


def text_hash(text: str) -> str:
    """What proves later which wording was agreed to."""
    return hashlib.sha256(text.encode()).hexdigest()


def text_in_force(*, purpose: str, language: str, on: date) -> ConsentText:
    """The wording shown on a day, in the borrower's language or else in any. Raises ConsentTextMissing."""
    texts = ConsentText.objects.filter(purpose=purpose, effective_from__lte=on).order_by("-effective_from")
    found = texts.filter(language=language).first() or texts.first()
    if found is None:
        raise ConsentTextMissing(purpose=purpose)
    return found


def give_consent(
    *,
    borrower_id: int,
    purpose: str,
    channel: str,
    at: datetime,
    text: str = "",
    text_version: str = "",
    recorded_by: User | None = None,
) -> Consent:
    """Record one consent. The same text agreed to again gives the consent that already stands."""
    borrower = Borrower.objects.get(pk=borrower_id)
    given = GivenConsent(purpose, channel, at, text, text_version)
    with acting_for(recorded_by):
        return record(borrower=borrower, given=given)


def record(*, borrower: Borrower, given: GivenConsent) -> Consent:
    """Write one tick down, once."""
    if given.purpose not in ConsentPurpose.values:
        raise ConsentPurposeUnknown(purpose=given.purpose)
    version, text = given.text_version, given.text
    if not text:
        wording = text_in_force(purpose=given.purpose, language=borrower.language, on=timezone.localdate(given.at))
        version, text = wording.version, wording.text
    consent, _created = Consent.objects.get_or_create(
        borrower=borrower,
        purpose=given.purpose,
        text_hash=text_hash(text),
        withdrawn_at=None,
        defaults={"text_version": version, "channel": given.channel, "given_at": given.at},
    )
    return consent


def needed(on: date, market: str) -> tuple[str, ...]:
    """The purposes that an application in ``market`` needs a consent to, by the rule that holds on ``on``.

    Raises RuleMissing where the market has none.
    """
    return tuple(rule("consents_needed", on, market)["purposes"])


def missing(borrower_id: int, purposes: Iterable[str]) -> tuple[str, ...]:
    """Which of ``purposes`` the borrower has no consent to that stands now, in their order. One statement."""
    return missing_of([borrower_id], purposes)[borrower_id]


def missing_of(ids: Iterable[int], purposes: Iterable[str]) -> dict[int, tuple[str, ...]]:
    """The same of each of ``ids``. One statement."""
    given: dict[int, set[str]] = {number: set() for number in ids}
    standing = Consent.objects.filter(borrower_id__in=given, withdrawn_at__isnull=True)
    for number, purpose in standing.values_list("borrower_id", "purpose"):
        given[number].add(purpose)
    wanted = tuple(map(str, purposes))
    return {number: tuple(purpose for purpose in wanted if purpose not in has) for number, has in given.items()}


def was_withdrawn(borrower_id: int, purpose: str) -> bool:
    """Whether a consent to ``purpose`` was given once and none stands now: the borrower refuses it."""
    consents = Consent.objects.filter(borrower_id=borrower_id, purpose=purpose)
    return consents.exists() and not consents.filter(withdrawn_at__isnull=True).exists()


@transaction.atomic
def withdraw_consent(*, consent_id: int, at: datetime, reason: str = "", withdrawn_by: User | None = None) -> Consent:
    """End a consent from now on; what was done under it stays lawful."""
    consent = Consent.objects.select_for_update().filter(pk=consent_id).first()
    if consent is None:
        raise ConsentUnknown
    if consent.withdrawn_at is not None:
        raise ConsentAlreadyWithdrawn
    consent.withdrawn_at = max(at, consent.given_at)
    with acting_for(withdrawn_by, reason=reason):
        consent.save()
    return consent
