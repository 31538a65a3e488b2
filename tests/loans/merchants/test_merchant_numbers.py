"""The unified social credit code: real ones pass, and no single slip of the pen does."""

import pytest

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
