"""The annualised cost: published vectors, the traps of the field, and the comparison with a cap."""

import json
import warnings
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.calendars import add_months
from loans.rates.apr import (
    AllInCost,
    AnnualRates,
    CapBasis,
    NoRate,
    cost_by_dates,
    cost_by_periods,
    cost_of,
    flows_of,
    rates_of,
)
from loans.schedules.due_dates import due_dates
from loans.schedules.schedule import Schedule, ScheduledInstalment, build_schedule
from loans.schedules.terms import Drawdown, FeeTiming, Frequency, LoanTerms, Method
from tests.places import BESIDE_THE_PROJECT

VECTORS = BESIDE_THE_PROJECT / "vectors" / "apr_vectors.json"
TOLERANCE = Decimal("0.00000001")


def chinese_vectors() -> list[Any]:
    if not VECTORS.exists():
        warnings.warn(f"published vectors are absent: {VECTORS}", stacklevel=1)
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"PUBLISHED VECTORS ABSENT: {VECTORS}"))]
    cases = [case for case in json.loads(VECTORS.read_text()) if case["id"].startswith("cn-")]
    return [pytest.param(case, id=case["id"]) for case in cases]


def level(received: str, payment: str, count: int = 12) -> list[Decimal]:
    return [Decimal(received), *[-Decimal(payment)] * count]


class TestVectors:
    @pytest.mark.parametrize("case", chinese_vectors())
    def test_the_published_figure_is_met(self, case: dict) -> None:
        flows = [Decimal(str(flow["amount"])) for flow in case["inputs"]["cashflows"]]

        cost = cost_by_periods(flows, case["inputs"]["periods_per_year"])

        figure = cost.compound if case["method"].endswith("COMPOUNDED") else cost.simple
        assert abs(figure * 100 - Decimal(str(case["expected_apr"]))) <= Decimal(str(case["tolerance"]))

    def test_the_flat_fee_trap_is_seen_through(self) -> None:
        cost = cost_by_periods(level("12000", "1072"))

        assert cost.simple == pytest.approx(Decimal("0.1303"), abs=Decimal("0.0001"))
        assert cost.compound == pytest.approx(Decimal("0.1384"), abs=Decimal("0.0001"))

    def test_interest_taken_in_advance_is_seen_through(self) -> None:
        cost = cost_by_periods(level("9500", "945.60"))

        assert cost.simple == pytest.approx(Decimal("0.3414"), abs=Decimal("0.0001"))


class TestShapes:
    start = date(2026, 1, 31)

    def cost(self, **changes: Any) -> AllInCost:
        facts = {"principal": Decimal("10000.00"), "annual_rate": Decimal("0.18"), "count": 12, "start_on": self.start}
        terms = LoanTerms(**{**facts, **changes})
        return cost_of(terms, build_schedule(terms))

    @pytest.mark.parametrize("method", [Method.EQUAL_INSTALMENTS, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY])
    def test_without_fees_the_simple_cost_is_the_contract_rate(self, method: Method) -> None:
        assert self.cost(method=method).simple == pytest.approx(Decimal("0.18"), abs=Decimal("0.00002"))

    def test_a_bullet_of_six_months_has_two_periods_a_year(self) -> None:
        cost = self.cost(method=Method.BULLET, count=6)

        assert cost.simple == pytest.approx(Decimal("0.18"), abs=Decimal("0.00002"))
        assert cost.compound == pytest.approx(Decimal("1.09") ** 2 - 1, abs=Decimal("0.00002"))

    @pytest.mark.parametrize(("frequency", "count"), [(Frequency.WEEK, 10), (Frequency.DAY, 30)])
    def test_weeks_and_days_count_by_the_365_day_year(self, frequency: Frequency, count: int) -> None:
        cost = self.cost(frequency=frequency, count=count)

        assert cost.simple == pytest.approx(Decimal("0.18"), abs=Decimal("0.0005"))

    def test_a_fee_raises_the_cost(self) -> None:
        assert self.cost(fee_total=Decimal("300.00")).simple > Decimal("0.23")

    def test_a_free_loan_costs_nothing(self) -> None:
        assert self.cost(annual_rate=Decimal(0)) == AllInCost(Decimal(0), Decimal(0))

    def test_an_uneven_first_period_is_counted_by_its_days(self) -> None:
        even = self.cost()
        longer = self.cost(first_due_on=date(2026, 3, 15))

        assert longer.compound == pytest.approx(even.compound, abs=Decimal("0.003"))
        assert longer != even

    def test_a_flat_charge_over_a_fortnight_stays_a_number(self) -> None:
        cost = self.cost(
            annual_rate=Decimal(0),
            flat_charge=Decimal("9000.00"),
            count=1,
            frequency=Frequency.DAY,
            first_due_on=date(2026, 2, 1),
        )

        assert cost.compound == Decimal(10) ** 9


