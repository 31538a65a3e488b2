"""PDF: every object is looked at for what a program would run, unpack or open, and nothing of it is run here."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.errors import LimitReachedError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from casework.examining.content import ContentType
from casework.examining.limits import Limits
from casework.examining.refusals import (
    EvidenceActive,
    EvidenceBroken,
    EvidenceEncrypted,
    EvidencePolyglot,
    EvidenceRefused,
    EvidenceTooManyPages,
)
from casework.examining.rewriting import dictionaries, rewritten
from casework.examining.streams import too_much, unpacked

# Keys whose presence is enough: what runs, what leaves the file, what is carried along.
_KEYS = ("/JS", "/JavaScript", "/EmbeddedFiles", "/EmbeddedFile", "/EF", "/RichMedia", "/XFA", "/AA", "/Launch",
         "/Collection", "/AF")  # fmt: skip
# What is carried along or shown by another program, by the name of its kind.
_NAMES = ("/JavaScript", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/RichMediaExecute", "/Movie",
          "/Sound", "/Rendition", "/EmbeddedFile", "/Filespec", "/FileAttachment", "/RichMedia", "/Screen", "/3D",
          "/Thread", "/GoTo3DView")  # fmt: skip
# Where an action stands, and the few that stay within the file and do nothing but turn to a page.
_ACTS = ("/OpenAction", "/A", "/PA", "/Next")
_TURNS = ("/NextPage", "/PrevPage", "/FirstPage", "/LastPage")
_LINKS = ("http://", "https://", "mailto:", "tel:")
# Of a stream: its bytes lie in another file; of what is drawn: it is a page of another file.
_ELSEWHERE = ("/F", "/FFilter", "/Ref")
# Long enough not to stand in packed data by chance: found also in what no table of the file leads to.
_WORDS = (b"/JavaScript", b"/EmbeddedFile", b"/RichMedia", b"/Launch")
_AFTER_THE_END = b" \t\r\n\0"


def kept_pdf(data: bytes, limits: Limits) -> tuple[bytes, int]:
    """What is kept of the PDF (``rewriting``), and the number of its pages.

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
        pages = _pages(reader, limits)
        return rewritten(reader, limits), pages
    except (EvidenceRefused, MemoryError):
        raise
    except LimitReachedError as error:
        raise too_much(limits) from error
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
        for inside in dictionaries(found):
            _require_plain(inside)
        if isinstance(found, StreamObject):
            _require_here(found)
            left -= unpacked(found, left, limits).largest
    for inside in dictionaries(reader.trailer):
        _require_plain(inside)
    _require_all_seen(reader)


def _objects(reader: PdfReader) -> Iterator[Any]:
    """Every object that a table of the file leads to."""
    named = {(number, generation) for generation, places in reader.xref.items() for number in places}
    named |= {(number, 0) for number in reader.xref_objStm}
    for number, generation in sorted(named):
        yield reader.get_object(IndirectObject(number, generation, reader))


def _require_plain(found: DictionaryObject) -> None:
    for key in _KEYS:
        if key in found:
            raise EvidenceActive(what=key.strip("/"))
    for name in ("/S", "/Type", "/Subtype"):
        if name in found and (value := str(found.get(name))) in _NAMES:
            raise EvidenceActive(what=value.strip("/"))
    for place in _ACTS:
        acts = found.get(place)
        for act in acts if isinstance(acts, ArrayObject) else [acts]:
            if isinstance(act := act.get_object() if act is not None else None, DictionaryObject) and "/S" in act:
                _require_harmless(act, on_a_click=place == "/A")


def _require_harmless(act: DictionaryObject, *, on_a_click: bool) -> None:
    """It turns to a page, or is a link on the web that a person may follow. Links are not copied into what is kept."""
    kind = str(act.get("/S"))
    address = str(act.get("/URI", "")).strip().lower()
    turns = kind == "/GoTo" or (kind == "/Named" and act.get("/N") in _TURNS)
    follows = kind == "/URI" and on_a_click and address.startswith(_LINKS)
    if not turns and not follows:
        raise EvidenceActive(what=f"{kind} {address}".strip("/ ")[:60])


def _require_here(stream: StreamObject) -> None:
    for key in _ELSEWHERE:
        if key in stream:
            raise EvidenceActive(what=key.strip("/"))


def _require_all_seen(reader: PdfReader) -> None:
    """Nothing whose look is up to the program that opens it: fields it fills in, layers that are hidden."""
    if _under(reader.root_object, "/AcroForm").get("/NeedAppearances"):
        raise EvidenceActive(what="NeedAppearances")
    shown = _under(_under(reader.root_object, "/OCProperties"), "/D")
    if shown.get("/OFF") or str(shown.get("/BaseState", "/ON")) != "/ON":
        raise EvidenceActive(what="OCProperties")


def _under(found: DictionaryObject, key: str) -> DictionaryObject:
    """The dictionary under the key, an empty one where none is."""
    value = found.get(key)
    value = value.get_object() if value is not None else None
    return value if isinstance(value, DictionaryObject) else DictionaryObject()
