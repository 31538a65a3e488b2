"""The one way in: what a file is, and what of it is kept. Pictures and PDF are read in a process of their own."""

import hashlib
from dataclasses import dataclass

from casework.examining import apart
from casework.examining.content import ContentType, content_of, require_agreement
from casework.examining.limits import Limits
from casework.examining.names import cleaned_name
from casework.examining.refusals import EvidenceEmpty, EvidenceTooLarge
from casework.examining.texts import text_in


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that can be kept: ``kept`` are its bytes, the hashes are SHA-256 of what was sent and of what is kept."""

    name: str
    content_type: ContentType
    kept: bytes
    pages: int
    sha256_sent: str
    sha256_kept: str


def examine(data: bytes, *, name: str, told: str, limits: Limits) -> Examined:
    """Look at ``data``, sent under ``name`` as ``told`` (a content type, or empty).

    Raises one of ``casework.examining.refusals``.
    """
    clean = cleaned_name(name)
    if not data:
        raise EvidenceEmpty
    if len(data) > limits.most_bytes:
        raise EvidenceTooLarge(most=limits.megabytes)
    found = content_of(data)
    require_agreement(found, name=clean, told=told)
    kept, pages = _kept(data, found, limits)
    return Examined(clean, found, kept, pages, _sha256(data), _sha256(kept))


def _kept(data: bytes, found: ContentType, limits: Limits) -> tuple[bytes, int]:
    match found:
        case ContentType.PDF:
            return apart.rewritten(data, limits)
        case ContentType.TEXT:
            text = text_in(data) or ""
            if not text.strip():
                raise EvidenceEmpty
            return text.encode(), 1
        case _:
            return apart.redrawn(data, found, limits), 1


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
