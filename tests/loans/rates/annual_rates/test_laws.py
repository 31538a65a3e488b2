"""What holds of every annual rate: a loan at a rate costs that rate, a fee makes it dearer, nothing costs nothing."""

from datetime import date
from decimal import Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendars import add_months
from loans.rates.annual_rates.appendix_j import us_apr
from loans.rates.annual_rates.aprc import aprc_by_dates
from loans.rates.annual_rates.dated import xirr
from loans.rates.annual_rates.periodic import compounded, effective, months_of_year, nominal

START = date(2026, 1, 15)
NEAR = Decimal("1e-18")
MONTHLY = st.decimals(min_value="0.000001", max_value="9", places=6)
COUNTS = st.integers(min_value=1, max_value=120)


def level_flows(rate: Decimal, count: int) -> list[tuple[int, Decimal]]:
    with localcontext(prec=60):
        payment = 1000 * rate / (1 - (1 + rate) ** -count)
    return [(0, Decimal(1000)), *((n, -payment) for n in range(1, count + 1))]


def by_date(flows: list[tuple[int, Decimal]]) -> list[tuple[date, Decimal]]:
    return [(add_months(START, n), amount) for n, amount in flows]


@settings(deadline=None)
@given(rate=MONTHLY, count=COUNTS)
def test_level_payments_at_a_rate_have_that_rate(rate: Decimal, count: int) -> None:
    flows = level_flows(rate, count)

    assert abs(nominal(flows) - 12 * rate) < NEAR
    assert abs(effective(flows) - compounded(12 * rate)) < NEAR * compounded(12 * rate).max(1)


@settings(deadline=None)
@given(rate=MONTHLY, count=st.integers(min_value=2, max_value=60))
def test_every_law_agrees_where_all_months_are_whole(rate: Decimal, count: int) -> None:
    flows = by_date(level_flows(rate, count))

    assert abs(us_apr(flows).rate - 12 * rate) < NEAR
    assert abs(aprc_by_dates(flows) - compounded(12 * rate)) < NEAR * compounded(12 * rate).max(1)


@pytest.mark.long
@settings(deadline=None)
@given(rate=MONTHLY, count=COUNTS, fee=st.decimals(min_value="0.01", max_value="100", places=2))
def test_a_fee_makes_every_figure_higher(rate: Decimal, count: int, fee: Decimal) -> None:
    flows = by_date(level_flows(rate, count))
    with_fee = [*flows, (flows[1][0], -fee)]

    assert us_apr(with_fee).rate > us_apr(flows).rate
    assert aprc_by_dates(with_fee) > aprc_by_dates(flows)
    assert xirr(with_fee) > xirr(flows)


@settings(deadline=None)
@given(parts=st.lists(st.integers(min_value=1, max_value=10**6), min_size=1, max_size=40))
def test_what_is_only_paid_back_costs_nothing(parts: list[int]) -> None:
    flows = by_date([(0, Decimal(sum(parts))), *((n, -Decimal(part)) for n, part in enumerate(parts, 1))])

    assert (us_apr(flows).rate, aprc_by_dates(flows), xirr(flows)) == (0, 0, 0)


@given(rate=st.decimals(min_value="0", max_value="800", places=4))
def test_compounding_and_its_inverse_agree(rate: Decimal) -> None:
    assert abs(months_of_year(compounded(rate)) - rate) < NEAR
