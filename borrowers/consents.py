"""Consents: one purpose, one text, one moment; withdrawn as easily as given, never erased.

Who withdrew a consent refuses its purpose. That they agree to it again one person alone cannot say, no clerk and no partner:
it is asked for with evidence, and a second person agrees.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import approvals
from audit.context import acting_for
from audit.models import Approval
from borrowers.models import Borrower, Consent, ConsentPurpose, ConsentText
from core.errors import DomainError, Invalid, NotFound
from core.rules import rule
from staff.models import User

AGAIN = "borrower.consent_again"


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


class ConsentWithdrawnBefore(DomainError):
    """The borrower withdrew their consent to the purpose; one person does not undo that."""

    code = "consent_withdrawn_before"
    message = _(
        "The borrower withdrew their consent: %(words)s. It counts again when the lender records it on the borrower's page "
        "with the evidence, such as a signed paper or a recorded call, and a second person agrees."
    )

    def __init__(self, purpose: str, *, field: str | None = None) -> None:
        super().__init__(purpose=purpose, words=str(ConsentPurpose(purpose).label), field=field)


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
    """Record one consent. The same text agreed to again gives the consent that already stands.

    Raises ConsentPurposeUnknown, ConsentTextMissing, ConsentWithdrawnBefore.
    """
    borrower = Borrower.objects.get(pk=borrower_id)
    given = GivenConsent(purpose, channel, at, text, text_version)
    with acting_for(recorded_by):
        return record(borrower=borrower, given=given)


@transaction.atomic
def record(*, borrower: Borrower, given: GivenConsent, agreed_by: User | None = None) -> Consent:
    """Write one tick down, once; ``agreed_by`` is the second person where the purpose was withdrawn before.

    Raises ConsentPurposeUnknown, ConsentTextMissing, ConsentWithdrawnBefore.
    """
    version, text = _wording(borrower, given)
    same = {"borrower": borrower, "purpose": given.purpose, "text_hash": text_hash(text), "withdrawn_at": None}
    standing = Consent.objects.filter(**same).first()
    if standing is not None:
        return standing
    if agreed_by is None and withdrawal_stands(borrower.pk, given.purpose):
        raise ConsentWithdrawnBefore(given.purpose)
    consent, _created = Consent.objects.get_or_create(
        **same,
        defaults={
            "text_version": version,
            "channel": given.channel,
            "given_at": given.at,
            "agreed_by": agreed_by,
        },
    )
    return consent


def wording_of(borrower: Borrower, given: GivenConsent) -> tuple[str, str]:
    """Version and hash of the text agreed to. Raises ConsentPurposeUnknown, ConsentTextMissing."""
    version, text = _wording(borrower, given)
    return version, text_hash(text)


def _wording(borrower: Borrower, given: GivenConsent) -> tuple[str, str]:
    """Version and text agreed to: those given, else the house's in force on the day."""
    if given.purpose not in ConsentPurpose.values:
        raise ConsentPurposeUnknown(purpose=given.purpose)
    if given.text:
        return given.text_version, given.text
    wording = text_in_force(purpose=given.purpose, language=borrower.language, on=timezone.localdate(given.at))
    return wording.version, wording.text


@transaction.atomic
def record_by_staff(*, borrower_id: int, given: GivenConsent, evidence: str, on: date, by: User) -> Consent | Approval:
    """Record one consent as a person of the house saw it. After a withdrawal a second person is asked to agree to the
    ``evidence``, and the request that waits is returned.

    Raises ConsentPurposeUnknown, ConsentTextMissing, ConsentWithdrawnBefore (without evidence), ApprovalAlreadyPending.
    """
    borrower = Borrower.objects.locked(borrower_id)
    version, text = _wording(borrower, given)
    if not withdrawal_stands(borrower_id, given.purpose):
        with acting_for(by, reason=evidence):
            return record(borrower=borrower, given=given)
    if not evidence.strip():
        raise ConsentWithdrawnBefore(given.purpose, field="evidence")
    refused = borrower.consents.filter(purpose=given.purpose, withdrawn_at__isnull=False).latest("withdrawn_at", "pk")
    return approvals.request(
        kind=AGAIN,
        obj=refused,
        payload={"channel": given.channel, "at": given.at.isoformat(), "text": text, "text_version": version},
        before={"purpose": given.purpose, "withdrawn_at": str(refused.withdrawn_at)},
        after={"purpose": given.purpose, "channel": given.channel, "given_at": given.at.isoformat()},
        reason=evidence,
        requested_by=by,
        on=on,
    )


def given_again(approval: Approval, _on: date) -> None:
    """The second person agreed that the borrower agrees again: a new consent is recorded."""
    refused = Consent.objects.select_related("borrower").get(pk=approval.object_id)
    asked = approval.payload
    given = GivenConsent(
        refused.purpose, asked["channel"], datetime.fromisoformat(asked["at"]), asked["text"], asked["text_version"]
    )
    with acting_for(approval.decided_by, reason=approval.reason):
        record(borrower=refused.borrower, given=given, agreed_by=approval.decided_by)


def withdrawal_stands(borrower_id: int, purpose: str) -> bool:
    """Whether the borrower withdrew a consent to ``purpose``, and that still counts."""
    return purpose in withdrawn_purposes(borrower_id)


def withdrawn_purposes(borrower_id: int) -> frozenset[str]:
    """The purposes of which a consent was withdrawn and none that a second person agreed to is in force: PostgreSQL takes no
    other (``consent_again.sql``). One statement."""
    withdrawn, agreed = set(), set()
    rows = Consent.objects.filter(borrower_id=borrower_id).order_by()
    for purpose, ended, by_two in rows.values_list("purpose", "withdrawn_at", "agreed_by"):
        if ended is not None:
            withdrawn.add(purpose)
        elif by_two is not None:
            agreed.add(purpose)
    return frozenset(withdrawn - agreed)


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
    """End a consent from now on; what was done under it stays lawful.

    Whoever withdraws refuses the purpose, in whatever words they agreed to it: all consents to it end. Passing data to
    partners alone is agreed to with each partner by itself. Raises ConsentUnknown, ConsentAlreadyWithdrawn.
    """
    consent = Consent.objects.select_for_update().filter(pk=consent_id).first()
    if consent is None:
        raise ConsentUnknown
    if consent.withdrawn_at is not None:
        raise ConsentAlreadyWithdrawn
    alike = Consent.objects.select_for_update().filter(
        borrower_id=consent.borrower_id, purpose=consent.purpose, withdrawn_at__isnull=True
    )
    others = [] if consent.purpose == ConsentPurpose.THIRD_PARTY else list(alike.exclude(pk=consent.pk).order_by("pk"))
    with acting_for(withdrawn_by, reason=reason):
        for one in (consent, *others):
            one.withdrawn_at = max(at, one.given_at)
            one.save()
    return consent
