"""Numbers in a text by which a person is known: resident IDs, travel documents, bank cards, telephones. Pure.

They are seen however they are written: in digits of any script, in Chinese numerals, in groups, each digit apart, over a
line break, beside letters. Against false finds, a number in groups nobody uses must have one and the same sign between all
of them, or a check digit that fits; an amount in thousands is left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from core.masking import mask_card, mask_id_number, mask_phone

_WIDEST_GAP = 3  # signs that are neither letter nor digit
_LONGEST = 19
_NUMERALS = {
    sign: str(digit) for digits in ("零一二三四五六七八九", "〇壹贰叁肆伍陆柒捌玖") for digit, sign in enumerate(digits)
}
_NUMERALS["幺"] = "1"
_MEANT = _NUMERALS | dict.fromkeys("ХΧＸ×✕", "X") | dict.fromkeys("хχｘ", "x") | {"＋": "+"}
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_RESIDENT_ID = re.compile(rf"[1-9][0-9]{{5}}(?:18|19|20)[0-9]{{2}}{_DAY}[0-9]{{3}}[0-9Xx]")
_OLD_RESIDENT_ID = re.compile(rf"[1-9][0-9]{{7}}{_DAY}[0-9]{{3}}")
_MOBILE = re.compile(r"(?:(?:00)?86|0)?(1[3-9][0-9]{9})")
_LANDLINE = re.compile(r"0[1-9][0-9]{1,2}[2-9][0-9]{6,7}")
_DATE = rf"20[0-9]{{2}}[-./ ]?{_DAY.replace(')(', ')[-./ ]?(')}"
_TRAVEL = re.compile(
    rf"(?<![0-9A-Za-z])(?:[EGDHMC][ -]?(?!{_DATE})[0-9]{{4}}[ -]?[0-9]{{4}}|E[A-HJ-NP-Z][ -]?[0-9]{{7}})(?![0-9A-Za-z])",
    re.IGNORECASE,
)
# Where a number may begin; one with a 0 in front is none behind a decimal point.
_BEGINS = re.compile(r"(?<![0-9])(?:[1-9]|(?<![0-9][.,])0)")
_ALONE = re.compile("[^0-9A-Za-z]")


@dataclass(frozen=True, slots=True)
class _Written:
    """Signs one after the other as ``number``, how long their groups are, and what stands between the groups."""

    number: str
    groups: tuple[int, ...]
    gaps: tuple[str, ...]
    plus: bool

    @property
    def evenly(self) -> bool:
        return len(set(self.gaps)) <= 1

    @property
    def an_amount(self) -> bool:
        return bool(self.gaps) and set(self.gaps) <= {",", "，"} and set(self.groups[1:]) == {3}

    def within(self, usual: set[tuple[int, ...]]) -> bool:
        return self.evenly or self.groups in usual


def _resident_id(found: _Written) -> str:
    if not _RESIDENT_ID.fullmatch(found.number):
        return ""
    usual = {(18,), (6, 8, 4), (6, 4, 4, 4), (6, 4, 2, 2, 4), (14, 4), (6, 12)}
    return mask_id_number(found.number) if found.groups in usual or _checks(found.number) else ""


def _old_resident_id(found: _Written) -> str:
    fits = _OLD_RESIDENT_ID.fullmatch(found.number) and found.groups in {(15,), (6, 6, 3)}
    return mask_id_number(found.number) if fits else ""


def _card(found: _Written) -> str:
    if not 13 <= len(found.number) <= _LONGEST or not found.number.isdigit() or found.an_amount:
        return ""
    in_fours = all(size == 4 for size in found.groups[:-1])
    of_the_country = found.number.startswith("62") and len(found.number) >= 16 and (in_fours or not found.gaps)
    if of_the_country or (luhn(found.number) and (found.evenly or in_fours)):
        return mask_card(found.number)
    return ""


def _phone(found: _Written) -> str:
    if found.an_amount:
        return ""
    mobile = _MOBILE.fullmatch(found.number)
    if mobile and _last(found, 11).within({(3, 4, 4), (3, 3, 5), (4, 3, 4)}):
        return mask_phone(mobile[1])
    usual = {(3, 8), (4, 7), (4, 8), (3, 4, 4), (4, 4, 4), (4, 3, 4)}
    if _LANDLINE.fullmatch(found.number) and (not found.gaps or found.groups in usual):
        return mask_phone(found.number)
    abroad = found.plus and 9 <= len(found.number) <= 15 and found.number[0] != "0"
    if abroad and all(gap.strip("()-./ \u00a0\u3000") == "" for gap in found.gaps):
        return mask_phone(f"+{found.number}")
    return ""


Rule = Callable[[_Written], str]
# What each rule finds, and how many signs that has: of two numbers in one place the longer one is taken.
_RULES: tuple[tuple[Rule, tuple[int, ...]], ...] = (
    (_resident_id, (18,)),
    (_old_resident_id, (15,)),
    (_card, tuple(range(_LONGEST, 12, -1))),
    (_phone, tuple(range(15, 8, -1))),
)


def masked(text: str) -> str:
    """``text`` with every such number masked; the same text where it holds none."""
    plain = "".join(map(_folded, text))  # sign by sign, so that places stay
    found: list[tuple[int, int, str]] = [
        (match.start(), match.end(), mask_id_number(_ALONE.sub("", match[0]))) for match in _TRAVEL.finditer(plain)
    ]
    for rule, lengths in _RULES:
        _find(plain, rule, lengths, found)
    for begin, end, words in sorted(found, reverse=True):
        text = text[:begin] + words + text[end:]
    return text


def _folded(sign: str) -> str:
    if sign.isascii():
        return sign
    digit = unicodedata.digit(sign, None)
    if digit is not None:
        return str(digit)
    known = _MEANT.get(sign) or unicodedata.normalize("NFKC", sign)
    return known if len(known) == 1 and known.isascii() else sign  # one for one, so that places stay


def _find(plain: str, rule: Rule, lengths: tuple[int, ...], found: list[tuple[int, int, str]]) -> None:
    """Add what the rule finds from each place at which a group of digits begins, and that nothing else covers."""
    for match in _BEGINS.finditer(plain):
        begin, places = match.start(), _places(plain, match.start())
        if any(at <= begin < end for at, end, _words in found):
            continue
        for count in lengths:
            if count > len(places):
                continue
            end = places[count - 1] + 1
            if plain[end : end + 1].isdigit() or any(begin < to and at < end for at, to, _words in found):
                continue
            written = _written(plain, places[:count])
            if words := rule(written):
                found.append((begin - written.plus, end, words))
                break


def _places(plain: str, begin: int) -> list[int]:
    """Where the signs of the longest number from ``begin`` on stand: digits, and an X as the last of an identity number."""
    places, place = [begin], begin + 1
    while len(places) < _LONGEST and place < len(plain) and place - places[-1] <= _WIDEST_GAP + 1:
        sign = plain[place]
        if "0" <= sign <= "9" or (sign in "Xx" and len(places) == 17):
            places.append(place)
            if sign in "Xx":
                break
        elif sign.isalnum():
            break
        place += 1
    return places


def _written(plain: str, places: list[int]) -> _Written:
    groups: list[int] = [1]
    gaps: list[str] = []
    for before, place in pairwise(places):
        if place == before + 1:
            groups[-1] += 1
        else:
            groups.append(1)
            gaps.append(plain[before + 1 : place])
    plus = places[0] > 0 and plain[places[0] - 1] == "+"
    return _Written("".join(plain[place] for place in places), tuple(groups), tuple(gaps), plus)


def _last(found: _Written, count: int) -> _Written:
    """Its last signs alone, as ``found`` groups them."""
    left = count
    groups: list[int] = []
    for size in reversed(found.groups):
        if left > 0:
            groups.insert(0, min(size, left))
            left -= size
    gaps = found.gaps[len(found.gaps) - len(groups) + 1 :]
    return _Written(found.number[-count:], tuple(groups), gaps, found.plus)


def luhn(number: str) -> bool:
    """Whether the check digit of a card's number fits, by ISO/IEC 7812-1."""
    digits = [int(sign) for sign in reversed(number)]
    doubled = [2 * digit - 9 if digit > 4 else 2 * digit for digit in digits[1::2]]
    return bool(digits) and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _checks(number: str) -> bool:
    """Whether the last sign of a resident ID fits, by ISO 7064 (GB 11643)."""
    total = sum(int(sign) * pow(2, 17 - place, 11) for place, sign in enumerate(number[:17]))
    return number[17].upper() == "10X98765432"[total % 11]
