"""Streams of a PDF: unpacked within a limit, and packed again so that nothing lies beside what they hold."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from pypdf import filters
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NullObject, NumberObject, PdfObject, StreamObject

from casework.examining.jpegs import bare_jpeg
from casework.examining.limits import MEGABYTE, Limits
from casework.examining.refusals import EvidenceActive, EvidenceBomb

_FLATE = {"/FlateDecode", "/Fl"}
_JPEG = {"/DCTDecode", "/DCT"}
# Pictures whose signs no general program unpacks; they are held by their pixels.
_PICTURES = {"/CCITTFaxDecode", "/CCF", "/JBIG2Decode", *_JPEG}
# The library bounds what each of these unpacks.
_WRITTEN_OUT: dict[str, Callable[[bytes], bytes]] = {
    **dict.fromkeys(("/ASCII85Decode", "/A85"), filters.ASCII85Decode.decode),
    **dict.fromkeys(("/ASCIIHexDecode", "/AHx"), filters.ASCIIHexDecode.decode),
    **dict.fromkeys(("/LZWDecode", "/LZW"), filters.LZWDecode.decode),
    **dict.fromkeys(("/RunLengthDecode", "/RL"), filters.RunLengthDecode.decode),
}
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Unpacked:
    """``data`` after the filters that were undone; ``names`` and ``options`` are those still on it.

    ``predicted`` are the options of the last one undone, where they say how lines are foretold from each other: that is
    not undone. ``largest`` is the most bytes it was on the way.
    """

    data: bytes
    names: list[str]
    options: list[PdfObject]
    predicted: PdfObject | None
    largest: int


def unpacked(stream: StreamObject, most: int, limits: Limits) -> Unpacked:
    """Raises EvidenceBomb beyond ``most`` bytes or the pixels of ``limits``, EvidenceActive for a filter nobody may use."""
    if int(stream.get("/Width", 0)) * int(stream.get("/Height", 0)) > limits.most_pixels:
        raise too_many_pixels(limits)
    names, options = [str(name) for name in _several(stream, "/Filter")], _several(stream, "/DecodeParms")
    options += [NullObject()] * (len(names) - len(options))
    data: bytes = stream._data if isinstance(stream._data, bytes) else str(stream._data).encode()
    largest, predicted = len(data), None
    while names and predicted is None and names[0] not in _PICTURES:
        name, option = names.pop(0), options.pop(0)
        if name in _FLATE:
            data = _inflated(data, most, limits)
        elif name in _WRITTEN_OUT:
            data = _WRITTEN_OUT[name](data)
        else:
            raise EvidenceActive(what=name.strip("/"))
        largest = max(largest, len(data))
        if isinstance(option, DictionaryObject) and int(option.get("/Predictor", 1)) > 1:
            predicted = option
    if largest > most:
        raise too_much(limits)
    return Unpacked(data, names, options, predicted, largest)


def pack(stream: StreamObject, limits: Limits) -> None:
    """Pack the stream anew: what stood behind the end of its packed data, or in a JPEG beside the picture, is gone."""
    found = unpacked(stream, limits.most_unpacked, limits)
    data, names, options = found.data, found.names, found.options
    if names and names[0] in _JPEG:
        data = bare_jpeg(data, limits)
    else:
        if not names or found.predicted is not None:
            data = zlib.compress(data)
            names, options = ["/FlateDecode", *names], [_plain_options(found.predicted), *options]
    for key in ("/Filter", "/DecodeParms", "/DP", "/DL", "/Length"):
        if key in stream:
            del stream[key]
    stream._data = data
    stream[NameObject("/Filter")] = ArrayObject([NameObject(name) for name in names])
    if not all(isinstance(option, NullObject) for option in options):
        stream[NameObject("/DecodeParms")] = ArrayObject(options)


def _plain_options(predicted: PdfObject | None) -> PdfObject:
    """What foretells lines, without what only the older way of packing had."""
    if not isinstance(predicted, DictionaryObject):
        return NullObject()
    known = ("/Predictor", "/Colors", "/BitsPerComponent", "/Columns")
    return DictionaryObject(
        {NameObject(key): NumberObject(int(str(predicted[key]))) for key in known if key in predicted}
    )


def _several(stream: StreamObject, key: str) -> list[PdfObject]:
    """The one value, or the list of them, under the key; what they refer to."""
    found = stream.get(key)
    if found is None:
        return []
    return [one.get_object() or NullObject() for one in found] if isinstance(found, ArrayObject) else [found]


def _inflated(packed: bytes, most: int, limits: Limits) -> bytes:
    machine, found = zlib.decompressobj(), bytearray()
    try:
        piece = machine.decompress(packed, _PIECE)
        while piece:
            found += piece
            if len(found) > most:
                raise too_much(limits)
            piece = machine.decompress(machine.unconsumed_tail, _PIECE)
    except zlib.error:
        pass  # shown as far as it goes, as readers do
    return bytes(found)


def too_much(limits: Limits) -> EvidenceBomb:
    return EvidenceBomb(most=f"{limits.most_unpacked // MEGABYTE} MB")


def too_many_pixels(limits: Limits) -> EvidenceBomb:
    return EvidenceBomb(most=f"{limits.most_pixels // MEGABYTE} MP")
