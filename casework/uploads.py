"""A partner's file in parts: begun with what it is, sent piece by piece in any order, finished once all of it is there.

Each part is held against its own checksum and kept sealed; the same part again is the same. The file is looked at as a
whole when it is finished, as every other evidence is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from casework import keeping
from casework.evidence import LIMITS, EvidenceTwice, Told, fingerprint, joined, limits, require_told, take_in
from casework.examining.names import cleaned_name
from casework.examining.refusals import (
    EvidenceBusy,
    EvidenceEmpty,
    EvidenceRefused,
    EvidenceTooLarge,
    EvidenceUnreadable,
)
from casework.models import Evidence, EvidenceUpload, EvidenceUploadPart, Source, UploadStatus
from casework.retention import drop_parts, forget
from casework.subjects import subjects
from core.errors import DomainError, Invalid, NotFound
from core.rules import rule
from partners.models import ApiClient, ApiKey
from staff.models import User

MOST_BYTES_A_PART = 500_000
# Each part is a row and a file: a file in parts of one byte would be millions of them.
LEAST_BYTES_A_PART = 20_000
MOST_OPEN = 100
# Who sends for a partner: staff take in what they get themselves.
SOURCES = [source for source in Source if source is not Source.STAFF]


class UploadNotFound(NotFound):
    code = "upload_not_found"
    message = _("There is no such upload of yours.")


class UploadOver(DomainError):
    code = "upload_over"
    message = _("This upload is %(status)s: nothing can be added to it. Begin another.")


class UploadsTooMany(DomainError):
    code = "uploads_too_many"
    status = 429
    message = _("You have %(most)s uploads that are not finished. Finish one first.")


class PartChecksumWrong(Invalid):
    code = "part_checksum_wrong"
    field = "sha256"
    message = _("The part is not what its checksum says. Send it again.")


class PartOutOfPlace(Invalid):
    code = "part_out_of_place"
    field = "offset"
    message = _("This part does not fit: the file has %(size)s bytes, and parts do not overlap.")


class PartDiffers(DomainError):
    code = "part_differs"
    field = "offset"
    message = _("Another part was sent for this place. Begin another upload to send another file.")


class PartTooLarge(Invalid):
    code = "part_too_large"
    field = "content"
    message = _("A part has from 1 to %(most)s bytes.")


class PartTooSmall(Invalid):
    code = "part_too_small"
    field = "content"
    message = _("A part has at least %(least)s bytes, unless it is the last one or closes a gap.")


class PartsMissing(DomainError):
    """``missing`` names the first places at which bytes are missing."""

    code = "parts_missing"
    message = _("Of %(size)s bytes %(received)s have come. Send the part that begins at %(next)s.")


class UploadChecksumWrong(DomainError):
    code = "upload_checksum_wrong"
    field = "sha256"
    message = _("All parts together are not what the checksum of the file says. Begin another upload.")


class HashMalformed(Invalid):
    code = "hash_malformed"
    field = "sha256"
    message = _("A SHA-256 is written as 64 digits and letters a to f.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What a program says of the file it begins to send: whom or what it calls it about, its size in bytes, its SHA-256."""

    about: str
    size: int
    sha256: str


def named_by_partner(key: ApiKey, public_id: str) -> models.Model | None:
    """The object that the key names so, of those that partners bring evidence about."""
    for subject in subjects():
        if subject.partners_name is not None:
            found: models.Model | None = subject.partners_name(key, public_id).first()
            if found is not None:
                return found
    return None


@transaction.atomic
def begin(
    subject: models.Model, told: Told, whole: Whole, *, client: ApiClient, on: date, now: datetime
) -> EvidenceUpload:
    """Begin an upload about ``subject``.

    Raises what ``require_told`` raises, EvidenceNameRefused, EvidenceEmpty, EvidenceTooLarge, HashMalformed, EvidenceTwice,
    UploadsTooMany.
    """
    require_told(told, on)
    most = limits(on)
    if whole.size < 1:
        raise EvidenceEmpty(field="size")
    if whole.size > most.most_bytes:
        raise EvidenceTooLarge(field="size", most=most.megabytes)
    require_hash(whole.sha256)
    rows = Evidence.objects.kept().about(subject).filter(fingerprint=fingerprint(subject, whole.sha256))
    same = rows.filter(brought_by=client).first()
    if same is not None:
        raise EvidenceTwice(existing=same.public_id, field="sha256")
    ApiClient.objects.select_for_update(no_key=True).get(pk=client.pk)
    if EvidenceUpload.objects.filter(client=client, status=UploadStatus.OPEN).count() >= MOST_OPEN:
        raise UploadsTooMany(most=MOST_OPEN)
    return EvidenceUpload.objects.create(
        client=client,
        object_type=subject._meta.label_lower,
        object_id=str(subject.pk),
        about=whole.about,
        kind=told.kind,
        source=told.source,
        name=cleaned_name(told.name),
        content_type=told.content_type,
        size=whole.size,
        sha256=whole.sha256,
        expires_on=told.expires_on,
        started_at=now,
    )


