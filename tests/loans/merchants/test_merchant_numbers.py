"""The unified social credit code: real ones pass, and no single slip of the pen does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from loans.merchants.merchant_numbers import CreditCodeInvalid, check_character, parse_credit_code

REAL = ("91350100M000100Y43", "91110000802100433B")  # published by the registries of Fujian and Beijing


@pytest.mark.parametrize("code", REAL)
def test_published_codes_are_sound(code: str) -> None:
    assert parse_credit_code(code) == code
    assert check_character(code[:17]) == code[17]


def test_a_code_is_read_as_people_type_it() -> None:
    assert parse_credit_code(" 91350100-m000100y43 ") == "91350100M000100Y43"
    assert parse_credit_code("91350100M000100Y43") == "91350100M000100Y43"


@pytest.mark.parametrize("place", range(18))
def test_one_wrong_character_is_found(place: int) -> None:
    code = REAL[0]
    wrong = "7" if code[place] != "7" else "8"

    with pytest.raises(CreditCodeInvalid):
        parse_credit_code(code[:place] + wrong + code[place + 1 :])


@pytest.mark.parametrize("text", ["", "91350100M000100Y4", "91350100M000100Y433", "91350100I000100Y43"])
def test_what_has_not_its_form_is_none(text: str) -> None:
    with pytest.raises(CreditCodeInvalid):
        parse_credit_code(text)


CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODES = st.tuples(
    st.text(CHARACTERS, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(CHARACTERS, min_size=9, max_size=9),
)


def is_sound(text: str) -> bool:
    try:
        return bool(parse_credit_code(text))
    except CreditCodeInvalid:
        return False


@given(CODES, st.sampled_from(CHARACTERS), st.booleans(), st.sampled_from(["", " ", "-"]), st.integers(0, 18))
def test_library_and_house_agree_where_a_code_begins_with_digits(
    parts: tuple[str, str, str], last: str, small: bool, separator: str, place: int
) -> None:
    code = "".join(parts) + last
    typed = (code.lower() if small else code)[:place] + separator + code[place:]

    assert is_sound(typed) == (last == check_character(code[:17]))
    assert uscc.is_valid(typed) == (is_sound(typed) and code[:2].isdigit())


@pytest.mark.parametrize("registrar", ["N2", "Y1", "A1"])
def test_a_registrar_with_a_letter_is_in_the_standard_though_not_in_the_library(registrar: str) -> None:
    body = f"{registrar}320583MA1P00001"[:17]
    code = body + check_character(body)

    assert is_sound(code)
    assert not uscc.is_valid(code)


def test_a_region_is_six_digits() -> None:
    body = "9135010XM000100Y4"

    assert not is_sound(body + check_character(body))
    assert not uscc.is_valid(body + check_character(body))
