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


@pytest.mark.parametrize("gap", [" ", "-", "\n", ".", "–", "—", "\t", "_", "/", "  ", "，", " - "])
@pytest.mark.parametrize(
    "groups",
    [
        ("138", "0013", "8000"),
        tuple("13800138000"),
        ("13", "80", "01", "38", "00", "0"),
        ("86", "138", "0013", "8000"),
        ("0086", "138", "0013", "8000"),
        ("110105", "19491231", "002X"),
        ("110105", "1949", "12", "31", "002X"),
        ("110", "105", "194", "912", "310", "02X"),
        tuple("11010519491231002X"),
        ("110105", "491231", "002"),
        ("4111", "1111", "1111", "1111"),
        ("6222", "0200", "0000", "0000", "000"),
        ("010", "62345678"),
    ],
    ids="-".join,
)
def test_groups_do_not_hide_a_number(groups: tuple[str, ...], gap: str) -> None:
    text = f"seen: {gap.join(groups)}, thanks"
    shown = masked(text)
    assert shown.startswith("seen: ") and shown.endswith(", thanks") and "*" in shown
    assert "0013" not in shown and "1949" not in shown and "1111" not in shown[:-13]


@pytest.mark.parametrize(
    "text",
    [
        "138 0013\n8000",
        "(138) 0013-8000",
        "+86 (138) 0013-8000",
        "一三八零零一三八零零零",
        "幺三八〇〇幺三八〇〇〇",
        "①③⑧⓪⓪①③⑧⓪⓪⓪",
        "١٣٨٠٠١٣٨٠٠٠",
        "𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎",
        "tel13800138000please",
        "11010519491231002Х",
        "11010519491231002Xabc",
        "id11010519491231002X",
        "1101 0519 4912 3100 2X",
        "4111 1111\n1111 1111",
        "13800138000, 13900139000",
        "passport E12345678",
        "护照 EA1234567",
        "passport e12345678",
        "passport E 12345678",
        "passport E1234 5678",
        "护照 Ｅ１２３４５６７８",
        "ea-1234567",
        "tel 01062345678",
        "tel 010 6234 5678",
        "0138 0013 8000",
        "013800138000",
    ],
)
def test_neither_script_nor_letters_hide_a_number(text: str) -> None:
    shown = masked(text)
    assert shown != text and "*" in shown and masked(shown) == shown


def test_two_numbers_in_a_row_are_both_found() -> None:
    assert masked("13800138000, 13900139000") == "138****8000, 139****9000"
    assert masked("11010519491231002X 13800138000") == "110***********002X 138****8000"


@pytest.mark.parametrize(
    "text",
    [
        "LN-2026-000418 owes 12,345.67 since 2026-11-30",
        "4111111111111112 is no card",
        "paid 1000000 and 2000000",
        "evd_01JD0000000000000000000000",
        "RP-2026-1000418",
        "at 18:30 on 20261130",
        "on 2026-12-18 10:30:45.123 it was booked",
        "it has 13,812,345,678 in all",
        "from 2026-11-30 to 2026-12-01",
        "110 105 194 912 310 024",
        "E20261130 and C20261201",
        "E-20261130",
        "e 2026 1130",
        "case-1234567 and the 12345678",
        "evd 12345678",
        "a rate of 0.01062345678 or 0.013800138",
        "plan C 2026-11-30",
        "plan C: 12,345,678",
        "十三亿八千万",
    ],
)
def test_what_is_left_alone(text: str) -> None:
    assert masked(text) == text


def test_the_check_digit_of_cards() -> None:
    assert luhn("4111111111111111") and luhn("79927398713")
    assert not luhn("4111111111111112") and not luhn("")
