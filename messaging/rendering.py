"""From wording and variables to the text a borrower reads, and the rules Chinese SMS gateways put on wordings.

Variables stand in braces: ``{amount}``. Amounts read 12345.60, ``{currency}`` beside them says of what; dates read as
in the language. Gateways put the signature
【…】 before the body themselves and refuse bodies with 【】, symbols such as ¥, links in variables, or long variables.
Pure: no Django, no clock.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.money import round_money

BODY_LENGTH_MAX = 500
VARIABLE_LENGTH_MAX = 20
_ONE_SEGMENT, _SEGMENT_OF_SEVERAL = 70, 67
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_FORBIDDEN = re.compile(r"[【】¥￥★☆●◆]")
_LINK_OR_PHONE = re.compile(r"https?:|www\.|1[3-9]\d{9}|@", re.IGNORECASE)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
# The variable that names the money of the message's amounts, and how Chinese texts say it after them.
CURRENCY = "currency"
_CHINESE_WORDS = {"CNY": "元"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class WordingProblem(StrEnum):
    """Why a gateway would refuse a wording."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    FORBIDDEN_CHARACTER = "forbidden_character"
    LINK_OR_PHONE = "link_or_phone"
    STRAY_BRACE = "stray_brace"


class VariableMissing(ValueError):
    """The wording asks for a variable nobody gave."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class VariableRefused(ValueError):
    """A variable the gateway would refuse: too long, or a link or phone number."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def variables(wording: str) -> list[str]:
    """The names of the variables in order of appearance, each once."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(wording)))


def render(wording: str, context: Mapping[str, object], language: str) -> str:
    """Fill the gaps. Raises VariableMissing or VariableRefused naming the variable."""
    shown = {name: _variable(name, context, language) for name in variables(wording)}
    return _PLACEHOLDER.sub(lambda found: shown[found[1]], wording)


def _variable(name: str, context: Mapping[str, object], language: str) -> str:
    value = context.get(name)
    if value is None or value == "":
        raise VariableMissing(name)
    text = currency_word(str(value), language) if name == CURRENCY else show(value, language)
    if len(text) > VARIABLE_LENGTH_MAX or _FORBIDDEN.search(text) or _LINK_OR_PHONE.search(text):
        raise VariableRefused(name)
    return text


def show(value: object, language: str) -> str:
    """One value as borrowers read it."""
    if isinstance(value, Decimal):
        return f"{round_money(value):.2f}"
    if isinstance(value, date):
        return _day(value, language)
    text = str(value)
    return _day(date.fromisoformat(text), language) if _is_date(text) else text


def currency_word(code: str, language: str) -> str:
    """A currency beside an amount: its code, or the one Chinese word that gateways and readers know."""
    return _CHINESE_WORDS.get(code, code) if language.startswith("zh") else code


def _is_date(text: str) -> bool:
    if not _ISO_DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _day(day: date, language: str) -> str:
    if language.startswith("zh"):
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def problems(wording: str) -> list[WordingProblem]:
    """What an SMS gateway would refuse in a wording; nothing when it is fine."""
    fixed = _PLACEHOLDER.sub("", wording)
    checks = {
        WordingProblem.EMPTY: not fixed.strip(),
        WordingProblem.TOO_LONG: len(wording) > BODY_LENGTH_MAX,
        WordingProblem.FORBIDDEN_CHARACTER: bool(_FORBIDDEN.search(fixed)),
        WordingProblem.LINK_OR_PHONE: bool(_LINK_OR_PHONE.search(fixed)),
        WordingProblem.STRAY_BRACE: "{" in fixed or "}" in fixed,
    }
    return [problem for problem, found in checks.items() if found]


def segments(body: str, signature: str) -> int:
    """How many SMS the text costs, the signature included: 70 characters fit in one, 67 in each of several."""
    length = len(f"【{signature}】{body}") if signature else len(body)
    return 1 if length <= _ONE_SEGMENT else -(-length // _SEGMENT_OF_SEVERAL)
