"""Numbers in a text by which a person is known: resident IDs, bank cards, telephones. Pure.

Full-width digits count as digits; spaces and hyphens are seen through where such numbers are written in groups.
"""

import re

from core.masking import mask_card, mask_id_number, mask_phone

_GAP = r"[ \u00a0\u3000-]?"
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_RESIDENT_ID = re.compile(
    rf"(?<![0-9])[1-9][0-9]{{5}}{_GAP}(?:18|19|20)[0-9]{{2}}{_DAY}{_GAP}[0-9]{{3}}[0-9Xx](?![0-9A-Za-z])"
)
_OLD_RESIDENT_ID = re.compile(rf"(?<![0-9])[1-9][0-9]{{7}}{_DAY}[0-9]{{3}}(?![0-9])")
_CARD = re.compile(rf"(?<![0-9])(?:[0-9]{{13,19}}|[0-9]{{4}}(?:{_GAP}[0-9]{{4}}){{3}}(?:{_GAP}[0-9]{{1,3}})?)(?![0-9])")
_PHONE = re.compile(
    rf"(?<![0-9])(?:\+?86{_GAP})?1[3-9][0-9]{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}(?![0-9])"
    rf"|\+[1-9](?:{_GAP}[0-9]){{8,14}}(?![0-9])"
)
_FULL_WIDTH = {ord("０") + digit: str(digit) for digit in range(10)} | {ord("Ｘ"): "X", ord("ｘ"): "x", ord("＋"): "+"}


def masked(text: str) -> str:
    """``text`` with every such number masked; the same text where it holds none."""
    plain = text.translate(_FULL_WIDTH)  # sign by sign, so that places stay
    found: list[tuple[int, int, str]] = []
    for pattern, shown in ((_RESIDENT_ID, mask_id_number), (_OLD_RESIDENT_ID, mask_id_number), (_CARD, _card),
                           (_PHONE, _phone)):  # fmt: skip
        for match in pattern.finditer(plain):
            number = re.sub(r"[^0-9A-Za-z+]", "", match[0])
            if (pattern is not _CARD or luhn(number)) and not any(match.start() < end and begin < match.end()
                                                                  for begin, end, _words in found):  # fmt: skip
                found.append((match.start(), match.end(), shown(number)))
    for begin, end, words in sorted(found, reverse=True):
        text = text[:begin] + words + text[end:]
    return text


def luhn(number: str) -> bool:
    """Whether the check digit of a card's number fits, by ISO/IEC 7812-1."""
    digits = [int(sign) for sign in reversed(number)]
    doubled = [2 * digit - 9 if digit > 4 else 2 * digit for digit in digits[1::2]]
    return bool(digits) and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _card(number: str) -> str:
    return mask_card(number)


def _phone(number: str) -> str:
    return mask_phone(number.removeprefix("+86") if number.startswith("+86") else number)
