"""A PDF is kept as its pages are seen: nothing else that it carried is in what is kept."""

from __future__ import annotations

import random
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from casework.examining.drawing import page_picture
from casework.examining.examine import examine
from casework.examining.jpegs import MOST_SCANS, bare_jpeg, segments
from casework.examining.refusals import EvidenceActive, EvidenceBomb, EvidencePolyglot
from tests.casework import files
from tests.casework.examining.test_examine import LIMITS, refused

Change = Callable[[PdfWriter], object]
ZIPPED = BytesIO()
with zipfile.ZipFile(ZIPPED, "w") as archive:
    archive.writestr("evil.js", "alert(1)")


def kept_of(data: bytes) -> bytes:
    return examine(data, name="a.pdf", told="", limits=LIMITS).kept


def dictionary(**given: PdfObject) -> DictionaryObject:
    return DictionaryObject({NameObject(f"/{name}"): value for name, value in given.items()})


def stream(data: bytes, **given: PdfObject) -> StreamObject:
    made = StreamObject()
    made._data = data
    made.update({NameObject(f"/{name}"): value for name, value in given.items()})
    return made


def name(text: str) -> NameObject:
    return NameObject(f"/{text}")


def photo(data: bytes) -> StreamObject:
    return stream(
        data,
        Type=name("XObject"),
        Subtype=name("Image"),
        Width=NumberObject(40),
        Height=NumberObject(20),
        ColorSpace=name("DeviceRGB"),
        BitsPerComponent=NumberObject(8),
        Filter=name("DCTDecode"),
    )


def with_photo(writer: PdfWriter, data: bytes | None = None) -> None:
    """On the first page: a photo, and a rectangle whose commands are packed in another way."""
    page = writer.pages[0]
    image = writer._add_object(photo(data or files.photo_with_place()))
    page[NameObject("/Resources")] = dictionary(XObject=dictionary(P=image))
    drawn = b"q 100 0 0 50 20 200 cm /P Do Q 0 0 1 rg 20 20 60 60 re f"
    page[NameObject("/Contents")] = writer._add_object(
        stream(drawn.hex().encode() + b">", Filter=name("ASCIIHexDecode"))
    )


def opening(**action: PdfObject) -> Change:
    return lambda writer: writer.root_object.update(
        {NameObject("/OpenAction"): writer._add_object(dictionary(**action))}
    )


def added(made: PdfObject) -> Change:
    return lambda writer: writer._add_object(made)


def rooted(key: str, value: PdfObject) -> Change:
    return lambda writer: writer.root_object.update({NameObject(f"/{key}"): value})


def test_the_pages_look_as_they_did() -> None:
    def change(writer: PdfWriter) -> None:
        with_photo(writer)
        mark = dictionary(
            Type=name("Annot"),
            Subtype=name("Square"),
            Rect=ArrayObject([FloatObject(n) for n in (120, 20, 180, 80)]),
            C=ArrayObject([FloatObject(n) for n in (1, 0, 0)]),
            T=TextStringObject("AuthorOfLin"),
        )
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(mark)])

    sent = files.pdf(2, change=change)
    kept = kept_of(sent)
    assert len(PdfReader(BytesIO(kept)).pages) == 2 and b"AuthorOfLin" not in kept
    for page in (1, 2):
        assert page_picture(kept, "application/pdf", page) == page_picture(sent, "application/pdf", page)
    with Image.open(BytesIO(page_picture(kept, "application/pdf", 1))) as drawn:
        assert drawn.getpixel((80, 500))[2] > 200  # the rectangle is there at all