def rows(*facts: tuple[date, str]) -> Schedule:
    """A schedule of instalments that are all principal: only dates and sums matter to a rate."""
    zero = Decimal("0.00")
    return Schedule(
        tuple(ScheduledInstalment(n + 1, on, on, Decimal(sum_), zero, zero) for n, (on, sum_) in enumerate(facts))
    )


class TestUneven:
    start = date(2026, 1, 1)

    def terms(self, **changes: Any) -> LoanTerms:
        facts = {"principal": Decimal("1000.00"), "annual_rate": Decimal("0.1"), "count": 2, "start_on": self.start}
        return LoanTerms(**{**facts, **changes})

    def test_drawdowns_count_from_the_day_each_goes_out(self) -> None:
        parts = (Drawdown(self.start, Decimal("500.00")), Drawdown(date(2027, 1, 1), Decimal("500.00")))

        cost = cost_of(self.terms(count=1, drawdowns=parts), rows((date(2028, 1, 1), "1155.00")))

        assert abs(cost.compound - Decimal("0.1")) <= TOLERANCE

    def test_drawdowns_count_by_their_days_though_the_instalments_are_even(self) -> None:
        """Two years of 365 days at ten per cent: 500.00 become 605.00, the second 500.00 become 550.00."""
        a_year_on = date(2027, 1, 1)
        parts = (Drawdown(self.start, Decimal("500.00")), Drawdown(a_year_on, Decimal("500.00")))
        terms = self.terms(every=12, drawdowns=parts)
        assert due_dates(terms) == [a_year_on, date(2028, 1, 1)]

        cost = cost_of(terms, rows((a_year_on, "0.00"), (date(2028, 1, 1), "1155.00")))

        assert abs(cost.compound - Decimal("0.1")) <= TOLERANCE

    def test_a_down_payment_on_the_first_day_lessens_what_is_received(self) -> None:
        instalments = rows((self.start, "200.00"), (date(2026, 2, 1), "404.00"), (date(2026, 3, 1), "408.00"))

        cost = cost_of(self.terms(), instalments)

        assert cost.simple == cost_by_periods([Decimal(800), Decimal(-404), Decimal(-408)]).simple

    def test_chosen_dates_are_counted_by_day(self) -> None:
        dates = (date(2026, 2, 11), date(2027, 1, 1))

        cost = cost_of(self.terms(due_dates=dates), rows((dates[0], "0.00"), (dates[1], "1100.00")))

        assert abs(cost.compound - Decimal("0.1")) <= TOLERANCE

    def test_one_sum_named_as_a_drawdown_is_still_one_sum(self) -> None:
        found = rows((date(2026, 2, 1), "505.00"), (date(2026, 3, 1), "505.00"))
        named = self.terms(drawdowns=(Drawdown(self.start, Decimal("1000.00")),))

        assert cost_of(named, found) == cost_of(self.terms(), found)
        assert cost_of(self.terms(), found) == cost_by_periods([Decimal(1000), Decimal(-505), Decimal(-505)])

    def test_a_first_period_counted_from_an_earlier_day_is_not_even(self) -> None:
        found = rows((date(2026, 1, 15), "505.00"), (date(2026, 2, 15), "505.00"))
        earlier = self.terms(schedule_start_on=date(2025, 12, 15))

        assert (
            cost_of(earlier, found)
            == cost_by_dates(flows_of(earlier, found))
            != cost_by_periods([Decimal(1000), Decimal(-505), Decimal(-505)])
        )

    def test_a_schedule_that_starts_on_the_very_day_is_even(self) -> None:
        found = rows((date(2026, 2, 1), "505.00"), (date(2026, 3, 1), "505.00"))

        assert cost_of(self.terms(schedule_start_on=self.start), found) == cost_of(self.terms(), found)

    def test_flows_are_what_goes_out_less_the_fee_and_every_instalment(self) -> None:
        second = date(2026, 1, 20)
        parts = (Drawdown(self.start, Decimal("400.00")), Drawdown(second, Decimal("600.00")))
        terms = self.terms(drawdowns=parts, fee_total=Decimal("30.00"), fee_timing=FeeTiming.DEDUCTED)

        assert flows_of(terms, rows((date(2026, 2, 1), "505.00"))) == [
            (self.start, Decimal("370.00")),
            (second, Decimal("600.00")),
            (date(2026, 2, 1), Decimal("-505.00")),
        ]

    @pytest.mark.parametrize(
        ("frequency", "every", "simple"),
        [
            (Frequency.DAY, 1, "0.365"),
            (Frequency.DAY, 5, "0.073"),
            (Frequency.WEEK, 1, "0.05214286"),  # 365 ÷ 7 weeks a year
            (Frequency.WEEK, 2, "0.02607143"),
            (Frequency.MONTH, 1, "0.012"),
            (Frequency.MONTH, 3, "0.004"),
        ],
    )
    def test_a_tenth_of_a_per_cent_a_period_is_as_many_as_the_year_has(
        self, frequency: Frequency, every: int, simple: str
    ) -> None:
        terms = self.terms(frequency=frequency, every=every, count=1)

        assert cost_of(terms, rows((due_dates(terms)[0], "1001.00"))).simple == Decimal(simple)

    def test_a_loan_due_once_has_as_many_periods_as_its_length_fits_into_a_year(self) -> None:
        terms = self.terms(method=Method.BULLET, count=3)

        assert cost_of(terms, rows((date(2026, 4, 1), "1001.00"))).simple == Decimal("0.004")

    def test_a_year_at_ten_per_cent_is_ten_per_cent_by_every_law(self) -> None:
        terms = self.terms(method=Method.BULLET, count=12)

        found = rates_of(terms, rows((date(2027, 1, 1), "1100.00")))

        assert found == AnnualRates(*[Decimal("0.1")] * 5)


