"""The resident identity number of China (GB 11643-1999): what it says and whether it can be true.

Six digits of area, eight of birth date, three of sequence (odd for men, even for women) and a check character by ISO
7064 MOD 11-2, which ``stdnum`` reckons. Its own judgement of a whole number is not taken: it knows areas by a list that
lacks those of residents from Hong Kong, Macao and Taiwan (81, 82, 83) and of permanent residents from abroad (9), and
refuses who was numbered in an area before or after the years the list has it. Numbers of the first generation had fifteen
digits, without century and check character (GB 11643-1989, given out until 1999): they name the same person as the later
one. Pure: no Django, no clock, so that a birth in the future is for whoever knows the day to refuse.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stdnum.cn import ric

_SEPARATORS = re.compile(r"[\s\-]")
_FORM = re.compile(r"[0-9]{17}[0-9X]")
_OLD_FORM = re.compile(r"[0-9]{15}")
_OLD_CENTURY = "19"
# What is read as the X at the end of a number, beside the letter: Cyrillic, Greek, and the sign of products.
_LIKE_X = str.maketrans(dict.fromkeys("ХхΧχ×✕", "X"))
_EARLIEST_BIRTH = date(1850, 1, 1)  # numbers were first given out in 1984: an earlier birth is a slip of the pen


class IdentityProblem(StrEnum):
    """What can be wrong with a number, in the order of the checks."""

    LENGTH = "length"
    CHARACTERS = "characters"
    CHECK_DIGIT = "check_digit"
    BIRTH_DATE = "birth_date"


class IdentityNumberInvalid(ValueError):
    """The text cannot be a resident identity number; ``problem`` says why. The text itself is not repeated."""

    def __init__(self, problem: IdentityProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A number that passed every check, with what it tells."""

    number: str
    birth_date: date
    sex: str
    area_code: str


def parse_resident_id(text: str) -> ResidentId:
    """Read a resident identity number, also an old one of fifteen digits, which is told in its form of today.

    Raises IdentityNumberInvalid naming the first thing that is wrong.
    """
    number = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()
    if _OLD_FORM.fullmatch(number):
        number = _of_today(number)
    if len(number) != 18:
        raise IdentityNumberInvalid(IdentityProblem.LENGTH)
    if not _FORM.fullmatch(number):
        raise IdentityNumberInvalid(IdentityProblem.CHARACTERS)
    if number[-1] != check_character(number[:17]):
        raise IdentityNumberInvalid(IdentityProblem.CHECK_DIGIT)
    sex = "male" if int(number[16]) % 2 else "female"
    return ResidentId(number=number, birth_date=_birth_date(number[6:14]), sex=sex, area_code=number[:6])


def resident_id_in(text: str) -> ResidentId | None:
    """The resident identity number that ``text`` is in disguise, if it is one: whatever signs stand between or around the
    digits, in whichever script they are written, and whatever looks like the X at the end."""
    kept = unicodedata.normalize("NFKC", text).translate(_LIKE_X).upper()
    digits = "".join(_digit(character) for character in kept if character.isalnum())
    try:
        return parse_resident_id(digits)
    except IdentityNumberInvalid:
        return None


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _of_today(old: str) -> str:
    """An old number with its century and check character. Who was born before 1900 has a number of today only."""
    first_17 = f"{old[:6]}{_OLD_CENTURY}{old[6:]}"
    return first_17 + check_character(first_17)


def check_character(first_17: str) -> str:
    """The check character that belongs to the first 17 digits."""
    return ric.calc_check_digit(f"{first_17}0")  # it expects a check character and leaves it out


def age(birth_date: date, on: date) -> int:
    """Full years of age on a day; somebody born on 29 February is a year older on 1 March of a common year."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def _birth_date(digits: str) -> date:
    try:
        birth_date = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError as error:
        raise IdentityNumberInvalid(IdentityProblem.BIRTH_DATE) from error
    if birth_date < _EARLIEST_BIRTH:
        raise IdentityNumberInvalid(IdentityProblem.BIRTH_DATE)
    return birth_date
