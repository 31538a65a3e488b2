"""What kind of file some bytes are, by their content alone: neither name nor header is believed."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from casework.examining.refusals import EvidenceEncodingUnclear, EvidenceTypeDisagrees, EvidenceTypeRefused
from casework.examining.texts import UTF8_MARK, looks_like_text, text_in


class ContentType(StrEnum):
    """What is kept."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    PDF = "application/pdf"
    TEXT = "text/plain"

    @property
    def words(self) -> str | Promise:
        return _WORDS[self]

    @property
    def ending(self) -> str:
        return _ENDINGS[self][0]


_WORDS: dict[ContentType, str | Promise] = {
    ContentType.JPEG: _("a JPEG picture"),
    ContentType.PNG: _("a PNG picture"),
    ContentType.PDF: _("a PDF"),
    ContentType.TEXT: _("a plain text"),
}
_ENDINGS = {
    ContentType.JPEG: ("jpg", "jpeg", "jpe", "jfif"),
    ContentType.PNG: ("png",),
    ContentType.PDF: ("pdf",),
    ContentType.TEXT: ("txt", "text", "log", "md", "csv"),
}
_TOLD = {
    **{kind.value: kind for kind in ContentType},
    "image/jpg": ContentType.JPEG,
    "image/pjpeg": ContentType.JPEG,
    "image/x-png": ContentType.PNG,
    "application/x-pdf": ContentType.PDF,
    "text/csv": ContentType.TEXT,
    "text/markdown": ContentType.TEXT,
}
# A browser that does not know says this.
_NOTHING_TOLD = {"", "application/octet-stream", "binary/octet-stream"}


@dataclass(frozen=True, slots=True)
class _Known:
    """Files that are told apart only to be refused with their name."""

    begins: bytes
    words: str | Promise
    at: int = 0


_REFUSED = [
    _Known(b"GIF8", _("a GIF picture")),
    _Known(b"WEBP", _("a WebP picture"), 8),
    _Known(b"ftyphe", _("a HEIC picture"), 4),
    _Known(b"ftypmif1", _("a HEIC picture"), 4),
    _Known(b"ftypmsf1", _("a HEIC picture"), 4),
    _Known(b"ftyp", _("a film"), 4),
    _Known(b"II*\0", _("a TIFF picture")),
    _Known(b"MM\0*", _("a TIFF picture")),
    _Known(b"BM", _("a BMP picture")),
    _Known(b"PK\x03\x04", _("an archive or office document")),
    _Known(b"PK\x05\x06", _("an archive or office document")),
    _Known(b"\xd0\xcf\x11\xe0", _("an office document")),
    _Known(b"Rar!", _("an archive")),
    _Known(b"7z\xbc\xaf", _("an archive")),
    _Known(b"\x1f\x8b", _("an archive")),
    _Known(b"MZ", _("a program")),
    _Known(b"\x7fELF", _("a program")),
]
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<svg", b"<script", b"<head", b"<body", b"{\\rtf", b"%!ps", b"#!")


def content_of(data: bytes) -> ContentType:
    """The kind of file ``data`` is. Raises EvidenceTypeRefused, which says what it is instead where that is known."""
    if data.startswith(b"\xff\xd8\xff"):
        return ContentType.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ContentType.PNG
    if data.startswith(b"%PDF-"):
        return ContentType.PDF
    for known in _REFUSED:
        if data[known.at :].startswith(known.begins) and not (known.begins.isalpha() and text_in(data) is not None):
            raise EvidenceTypeRefused(found=known.words)
    text = text_in(data)
    begins = text.encode() if text is not None else data.removeprefix(UTF8_MARK)
    if begins.lstrip()[:16].lower().startswith(_MARKUP):
        raise EvidenceTypeRefused(found=_("a page or program in words"))
    if text is not None:
        return ContentType.TEXT
    if looks_like_text(data):
        raise EvidenceEncodingUnclear
    raise EvidenceTypeRefused(found=_("of a kind that is not known"))


def require_agreement(found: ContentType, *, name: str, told: str) -> None:
    """Raises EvidenceTypeDisagrees where the ending of the ``name`` or the type ``told`` by who sent it says otherwise."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending and ending not in _ENDINGS[found]:
        raise EvidenceTypeDisagrees(told=f".{ending}", found=found.words)
    kind = told.partition(";")[0].strip().lower()
    if kind not in _NOTHING_TOLD and _TOLD.get(kind) is not found:
        raise EvidenceTypeDisagrees(told=kind, found=found.words)
