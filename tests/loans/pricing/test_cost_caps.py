"""Caps by date and by lender type, the index they follow, and the refusals that name figure and cap."""

from datetime import date
from decimal import Decimal

import pytest

from loans.acts.performing import perform
from loans.acts.running_cost import FeeBreaksCap
from loans.models import LoanAct
from loans.pricing.cost_caps import AllInCostTooHigh, CostCap, LenderTypeNotCovered, cost_cap, require_cost_within
from loans.pricing.index_rates import IndexRateUnknown, index_history, index_rate
from loans.rates.apr import AllInCost, CapBasis
from tests.core.factories import RuleFactory
from tests.loans.acts.test_acts import ON, fees, wish
from tests.loans.books import close_until
from tests.loans.factories import LoanFactory

pytestmark = pytest.mark.django_db


def set_rule(code: str, on: date, data: dict) -> None:
    RuleFactory(code=code, effective_from=on, data=data)


class TestIndex:
    @pytest.mark.parametrize(
        ("on", "rate"),
        [
            (date(2019, 8, 20), "0.0425"),
            (date(2020, 4, 19), "0.0405"),
            (date(2020, 4, 20), "0.0385"),
            (date(2024, 10, 20), "0.0335"),
            (date(2024, 10, 21), "0.0310"),
            (date(2026, 6, 15), "0.0300"),
        ],
    )
    def test_the_rate_published_last_holds(self, on: date, rate: str) -> None:
        assert index_rate("LPR1Y", on) == Decimal(rate)

    def test_the_history_rises_by_date(self) -> None:
        history = index_history("LPR1Y")

        assert history[0] == (date(2019, 8, 20), Decimal("0.0425"))
        assert [on for on, _rate in history] == sorted(on for on, _rate in history)

    def test_a_row_of_the_staff_counts_from_its_day(self) -> None:
        set_rule("index_rates", date(2026, 7, 20), {"LPR1Y": "0.0290"})

        assert index_rate("LPR1Y", date(2026, 7, 19)) == Decimal("0.03")
        assert index_rate("LPR1Y", date(2026, 7, 20)) == Decimal("0.029")

    def test_a_row_of_another_index_leaves_this_one_alone(self) -> None:
        set_rule("index_rates", date(2026, 7, 20), {"SHIBOR3M": "0.0160"})

        assert index_rate("LPR1Y", date(2026, 8, 1)) == Decimal("0.03")
        assert index_history("SHIBOR3M") == [(date(2026, 7, 20), Decimal("0.0160"))]

    @pytest.mark.parametrize(("code", "on"), [("LPR1Y", date(2019, 8, 19)), ("NOTHING", date(2026, 1, 1))])
    def test_what_was_never_published_is_refused(self, code: str, on: date) -> None:
        with pytest.raises(IndexRateUnknown):
            index_rate(code, on)


class TestCap:
    @pytest.mark.parametrize(
        ("on", "lender_type", "rate"),
        [
            (date(2026, 6, 15), None, "0.24"),
            (date(2026, 6, 15), "consumer_finance_company", "0.24"),
            (date(2026, 6, 15), "bank", "0.24"),
            (date(2026, 6, 15), "private_lender", "0.12"),
            (date(2020, 9, 1), "private_lender", "0.1540"),
            (date(2027, 12, 31), "microloan_company", "0.24"),
            (date(2028, 1, 1), "microloan_company", "0.12"),
            (date(2028, 1, 1), "bank", "0.24"),
        ],
    )
    def test_date_and_licence_choose_it(self, on: date, lender_type: str | None, rate: str) -> None:
        assert cost_cap(on, "CN", lender_type) == CostCap(Decimal(rate))

    def test_the_licence_of_the_house_is_a_rule(self) -> None:
        set_rule("lender_type", date(2026, 1, 1), {"lender_type": "private_lender"})

        assert cost_cap(date(2026, 6, 15), "CN").rate == Decimal("0.12")

    def test_a_licence_without_caps_is_told(self) -> None:
        with pytest.raises(LenderTypeNotCovered):
            cost_cap(date(2026, 6, 15), "CN", "pawnbroker")

    def test_the_lowest_of_caps_on_both_bases_holds(self) -> None:
        caps = [{"annual_rate": "0.24"}, {"annual_rate": "0.26", "basis": "compound"}]
        set_rule("cost_cap", date(2026, 6, 1), {"lender_types": {"microloan_company": caps}})

        assert cost_cap(date(2026, 6, 15), "CN") == CostCap(Decimal("0.26"), CapBasis.COMPOUND)

    def test_a_licence_may_have_no_cap(self) -> None:
        set_rule("cost_cap", date(2026, 6, 1), {"lender_types": {"microloan_company": []}})

        assert cost_cap(date(2026, 6, 15), "CN").rate is None

    def test_a_breach_names_figure_and_cap(self) -> None:
        with pytest.raises(AllInCostTooHigh) as refused:
            require_cost_within(CostCap(Decimal("0.12")), AllInCost(Decimal("0.1801"), Decimal("0.1957")))

        assert "18.01%" in refused.value.detail
        assert "12.00%" in refused.value.detail


class TestFeeOnRunningLoan:
    def test_a_fee_within_the_cap_is_added(self) -> None:
        loan = LoanFactory(active=True)

        perform(wish(loan, "fee_added", ON, amount=Decimal("100.00")))

        assert Decimal("100.00") in fees(loan)

    def test_a_fee_over_the_cap_is_refused_with_both_numbers(self) -> None:
        loan = LoanFactory(active=True)

        with pytest.raises(FeeBreaksCap) as refused:
            perform(wish(loan, "fee_added", ON, amount=Decimal("900.00")))

        assert refused.value.context["cap"] == "24.00%"
        assert Decimal(refused.value.context["figure"].rstrip("%")) > 24
        assert not LoanAct.objects.exists()

    def test_fees_are_counted_together(self) -> None:
        loan = LoanFactory(active=True)
        perform(wish(loan, "fee_added", ON, amount=Decimal("300.00")))

        with pytest.raises(FeeBreaksCap):
            perform(wish(loan, "fee_added", ON, amount=Decimal("300.01")))

    def test_the_cap_of_the_day_the_loan_began_holds(self) -> None:
        loan = LoanFactory(active=True)
        set_rule("cost_cap", date(2026, 2, 1), {"annual_rate": "0.10"})
        close_until(date(2026, 2, 9))

        perform(wish(loan, "fee_added", ON, amount=Decimal("25.00")))

        assert Decimal("25.00") in fees(loan)
