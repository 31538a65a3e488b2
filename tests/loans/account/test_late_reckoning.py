"""Late interest by hand: 36,500.00 at 10 % bears 10.00 a day, at 20 % it bears 20.00; 18,250.00 half of that."""

from decimal import Decimal

import pytest

from core.money import ZERO
from loans.account.interest import Hold, Stops
from loans.account.late_interest import (
    Bearing,
    LateRate,
    LateTerms,
    Reckoning,
    charged_until,
    days_by_rate,
    rate_on,
    rates_with,
    spans,
)
from tests.loans.account.by_hand import on

TEN, TWENTY, THIRTY = Decimal("0.10"), Decimal("0.20"), Decimal("0.30")
BASE, HALF = Decimal("36500.00"), Decimal("18250.00")
TERMS = LateTerms(multiplier=Decimal("1.5"), contract_rate=Decimal("0.12"))


def a_rate(first: str, rate: Decimal) -> LateRate:
    return LateRate(on(first), rate, rate, Decimal(1))


def reckoning(*rates: LateRate, grace: int = 0, holds: tuple[Hold, ...] = (), most: str | None = None) -> Reckoning:
    return Reckoning(TEN, rates, grace, holds, None if most is None else Decimal(most))


LATER, LATEST = a_rate("2-6", TWENTY), a_rate("2-9", THIRTY)


@pytest.mark.parametrize(
    ("day", "rate"), [("2-5", TEN), ("2-6", TWENTY), ("2-8", TWENTY), ("2-9", THIRTY), ("12-31", THIRTY)]
)
def test_a_day_bears_the_newest_rate_that_has_begun(day: str, rate: Decimal) -> None:
    assert rate_on((LATER, LATEST), TEN, on(day)) == rate
    assert rate_on((LATEST, LATER), TEN, on(day)) == rate


def test_each_rate_has_its_days() -> None:
    expected = [
        (on("1-31"), on("2-5"), TEN),
        (on("2-5"), on("2-8"), TWENTY),
        (on("2-8"), on("2-10"), THIRTY),
    ]

    assert spans((LATER, LATEST), TEN, on("1-31"), on("2-10")) == expected
    assert spans((LATEST, LATER), TEN, on("1-31"), on("2-10")) == expected


def test_a_rate_from_the_first_day_on_leaves_none_to_the_one_before() -> None:
    assert spans((a_rate("2-1", TWENTY),), TEN, on("1-31"), on("2-10")) == [(on("1-31"), on("2-10"), TWENTY)]
    assert spans((LATER,), TEN, on("1-31"), on("2-5")) == [(on("1-31"), on("2-5"), TEN)]
    assert spans((LATER,), TEN, on("2-10"), on("2-10")) == []


def test_another_multiplier_holds_from_its_day_and_for_the_rates_after_it() -> None:
    first = rates_with((), TERMS, on("3-1"), contract_rate=Decimal("0.10"))
    assert first == (LateRate(on("3-1"), Decimal("0.15"), Decimal("0.10"), Decimal("1.5")),)

    both = rates_with(first, TERMS, on("2-1"), multiplier=Decimal(2))

    assert both == (
        LateRate(on("2-1"), Decimal("0.24"), Decimal("0.12"), Decimal(2)),
        LateRate(on("3-1"), Decimal("0.20"), Decimal("0.10"), Decimal(2)),
    )


def test_a_later_change_keeps_what_the_newest_rate_before_it_was_made_of() -> None:
    known = rates_with((), TERMS, on("2-1"), contract_rate=Decimal("0.10"))
    known = rates_with(known, TERMS, on("3-1"), contract_rate=Decimal("0.20"))

    *_before, newest = rates_with(known, TERMS, on("4-1"), multiplier=Decimal(2))

    assert [rate.first for rate in _before] == [on("2-1"), on("3-1")]
    assert newest == LateRate(on("4-1"), Decimal("0.40"), Decimal("0.20"), Decimal(2))


def test_a_second_change_of_one_day_takes_the_place_of_the_first() -> None:
    known = rates_with((), TERMS, on("2-1"), contract_rate=Decimal("0.10"))

    assert rates_with(known, TERMS, on("2-1"), multiplier=Decimal(2)) == (
        LateRate(on("2-1"), Decimal("0.20"), Decimal("0.10"), Decimal(2)),
    )


def test_a_rate_agreed_by_itself_follows_nothing() -> None:
    assert rates_with((LATER,), LateTerms(), on("3-1"), multiplier=Decimal(2)) == (LATER,)


def test_late_days_are_counted_by_rate_without_grace_days_and_holds() -> None:
    held = Hold(on("2-7"), on("2-7"), Stops.EVERYTHING)
    found = days_by_rate(reckoning(LATER, LATEST, grace=3, holds=(held,)), on("1-31"), on("1-31"), on("2-10"))

    assert found == [(TEN, 2), (TWENTY, 2), (THIRTY, 2)]
    assert days_by_rate(reckoning(LATER, grace=5), on("1-31"), on("1-31"), on("2-10")) == [(TWENTY, 5)]


def test_each_day_is_charged_at_its_rate_on_top_of_what_was_charged() -> None:
    rows = [Bearing(on("1-31"), BASE, Decimal("7.00")), Bearing(on("2-8"), HALF, ZERO), Bearing(on("1-31"), ZERO, ZERO)]

    charged = charged_until(rows, reckoning(LATER), on("1-31"), on("2-10"))

    # 7 + 5 × 10 + 5 × 20; the second one, at 20 % too, 2 × 10
    assert charged == [Decimal("157.00"), Decimal("20.00"), ZERO]


@pytest.mark.parametrize(
    ("most", "charged"),
    [
        ("1000.00", ["50.00", "15.00"]),
        ("65.01", ["50.00", "15.00"]),
        ("65.00", ["50.00", "15.00"]),
        ("62.00", ["50.00", "12.00"]),  # the oldest first; what is left goes to the next one
        ("60.00", ["50.00", "10.00"]),
        ("54.50", ["44.50", "10.00"]),
        ("50.50", ["40.50", "10.00"]),
        ("0.50", ["0.50", "0.00"]),
        ("0.00", ["0.00", "0.00"]),
    ],
)
def test_a_cap_is_reached_to_the_cent_day_by_day(most: str, charged: list[str]) -> None:
    """1 and 2 February 10.00 each, then 15.00 a day: 20, 35, 50, 65."""
    rows = [Bearing(on("1-31"), BASE, ZERO), Bearing(on("2-2"), HALF, ZERO)]

    assert charged_until(rows, reckoning(most=most), on("1-31"), on("2-5")) == [Decimal(text) for text in charged]


def test_what_was_charged_before_counts_towards_the_cap() -> None:
    rows = [Bearing(on("1-31"), BASE, Decimal("5.00"))]

    assert charged_until(rows, reckoning(most="5.00"), on("1-31"), on("2-5")) == [Decimal("5.00")]
    assert charged_until(rows, reckoning(most="12.00"), on("1-31"), on("2-5")) == [Decimal("12.00")]


def test_where_nothing_of_the_cap_is_left_not_even_a_fraction_of_a_cent_is_charged() -> None:
    """7.30 bears 0.002 a day: the third day makes a cent of it, and that is the cap."""
    rows = [Bearing(on("1-31"), Decimal("7.30"), ZERO)]

    assert charged_until(rows, reckoning(most="0.01"), on("1-31"), on("2-20")) == [Decimal("0.00600000")]
