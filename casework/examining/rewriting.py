"""PDF written anew: the pages as they are seen, without anything else the file carried.

Who wrote it with which program, what an earlier save had and a later one took out, what no page shows, where links lead,
what forms remember: none of it is copied. Its pictures lose place and device.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, PdfObject, StreamObject

from casework.examining.content import ContentType
from casework.examining.limits import Limits
from casework.examining.refusals import EvidencePolyglot
from casework.examining.streams import pack

_OF_A_PAGE = {"/Type", "/Parent", "/Resources", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Rotate",
              "/Contents", "/Group", "/UserUnit", "/Annots"}  # fmt: skip
# What is drawn of a remark, a mark or a field that was filled in, and what it says.
_OF_AN_ANNOTATION = {"/Type", "/Subtype", "/Rect", "/AP", "/AS", "/F", "/C", "/IC", "/Border", "/BS", "/QuadPoints",
                     "/Contents", "/InkList", "/L", "/LE", "/Vertices", "/CA"}  # fmt: skip
# Nowhere in what a page draws itself by.
_LEFT_OUT = ("/Metadata", "/PieceInfo", "/LastModified", "/Alternates", "/OPI", "/Thumb", "/StructParent",
             "/StructParents", "/AF", "/OC", "/Measure", "/PtData")  # fmt: skip
# Where programs that open a file by what they find in it look: at its head, and at its end with a comment of 64 KB.
_HEAD, _TAIL = 1024, 66_000
_MARKUP = (b"<html", b"<script", b"<svg", b"<!doctype")
_END_OF_ARCHIVE = b"PK\x05\x06"
_MOST_DEEP = 100


def rewritten(reader: PdfReader, limits: Limits) -> bytes:
    """The pages in a file of their own. Raises EvidencePolyglot, and what ``streams.pack`` raises."""
    writer = PdfWriter()
    for page in reader.pages:
        _strip_page(page)
        writer.add_page(page)
    writer.pdf_header = "%PDF-1.7"
    writer.metadata = None
    for found in list(writer._objects):
        if found is None:
            continue
        for inside in dictionaries(found):
            for key in _LEFT_OUT:
                if key in inside:
                    del inside[key]
        if isinstance(found, StreamObject):
            pack(found, limits)
    held = BytesIO()
    writer.write(held)
    kept = held.getvalue()
    if _END_OF_ARCHIVE in kept[-_TAIL:] or any(word in kept[:_HEAD].lower() for word in _MARKUP):
        raise EvidencePolyglot(found=ContentType.PDF.words)
    return kept


def _strip_page(page: PageObject) -> None:
    for key in [key for key in page if key not in _OF_A_PAGE]:
        del page[key]
    annotations = page.get("/Annots")
    if annotations is None:
        return
    rows = [one.get_object() for one in annotations.get_object()]
    kept = [_stripped(row) for row in rows if isinstance(row, DictionaryObject) and row.get("/Subtype") != "/Popup"]
    page[NameObject("/Annots")] = ArrayObject(kept)


def _stripped(annotation: DictionaryObject) -> DictionaryObject:
    found = DictionaryObject()
    for key in annotation:
        if key in _OF_AN_ANNOTATION:
            found[NameObject(key)] = annotation.raw_get(key)
    return found


def dictionaries(found: PdfObject | None, depth: int = 0) -> Iterator[DictionaryObject]:
    """The dictionaries inside an object; what it refers to is an object of its own. Raises RecursionError."""
    if depth > _MOST_DEEP:
        raise RecursionError
    if isinstance(found, DictionaryObject):
        yield found
        for key in list(found):
            yield from dictionaries(found.raw_get(key), depth + 1)
    elif isinstance(found, ArrayObject):
        for inside in list.__iter__(found):  # as it stands, without following references
            yield from dictionaries(inside, depth + 1)
