"""Mobile numbers in one form: eleven digits at home in China, ``+`` and country code anywhere else.

Number ranges of Chinese operators change every year, so only the shape is checked: a refusal must never rest on a
prefix list that was right last year. Pure: no Django, no clock.
"""

import re
import unicodedata

import phonenumbers

_SEPARATORS = re.compile(r"[\s\-.()]")
_CHINESE_MOBILE = re.compile(r"1[3-9][0-9]{9}")


class PhoneInvalid(ValueError):
    """The text is not a mobile number of the market. The text itself is not repeated."""


def normalise_phone(text: str, market: str = "CN") -> str:
    """The one stored form of a mobile number. Raises PhoneInvalid."""
    compact = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    return _chinese(compact) if market == "CN" else _international(compact, market)


def is_phone(text: str, market: str = "CN") -> bool:
    """Whether the text is a mobile number of the market."""
    try:
        normalise_phone(text, market)
    except PhoneInvalid:
        return False
    return True


def _chinese(compact: str) -> str:
    local = re.sub(r"^(\+86|0086)", "", compact)
    if _CHINESE_MOBILE.fullmatch(local):
        return local
    if compact.startswith("+") and not compact.startswith("+86"):
        return _international(compact, None)
    raise PhoneInvalid


def _international(compact: str, market: str | None) -> str:
    try:
        number = phonenumbers.parse(compact, market)
    except phonenumbers.NumberParseException as error:
        raise PhoneInvalid from error
    if not phonenumbers.is_valid_number(number):
        raise PhoneInvalid
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