@transaction.atomic
def add_part(*, upload_id: int, offset: int, content: bytes, sha256: str) -> EvidenceUpload:
    """Take a part; one that is there already changes nothing.

    Raises UploadOver, HashMalformed, PartTooLarge, PartTooSmall, PartOutOfPlace, PartChecksumWrong, PartDiffers.
    """
    upload = _open(upload_id)
    require_hash(sha256)
    if not 0 < len(content) <= MOST_BYTES_A_PART:
        raise PartTooLarge(most=MOST_BYTES_A_PART)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise PartChecksumWrong
    end = offset + len(content)
    if offset < 0 or end > upload.size:
        raise PartOutOfPlace(size=upload.size)
    for part in upload.parts.filter(offset__lt=end):
        if part.offset == offset:
            if (part.size, part.sha256) != (len(content), sha256):
                raise PartDiffers
            return upload
        if part.offset + part.size > offset:
            raise PartOutOfPlace(size=upload.size)
    if len(content) < LEAST_BYTES_A_PART and not _closes(upload, offset, end):
        raise PartTooSmall(least=LEAST_BYTES_A_PART)
    key = keeping.keep([content])
    try:
        EvidenceUploadPart.objects.create(
            upload=upload, offset=offset, size=len(content), sha256=sha256, storage_key=key
        )
    except BaseException:
        keeping.drop(key)
        raise
    return upload


def _closes(upload: EvidenceUpload, offset: int, end: int) -> bool:
    """Whether the part is the last one, or all that is missing between two others."""
    return end == upload.size or (
        upload.parts.filter(offset=end).exists()
        and any(part.offset + part.size == offset for part in upload.parts.all())
    )


@transaction.atomic
def finish(*, upload_id: int, subject: models.Model, by: User, on: date, now: datetime) -> Evidence:
    """Take the file in as evidence; asked again, the same evidence.

    Raises UploadOver, PartsMissing, UploadChecksumWrong and what ``casework.evidence.take_in`` raises; where that
    ``is_final``, whoever asks lets the upload go (``give_up``) once the transaction is over.
    """
    upload = EvidenceUpload.objects.select_for_update(of=("self",)).select_related("client").get(pk=upload_id)
    if upload.evidence is not None:
        return upload.evidence
    upload = _open(upload_id)
    parts = list(upload.parts.order_by("offset"))
    missing = missing_at(upload, parts)
    if missing:
        received = sum(part.size for part in parts)
        raise PartsMissing(size=upload.size, received=received, next=missing[0])
    data = joined(_bytes(parts), int(limits(on).most_bytes)) or b""
    if hashlib.sha256(data).hexdigest() != upload.sha256:
        raise UploadChecksumWrong
    told = Told(
        kind=upload.kind,
        source=upload.source,
        name=str(upload.name),
        content_type=upload.content_type,
        expires_on=upload.expires_on,
    )
    upload.evidence = take_in(data, subject, told, by=by, on=on, now=now, client=upload.client)
    upload.status, upload.name = UploadStatus.FINISHED, ""
    upload.save(update_fields=["evidence", "status", "name"])
    drop_parts(upload)
    return upload.evidence


def is_final(refusal: BaseException) -> bool:
    """Whether a file that was refused so can never be kept as it was sent: nothing more is to be done with its parts."""
    final = (EvidenceRefused, EvidenceTooLarge, EvidenceTwice, UploadChecksumWrong)
    return isinstance(refusal, final) and not isinstance(refusal, EvidenceUnreadable | EvidenceBusy)


@transaction.atomic
def give_up(upload_id: int) -> None:
    """Forget an upload whose file was refused for good, at once; one that is over stays as it is."""
    upload = EvidenceUpload.objects.select_for_update().filter(pk=upload_id, status=UploadStatus.OPEN).first()
    if upload is not None:
        forget(upload)


def missing_at(upload: EvidenceUpload, parts: list[EvidenceUploadPart], most: int = 20) -> list[int]:
    """The first places, in bytes from the beginning, at which something is missing."""
    found, place = [], 0
    for part in parts:
        if part.offset > place:
            found.append(place)
        place = part.offset + part.size
    if place < upload.size:
        found.append(place)
    return found[:most]


def unfinished_days(on: date) -> int:
    """After how many days an upload that nobody finished is forgotten. Raises RuleMissing."""
    return int(rule(LIMITS, on)["unfinished_days"])


def require_hash(text: str) -> None:
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise HashMalformed


def _open(upload_id: int) -> EvidenceUpload:
    upload = (
        EvidenceUpload.objects.select_for_update(of=("self",)).select_related("client").filter(pk=upload_id).first()
    )
    if upload is None:
        raise UploadNotFound
    if upload.status != UploadStatus.OPEN:
        raise UploadOver(status=UploadStatus(upload.status).label)
    return upload


def _bytes(parts: list[EvidenceUploadPart]) -> Iterator[bytes]:
    for part in parts:
        yield from keeping.kept(part.storage_key)
