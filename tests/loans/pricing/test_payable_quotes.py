"""Quotes ask for sums that can be paid, of instalments that each have something to pay, or are refused by name."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from loans.models import ProductVersion
from loans.pricing.quotes import Quote, ScheduleNotPossible, quote_for, schedule_as_json
from loans.schedules.schedule import build_schedule
from loans.schedules.terms import AmountsRefused, FirstPeriod, LoanTerms, Method
from tests.loans.factories import LoanFactory, ProductVersionFactory

ON = date(2026, 1, 15)
WHOLE: dict[str, Any] = {"instalment_multiple": Decimal(1)}


def a_version(code: str, **settings: Any) -> ProductVersion:
    return ProductVersionFactory(product__code=code, **{"annual_rate": Decimal(0), "max_count": 60, **settings})


def quoted(version: ProductVersion, principal: int = 1000, count: int = 3, **more: Any) -> Quote:
    return quote_for(version=version, principal=Decimal(principal), term_count=count, on=ON, **more)


def totals(quote: Quote) -> list[Decimal]:
    return [row.total for row in quote.schedule.instalments]


@pytest.mark.django_db
class TestSmallestSums:
    @pytest.mark.parametrize("settings", [WHOLE, {"rounding_step": Decimal(1)}], ids=["multiple", "step"])
    def test_a_thousand_over_three(self, settings: dict[str, Any]) -> None:
        assert totals(quoted(a_version("thirds", **settings))) == [334, 333, 333]

    def test_a_quarter_down(self) -> None:
        # 250.25 down; 751 over three
        version = a_version("down", down_payment_rate=Decimal("0.25"), **WHOLE)

        assert totals(quoted(version, 1001)) == [250, 251, 250, 250]

    def test_a_fee_is_charged_in_the_smallest_sum_and_spread_in_multiples(self) -> None:
        # 9.95 % of 1,001 is 99.5995
        version = a_version("fee", fee_rate=Decimal("0.0995"), rounding_step=Decimal(1))

        quote = quoted(version, 1001)

        assert quote.terms.fee_total == 100
        assert [row.fee for row in quote.schedule.instalments] == [34, 33, 33]


@pytest.mark.django_db
class TestNothingDue:
    @pytest.mark.parametrize(
        "settings",
        [
            {"annual_rate": Decimal("0.18"), "grace_on_principal": 2, "grace_on_interest_payment": 1},
            {"annual_rate": Decimal("0.18"), "grace_on_principal": 1, "grace_on_interest_charged": 1},
            {"method": "interest_only"},  # without interest
            {"grace_on_principal": 1},
            {"instalment_multiple": Decimal(500)},  # 500, 500, nothing
        ],
    )
    def test_an_instalment_with_nothing_to_pay_is_refused(self, settings: dict[str, Any]) -> None:
        with pytest.raises(ScheduleNotPossible, match="nothing to pay"):
            quoted(a_version("nothing", **settings))

    def test_what_waits_for_a_later_drawdown_is_not_on_the_contract(self) -> None:
        version = a_version("parts", allows_drawdowns=True, level_on="approved")

        quote = quoted(version, 900, 6, first_drawdown=Decimal(600))  # 150 a month until the 600 are repaid

        assert [row["total"] for row in schedule_as_json(quote.schedule)] == ["150.00"] * 4


@pytest.mark.django_db
def test_a_level_instalment_that_does_not_cover_the_interest_is_refused() -> None:
    # 1,000 at 18 % over 60 months is 25.39, rounded down to a multiple of 20 is 20; the interest is 15.00: it repays
    version = a_version("coarse", annual_rate=Decimal("0.18"), instalment_multiple=Decimal(20))
    assert quoted(version, count=60).schedule.instalments[0].principal == 5

    # at 24 % it is 28.76 and bears 20.00: nothing would ever be repaid before the last
    with pytest.raises(ScheduleNotPossible, match="not cover the interest"):
        quoted(version, count=60, annual_rate=Decimal("0.24"))


@pytest.mark.django_db
def test_flat_interest_never_follows_the_balance() -> None:
    """An agreed charge is owed whatever is paid when; it could not be cut for a pay-off. So no product has both."""
    version = a_version("following", recalculates=True)
    with pytest.raises(ScheduleNotPossible, match="cannot follow the balance"):
        quoted(version, flat_charge=Decimal("96.00"))

    version.interest_type = "flat"
    with pytest.raises(ValidationError, match="does not follow the balance"):
        version.validate_constraints()
    with pytest.raises(IntegrityError, match="loans_productversion_follows_balance"), transaction.atomic():
        version.save()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("flat", "constraint"),
    [
        ({"interest_type": "flat"}, "loans_loan_follows_balance"),
        ({"flat_charge": Decimal("96.00")}, "loans_loan_charge_is_fixed"),
    ],
)
def test_postgresql_refuses_a_loan_with_flat_interest_that_follows_the_balance(
    flat: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        LoanFactory(recalculates=True, **flat)


# --- what is agreed for one loan ---------------------------------------------------------------------------------------
def priced(**changes: Any) -> list[Decimal]:
    """1,200.00 over four months at one per cent a month: 12.00 of interest in the first."""
    facts: dict[str, Any] = {"principal": Decimal(1200), "annual_rate": Decimal("0.12"), "count": 4, "start_on": ON}
    return [row.total for row in build_schedule(LoanTerms(**facts | changes)).instalments]


def custom(*amounts: str, **more: Any) -> list[Decimal]:
    return priced(method=Method.CUSTOM, amounts=tuple(Decimal(amount) for amount in amounts), **more)


def test_a_fixed_instalment_covers_the_interest_or_is_refused() -> None:
    assert priced(fixed_instalment=Decimal("12.00")) == [12, 12, 12, 1212]

    with pytest.raises(AmountsRefused, match=r"instalment 1 of 11\.99 would not cover its interest of 12\.00"):
        priced(fixed_instalment=Decimal("11.99"))


@pytest.mark.parametrize(
    ("amounts", "number"), [(("11.99", "12", "12"), 1), (("112", "10.99", "12"), 2), (("12", "12", "0"), 3)]
)
def test_agreed_amounts_cover_the_interest_or_are_refused(amounts: tuple[str, ...], number: int) -> None:
    with pytest.raises(AmountsRefused, match=f"instalment {number} "):
        custom(*amounts)


def test_deferred_interest_is_no_interest_of_the_instalment_it_falls_due_with() -> None:
    # 100.00 and its own 11.00, and the 12.00 of the month before
    assert custom("112", "111", "110", grace_on_interest_payment=1)[:2] == [100, 123]


def test_a_long_first_month_asks_for_more() -> None:
    # 15 January to 15 March: a month and 28 days are 24 of 59 days' 23.28 more than a fixed 20.00 covers
    with pytest.raises(AmountsRefused, match="instalment 1"):
        priced(fixed_instalment=Decimal("20.00"), first_due_on=date(2026, 3, 20), first_period=FirstPeriod.CHARGED)


def test_agreed_amounts_are_sums_that_can_be_paid() -> None:
    with pytest.raises(AmountsRefused, match="no multiple of"):
        priced(fixed_instalment=Decimal("300.005"))


def test_amounts_that_repay_the_loan_too_early_are_refused() -> None:
    with pytest.raises(AmountsRefused, match="before instalment 3"):
        priced(fixed_instalment=Decimal(900))
    with pytest.raises(AmountsRefused, match="before instalment 3"):
        custom("700", "700", "10")
