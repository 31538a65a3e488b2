"""Photographs as phones send them: a second picture, a film or notes behind the first."""

from io import BytesIO

import pytest
from PIL import Image

from casework.examining.examine import examine
from casework.examining.refusals import EvidencePolyglot
from tests.casework import files
from tests.casework.examining.test_examine import LIMITS

_FILM = b"\x00\x00\x00\x14ftypmp42\0\0\0\0isom" + b"\x00\x00\x00\x10mdat13800138"
_DIRECTORY = b"SEFH" + bytes(8) + b"notes of where it was"
_NOTES = b"Image_UTC_Data1700000000000" + _DIRECTORY + len(_DIRECTORY).to_bytes(4, "little") + b"SEFT"


def _by_the_library() -> bytes:
    """Two pictures in one file as Pillow's own writer of the Multi-Picture Format lays them."""
    kept = BytesIO()
    first, second = (Image.new("RGB", (64, 48), colour) for colour in ("white", "black"))
    first.save(kept, "MPO", save_all=True, append_images=[second])
    return kept.getvalue()


@pytest.mark.parametrize(
    "sent",
    [
        files.picture() + files.picture(),
        files.picture() + bytes(512) + files.picture(),
        files.picture() + bytes(64),
        files.picture() + _FILM,
        files.picture() + files.picture() + _NOTES,
        _by_the_library(),
    ],
    ids=["second", "second after zeros", "zeros", "film", "second and notes", "library"],
)
def test_a_photograph_is_kept_without_what_the_phone_wrote_behind_it(sent: bytes) -> None:
    found = examine(sent, name="photo.jpg", told="image/jpeg", limits=LIMITS)
    with Image.open(BytesIO(found.kept)) as kept:
        assert getattr(kept, "n_frames", 1) == 1 and kept.format == "JPEG"
    assert found.kept.count(b"\xff\xd8\xff") == 1
    assert not any(told in found.kept for told in (b"13800138", b"notes of where"))


@pytest.mark.parametrize(
    "behind",
    [
        files.picture() + b"PK\x05\x06",
        files.picture()[:-20],
        _FILM + b"<script>",
        _FILM[:-4],
        b"PK\x03\x04 hidden SEFT",
        b"PK\x03\x04" + bytes(4) + b"SEFT",
        files.picture() * 9,
        files.pdf(),
    ],
    ids=["zip", "cut", "film and more", "film cut", "no notes", "empty notes", "many", "pdf"],
)
def test_anything_else_behind_a_picture_is_refused(behind: bytes) -> None:
    with pytest.raises(EvidencePolyglot):
        examine(files.picture() + behind, name="photo.jpg", told="image/jpeg", limits=LIMITS)
