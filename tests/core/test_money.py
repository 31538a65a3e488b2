"""Rounding, splitting and capitals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    chinese_capitals,
    from_minor,
    in_cents,
    round_money,
    round_rate,
    round_to,
    rounding_to,
    split,
    split_evenly,
    to_minor,
)


@pytest.mark.parametrize(("exact", "rounded"), [("0.005", "0.01"), ("0.0049", "0.00"), ("2.675", "2.68")])
def test_half_a_cent_goes_up(exact: str, rounded: str) -> None:
    assert round_money(Decimal(exact)) == Decimal(rounded)


def test_odd_cents_go_to_the_first_shares() -> None:
    assert split_evenly(Decimal("100.00"), 3) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]


@pytest.mark.parametrize("weights", [[], [0], [1, -1], [3, -1], [-1, -1]])
def test_nothing_can_be_split_by_nothing(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split(Decimal("1.00"), weights)


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        ("-0.01", [1, 1], ["-0.01", "0.00"]),
        ("0.01", [1, 1], ["0.01", "0.00"]),
        ("0.00", [1, 1], ["0.00", "0.00"]),
        ("1.00", [1, 2, 3], ["0.17", "0.33", "0.50"]),
        ("-1.00", [1, 2, 3], ["-0.17", "-0.33", "-0.50"]),
        ("0.05", [0, 1, 1], ["0.00", "0.03", "0.02"]),
        ("1.00", [2, 1], ["0.67", "0.33"]),
    ],
)
def test_odd_cents_go_where_most_was_cut_off(amount: str, weights: list[int], parts: list[str]) -> None:
    assert [str(part) for part in split(Decimal(amount), weights)] == parts


@pytest.mark.parametrize(
    ("amount", "step", "mode", "rounded"),
    [
        ("1.005", "0.01", ROUND_HALF_UP, "1.01"),
        ("1.005", "0.01", ROUND_HALF_EVEN, "1.00"),
        ("1.009", "0.01", ROUND_DOWN, "1.00"),
        ("250", "100", ROUND_HALF_UP, "300.00"),
        ("250", "100", ROUND_HALF_EVEN, "200.00"),
        ("2.5", "1", ROUND_DOWN, "2.00"),
        ("0.12", "0.05", ROUND_HALF_UP, "0.10"),
    ],
)
def test_an_amount_is_rounded_to_a_multiple_of_the_step(amount: str, step: str, mode: str, rounded: str) -> None:
    assert str(round_to(Decimal(amount), Decimal(step), mode)) == rounded
    assert str(rounding_to(Decimal(step), mode)(Decimal(amount))) == rounded


def test_places_are_what_is_asked_for() -> None:
    assert str(round_money(Decimal("1.2345"), 3)) == "1.235"
    assert str(round_money(Decimal("1.5"), 0)) == "2"
    assert str(round_rate(Decimal("0.123456785"))) == "0.12345679"
    assert str(round_rate(Decimal("0.12345"), 4)) == "0.1235"


@pytest.mark.parametrize(
    ("typed", "kept"), [("5", "5.00"), ("0.5E+1", "5.00"), ("5.000", "5.00"), ("5.001", "5.001"), ("1E+40", "1E+40")]
)
def test_whole_cents_are_written_as_cents_and_the_rest_is_left_as_it_is(typed: str, kept: str) -> None:
    assert str(in_cents(Decimal(typed))) == kept


def test_fen_and_yuan() -> None:
    assert (to_minor(Decimal("-12.34")), str(from_minor(-1234)), str(from_minor(5))) == (-1234, "-12.34", "0.05")


def test_a_negative_amount_has_no_capitals() -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        chinese_capitals(Decimal("-0.01"))


def test_a_fraction_of_a_cent_is_refused_rather_than_lost() -> None:
    with pytest.raises(ValueError, match="whole cents"):
        to_minor(Decimal("0.001"))


@given(cents=st.integers(-(10**9), 10**9), weights=st.lists(st.integers(0, 1000), min_size=1).filter(any))
def test_a_split_sums_to_its_whole_and_is_fair_to_the_cent(cents: int, weights: list[int]) -> None:
    parts = split(from_minor(cents), weights)

    assert sum(parts) == from_minor(cents)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - from_minor(cents) * weight / sum(weights)) < Decimal("0.01")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1409.50", "人民币壹仟肆佰零玖元伍角整"),
        ("6007.14", "人民币陆仟零柒元壹角肆分"),
        ("325.04", "人民币叁佰贰拾伍元零肆分"),
        ("10999.00", "人民币壹万零玖佰玖拾玖元整"),
        ("11000.00", "人民币壹万壹仟元整"),
        ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
        ("1000500.00", "人民币壹佰万零伍佰元整"),
        ("100010000.00", "人民币壹亿零壹万元整"),
        ("100000500.00", "人民币壹亿零伍佰元整"),
        ("107000.53", "人民币壹拾万柒仟元伍角叁分"),
        ("1680.32", "人民币壹仟陆佰捌拾元叁角贰分"),
        ("100000000.00", "人民币壹亿元整"),
        ("10001000.00", "人民币壹仟万壹仟元整"),
        ("0.00", "人民币零元整"),
        ("0.08", "人民币捌分"),
    ],
)
def test_capitals_follow_the_rules_for_vouchers(amount: str, text: str) -> None:
    assert chinese_capitals(Decimal(amount)) == text
