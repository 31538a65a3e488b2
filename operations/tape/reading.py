"""Opening a tape: plain or gzip, UTF-8, comma-separated, one record a line. What is no tape at all is refused whole.

One record a line is on purpose: a stray quote then spoils its own line and not the rest of the file.
"""

import csv
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from operations.tape.profiles import Profile

GZIP = b"\x1f\x8b"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class TapeNotThere(Invalid):
    code = "tape_not_there"
    message = _("The file %(path)s cannot be opened: %(why)s.")


class TapeEmpty(Invalid):
    code = "tape_empty"
    message = _("The file %(path)s is empty.")


class TapeNotCsv(Invalid):
    code = "tape_not_csv"
    message = _("The file %(path)s is not comma-separated text with the columns of %(profile)s in its first line.")


class TapeEncodingWrong(Invalid):
    code = "tape_encoding_wrong"
    message = _("The file %(path)s is not UTF-8. Save it as UTF-8 and import it again.")


class TapeCutOff(Invalid):
    code = "tape_cut_off"
    message = _("The compressed file %(path)s is damaged or cut off.")


class TapeColumnsMissing(Invalid):
    code = "tape_columns_missing"
    message = _("The file %(path)s lacks the columns: %(columns)s.")


class TapeColumnsTwice(Invalid):
    code = "tape_columns_twice"
    message = _("The file %(path)s has these columns more than once: %(columns)s.")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the tape. ``cells`` is empty when it could not be split into the columns of the header."""

    number: int
    text: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Tape:
    """The content of a file; two files of the same content, packed or not, have the same digest."""

    name: str
    sha256: str
    lines: tuple[Line, ...]


def read_tape(path: Path, profile: Profile) -> Tape:
    content = _unpacked(path)
    if not content.strip():
        raise TapeEmpty(path=path.name)
    numbered = _numbered(_text(content, path, profile))
    header = _header(next(numbered)[1], path, profile)
    lines = tuple(_line(number, text, header) for number, text in numbered)
    return Tape(name=path.name, sha256=hashlib.sha256(content).hexdigest(), lines=lines)


def _unpacked(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content.startswith(GZIP) else content
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise TapeCutOff(path=path.name) from None
    except OSError as refusal:
        raise TapeNotThere(path=path, why=refusal.strerror) from None


def _text(content: bytes, path: Path, profile: Profile) -> str:
    """Bytes that are not UTF-8 survive as lone surrogates, so that their line can be refused and the others kept."""
    if content.startswith(UTF_16):
        raise TapeEncodingWrong(path=path.name)
    if b"\0" in content[:4096]:
        raise TapeNotCsv(path=path.name, profile=profile.code)
    return content.decode("utf-8-sig", errors="surrogateescape")


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return ((number, line) for number, line in enumerate(lines, start=1) if line.strip())


def _header(text: str, path: Path, profile: Profile) -> list[str]:
    names = [name.strip() for name in _split(text)]
    wanted = set(profile.columns)
    if not wanted & set(names):
        raise TapeNotCsv(path=path.name, profile=profile.code)
    if missing := [column for column in profile.columns if column not in names]:
        raise TapeColumnsMissing(path=path.name, columns=", ".join(missing))
    if twice := sorted({name for name in names if name in wanted and names.count(name) > 1}):
        raise TapeColumnsTwice(path=path.name, columns=", ".join(twice))
    return names


def _line(number: int, text: str, header: list[str]) -> Line:
    cells = _split(text)
    whole = len(cells) == len(header)
    return Line(number, text, {name: cell.strip() for name, cell in zip(header, cells, strict=True)} if whole else {})


def _split(text: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        return []
