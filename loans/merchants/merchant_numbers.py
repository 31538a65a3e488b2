"""The unified social credit code of China (GB 32100-2015): who a company is, and whether the code can be true.

Eighteen characters without I, O, S, V and Z; the last is a check character by ISO 7064 MOD 31-3. Pure: no Django.
"""

import re
import unicodedata

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_BASE = len(_ALPHABET)
_FORM = re.compile(f"[{_ALPHABET}]{{18}}")
_SEPARATORS = re.compile(r"[\s\-]")


class CreditCodeInvalid(ValueError):
    """The text cannot be a unified social credit code."""


def normal(text: str) -> str:
    """A registration number as it is stored: ordinary characters, capitals, no blanks or hyphens."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()


def parse_credit_code(text: str) -> str:
    """The code in its stored form. Raises CreditCodeInvalid."""
    code = normal(text)
    if not _FORM.fullmatch(code) or code[-1] != check_character(code[:17]):
        raise CreditCodeInvalid(code)
    return code


def check_character(first_17: str) -> str:
    """The eighteenth character for the seventeen before it."""
    total = sum(_ALPHABET.index(character) * pow(3, place, _BASE) for place, character in enumerate(first_17))
    return _ALPHABET[-total % _BASE]