@pytest.mark.parametrize("predictor", [False, True])
def test_what_was_packed_by_lines_looks_as_it_did(predictor: bool) -> None:
    lines = b"".join((b"\2" if predictor else b"") + bytes([10 * row % 256] * 40) for row in range(20))
    options = dictionary(Predictor=NumberObject(15), Columns=NumberObject(40), Colors=NumberObject(1))

    def change(writer: PdfWriter) -> None:
        image = photo(zlib.compress(lines) + b"HIDDEN-behind-the-end")
        image[NameObject("/ColorSpace")] = name("DeviceGray")
        image[NameObject("/Filter")] = name("FlateDecode")
        if predictor:
            image[NameObject("/DecodeParms")] = options
        with_photo(writer)
        writer.pages[0]["/Resources"]["/XObject"][NameObject("/P")] = writer._add_object(image)

    sent = files.pdf(change=change)
    kept = kept_of(sent)
    assert page_picture(kept, "application/pdf", 1) == page_picture(sent, "application/pdf", 1)
    assert b"HIDDEN" in sent and b"HIDDEN" not in kept


def test_place_device_and_author_are_gone() -> None:
    def change(writer: PdfWriter) -> None:
        with_photo(writer)
        writer.add_metadata({"/Author": "AuthorOfLin"})
        writer.root_object[NameObject("/Metadata")] = writer._add_object(stream(b"<x>XmpOfLin</x>"))

    sent = files.pdf(change=change)
    kept = kept_of(sent)
    for told in (b"Phone-of-Lin", b"taken-at-home", b"AuthorOfLin", b"XmpOfLin"):
        assert told in sent and told not in kept
    assert b"Exif" not in kept


def test_what_a_later_save_took_out_is_gone() -> None:
    def change(writer: PdfWriter) -> None:
        writer.pages[0][NameObject("/Contents")] = writer._add_object(stream(b"BT (ERASED-salary) Tj ET"))

    writer = PdfWriter(BytesIO(files.pdf(change=change)), incremental=True)
    for found in writer._objects:
        if isinstance(found, StreamObject):
            found._data = b"q Q"
    held = BytesIO()
    writer.write(held)
    assert b"ERASED-salary" in held.getvalue()
    kept = kept_of(held.getvalue())
    assert b"ERASED" not in kept and b"ERASED" not in b"".join(
        page.get_contents().get_data() for page in PdfReader(BytesIO(kept)).pages
    )


def test_an_archive_or_a_page_between_the_objects_is_not_kept() -> None:
    sent = files.pdf()
    end = sent.rfind(b"startxref")
    for hidden in (ZIPPED.getvalue(), b"\n%<html><script>alert(1)</script></html>\n"):
        kept = kept_of(sent[:end] + hidden + b"\n" + sent[end:])
        assert b"script" not in kept and not zipfile.is_zipfile(BytesIO(kept))


def test_an_archive_that_a_page_draws_is_refused() -> None:
    """Packed data does not shrink: in what is written anew it would stand as it was."""

    def change(writer: PdfWriter) -> None:
        writer.pages[0][NameObject("/Contents")] = writer._add_object(
            stream(random.Random(1).randbytes(5_000) + ZIPPED.getvalue())
        )

    assert refused(files.pdf(change=change), "a.pdf") == EvidencePolyglot.code


@pytest.mark.parametrize(
    "change",
    [
        added(stream(b"", F=dictionary(FS=name("URL"), F=TextStringObject("http://evil.example/x")))),
        added(stream(b"", Subtype=name("Form"), Ref=dictionary(F=TextStringObject("\\\\evil\\a.pdf")))),
        added(stream(b"x", Filter=name("Crypt"))),
        opening(S=name("URI"), URI=TextStringObject("http://evil.example/track")),
        opening(S=name("URI"), URI=TextStringObject("file:///C:/Windows/System32/calc.exe")),
        opening(S=name("Thread"), F=TextStringObject("\\\\evil\\x.pdf")),
        opening(S=name("GoToR"), F=TextStringObject("\\\\evil\\x.pdf")),
        opening(S=name("GoTo3DView")),
        opening(S=name("Named"), N=name("Print")),
        opening(S=name("GoTo"), Next=dictionary(S=name("Named"), N=name("Print"))),
        opening(S=name("OfTomorrow")),
        added(dictionary(Subtype=name("Link"), A=dictionary(S=name("URI"), URI=TextStringObject("file:///calc.exe")))),
        rooted("AF", ArrayObject()),
        rooted("Collection", DictionaryObject()),
        rooted("AcroForm", dictionary(NeedAppearances=BooleanObject(True))),
        rooted("OCProperties", dictionary(D=dictionary(OFF=ArrayObject([NumberObject(1)])))),
    ],
)
def test_what_leads_out_runs_or_hides_is_refused(change: Change) -> None:
    assert refused(files.pdf(change=change), "a.pdf") == EvidenceActive.code


