"""The inside of a JPEG: its segments, one after the other to the end marker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from casework.examining.limits import MEGABYTE, Limits
from casework.examining.refusals import EvidenceBomb, EvidenceBroken, EvidenceUnreadable

# A picture drawn step by step has a dozen scans. A decoder goes over the whole picture for each, however short it is.
MOST_SCANS = 50
_STANDALONE = {0x01, *range(0xD0, 0xD9)}
_SCAN, _END, _COMMENT, _FILL = 0xDA, 0xD9, 0xFE, 0xFF
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# What a picture is drawn by: how it is laid out (JFIF), and which colours its components are (Adobe).
_JFIF, _ADOBE = (0xE0, b"JFIF\0"), (0xEE, b"Adobe")
_JFIF_BYTES = 18
_INDEX = (0xE2, b"MPF\0")


@dataclass(frozen=True, slots=True)
class Segment:
    """From ``begin`` to ``end``, the coded data of a scan included."""

    marker: int
    begin: int
    end: int


def segments(data: bytes) -> Iterator[Segment]:
    """The segments up to the end marker. Raises EvidenceBroken without one, EvidenceUnreadable with too many scans."""
    place, scans = 2, 0
    while place + 2 <= len(data):
        if data[place] != 0xFF:
            raise EvidenceBroken
        marker, begin = data[place + 1], place
        if marker == _FILL:
            place += 1
            continue
        if marker == _END:
            yield Segment(marker, begin, place + 2)
            return
        place += 2
        if marker not in _STANDALONE:
            place += int.from_bytes(data[place : place + 2], "big")
        if marker == _SCAN:
            scans += 1
            if scans > MOST_SCANS:
                raise EvidenceUnreadable
            place = _after_scan(data, place)
        yield Segment(marker, begin, place)
    raise EvidenceBroken


def end_of_jpeg(data: bytes) -> int:
    """The place after the end marker. Raises as ``segments``."""
    return max(segment.end for segment in segments(data))


def bare_jpeg(data: bytes, limits: Limits) -> bytes:
    """The JPEG without place, device, thumbnail, profile and comment, its picture as it is.

    Raises as ``segments``, and EvidenceBomb for one of more pixels than ``limits`` allow.
    """
    if not data.startswith(b"\xff\xd8\xff"):
        raise EvidenceBroken
    kept = bytearray(data[:2])
    for segment in segments(data):
        body = data[segment.begin : segment.end]
        if segment.marker in _FRAMES:
            _require_small(body, limits)
        if (segment.marker, body[4:9]) == _JFIF:
            kept += body[:2] + (_JFIF_BYTES - 2).to_bytes(2, "big") + body[4 : _JFIF_BYTES - 2] + b"\0\0"
        elif (segment.marker, body[4:9]) == _ADOBE or not (
            0xE0 <= segment.marker <= 0xEF or segment.marker == _COMMENT
        ):
            kept += body
    return bytes(kept)


def _require_small(frame: bytes, limits: Limits) -> None:
    height, width = int.from_bytes(frame[5:7], "big"), int.from_bytes(frame[7:9], "big")
    if height * width > limits.most_pixels:
        raise EvidenceBomb(most=f"{limits.most_pixels // MEGABYTE} MP")


def _after_scan(data: bytes, place: int) -> int:
    """The next marker after coded data, in which 0xFF stands before 0 or a restart."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            raise EvidenceBroken
        if data[place + 1] != 0 and not 0xD0 <= data[place + 1] <= 0xD7:
            return place
        place += 2


def without_index(data: bytes) -> bytes:
    """The JPEG without the index of the pictures behind it, which a reader would look for. Raises as ``segments``."""
    kept = bytearray(data[:2])
    for segment in segments(data):
        body = data[segment.begin : segment.end]
        if (segment.marker, body[4:8]) != _INDEX:
            kept += body
    return bytes(kept)
