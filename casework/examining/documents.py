"""PDF: every object is looked at for what a program would run, unpack or open, and nothing of it is run here."""

import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

from pypdf import PdfReader, filters
from pypdf.errors import LimitReachedError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from casework.examining.content import ContentType
from casework.examining.limits import MEGABYTE, Limits
from casework.examining.refusals import (
    EvidenceActive,
    EvidenceBomb,
    EvidenceBroken,
    EvidenceEncrypted,
    EvidencePolyglot,
    EvidenceRefused,
    EvidenceTooManyPages,
)

# Keys whose presence is enough, and actions by their name: what runs, what leaves the file, what is carried along.
_KEYS = ("/JS", "/JavaScript", "/EmbeddedFiles", "/EmbeddedFile", "/EF", "/RichMedia", "/XFA", "/AA", "/Launch")
_ACTIONS = ("/JavaScript", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/RichMediaExecute", "/Movie",
            "/Sound", "/Rendition", "/EmbeddedFile", "/Filespec", "/FileAttachment", "/RichMedia", "/Screen")  # fmt: skip
# Long enough not to stand in packed data by chance: found also in what no table of the file leads to.
_WORDS = (b"/JavaScript", b"/EmbeddedFile", b"/RichMedia", b"/Launch")
_AFTER_THE_END = b" \t\r\n\0"
_MOST_DEEP = 100
_FLATE = {"/FlateDecode", "/Fl"}
# The library bounds what each of these unpacks.
_WRITTEN_OUT: dict[str, Callable[[bytes], bytes]] = {
    **dict.fromkeys(("/ASCII85Decode", "/A85"), filters.ASCII85Decode.decode),
    **dict.fromkeys(("/ASCIIHexDecode", "/AHx"), filters.ASCIIHexDecode.decode),
    **dict.fromkeys(("/LZWDecode", "/LZW"), filters.LZWDecode.decode),
    **dict.fromkeys(("/RunLengthDecode", "/RL"), filters.RunLengthDecode.decode),
}
_PIECE = 1 << 20


def examined_pdf(data: bytes, limits: Limits) -> int:
    """The number of pages.

    Raises EvidencePolyglot, EvidenceEncrypted, EvidenceActive, EvidenceBomb, EvidenceTooManyPages, EvidenceBroken.
    """
    end = data.rfind(b"%%EOF")
    if end < 0:
        raise EvidenceBroken
    if data[end + 5 :].strip(_AFTER_THE_END):
        raise EvidencePolyglot(found=ContentType.PDF.words)
    try:
        reader = PdfReader(BytesIO(data), strict=False)
        if reader.is_encrypted:
            raise EvidenceEncrypted
        _require_still(data, reader, limits)
        return _pages(reader, limits)
    except (EvidenceRefused, MemoryError):
        raise
    except LimitReachedError as error:
        raise EvidenceBomb(most=_unpacked_words(limits)) from error
    except Exception as error:  # whatever a reader stumbles over, the file is not one to keep
        raise EvidenceBroken from error


def _pages(reader: PdfReader, limits: Limits) -> int:
    counted = reader.root_object["/Pages"].get("/Count", 0)  # type: ignore[attr-defined]
    if int(counted) > limits.most_pages:
        raise EvidenceTooManyPages(most=limits.most_pages)
    pages = len(reader.pages)
    if pages > limits.most_pages:
        raise EvidenceTooManyPages(most=limits.most_pages)
    if pages < 1:
        raise EvidenceBroken
    return pages


def _require_still(data: bytes, reader: PdfReader, limits: Limits) -> None:
    for word in _WORDS:
        if word in data:
            raise EvidenceActive(what=word.decode().strip("/"))
    left = limits.most_unpacked
    for found in _objects(reader):
        for inside in _within(found):
            _require_plain(inside)
        if isinstance(found, StreamObject):
            left -= _unpacked(found, left, limits)
    for inside in _within(reader.trailer):
        _require_plain(inside)


def _objects(reader: PdfReader) -> Iterator[Any]:
    """Every object that a table of the file leads to."""
    named = {(number, generation) for generation, places in reader.xref.items() for number in places}
    named |= {(number, 0) for number in reader.xref_objStm}
    for number, generation in sorted(named):
        yield reader.get_object(IndirectObject(number, generation, reader))


def _within(found: Any, depth: int = 0) -> Iterator[DictionaryObject]:
    """The dictionaries inside an object; what it refers to is an object of its own."""
    if depth > _MOST_DEEP:
        raise EvidenceBroken
    if isinstance(found, DictionaryObject):
        yield found
        for key in found:
            yield from _within(found.raw_get(key), depth + 1)
    elif isinstance(found, ArrayObject):
        for inside in list.__iter__(found):  # as it stands, without following references
            yield from _within(inside, depth + 1)


def _require_plain(found: DictionaryObject) -> None:
    for key in _KEYS:
        if key in found:
            raise EvidenceActive(what=key.strip("/"))
    for name in ("/S", "/Type", "/Subtype"):
        if name in found and (value := str(found.get(name))) in _ACTIONS:
            raise EvidenceActive(what=value.strip("/"))


def _unpacked(stream: StreamObject, left: int, limits: Limits) -> int:
    """How many bytes the stream is once unpacked. Raises EvidenceBomb beyond what is ``left``."""
    if int(stream.get("/Width", 0)) * int(stream.get("/Height", 0)) > limits.most_pixels:
        raise EvidenceBomb(most=f"{limits.most_pixels // MEGABYTE} MP")
    named = stream.get("/Filter", [])
    names = [str(name) for name in (named if isinstance(named, ArrayObject) else [named])]
    packed: bytes = stream._data if isinstance(stream._data, bytes) else str(stream._data).encode()
    size = len(packed)
    for name in names:
        if name in _FLATE:
            packed = _inflated(packed, left, limits)
        elif name in _WRITTEN_OUT:
            packed = _WRITTEN_OUT[name](packed)
        else:
            break  # for pictures, held by their pixels
        size = max(size, len(packed))
    if size > left:
        raise EvidenceBomb(most=_unpacked_words(limits))
    return size


def _inflated(packed: bytes, most: int, limits: Limits) -> bytes:
    machine, found = zlib.decompressobj(), bytearray()
    try:
        piece = machine.decompress(packed, _PIECE)
        while piece:
            found += piece
            if len(found) > most:
                raise EvidenceBomb(most=_unpacked_words(limits))
            piece = machine.decompress(machine.unconsumed_tail, _PIECE)
    except zlib.error:
        pass  # shown as far as it goes, as readers do
    return bytes(found)


def _unpacked_words(limits: Limits) -> str:
    return f"{limits.most_unpacked // MEGABYTE} MB"
