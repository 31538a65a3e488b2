"""Flat interest row by row, with figures worked by hand: one per cent a month of the sum first lent."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.money import ZERO
from loans.schedules.amortisation import amortise
from loans.schedules.course import Course
from loans.schedules.due_dates import periods
from loans.schedules.terms import EmiRule, Frequency, InterestType, Method, Rounding, RoundingMode
from tests.loans.schedules.test_amortisation import WHOLE, d, rows, terms


class TestFlat:
    def flat(self, **changes: Any) -> list[tuple[Decimal, Decimal]]:
        return rows(interest_type=InterestType.FLAT, **changes)

    def test_every_row_bears_the_same_on_the_sum_first_lent(self) -> None:
        assert self.flat() == [(100, 6)] * 6

    def test_a_level_instalment_is_rounded_together_and_the_last_one_takes_the_rest(self) -> None:
        """100.10 of principal and 6.01 of interest are 106.11, rounded to 106: 99.99 of principal, five times."""
        found = self.flat(principal=Decimal("600.60"), method=Method.EQUAL_INSTALMENTS, rounding=WHOLE)

        assert found[:5] == [(Decimal("99.99"), Decimal("6.01"))] * 5
        assert found[5] == (Decimal("100.65"), Decimal("5.99"))  # 36.04 of interest in all

    def test_the_odd_cents_of_an_agreed_charge_leave_the_instalments_level(self) -> None:
        """100.00 and 3.34 are 103.34, rounded to 103; so is the second, whose part of the charge is a cent less."""
        found = rows(
            principal=Decimal("300.00"),
            count=3,
            flat_charge=Decimal("10.00"),
            method=Method.EQUAL_INSTALMENTS,
            rounding=WHOLE,
        )

        assert found == list(zip(d("99.66", "99.67", "100.67"), d("3.34", "3.33", "3.33"), strict=True))
        assert [part + charged for part, charged in found] == [103, 103, 104]

    @pytest.mark.parametrize(
        ("paid", "expected"),
        [
            ({}, [100, 100, 100]),
            ({0: "120.00"}, [120, 100, 80]),
            ({0: "20.00", 1: "30.00"}, [100, 100, 100]),
            ({0: "150.00", 1: "110.00"}, [150, 110, 40]),
            ({2: "250.00"}, [50, 0, 250]),  # of the 50.00 nobody has paid yet the first takes all
            ({1: "130.00", 2: "130.00"}, [40, 130, 130]),
        ],
    )
    def test_none_is_less_than_what_was_already_paid_of_it(self, paid: dict[int, str], expected: list[int]) -> None:
        agreed = terms(principal=Decimal("300.00"), count=3, interest_type=InterestType.FLAT)
        course = Course(opening=agreed.principal, paid={k: Decimal(amount) for k, amount in paid.items()})

        assert amortise(agreed, periods(agreed), course) == [(part, 3) for part in expected]

    def test_rounding_up_never_repays_more_than_there_is(self) -> None:
        rounding = Rounding(mode=RoundingMode.UP, multiple=Decimal(50), emi=EmiRule.NEAREST)

        found = self.flat(annual_rate=Decimal(0), method=Method.EQUAL_INSTALMENTS, rounding=rounding)

        assert [part for part, _ in found] == [100] * 6
        rounding = Rounding(mode=RoundingMode.UP, multiple=Decimal(80), emi=EmiRule.NEAREST)
        found = self.flat(annual_rate=Decimal(0), method=Method.EQUAL_INSTALMENTS, rounding=rounding)
        assert [part for part, _ in found] == [160, 160, 160, 120, 0, 0]

    def test_without_a_multiple_the_parts_are_even(self) -> None:
        assert self.flat(method=Method.EQUAL_INSTALMENTS) == [(100, 6)] * 6
        assert [part for part, _ in self.flat(rounding=WHOLE)] == [100] * 6

    def test_rows_without_principal_still_bear_interest(self) -> None:
        assert self.flat(grace_on_principal=2) == [(0, 6)] * 2 + [(150, 6)] * 4

    def test_so_they_do_where_instalments_are_whole(self) -> None:
        """600.00 in four and 6.00 are 156: rounded to tens 160, and the last one repays what is left."""
        rounding = replace(WHOLE, multiple=Decimal(10))
        found = self.flat(method=Method.EQUAL_INSTALMENTS, rounding=rounding, grace_on_principal=2)

        assert found == [(0, 6)] * 2 + [(154, 6)] * 3 + [(138, 6)]

    def test_interest_deferred_or_free_is_so_on_a_flat_loan_too(self) -> None:
        assert [charged for _, charged in self.flat(grace_on_interest_payment=2)] == [0, 0, 18, 6, 6, 6]
        assert [charged for _, charged in self.flat(grace_on_interest_charged=2)] == [0, 0, 6, 6, 6, 6]

    @pytest.mark.parametrize(
        ("changes", "each"),
        [
            ({"principal": Decimal("5200.00"), "annual_rate": Decimal("0.10"), "frequency": Frequency.WEEK}, "10.00"),
            ({"principal": Decimal("3650.00"), "annual_rate": Decimal("0.10"), "frequency": Frequency.DAY}, "1.00"),
            ({"every": 2}, "12.00"),
            ({"frequency": Frequency.WEEK, "every": 2, "principal": Decimal("5200.00")}, "24.00"),
        ],
    )
    def test_a_period_is_its_part_of_a_year(self, changes: dict[str, Any], each: str) -> None:
        assert {charged for _part, charged in self.flat(**changes)} == {Decimal(each)}

    def test_a_loan_due_once_bears_all_its_periods(self) -> None:
        assert self.flat(method=Method.BULLET) == [(600, 36)]

    def test_half_a_cent_a_row_is_not_rounded_up_beyond_the_whole(self) -> None:
        """6.00 at 1 % bear 0.005 a month: twelve times a cent would be twice of what is owed."""
        found = self.flat(principal=Decimal("6.00"), annual_rate=Decimal("0.01"), count=12)

        assert [charged for _part, charged in found] == [Decimal("0.01")] * 6 + [ZERO] * 6

    def test_the_last_row_takes_what_rounding_leaves_of_the_interest(self) -> None:
        """100.00 at 1 % bear 0.08333 a month: eleven times 0.08, and 0.12 to make 1.00."""
        found = self.flat(principal=Decimal("100.00"), annual_rate=Decimal("0.01"), count=12)

        assert [charged for _part, charged in found] == [Decimal("0.08")] * 11 + [Decimal("0.12")]

    def test_a_charge_agreed_as_one_sum_is_shared_evenly(self) -> None:
        assert [charged for _part, charged in rows(flat_charge=Decimal("10.00"))] == d(
            "1.67", "1.67", "1.67", "1.67", "1.66", "1.66"
        )
