"""Taking evidence in, putting a newer version in its place, and attaching it to what it proves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from audit.events import record
from casework import keeping
from casework.evidence_kinds import kind_named, kinds_hidden_from
from casework.examining.examine import Examined, examine
from casework.examining.limits import Limits
from casework.models import Evidence, EvidenceLink, Source
from casework.subjects import label_of, subject_of
from core.encryption import blind_index
from core.errors import DomainError, Invalid, NotAllowed
from core.rules import rule
from core.strict import require_day_between
from partners.models import ApiClient
from staff.models import User
from staff.roles import roles_of

ADD = "casework.add_evidence"
LIMITS = "evidence_limits"


class EvidenceTwice(DomainError):
    """The same bytes about the same object; ``existing`` is the evidence that stands."""

    code = "evidence_twice"
    field = "file"
    message = _("This file is on record already, as %(existing)s.")


class EvidenceSourceUnknown(Invalid):
    code = "evidence_source_unknown"
    field = "source"
    message = _("Say from whom it came.")


class EvidenceKindNotYours(NotAllowed):
    code = "evidence_kind_not_yours"
    field = "kind"
    message = _("Evidence of this kind is taken in by other roles.")


class EvidenceReplaced(DomainError):
    """There is a newer version already; ``existing`` names it."""

    code = "evidence_replaced"
    field = "replaces"
    message = _("There is a newer version already: %(existing)s. Replace that one.")


class EvidenceOfAnotherObject(Invalid):
    code = "evidence_of_another_object"
    field = "replaces"
    message = _("A new version is about the same object as the one it replaces.")


class OriginalSeenLater(Invalid):
    code = "original_seen_later"
    field = "original_seen_on"
    message = _("Nobody has seen the original on a day that is still to come.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told of a file beside its bytes. ``content_type`` is what the sender says it is, and not believed."""

    kind: str
    source: str
    name: str
    content_type: str = ""
    expires_on: date | None = None
    original_seen_on: date | None = None


def limits(on: date) -> Limits:
    """How much a file may be on the day. Raises RuleMissing."""
    return Limits.of(rule(LIMITS, on))


def require_told(told: Told, on: date) -> None:
    """Raises EvidenceKindUnknown, EvidenceSourceUnknown, DayOutOfRange, OriginalSeenLater."""
    kind_named(told.kind)
    if told.source not in Source.values:
        raise EvidenceSourceUnknown
    if told.expires_on is not None:
        require_day_between(told.expires_on, date(1990, 1, 1), date(2199, 12, 31), field="expires_on")
    if told.original_seen_on is not None and told.original_seen_on > on:
        raise OriginalSeenLater


def take_in(
    data: bytes,
    subject: models.Model,
    told: Told,
    *,
    by: User,
    on: date,
    now: datetime,
    client: ApiClient | None = None,
    replaces: Evidence | None = None,
) -> Evidence:
    """Keep ``data`` as evidence about ``subject``; ``client`` is the partner whose program brought it.

    Raises SubjectNotFound, what ``require_told`` raises, one of ``casework.examining.refusals``, EvidenceKindNotYours,
    EvidenceReplaced, EvidenceOfAnotherObject, EvidenceTwice.
    """
    subject_of(subject._meta.label_lower)
    require_told(told, on)
    if client is None and told.kind in kinds_hidden_from(roles_of(by)):
        raise EvidenceKindNotYours
    _require_replaceable(subject, replaces)
    found = examine(data, name=told.name, told=told.content_type, limits=limits(on))
    _require_new(subject, found.sha256_sent, client)
    key = keeping.keep([found.kept])
    try:
        with transaction.atomic():
            return _stored(found, key, subject, told, by=by, on=on, now=now, client=client, replaces=replaces)
    except BaseException as error:
        keeping.drop(key)
        if isinstance(error, IntegrityError):  # somebody was quicker
            _require_replaceable(subject, replaces)
            _require_new(subject, found.sha256_sent, client)
        raise


def _stored(
    found: Examined,
    key: str,
    subject: models.Model,
    told: Told,
    *,
    by: User,
    on: date,
    now: datetime,
    client: ApiClient | None,
    replaces: Evidence | None,
) -> Evidence:
    evidence = Evidence.objects.create(
        object_type=subject._meta.label_lower,
        object_id=str(subject.pk),
        object_label=label_of(subject),
        kind=told.kind,
        source=told.source,
        name=found.name,
        content_type=found.content_type.value,
        size=len(found.kept),
        pages=found.pages,
        sha256_sent=found.sha256_sent,
        sha256_kept=found.sha256_kept,
        fingerprint=fingerprint(subject, found.sha256_sent),
        storage_key=key,
        replaces=replaces,
        original_seen_by=by if told.original_seen_on else None,
        original_seen_on=told.original_seen_on,
        expires_on=told.expires_on,
        received_on=on,
        received_at=now,
        received_by=by,
        brought_by=client,
    )
    # Neither kind nor hash: more people read the log than see the evidence, and a short statement is found by trying.
    record("created", evidence, after={"about": evidence.object_label}, actor=by)
    return evidence


def _require_replaceable(subject: models.Model, replaces: Evidence | None) -> None:
    if replaces is None:
        return
    if (replaces.object_type, replaces.object_id) != (subject._meta.label_lower, str(subject.pk)):
        raise EvidenceOfAnotherObject
    newer = Evidence.objects.filter(replaces=replaces).first()
    if newer is not None:
        raise EvidenceReplaced(existing=newer.public_id)


def _require_new(subject: models.Model, sha256: str, client: ApiClient | None) -> None:
    """Staff are told of whatever stands, a partner of what it brought itself: not that others did."""
    rows = Evidence.objects.kept().about(subject).filter(fingerprint=fingerprint(subject, sha256))
    same = (rows if client is None else rows.filter(brought_by=client)).first()
    if same is not None:
        raise EvidenceTwice(existing=same.public_id)


def fingerprint(subject: models.Model, sha256: str) -> str:
    """By which the file with the hash is known again about ``subject``; the same file about another has another."""
    return blind_index(f"{subject._meta.label_lower} {subject.pk} {sha256}", "evidence")


@transaction.atomic
def attach(evidence: Evidence, *objects: models.Model, by: User, now: datetime) -> list[EvidenceLink]:
    """Attach the evidence to the objects too; again is the same. Raises SubjectNotFound for what takes none."""
    links = []
    for found in objects:
        subject_of(found._meta.label_lower)
        link, made = EvidenceLink.objects.standing().get_or_create(
            evidence=evidence,
            object_type=found._meta.label_lower,
            object_id=str(found.pk),
            defaults={"object_label": label_of(found), "at": now, "by": by},
        )
        if made:
            record("attached", evidence, after={"to": link.object_label}, actor=by)
        links.append(link)
    return links


def bytes_of(evidence: Evidence) -> bytes:
    """What is kept of it. Raises EvidenceMissing."""
    return b"".join(keeping.kept(evidence.storage_key))


def joined(parts: Iterable[bytes], most: int) -> bytes | None:
    """The parts as one, None as soon as they are more than ``most`` bytes."""
    found = bytearray()
    for part in parts:
        found += part
        if len(found) > most:
            return None
    return bytes(found)