class TestDates:
    def test_even_months_by_date_come_close_to_the_rate_by_period(self) -> None:
        flows = level("10000", "945.59")
        dated = [(add_months(date(2026, 1, 15), n), amount) for n, amount in enumerate(flows)]

        by_date, by_period = cost_by_dates(dated), cost_by_periods(flows)

        assert by_date.compound == pytest.approx(by_period.compound, abs=Decimal("0.003"))

    def test_a_year_by_date_is_exact(self) -> None:
        cost = cost_by_dates([(date(2026, 1, 1), Decimal(1000)), (date(2027, 1, 1), Decimal(-1100))])

        assert abs(cost.compound - Decimal("0.1")) <= TOLERANCE

    def test_less_paid_back_than_received_is_a_negative_rate(self) -> None:
        assert cost_by_periods([Decimal(1000), Decimal(-900)]).simple == pytest.approx(Decimal("-1.2"))

    def test_money_received_in_two_parts_has_a_rate(self) -> None:
        cost = cost_by_periods([Decimal(1000), Decimal(1000), Decimal(-2310)])

        assert abs(cost.simple - Decimal("1.2")) < Decimal("0.00000001")

    @pytest.mark.parametrize(
        "flows",
        [
            [1000, -1100],  # 10 %
            [1000, -900],  # -10 %
            [2000, -700, -500, -900, 800, -1300],  # paid, drawn again, paid
            [-50, 1000, -1100],  # a fee before the drawdown: of two roots the nearer one
            [80_000, -14_000, -17_000, -20_000, -23_000],  # less comes back than went out
        ],
    )
    def test_who_lends_and_who_borrows_have_the_same_rate(self, flows: list[int]) -> None:
        lent = cost_by_periods([Decimal(-flow) for flow in flows], 1)

        assert lent == cost_by_periods([Decimal(flow) for flow in flows], 1)
        assert abs(sum(Decimal(x) / (1 + lent.simple) ** n for n, x in enumerate(flows))) < Decimal("0.01")

    @pytest.mark.parametrize("flows", [[1000], [1000, 0], [0, -100], [1000, 200]])
    def test_flows_without_a_rate_are_refused(self, flows: list[int]) -> None:
        with pytest.raises(NoRate):
            cost_by_periods([Decimal(flow) for flow in flows])


class TestCap:
    def test_at_24_per_cent_the_simple_figure_passes_and_the_compound_one_does_not(self) -> None:
        cost = cost_by_periods(level("10000", "945.60"))

        assert not cost.exceeds(Decimal("0.24"))
        assert cost.exceeds(Decimal("0.24"), CapBasis.COMPOUND)

    def test_a_hundredth_of_a_per_cent_over_is_over(self) -> None:
        assert AllInCost(Decimal("0.2401"), Decimal("0.27")).exceeds(Decimal("0.24"))
        assert not AllInCost(Decimal("0.24004"), Decimal("0.27")).exceeds(Decimal("0.24"))
