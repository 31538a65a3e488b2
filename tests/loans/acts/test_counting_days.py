"""Days an extension adds are counted as the product counts days; half a flat loan given back bears half its interest."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loans.acts.performing import perform
from loans.models import Instalment, Loan
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan
from tests.loans.factories import LoanFactory, ProductVersionFactory
from tests.loans.servicing.test_repayments import assert_books_agree, pay

pytestmark = pytest.mark.django_db
EARLY = date(2026, 2, 1)
BY_DAY: dict[str, Any] = {"interest_by": "day"}


def rows(loan: Loan) -> list[Instalment]:
    return list(Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number"))


@pytest.mark.parametrize(
    ("settings", "added"),
    [
        # 12,000 at 18 % for ten days from 15 February: 21,600 over 365, over 360, over 364
        ({}, "59.18"),
        ({"day_count": "act_360"}, "60.00"),
        ({"day_count": "act_360", **BY_DAY}, "60.00"),
        ({"day_count": "act_364", **BY_DAY}, "59.34"),
        # of the month to 15 March, a twelfth of the year, ten of 28 days
        ({"day_count": "act_act_icma", **BY_DAY}, "64.29"),
    ],
)
def test_an_extension_counts_days_as_the_product_does(settings: dict[str, Any], added: str) -> None:
    loan = a_running_loan(**settings)
    before = rows(loan)[0].interest

    perform(wish(loan, "extension", EARLY, days=10))

    assert rows(loan)[0].interest - before == Decimal(added)
    assert rows(loan)[0].due_on == date(2026, 2, 25)
    assert_books_agree(loan)


def test_thirty_days_a_month_are_counted_by_thirty() -> None:
    # 15 February to 17 March: 32 days of 360
    loan = a_running_loan(day_count="30_360", **BY_DAY)
    before = rows(loan)[0].interest

    perform(wish(loan, "extension", EARLY, days=30))

    assert rows(loan)[0].interest - before == Decimal("192.00")


def test_weeks_count_their_days_too() -> None:
    # 12,000 at 18 % for seven days of 360
    loan = a_running_loan(frequency="week", day_count="act_360")
    before = rows(loan)[0].interest

    perform(wish(loan, "extension", date(2026, 1, 16), days=7))

    assert rows(loan)[0].interest - before == Decimal("42.00")


@pytest.mark.parametrize(
    ("kind", "values", "added"),
    [
        ("extension", {"days": 10}, "59"),  # 59.18
        ("due_day_changed", {"day": 25}, "59"),
        ("payment_holiday", {"count": 1, "interest": "first"}, "180"),
    ],
)
def test_time_is_charged_in_the_smallest_sum(kind: str, values: dict[str, Any], added: str) -> None:
    loan = a_running_loan(rounding_step=Decimal(1))
    before = rows(loan)[0].interest

    perform(wish(loan, kind, EARLY, **values))

    assert rows(loan)[0].interest - before == Decimal(added)


@pytest.mark.parametrize(
    ("kind", "values", "added"),
    [
        ("extension", {"days": 10}, "59.18"),
        ("due_day_changed", {"day": 25}, "59.18"),
        ("payment_holiday", {"count": 2, "interest": "first"}, "360.00"),
        ("payment_holiday", {"count": 2, "interest": "spread"}, "360.00"),
    ],
)
def test_time_leaves_every_instalment_but_the_last_a_multiple(kind: str, values: dict[str, Any], added: str) -> None:
    loan = a_running_loan(instalment_multiple=Decimal(5))  # 1,100.15 a month is 1,100
    interest = sum(row.interest for row in rows(loan))

    perform(wish(loan, kind, EARLY, **values))

    after = rows(loan)
    assert all(not (row.principal + row.interest) % 5 for row in after[:-1])
    assert sum(row.interest for row in after) == interest + Decimal(added)
    assert_books_agree(loan)


def test_overdue_money_and_a_new_plan_are_shared_in_the_smallest_sum() -> None:
    for kind, values in (("overdue_reaged", {"count": 3, "priced": True}), ("reamortised", {"count": 7})):
        loan = a_running_loan(rounding_step=Decimal(1), annual_rate=Decimal(0))

        perform(wish(loan, kind, date(2026, 3, 1), **values), approved=True)

        assert all(not row.principal % 1 and not row.interest % 1 for row in rows(loan))


def test_what_is_settled_capitalised_or_held_is_in_the_smallest_sum() -> None:
    # 17 of the 31 days of 180 are 98.71; ten days held of 180 are 58.06
    for kind, values, expected in (
        ("interest_capitalised", {}, 99),
        ("hold_placed", {"until": date(2026, 2, 10), "stops": "interest"}, 180 - 58),
    ):
        loan = a_running_loan(rounding_step=Decimal(1))

        perform(wish(loan, kind, EARLY, **values), approved=True)

        assert rows(loan)[0].interest == expected
        assert all(not row.principal % 1 and not row.interest % 1 for row in rows(loan))
        assert_books_agree(loan)

    loan = a_running_loan(rounding_step=Decimal(1))
    pay(loan, "12099.00", EARLY, settles_early=True)
    loan.refresh_from_db()
    assert loan.status == "settled"
    assert_books_agree(loan)


def a_flat_purchase() -> Loan:
    version = ProductVersionFactory(product__code="flat-phones", is_purchase=True)
    return LoanFactory(active=True, product_version=version, interest_type="flat")


def test_half_a_flat_loan_refunded_unwinds_half_its_interest() -> None:
    loan = a_flat_purchase()
    assert [row.interest for row in rows(loan)] == [180] * 12

    perform(wish(loan, "merchant_refund", date(2026, 1, 15), amount=Decimal("6000.00")))

    assert [(row.principal, row.interest) for row in rows(loan)] == [(500, 90)] * 12
    assert_books_agree(loan)


def test_until_the_refund_the_whole_was_lent() -> None:
    loan = a_flat_purchase()

    perform(wish(loan, "merchant_refund", date(2026, 2, 1), amount=Decimal("6000.00")))

    # 17 of 31 days on all of it: 180 × (17 + 14 ÷ 2) ÷ 31 = 139.35
    assert [row.interest for row in rows(loan)] == [Decimal("139.35"), *[Decimal(90)] * 11]
    assert_books_agree(loan)


def test_all_of_a_flat_loan_refunded_ends_its_interest() -> None:
    loan = a_flat_purchase()

    perform(wish(loan, "merchant_refund", date(2026, 1, 15), amount=Decimal("12000.00")))

    loan.refresh_from_db()
    assert sum(row.interest for row in rows(loan)) == 0 and loan.status == "settled"
