"""How values must be written, by examples whose answer stands in the standards: ISO 8601, RFC 3339, Unicode."""

import unicodedata

import pytest

from core import strict
from core.strict import Flaw, TextNotPlain, flaw_of, require_plain

OTHER_WAYS_TO_WRITE_A_DAY = [
    "2026-W48-1",
    "2026W481",
    "2026-334",
    "20261130",
    "2026-11-30T00:00",
    "2026-11-30 ",
    " 2026-11-30",
    "2026-1-5",
    "1764460800",
    "30.11.2026",
    "11/30/2026",
    "2026/11/30",
    "２０２６-11-30",
    "٢٠٢٦-11-30",
    "2026-02-30",
    "2026-11",
    "today",
    "",
]


@pytest.mark.parametrize("text", OTHER_WAYS_TO_WRITE_A_DAY)
def test_a_day_is_written_in_one_way(text):
    with pytest.raises(ValueError):
        strict.calendar_day(text)


def test_a_day_is_read():
    assert strict.calendar_day("2026-11-30").isoformat() == "2026-11-30"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-30T09:15:00",
        "2026-11-30",
        "2026-11-30 09:15:00Z",
        "2026-11-30T09:15:00+0800",
        "2026-W48-1T09:15:00Z",
        "1764460800",
        "2026-11-30T25:00:00Z",
        "20261130T091500Z",
        "２026-11-30T09:15:00Z",
        "2026-11-30T09Z",
    ],
)
def test_an_instant_has_its_zone_and_one_form(text):
    with pytest.raises(ValueError):
        strict.instant(text)


@pytest.mark.parametrize("text", ["2026-11-30T09:15:00Z", "2026-11-30T17:15:00+08:00", "2026-11-30t09:15:00.000z"])
def test_one_instant_in_three_zones_is_one(text):
    assert strict.instant(text).timestamp() == 1_796_030_100


@pytest.mark.parametrize(
    "text", ["1e3", "+5", "1_000", "１２", "٥", "1,000", "0x10", "NaN", "Infinity", "", " 5", "5.", ".5", "--5"]
)
def test_a_number_has_plain_digits(text):
    assert not strict.is_decimal(text)
    assert not strict.is_whole(text)


@pytest.mark.parametrize(
    ("text", "plain"), [("1,234.50", "1234.50"), ("12,345,678", "12345678"), ("5", "5"), ("-1,000", "-1000")]
)
def test_thousands_may_be_separated(text, plain):
    assert strict.amount_text(text) == plain


@pytest.mark.parametrize("text", ["12,50", "1,23", "1,2345", ",123", "1,,000", "1.234,50", "1e3", "1 000", "１,000"])
def test_a_separator_anywhere_else_is_not_taken_away(text):
    with pytest.raises(ValueError):
        strict.amount_text(text)


@pytest.mark.parametrize(
    ("sign", "flaw"),
    [
        ("\n", Flaw.LINE_BREAK),
        ("\r", Flaw.LINE_BREAK),
        ("\u2028", Flaw.LINE_BREAK),
        ("\u2029", Flaw.LINE_BREAK),
        ("\x85", Flaw.LINE_BREAK),
        ("\t", Flaw.CONTROL),
        ("\0", Flaw.CONTROL),
        ("\x1b", Flaw.CONTROL),
        ("\x7f", Flaw.CONTROL),
        ("\u200b", Flaw.INVISIBLE),
        ("\u200d", Flaw.INVISIBLE),
        ("\ufeff", Flaw.INVISIBLE),
        ("\u00ad", Flaw.INVISIBLE),
        ("\u2060", Flaw.INVISIBLE),
        ("\U000e0041", Flaw.INVISIBLE),
        ("\u3164", Flaw.INVISIBLE),
        ("\u2800", Flaw.INVISIBLE),
        ("\u202e", Flaw.DIRECTION),
        ("\u200f", Flaw.DIRECTION),
        ("\u2066", Flaw.DIRECTION),
        ("\u061c", Flaw.DIRECTION),
        ("\ue000", Flaw.UNPRINTABLE),
        ("\ufffd", Flaw.UNPRINTABLE),
        ("\uffff", Flaw.UNPRINTABLE),
        (chr(0xD800), Flaw.UNPRINTABLE),
    ],
)
def test_a_sign_that_cannot_stand_in_a_name_is_named(sign, flaw):
    found = flaw_of(f"林{sign}小雨")

    assert found is not None
    assert (found.flaw, found.sign, found.code_point) == (flaw, sign, f"U+{ord(sign):04X}")
    with pytest.raises(TextNotPlain) as refused:
        require_plain(f"Lin{sign}", field="name")
    assert refused.value.field == "name"
    assert f"U+{ord(sign):04X}" in refused.value.detail


@pytest.mark.parametrize(
    "name", ["林小雨", "Анна Ё", "José García-Núñez", "買買提·吐爾遜", "㐀𠀀𰀀", "محمد", "O’Brien", "ا ب", "👍🏽", ""]
)
def test_names_of_people_stand(name):
    assert require_plain(name) == name


def test_a_chinese_character_newer_than_this_python_stands():
    assert flaw_of("\U00031350") is None


def test_a_note_has_lines_and_nothing_else_that_is_not_seen():
    assert flaw_of("one\ntwo\r\nthree\tfour", lines=True) is None
    assert flaw_of("one\rtwo", lines=True).flaw is Flaw.LINE_BREAK
    assert flaw_of("one\u202etwo", lines=True).flaw is Flaw.DIRECTION


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "a": 1}}]', '{"a": NaN}', "[-Infinity]", "{", "", "{'a': 1}"]
)
def test_json_has_each_key_once_and_only_numbers(text):
    with pytest.raises(ValueError):
        strict.plain_json(text)


def test_json_is_read():
    assert strict.plain_json('{"a": [1, 0.5, null, {"b": "c"}]}') == {"a": [1, 0.5, None, {"b": "c"}]}


def test_whatever_unicode_calls_a_format_or_control_sign_is_refused():
    for point in range(0x110000):
        if unicodedata.category(chr(point)) in {"Cc", "Cf", "Zl", "Zp", "Co", "Cs"}:
            assert flaw_of(chr(point)) is not None, hex(point)
