"""What is kept of an honest file, and by which name a bad one is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO

import pytest
from PIL import Image

from casework.examining.drawing import page_picture, picture_type
from casework.examining.examine import examine
from casework.examining.limits import Limits
from casework.examining.refusals import EvidenceRefused, EvidenceTooLarge
from core.errors import DomainError
from tests.casework import files

LIMITS = Limits(most_bytes=20_000_000, most_pixels=50_000_000, most_pages=200, most_unpacked=100_000_000)


def refused(data: bytes, name: str, told: str = "", limits: Limits = LIMITS) -> str:
    with pytest.raises(DomainError) as refusal:
        examine(data, name=name, told=told, limits=limits)
    assert isinstance(refusal.value, EvidenceRefused | EvidenceTooLarge)
    assert refusal.value.field == "file" and refusal.value.detail
    return refusal.value.code


def test_a_photo_keeps_what_is_seen_and_nothing_else() -> None:
    sent = files.photo_with_place()
    assert b"Phone-of-Lin" in sent and b"taken-at-home" in sent

    found = examine(sent, name="photo.jpg", told="image/jpeg", limits=LIMITS)

    assert found.content_type == "image/jpeg" and found.pages == 1
    assert found.sha256_sent == hashlib.sha256(sent).hexdigest()
    assert found.sha256_kept == hashlib.sha256(found.kept).hexdigest() != found.sha256_sent
    with Image.open(BytesIO(found.kept)) as kept:
        assert kept.size == (20, 40)  # upright now
        assert not kept.getexif() and "comment" not in kept.info
    assert b"Phone-of-Lin" not in found.kept and b"taken-at-home" not in found.kept and b"Exif" not in found.kept


@pytest.mark.parametrize(
    ("data", "name", "kind", "pages"),
    [
        (files.picture("PNG"), "a.png", "image/png", 1),
        (files.picture("JPEG", progressive=True), "a.JPEG", "image/jpeg", 1),
        (files.pdf(3), "a.pdf", "application/pdf", 3),
        ("她说她病了。\n第二行".encode(), "a.txt", "text/plain", 1),
        (b"\xef\xbb\xbfBeautiful weather", "a.txt", "text/plain", 1),
        (b"BMW sold on Friday", "a.txt", "text/plain", 1),
    ],
)
def test_what_is_kept(data: bytes, name: str, kind: str, pages: int) -> None:
    found = examine(data, name=name, told="application/octet-stream", limits=LIMITS)
    assert (found.content_type, found.pages) == (kind, pages)


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.pdf", "evidence_empty"),
        (b"  \n", "a.txt", "evidence_empty"),
        (files.picture("GIF"), "a.gif", "evidence_type_refused"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "a.heic", "evidence_type_refused"),
        (b"PK\x03\x04" + bytes(40), "a.docx", "evidence_type_refused"),
        (b"MZ" + bytes(40), "a.pdf", "evidence_type_refused"),
        (b"<html><script>alert(1)</script>", "a.txt", "evidence_type_refused"),
        (b"\xa4\xa4\xa4\xe5", "a.txt", "evidence_encoding_unclear"),
        (files.picture(), "a.pdf", "evidence_type_disagrees"),
        (files.pdf(), "a.jpg", "evidence_type_disagrees"),
        (files.picture() + b"PK\x05\x06", "a.jpg", "evidence_polyglot"),
        (files.picture("PNG") + b"<script>", "a.png", "evidence_polyglot"),
        (files.picture(comment=files.pdf()), "a.jpg", "evidence_polyglot"),
        (files.pdf() + b"PK\x03\x04 more", "a.pdf", "evidence_polyglot"),
        (files.picture()[:-40], "a.jpg", "evidence_broken"),
        (files.picture("PNG")[:-12], "a.png", "evidence_broken"),
        (b"%PDF-1.7\nnothing\n%%EOF", "a.pdf", "evidence_broken"),
        (files.pdf()[:-8], "a.pdf", "evidence_broken"),
        (files.encrypted_pdf(), "a.pdf", "evidence_encrypted"),
        (files.pdf_with_script(), "a.pdf", "evidence_active"),
        (files.pdf_with_file(), "a.pdf", "evidence_active"),
        (files.pdf_that_launches(), "a.pdf", "evidence_active"),
        (files.picture(), "..", "evidence_name_refused"),
        (files.picture(), "\u202e\u200b", "evidence_name_refused"),
        (files.picture(), "x" * 130 + ".jpg", "evidence_name_refused"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_refused_by_name(data: bytes, name: str, code: str) -> None:
    assert refused(data, name) == code


@pytest.mark.parametrize(
    ("made", "name", "code"),
    [
        (files.pdf_bomb, "a.pdf", "evidence_bomb"),
        (files.png_bomb, "a.png", "evidence_bomb"),
        (partial(files.pdf, 201), "a.pdf", "evidence_too_many_pages"),
    ],
    ids=["stream", "pixels", "pages"],
)
def test_bombs_are_refused_before_they_are_unpacked(made: Callable[[], bytes], name: str, code: str) -> None:
    sent = made()
    assert len(sent) < 1_000_000 and refused(sent, name) == code


def test_a_header_that_disagrees_is_refused() -> None:
    assert refused(files.picture(), "a.jpg", "application/pdf") == "evidence_type_disagrees"
    assert refused(files.picture(), "a", "text/html") == "evidence_type_disagrees"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (replace(LIMITS, most_bytes=100), "evidence_too_large"),
        (replace(LIMITS, most_pixels=100), "evidence_bomb"),
    ],
)
def test_the_limits_are_those_given(limits: Limits, code: str) -> None:
    assert refused(files.picture(), "a.jpg", limits=limits) == code


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\Users\\lin\\id.jpg", "id.jpg"),
        ("../../etc/id.jpg", "id.jpg"),
        ("i\u200bd\u202e.jpg", "id.jpg"),
        ("id\n.jpg", "id.jpg"),
        ("身份证 正面.jpg", "身份证 正面.jpg"),
        ('<b>"id".jpg', "bid.jpg"),
    ],
)
def test_a_name_is_its_last_part_in_signs_that_are_seen(given: str, kept: str) -> None:
    assert examine(files.picture(), name=given, told="", limits=LIMITS).name == kept


def test_pages_are_drawn_as_pictures() -> None:
    drawn = page_picture(files.pdf(2), "application/pdf", 2)
    with Image.open(BytesIO(drawn)) as page:
        assert page.size == (400, 600)
    assert picture_type(drawn) == "image/jpeg"
    with pytest.raises(IndexError):
        page_picture(files.pdf(2), "application/pdf", 3)
    with Image.open(BytesIO(page_picture(files.picture("PNG", (3000, 10)), "image/png", 1))) as page:
        assert page.width == 1200
