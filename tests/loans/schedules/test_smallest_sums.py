"""The smallest sum of a currency and the multiples of an instalment hold for every way a loan comes back."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.money import ZERO, split, split_evenly
from loans.schedules.schedule import Schedule, build_schedule
from loans.schedules.terms import (
    EmiRule,
    FirstPeriod,
    InterestType,
    LoanTerms,
    Method,
    Residue,
    Rounding,
    RoundingMode,
    Stage,
)

ONE = Decimal(1)
BY_MULTIPLE, BY_STEP = Rounding(multiple=ONE), Rounding(step=ONE)
BOTH = pytest.mark.parametrize("rounding", [BY_MULTIPLE, BY_STEP], ids=["multiple", "step"])
THIRDS = (Stage(2, Decimal("0.3333")), Stage(1, Decimal("0.6667")))


def made(**changes: Any) -> Schedule:
    """1,000.00 over three months without interest."""
    facts = {"principal": Decimal(1000), "annual_rate": Decimal(0), "count": 3, "start_on": date(2026, 1, 15)}
    return build_schedule(LoanTerms(**{**facts, **changes}))


def principal(schedule: Schedule) -> list[Decimal]:
    return [row.principal for row in schedule.instalments]


@BOTH
@pytest.mark.parametrize("method", [Method.EQUAL_INSTALMENTS, Method.EQUAL_PRINCIPAL])
def test_a_thousand_over_three_is_repaid_in_whole_units(rounding: Rounding, method: Method) -> None:
    assert principal(made(rounding=rounding, method=method)) == [334, 333, 333]


@BOTH
def test_a_down_payment_and_what_is_left_of_it_are_whole_units(rounding: Rounding) -> None:
    # a quarter of 1,001 is 250.25; 751 over three
    schedule = made(rounding=rounding, principal=Decimal(1001), down_payment_rate=Decimal("0.25"))

    assert principal(schedule) == [250, 251, 250, 250]


@BOTH
def test_a_balloon_is_a_whole_unit_with_interest_and_without(rounding: Rounding) -> None:
    # 33.33 % of 1,000 is 333.30; 667 over three
    free = made(rounding=rounding, method=Method.BALLOON, balloon_rate=Decimal("0.3333"))
    # (1,000 − 333 ÷ 1.015³) × 0.015 ÷ (1 − 1.015⁻³) = 234.04…
    charged = made(
        rounding=rounding, method=Method.BALLOON, balloon_rate=Decimal("0.3333"), annual_rate=Decimal("0.18")
    )

    assert principal(free) == [223, 222, 555]
    assert [row.total for row in charged.instalments[:2]] == [234, 234]


@BOTH
def test_stages_are_whole_units(rounding: Rounding) -> None:
    # 33.33 % of 1,000 over two, the rest at once
    assert principal(made(rounding=rounding, method=Method.STAGES, stages=THIRDS)) == [167, 166, 667]


@BOTH
def test_a_fee_is_spread_in_whole_units(rounding: Rounding) -> None:
    schedule = made(rounding=rounding, fee_total=Decimal(100))

    assert [row.fee for row in schedule.instalments] == [34, 33, 33]


def test_a_flat_charge_is_shared_in_the_smallest_sum() -> None:
    charged = made(rounding=BY_STEP, flat_charge=Decimal(100))

    assert [row.interest for row in charged.instalments] == [34, 33, 33]
    assert principal(charged) == [334, 333, 333]


def test_a_level_flat_instalment_is_a_multiple_and_waits_out_the_grace_on_principal() -> None:
    # 100 in thirds is 33.34, 33.33, 33.33; the first bears no principal: 1,000 ÷ 2 + 33.33 = 533.33, down to 533
    charged = made(rounding=BY_MULTIPLE, flat_charge=Decimal(100), grace_on_principal=1)

    assert [row.total for row in charged.instalments] == [Decimal("33.34"), 533, Decimal("533.66")]
    assert principal(charged) == [0, Decimal("499.67"), Decimal("500.33")]


@pytest.mark.parametrize("residue", [Residue.LAST, Residue.FIRST])
def test_the_residue_of_a_balloon_goes_where_it_is_agreed(residue: Residue) -> None:
    # 1,000 less 500 over three: 166.67 twice, 166.66 where the residue goes
    rounding = Rounding(residue=residue)
    found = principal(made(rounding=rounding, method=Method.BALLOON, balloon_rate=Decimal("0.5")))

    parts = [Decimal("166.67"), Decimal("166.67"), Decimal("166.66")]
    parts = parts[::-1] if residue is Residue.FIRST else parts
    assert found == [*parts[:2], parts[2] + 500]


def test_odd_days_of_a_first_period_are_spread_in_the_smallest_sum() -> None:
    # 1,000 at 12 %: 31 January to 15 March is 45 days from 29 January; 45 ÷ 365 × 120 = 14.79 less a month's 10.00: 5
    schedule = made(
        annual_rate=Decimal("0.12"),
        start_on=date(2026, 1, 29),
        first_due_on=date(2026, 3, 15),
        first_period=FirstPeriod.SPREAD,
        rounding=BY_STEP,
        method=Method.INTEREST_ONLY,
    )

    assert [row.interest for row in schedule.instalments] == [12, 12, 11]


def test_what_is_no_whole_step_goes_to_the_last_share() -> None:
    assert split_evenly(Decimal("1000.50"), 3, ONE) == [334, 333, Decimal("333.50")]
    assert split_evenly(Decimal("-1000.50"), 3, ONE) == [-334, -333, Decimal("-333.50")]
    assert split(Decimal("10.05"), [1, 1, 0], ONE) == [5, Decimal("5.05"), 0]


ways = st.fixed_dictionaries(
    {
        "principal": st.integers(1, 4000).map(lambda n: Decimal(n * 100)),
        "annual_rate": st.sampled_from([Decimal(0), Decimal("0.0365"), Decimal("0.18")]),
        "count": st.integers(2, 24),
        "method": st.sampled_from([m for m in Method if m not in (Method.CUSTOM, Method.BULLET)]),
        "interest_type": st.sampled_from(list(InterestType)),
        "down_payment_rate": st.sampled_from([Decimal(0), Decimal("0.07"), Decimal("0.25")]),
        "grace_on_principal": st.integers(0, 1),
        "grace_on_interest_payment": st.integers(0, 1),
        "fee_total": st.sampled_from([ZERO, Decimal(100), Decimal(1700)]),
    }
)
roundings = st.builds(
    lambda step, times, **how: Rounding(step=Decimal(step), multiple=times and Decimal(step) * times, **how),
    st.sampled_from(["0.01", "0.05", "1", "100"]),
    st.sampled_from([None, 1, 5]),
    mode=st.sampled_from(list(RoundingMode)),
    residue=st.sampled_from(list(Residue)),
    emi=st.sampled_from(list(EmiRule)),
)


@given(ways, roundings)
def test_every_amount_is_payable_and_every_share_of_the_loan_a_multiple(
    way: dict[str, Any], rounding: Rounding
) -> None:
    count = way["count"]
    if way["method"] is Method.STAGES:
        repaying = count - way["grace_on_principal"]
        assume(repaying > 1)
        way = way | {"stages": (Stage(repaying - 1, Decimal("0.3")), Stage(1, Decimal("0.7")))}
    if way["method"] is Method.BALLOON:
        way = way | {"balloon_rate": Decimal("0.4")}

    schedule = made(**way, rounding=rounding)

    for row in schedule.instalments:
        assert not row.principal % rounding.step and not row.interest % rounding.step and not row.fee % rounding.step
    assert schedule.principal == way["principal"]
    whole_parts = not way["annual_rate"] or way["method"] not in (Method.EQUAL_INSTALMENTS, Method.BALLOON)
    if whole_parts:  # what rounding leaves is with the last of them, or the first
        odd = [row for row in schedule.instalments if row.principal % rounding.unit]
        assert len(odd) <= 1
