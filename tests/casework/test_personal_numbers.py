"""Which numbers in a text are sealed, and which are left alone."""

import pytest

from casework.personal_numbers import luhn, masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ID 11010519491231002X, checked", "ID 110***********002X, checked"),
        ("身份证11010519491231002x。", "身份证110***********002x。"),
        ("１１０１０５１９４９１２３１００２Ｘ", "110***********002X"),
        ("110105 19491231 002X", "110***********002X"),
        ("card 6222020200112233446", None),
        ("card 4111 1111 1111 1111 now", "card **** 1111 now"),
        ("4111-1111-1111-1111", "**** 1111"),
        ("call 13812341234 or 139 1234 5678", "call 138****1234 or 139****5678"),
        ("+86 138-1234-1234", "138****1234"),
        ("+44 20 7946 0958", "+44****0958"),
        ("old 110105491231002", "old 110********1002"),
    ],
)
def test_what_is_masked(text: str, shown: str | None) -> None:
    found = masked(text)
    if shown is None:
        assert found != text and "0200112233" not in found
    else:
        assert found == shown


@pytest.mark.parametrize(
    "text",
    [
        "LN-2026-000418 owes 12,345.67 since 2026-11-30",
        "4111111111111112 is no card",
        "paid 1000000 and 2000000",
        "evd_01JD0000000000000000000000",
        "RP-2026-1000418",
        "at 18:30 on 20261130",
    ],
)
def test_what_is_left_alone(text: str) -> None:
    assert masked(text) == text


def test_the_check_digit_of_cards() -> None:
    assert luhn("4111111111111111") and luhn("79927398713")
    assert not luhn("4111111111111112") and not luhn("")
