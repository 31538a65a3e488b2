"""Files that tests send: honest ones, and those that somebody made to do harm."""

from __future__ import annotations

import zlib
from io import BytesIO
from random import Random

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject, TextStringObject

SECRET = "Statement-7f3a of Lin about hospital-4711"


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), **given: object) -> bytes:
    """A picture, white above and red below; with what ``given`` adds to it (``exif``, ``comment``)."""
    drawn = Image.new("RGB", size, "white")
    drawn.paste("red", (0, size[1] // 2, *size))
    held = BytesIO()
    drawn.save(held, kind, **given)
    return held.getvalue()


def noise(size: tuple[int, int] = (300, 200)) -> bytes:
    """A picture that cannot be packed small: some fifty kilobytes, the same each time."""
    drawn = Image.frombytes("RGB", size, Random(7).randbytes(size[0] * size[1] * 3))
    held = BytesIO()
    drawn.save(held, "JPEG", quality=90)
    return held.getvalue()


def photo_with_place() -> bytes:
    """Turned by 90 degrees, with the device and the place where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Phone-of-Lin"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 48.0), 3: "E", 4: (121.0, 28.0, 12.0)})
    return picture(exif=exif.tobytes(), comment=b"taken-at-home")


def pdf(pages: int = 1, *, change: object = None) -> bytes:
    """A PDF of empty pages; ``change`` does something to its writer first."""
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(200, 300)
    if callable(change):
        change(writer)
    held = BytesIO()
    writer.write(held)
    return held.getvalue()


def encrypted_pdf() -> bytes:
    return pdf(change=lambda writer: writer.encrypt("secret", algorithm="RC4-128"))


def pdf_with_script() -> bytes:
    def change(writer: PdfWriter) -> None:
        action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript")})
        action[NameObject("/JS")] = TextStringObject("app.alert(1)")
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(action)

    return pdf(change=change)


def pdf_with_file() -> bytes:
    return pdf(change=lambda writer: writer.add_attachment("a.exe", b"MZ"))


def pdf_that_launches() -> bytes:
    """Its action is written in other letters: names in PDF may spell any sign by number."""

    def change(writer: PdfWriter) -> None:
        action = DictionaryObject({NameObject("/S"): NameObject("/Launch")})
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(action)

    return pdf(change=change).replace(b"/Launch", b"/L#61unch")


def pdf_bomb(megabytes: int = 120) -> bytes:
    """A stream of zeros, packed a thousand to one."""

    def change(writer: PdfWriter) -> None:
        machine = zlib.compressobj(9)
        packed = b"".join(machine.compress(bytes(1_000_000)) for _n in range(megabytes)) + machine.flush()
        stream = StreamObject()
        stream._data = packed
        stream[NameObject("/Filter")] = NameObject("/FlateDecode")
        writer._add_object(stream)

    return pdf(change=change)


def png_bomb(side: int = 20_000) -> bytes:
    """A picture of one colour: hundreds of millions of pixels in a few hundred kilobytes."""
    held = BytesIO()
    Image.new("1", (side, side)).save(held, "PNG")
    return held.getvalue()
