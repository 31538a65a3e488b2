"""What phones write behind a picture: further pictures of the same sight, a short film, their own notes.

It is cut off with everything else that is not seen. Anything else behind the end is somebody's, and the file is refused.
"""

from casework.examining.jpegs import end_of_jpeg
from casework.examining.refusals import EvidenceBroken, EvidenceUnreadable

_JPEG = b"\xff\xd8\xff"
_FILM = b"ftyp"
# Samsung closes its notes by a directory: "SEFH", the entries, their length in four bytes, "SEFT".
_NOTES_BEGIN, _NOTES_END = b"SEFH", b"SEFT"
_MOST_PICTURES = 8


def is_of_a_phone(behind: bytes) -> bool:
    """Whether the bytes behind the end of a JPEG are nothing but what a camera wrote there.

    Further JPEGs: CIPA DC-007, the Multi-Picture Format, by which high dynamic range is kept too; some leave zeros
    between. A film: ISO/IEC 14496-12, boxes from "ftyp" to the last byte.
    """
    for _time in range(_MOST_PICTURES):
        picture = behind.lstrip(b"\0")
        if not picture.startswith(_JPEG):
            break
        try:
            behind = picture[end_of_jpeg(picture) :]
        except (EvidenceBroken, EvidenceUnreadable):
            return False
    return not behind.strip(b"\0") or _is_film(behind) or _are_notes(behind)


def _is_film(data: bytes) -> bool:
    place = 0
    if data[4:8] != _FILM:
        return False
    while place + 8 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        if size == 1:  # told in the eight bytes after the name
            size = int.from_bytes(data[place + 8 : place + 16], "big")
        if size < 8 or not data[place + 4 : place + 8].isalnum():
            return False
        place += size
    return place == len(data)


def _are_notes(data: bytes) -> bool:
    length = int.from_bytes(data[-8:-4], "little")
    return data.endswith(_NOTES_END) and data[-8 - length :].startswith(_NOTES_BEGIN) and length >= 12
