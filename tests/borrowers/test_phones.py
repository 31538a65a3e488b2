"""Mobile numbers in one form, whatever they were typed like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borrowers.phones import PhoneInvalid, is_phone, normalise_phone


@pytest.mark.parametrize(
    "text",
    ["13812341234", "138 1234 1234", "138-1234-1234", "+86 138 1234 1234", "008613812341234", "１３８１２３４１２３４"],
)
def test_a_chinese_mobile_has_one_form(text: str) -> None:
    assert normalise_phone(text) == "13812341234"


@given(st.from_regex(r"\A1[3-9][0-9]{9}\Z"), st.lists(st.integers(0, 10), max_size=4), st.sampled_from(" -"))
def test_separators_anywhere_change_nothing(number: str, places: list[int], separator: str) -> None:
    typed = number
    for place in places:
        typed = typed[:place] + separator + typed[place:]

    assert normalise_phone(typed) == number
    assert normalise_phone(f"+86{typed}") == number


@pytest.mark.parametrize(
    "text", ["", "12812341234", "1381234123", "138123412345", "not a phone", "01012345678", "+861281234123"]
)
def test_what_is_no_mobile_is_refused(text: str) -> None:
    with pytest.raises(PhoneInvalid):
        normalise_phone(text)

    assert not is_phone(text)


@pytest.mark.parametrize(
    ("text", "market", "stored"),
    [
        ("(415) 555-2671", "US", "+14155552671"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("0151 23456789", "DE", "+4915123456789"),
        ("+852 5123 4567", "CN", "+85251234567"),
    ],
)
def test_other_markets_are_stored_with_country_code(text: str, market: str, stored: str) -> None:
    assert normalise_phone(text, market) == stored