def test_a_link_on_the_web_is_kept_as_seen_and_leads_nowhere() -> None:
    def change(writer: PdfWriter) -> None:
        act = dictionary(S=name("URI"), URI=TextStringObject("https://bank.example/terms"))
        link = dictionary(Subtype=name("Link"), Rect=ArrayObject([NumberObject(n) for n in (0, 0, 9, 9)]), A=act)
        writer.pages[0][NameObject("/Annots")] = ArrayObject([link])

    kept = kept_of(files.pdf(change=change))
    assert b"bank.example" not in kept and b"/Link" in kept


def test_a_picture_larger_than_its_page_says_is_refused() -> None:
    held = BytesIO()
    Image.new("L", (8_000, 8_000)).save(held, "JPEG", quality=10)
    with pytest.raises(EvidenceBomb):
        kept_of(files.pdf(change=lambda writer: with_photo(writer, held.getvalue())))


# JPEG ------------------------------------------------------------------------------------------------------------------


def test_a_bare_jpeg_has_the_same_picture() -> None:
    sent = files.photo_with_place()
    bare = bare_jpeg(sent, LIMITS)
    with Image.open(BytesIO(sent)) as one, Image.open(BytesIO(bare)) as two:
        assert one.tobytes() == two.tobytes() and not two.getexif() and "comment" not in two.info
        assert two.info["jfif_density"] == one.info["jfif_density"]


def test_a_picture_of_hundreds_of_scans_is_refused() -> None:
    """Two hundred kilobytes that took a decoder minutes: the last scan, over and over."""
    held = BytesIO()
    Image.new("L", (700, 700), 128).save(held, "JPEG", progressive=True)
    honest = held.getvalue()
    scans = [found for found in segments(honest) if found.marker == 0xDA]
    last = honest[scans[-1].begin : scans[-1].end]
    end = scans[-1].end
    assert examine(honest, name="a.jpg", told="", limits=LIMITS).pages == 1
    assert refused(honest[:end] + last * MOST_SCANS + honest[end:], "a.jpg") == "evidence_unreadable"
    assert len(last) * MOST_SCANS < 200_000


# Pictures --------------------------------------------------------------------------------------------------------------


def test_grey_of_sixteen_bits_is_kept_as_it_is_seen() -> None:
    scan = Image.new("I;16", (256, 4))
    for grey in range(256):
        for row in range(4):
            scan.putpixel((grey, row), grey * 257)
    held = BytesIO()
    scan.save(held, "PNG")
    with Image.open(BytesIO(examine(held.getvalue(), name="a.png", told="", limits=LIMITS).kept)) as kept:
        shades = kept.convert("L")
        assert [shades.getpixel((grey, 1)) for grey in (0, 16, 64, 128, 200, 255)] == [0, 16, 64, 128, 200, 255]


def test_behind_what_is_transparent_there_is_nothing() -> None:
    drawn = Image.new("RGBA", (8, 8), (12, 34, 56, 0))
    drawn.putpixel((0, 0), (12, 34, 56, 128))
    held = BytesIO()
    drawn.save(held, "PNG")
    with Image.open(BytesIO(examine(held.getvalue(), name="a.png", told="", limits=LIMITS).kept)) as kept:
        assert kept.getpixel((0, 0)) == (12, 34, 56, 128)
        assert kept.getpixel((1, 1)) == (255, 255, 255, 0)
