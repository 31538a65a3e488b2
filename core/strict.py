"""How values must be written to be taken: one reading for every door, and no mending in silence.

Pure: no Django forms, no clock. A page, the API, an import and a command each turn these refusals into their own words
(``core.forms``, ``partners.api.strict``); use cases ask ``require_plain`` and ``require_day_between`` themselves, so that
no door can forget them.

- A **day** is ``2026-11-30`` and nothing else of ISO 8601: no week, no ordinal, no compact form, no time beside it.
- An **instant** is RFC 3339 with its zone: ``2026-11-30T09:15:00Z`` or ``…+08:00``.
- A **number** has ASCII digits, at most one sign, one point; no exponent, no separator (``amount_text`` for what people
  paste into a page).
- A **text** holds signs that can be seen and read in one direction; a line break only where it is asked for in lines.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Never

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid

# Beyond these a slip of the pen is certain, whatever the day is of; a field with narrower bounds has its own.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")

_LINE_BREAKS = frozenset("\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters and marks by category that nobody can see: fillers of Hangul and Khmer, the joiner of graphemes, blank Braille.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")


class Flaw(StrEnum):
    """What can be wrong with a sign of a text."""

    LINE_BREAK = "line_break"
    CONTROL = "control"
    DIRECTION = "direction"
    INVISIBLE = "invisible"
    UNPRINTABLE = "unprintable"


FLAWS: dict[Flaw, str | Promise] = {
    Flaw.LINE_BREAK: _("a line break"),
    Flaw.CONTROL: _("a control character"),
    Flaw.DIRECTION: _("a sign that turns the direction of reading"),
    Flaw.INVISIBLE: _("a sign that cannot be seen"),
    Flaw.UNPRINTABLE: _("a character that cannot be printed"),
}


@dataclass(frozen=True, slots=True)
class FoundFlaw:
    """The first sign of a text that cannot stand there."""

    flaw: Flaw
    sign: str

    @property
    def code_point(self) -> str:
        return f"U+{ord(self.sign):04X}"

    @property
    def words(self) -> str:
        """What it is, in the active language, with its number: “a sign that cannot be seen (U+200B)”."""
        return f"{FLAWS[self.flaw]} ({self.code_point})"


class TextNotPlain(Invalid):
    """A text holds what nobody sees or what would change how it is read; ``sign`` is its Unicode number."""

    code = "text_not_plain"
    message = _("The text contains %(what)s. Write it again without.")


class DayOutOfRange(Invalid):
    """A day that cannot be true for what it is of."""

    code = "day_out_of_range"
    message = _("Give a day from %(first)s to %(last)s.")


def flaw_of(text: str, *, lines: bool = False) -> FoundFlaw | None:
    """The first sign that cannot stand in ``text``; ``lines`` allows line feeds, also after a carriage return, and tabs."""
    if text.isascii() and text.isprintable():  # most texts: nothing to look up
        return None
    if lines:
        text = text.replace("\r\n", "\n").replace("\n", "").replace("\t", "")
    for sign in text:
        flaw = _flaw(sign)
        if flaw is not None:
            return FoundFlaw(flaw, sign)
    return None


def _flaw(sign: str) -> Flaw | None:
    if sign in _LINE_BREAKS:
        return Flaw.LINE_BREAK
    if sign in _DIRECTIONS:
        return Flaw.DIRECTION
    if sign in _BLANKS:
        return Flaw.INVISIBLE
    if sign == "\ufffd" or _is_no_character(ord(sign)):
        return Flaw.UNPRINTABLE
    return _BY_CATEGORY.get(unicodedata.category(sign))


_BY_CATEGORY = {
    "Cc": Flaw.CONTROL,
    "Cf": Flaw.INVISIBLE,
    "Cs": Flaw.UNPRINTABLE,
    "Co": Flaw.UNPRINTABLE,
    "Zl": Flaw.LINE_BREAK,
    "Zp": Flaw.LINE_BREAK,
}


def _is_no_character(point: int) -> bool:
    """The 66 code points that Unicode keeps from ever being a character. What is merely not assigned yet may be a rare
    Chinese character newer than this Python, and stays."""
    return point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF


def require_plain(text: str, *, field: str | None = None, lines: bool = False) -> str:
    """``text`` itself. Raises TextNotPlain, naming ``field``."""
    found = flaw_of(text, lines=lines)
    if found is not None:
        raise TextNotPlain(field=field, what=found.words)
    return text


def calendar_day(text: str) -> date:
    """``2026-11-30`` as a day. Raises ValueError for any other way to write it and for a day that is none."""
    if not _DAY.fullmatch(text):
        raise ValueError("write a day as YYYY-MM-DD")
    return date.fromisoformat(text)


def instant(text: str) -> datetime:
    """An instant of RFC 3339, zone included. Raises ValueError."""
    if not _INSTANT.fullmatch(text):
        raise ValueError("write an instant as YYYY-MM-DDTHH:MM:SSZ")
    return datetime.fromisoformat(text.upper())


def is_whole(text: str) -> bool:
    """Whether the text is a whole number of at most 18 ASCII digits, with or without a minus."""
    return _WHOLE.fullmatch(text) is not None


def is_decimal(text: str) -> bool:
    """Whether the text is a number with ASCII digits and at most one point: no exponent, plus sign or separator."""
    return _DECIMAL.fullmatch(text) is not None


def amount_text(text: str) -> str:
    """A number as people paste it, ``1,234.50``, without its separators. Raises ValueError unless every separator stands
    before three digits: ``12,50`` is twelve and a half to some, and never 1250."""
    if _GROUPED.fullmatch(text):
        return text.replace(",", "")
    if not is_decimal(text):
        raise ValueError("write a number as 1234.50 or 1,234.50")
    return text


class KeyTwice(ValueError):
    """``key`` stands twice in one object of JSON: programs differ in which of the two they take."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the key {key} stands more than once")
        self.key = key


def plain_json(text: str) -> Any:
    """What the text says, by RFC 8259. Raises KeyTwice, and ValueError for what is no JSON, as NaN and Infinity."""
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise KeyTwice(key)
        found[key] = value
    return found


def _no_number(word: str) -> Never:
    raise ValueError(f"{word} is no number of JSON")


def require_day_between(day: date, first: date, last: date, *, field: str | None = None) -> date:
    """``day`` itself, ``first`` and ``last`` included. Raises DayOutOfRange, naming ``field``."""
    if not first <= day <= last:
        raise DayOutOfRange(field=field, first=first.isoformat(), last=last.isoformat())
    return day
