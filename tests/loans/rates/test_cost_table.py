"""The table of all costs, the rates of a quote by each law, and what the market has shown."""

from datetime import date
from decimal import Decimal

import pytest

from core.rules import forget_cached_rules
from loans.pricing.quotes import Quote, quote_for
from loans.rates.cost_table import CostKind, components_of, total_cost
from tests.core.factories import without_rule
from tests.loans.factories import ON, ProductVersionFactory

pytestmark = pytest.mark.django_db


def quote(**changes: object) -> Quote:
    version = ProductVersionFactory(fee_rate=Decimal("0.01"), fee_due="first", fee_payee="某担保公司", **changes)
    return quote_for(version=version, principal=Decimal("10000.00"), term_count=12, on=ON)


def test_every_cost_is_listed_by_who_charges_it_and_when() -> None:
    interest, fee = quote().components

    assert (interest.kind, interest.payee, len(interest.parts)) == (CostKind.INTEREST, "lender", 12)
    assert (fee.kind, fee.payee, fee.amount) == (CostKind.FEE, "某担保公司", Decimal("100.00"))
    assert fee.first_due_on == fee.last_due_on == date(2026, 7, 15)


def test_the_parts_sum_to_the_total_cost() -> None:
    made = quote()

    assert total_cost(made.components) == made.total_cost
    assert made.total_cost == made.schedule.total_interest + Decimal("100.00")


def test_a_loan_that_costs_nothing_still_has_its_table() -> None:
    (interest,) = components_of([])

    assert (interest.amount, interest.first_due_on) == (Decimal(0), None)


def test_each_law_gives_its_rate() -> None:
    rates = quote().rates

    assert rates.cn_simple == quote().cost.simple
    assert abs(rates.us_apr - rates.cn_simple) < Decimal("0.000001")
    assert abs(rates.eu_aprc - rates.cn_compound) < Decimal("0.000001")
    assert abs(rates.xirr - rates.eu_aprc) < Decimal("0.005")


def test_the_rule_of_the_market_chooses_what_is_shown() -> None:
    assert quote().rates_shown == ("cn_simple", "cn_compound")
    without_rule("rates_shown")
    forget_cached_rules()

    assert quote().rates_shown == ("cn_simple", "cn_compound", "eu_aprc", "us_apr", "xirr")
