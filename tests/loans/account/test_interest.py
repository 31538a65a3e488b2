"""Accrual by days and what holds stop: worked by hand."""

import json
from decimal import Decimal

import pytest
from django.db import connection

from core.money import ZERO
from loans.account.account import InstalmentState
from loans.account.interest import (
    STOPS_LATE_INTEREST,
    Hold,
    Stops,
    accrued_fee,
    chargeable_days,
    earned_interest,
    held_days,
    late_interest_of_day,
)
from tests.loans.account.by_hand import on

INTEREST = Decimal("31.00")  # of the 31 days from 1 January: 1.00 a day


@pytest.mark.parametrize(
    ("day", "paid", "accrued"),
    [
        ("1-1", "0.00", "0.00"),
        ("1-2", "0.00", "1.00"),
        ("1-11", "0.00", "10.00"),
        ("1-31", "0.00", "30.00"),
        ("2-1", "0.00", "31.00"),
        ("3-1", "0.00", "31.00"),
        ("1-1", "2.50", "2.50"),  # paid ahead
        ("1-3", "2.50", "2.50"),
        ("1-4", "2.50", "3.00"),
        ("2-1", "2.50", "31.00"),
    ],
)
def test_interest_accrues_evenly_and_never_less_than_was_paid(day: str, paid: str, accrued: str) -> None:
    row = InstalmentState(1, on("1-1"), on("2-1"), ZERO, INTEREST, ZERO, interest_paid=Decimal(paid))

    assert row.interest_accrued(on(day)) == Decimal(accrued)


def test_before_its_period_begins_nothing_has_accrued() -> None:
    assert earned_interest(INTEREST, on("2-1"), on("3-1"), on("1-15")) == ZERO


HALF_A_CENT = ((on("1-15"), ZERO), (on("1-23"), ZERO), (on("4-5"), Decimal("54.44383562")))


def test_half_a_cent_along_a_curve_is_half_a_cent() -> None:
    """Four of 72 days of 54.45 are 3.025: owed as 3.03, though the curve ends a little lower."""
    assert earned_interest(Decimal("54.45"), on("1-15"), on("4-5"), on("1-27"), HALF_A_CENT) == Decimal("3.03")


@pytest.mark.django_db
def test_it_is_in_the_night_too() -> None:
    curve = json.dumps([[str(day), str(earned)] for day, earned in HALF_A_CENT])
    with connection.cursor() as cursor:
        cursor.execute("SELECT loans_earned(%s::jsonb, 54.45, '2026-01-27', 0.01)", [curve])
        assert cursor.fetchone() == (Decimal("3.03"),)


def test_a_period_of_no_days_has_accrued_on_its_day() -> None:
    assert earned_interest(Decimal("5.00"), on("1-1"), on("1-1"), on("1-1")) == Decimal("5.00")


@pytest.mark.parametrize(("day", "earned"), [("1-30", "2.00"), ("1-31", "9.00"), ("2-1", "9.00")])
def test_a_fee_is_earned_when_it_falls_due_or_when_it_was_paid(day: str, earned: str) -> None:
    assert accrued_fee(Decimal("9.00"), Decimal("2.00"), on("1-31"), on(day)) == Decimal(earned)


def test_late_interest_of_a_day_has_eight_decimals() -> None:
    assert late_interest_of_day(Decimal("36500.00"), Decimal("0.10")) == 10
    assert late_interest_of_day(Decimal("100.00"), Decimal("0.10")) == Decimal("0.02739726")


def hold(first: str, last: str, stops: Stops = Stops.LATE_INTEREST) -> Hold:
    return Hold(on(first), on(last), stops)


@pytest.mark.parametrize(
    ("holds", "days"),
    [
        ([], 0),
        ([hold("2-3", "2-5")], 3),
        ([hold("2-1", "2-1")], 1),
        ([hold("1-20", "2-2")], 2),  # what lies before is not asked for
        ([hold("2-9", "3-9")], 2),
        ([hold("2-3", "2-5"), hold("2-4", "2-7")], 5),
        ([hold("2-4", "2-7"), hold("2-3", "2-5")], 5),
        ([hold("2-3", "2-7"), hold("2-4", "2-5")], 5),  # one inside the other
        ([hold("2-3", "2-4"), hold("2-5", "2-6")], 4),
        ([hold("2-3", "2-4"), hold("2-7", "2-8")], 4),
        ([hold("2-3", "2-4", Stops.NOTICE), hold("2-6", "2-6", Stops.EVERYTHING)], 3),
        ([hold("2-3", "2-4", Stops.MESSAGES), hold("2-6", "2-6", Stops.INTEREST)], 0),
    ],
)
def test_held_days_are_counted_once_and_within_the_span(holds: list[Hold], days: int) -> None:
    assert held_days(holds, on("1-31"), on("2-10"), STOPS_LATE_INTEREST) == days


@pytest.mark.parametrize(
    ("grace", "after", "until", "holds", "days"),
    [
        (0, "1-31", "2-10", [], 10),
        (3, "1-31", "2-10", [], 7),  # from 4 February
        (3, "1-31", "2-3", [], 0),
        (3, "1-31", "2-4", [], 1),
        (3, "2-8", "2-10", [], 2),
        (0, "1-20", "1-25", [], 0),  # not yet due
        (3, "1-31", "2-10", [hold("2-2", "2-5")], 5),  # of the hold two days are grace days anyway
        (3, "1-31", "2-10", [hold("2-2", "3-5")], 0),
        (0, "1-31", "2-10", [hold("2-2", "2-5", Stops.MESSAGES)], 10),
    ],
)
def test_late_days_begin_after_the_grace_days_and_leave_out_holds(
    grace: int, after: str, until: str, holds: list[Hold], days: int
) -> None:
    assert chargeable_days(on("1-31"), grace, on(after), on(until), holds) == days
