"""The number of instalments that follows from an agreed one: counts and last instalments by another road than the code's."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.schedules.agreed_instalment import BelowCharges, NoMultiple, NotAgreeable, TooFew, TooMany, terms_from
from loans.schedules.schedule import build_schedule, require_something_due
from loans.schedules.terms import FeeTiming, Frequency, InterestType, LoanTerms, Method, Rounding

START = date(2026, 1, 15)


def agreed(amount: str, *, fewest: int = 1, most: int = 60, **changes: Any) -> LoanTerms:
    """10,000.00 at 18 % a year, unless told otherwise, with instalments of ``amount``."""
    facts = {"principal": Decimal("10000.00"), "annual_rate": Decimal("0.18"), "count": most, "start_on": START}
    return terms_from(LoanTerms(**(facts | changes)), Decimal(amount), fewest=fewest, most=most)


def totals(terms: LoanTerms) -> list[Decimal]:
    schedule = build_schedule(terms)
    require_something_due(terms, schedule)
    return [row.total for row in schedule.instalments]


def cent(amount: Fraction) -> Fraction:
    """Half a cent and more is a cent."""
    return Fraction(int(amount * 100 + Fraction(1, 2)), 100)


def by_hand(balance: Fraction, rate: Fraction, amount: Fraction) -> list[Fraction]:
    """Pay ``amount`` a period for interest at ``rate`` until no more than that is owed."""
    paid = []
    while balance + cent(balance * rate) > amount:
        balance += cent(balance * rate) - amount
        paid.append(amount)
    return [*paid, balance + cent(balance * rate)]


def test_ten_thousand_at_a_thousand_a_month() -> None:
    """1.5 % a month: eleven instalments, the last of 916.22."""
    expected = by_hand(Fraction(10000), Fraction(18, 1200), Fraction(1000))

    found = totals(agreed("1000.00"))

    assert len(found) == 11
    assert (found[:10], found[10]) == ([Decimal("1000.00")] * 10, Decimal("916.22"))
    assert [Fraction(total) for total in found] == expected


def test_a_fee_spread_over_them_is_part_of_what_can_be_paid() -> None:
    """600.00 over twelve are 50.00 each, so that 950.00 pay interest and principal; over eleven 945.45 would not do."""
    terms = agreed("1000.00", fee_total=Decimal("600.00"))

    found = totals(terms)
    assert terms.count == len(found) == 12
    assert terms.fixed_instalment == Decimal("950.00")
    assert found[:-1] == [Decimal("1000.00")] * 11
    assert Fraction(found[-1]) - 50 == by_hand(Fraction(10000), Fraction(18, 1200), Fraction(950))[-1]


def test_a_fee_due_with_the_first_comes_on_top_of_it() -> None:
    found = totals(agreed("1000.00", fee_total=Decimal("200.00"), fee_timing=FeeTiming.FIRST))

    assert found[:3] == [Decimal("1200.00"), Decimal("1000.00"), Decimal("1000.00")]
    assert len(found) == 11


def test_of_equal_principal_the_part_of_principal_is_agreed() -> None:
    """10,000 in parts of 1,500: six of them and 1,000 at the last; interest 150.00 at first, 15.00 at the last."""
    terms = agreed("1500.00", method=Method.EQUAL_PRINCIPAL)

    rows = build_schedule(terms).instalments
    assert [row.principal for row in rows] == [Decimal("1500.00")] * 6 + [Decimal("1000.00")]
    assert (rows[0].interest, rows[-1].interest) == (Decimal("150.00"), Decimal("15.00"))


@pytest.mark.parametrize(
    ("frequency", "every", "days"), [(Frequency.WEEK, 1, 7), (Frequency.WEEK, 2, 14), (Frequency.DAY, 10, 10)]
)
def test_by_weeks_and_days(frequency: Frequency, every: int, days: int) -> None:
    terms = agreed("500.00", frequency=frequency, every=every)

    expected = by_hand(Fraction(10000), Fraction(18 * days, 36500), Fraction(500))
    assert [Fraction(total) for total in totals(terms)] == expected
    assert build_schedule(terms).instalments[-1].due_on == START + timedelta(days=days * len(expected))


def test_an_instalment_is_a_multiple_of_what_the_product_says() -> None:
    rounding = Rounding(multiple=Decimal(100))

    assert totals(agreed("900.00", rounding=rounding))[0] == Decimal("900.00")
    with pytest.raises(NoMultiple) as refused:
        agreed("950.00", rounding=rounding)
    assert refused.value.least == Decimal(100)


def test_what_does_not_cover_the_interest_names_the_least_that_would_do() -> None:
    """150.00 of interest a month. Over sixty months 253.94 repay it (10,000 × 0.015 / (1 − 1.015⁻⁶⁰) = 253.934)."""
    with pytest.raises(BelowCharges) as refused:
        agreed("150.00")
    assert (refused.value.charges, refused.value.least) == (Decimal("150.00"), Decimal("253.94"))

    assert agreed("253.94").count == 60
    with pytest.raises(TooMany) as long:
        agreed("253.93")
    assert long.value.least == Decimal("253.94")


def test_a_fee_counts_among_what_must_be_covered() -> None:
    with pytest.raises(BelowCharges) as refused:
        agreed("160.00", fee_total=Decimal("600.00"))  # 10.00 of fee in each of sixty
    assert refused.value.charges == Decimal("160.00")


def test_fewer_than_the_product_sells_are_refused() -> None:
    with pytest.raises(TooFew) as refused:
        agreed("6000.00", fewest=3)
    assert refused.value.count == 2


@pytest.mark.parametrize(
    "changes", [{"method": Method.INTEREST_ONLY}, {"method": Method.BULLET}, {"interest_type": InterestType.FLAT}]
)
def test_other_methods_have_no_instalment_to_agree_on(changes: dict[str, Any]) -> None:
    with pytest.raises(NotAgreeable):
        agreed("1000.00", **changes)


def the_least(asked: Decimal, **facts: Any) -> Decimal:
    """What a refusal of ``asked`` names as the least; nothing where it is not refused."""
    try:
        agreed(str(asked), most=120, **facts)
    except (BelowCharges, TooMany) as refused:
        return refused.least
    return Decimal(0)


@given(
    amount=st.integers(200, 900_000),
    rate=st.sampled_from(["0", "0.0725", "0.18", "0.36"]),
    fee=st.sampled_from(["0.00", "37.50"]),
    method=st.sampled_from([Method.EQUAL_INSTALMENTS, Method.EQUAL_PRINCIPAL]),
    grace=st.integers(0, 2),
)
def test_it_is_the_fewest_and_the_last_is_the_smallest(
    amount: int, rate: str, fee: str, method: Method, grace: int
) -> None:
    """All principal comes back, nothing is left over, and one instalment fewer would ask for more at the last."""
    asked = Decimal(amount) / 100
    facts = {"annual_rate": Decimal(rate), "fee_total": Decimal(fee), "method": method, "grace_on_principal": grace}
    asked = max(asked, the_least(asked, **facts))
    terms = agreed(str(asked), most=120, **facts)
    rows = build_schedule(terms).instalments
    assert sum(row.principal for row in rows) == Decimal("10000.00")
    assert all(row.principal for row in rows[grace:])
    if method is Method.EQUAL_INSTALMENTS:
        assert all(row.total <= asked for row in rows[grace:])
        assert all(row.total > asked - Decimal("0.02") for row in rows[grace:-1])
    else:
        assert {row.principal for row in rows[grace:-1]} <= {asked}
        assert rows[-1].principal <= asked
