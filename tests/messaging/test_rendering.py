"""Wordings: gaps filled as borrowers read them, and what gateways refuse."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.rendering import VariableMissing, VariableRefused, WordingProblem, problems, render, segments, variables

NAMES = st.from_regex(r"\A[a-z][a-z0-9_]{0,8}\Z")
FIXED = st.text(st.characters(exclude_characters="{}", codec="utf-8"), max_size=20)
VALUES = st.from_regex(r"\A[a-z]{1,12}\Z")


@pytest.mark.long
@given(st.lists(st.tuples(FIXED, NAMES), max_size=6), st.dictionaries(NAMES, VALUES), FIXED)
def test_a_wording_is_its_fixed_text_with_the_gaps_filled(parts, given_values, tail) -> None:
    values = {name: given_values.get(name, "x") for _text, name in parts}
    wording = "".join(f"{text}{{{name}}}" for text, name in parts) + tail

    assert variables(wording) == list(dict.fromkeys(name for _text, name in parts))
    assert render(wording, values, "en") == "".join(text + values[name] for text, name in parts) + tail


@pytest.mark.parametrize(
    ("value", "language", "shown"),
    [
        (Decimal("936.7"), "en", "936.70"),
        (Decimal("12345.60"), "zh-hans", "12345.60"),
        ("12345.60", "zh-hans", "12345.60"),
        (12, "en", "12"),
        ("2026-06-05", "en", "5 Jun 2026"),
        ("2026-06-05", "zh-hans", "2026年6月5日"),
        (date(2026, 12, 31), "zh-hans", "2026年12月31日"),
        ("2026-13-45", "en", "2026-13-45"),
        ("LN-2026-000418", "en", "LN-2026-000418"),
    ],
)
def test_amounts_and_dates_read_as_in_the_language(value: object, language: str, shown: str) -> None:
    assert render("{it}", {"it": value}, language) == shown


@pytest.mark.parametrize("context", [{}, {"amount": None}, {"amount": ""}])
def test_a_missing_variable_is_named(context: dict) -> None:
    with pytest.raises(VariableMissing) as missing:
        render("您应还{amount}元", context, "zh-hans")

    assert missing.value.name == "amount"


@pytest.mark.parametrize(
    "value", ["a" * 21, "https://a.cn", "www.a.cn", "13812341234", "lin@example.com", "¥ 936.70", "【x】"]
)
def test_a_variable_a_gateway_would_refuse_never_leaves(value: str) -> None:
    with pytest.raises(VariableRefused):
        render("{it}", {"it": value}, "en")


@pytest.mark.parametrize(
    ("wording", "problem"),
    [
        ("   ", WordingProblem.EMPTY),
        ("{amount}", WordingProblem.EMPTY),
        ("好" * 501, WordingProblem.TOO_LONG),
        ("【贷款】您好", WordingProblem.FORBIDDEN_CHARACTER),
        ("应还¥{amount}", WordingProblem.FORBIDDEN_CHARACTER),
        ("★ 优惠", WordingProblem.FORBIDDEN_CHARACTER),
        ("请访问 https://a.cn", WordingProblem.LINK_OR_PHONE),
        ("请致电13812341234", WordingProblem.LINK_OR_PHONE),
        ("应还{Amount}元", WordingProblem.STRAY_BRACE),
    ],
)
def test_what_a_gateway_refuses_in_a_wording_is_named(wording: str, problem: WordingProblem) -> None:
    assert problems(wording) == [problem]


def test_a_plain_wording_is_fine() -> None:
    assert problems("您的借款{loan_number}将于{due_on}应还{amount}元。") == []


@pytest.mark.parametrize(
    ("characters", "signature", "count"),
    [(70, "", 1), (71, "", 2), (134, "", 2), (135, "", 3), (59, "Loandesk1", 1), (60, "Loandesk1", 2)],
)
def test_the_signature_counts_as_text(characters: int, signature: str, count: int) -> None:
    assert segments("好" * characters, signature) == count
