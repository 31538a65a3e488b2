"""Lists of loans and payments: filters, sums of what is shown, and as many queries for fifty rows as for one."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from loans.models import Loan
from loans.servicing import settling
from tests.loans.books import close_until
from tests.loans.factories import DISBURSED, LoanFactory, RepaymentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "operations")


def numbers(client: Client, **query: str) -> set[str]:
    page = client.get(reverse("loans:loan_list"), query).context["page"]
    return {loan.number for loan in page.items}


@pytest.fixture
def late_and_settled() -> tuple[Loan, Loan]:
    late, settled = LoanFactory(active=True), LoanFactory(active=True)
    settling.settle_early(loan_id=settled.pk, on=DISBURSED, channel="counter", idempotency_key="k")
    close_until(date(2026, 2, 25))
    return late, settled


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"late", "settled"}),
        ({"status": "settled"}, {"settled"}),
        ({"bucket": "late"}, {"late"}),
        ({"bucket": "M1"}, {"late"}),
        ({"bucket": "C"}, set()),
        ({"dpd": "10"}, {"late"}),
        ({"dpd": "11"}, set()),
        ({"product": "phone-12", "status": "active"}, {"late"}),
        ({"due": "today"}, set()),
    ],
)
def test_filters_show_what_they_say(
    desk: Client, late_and_settled: tuple[Loan, Loan], query: dict[str, str], found: set[str]
) -> None:
    late, settled = late_and_settled

    shown = numbers(desk, **query)

    assert shown == {{"late": late, "settled": settled}[name].number for name in found}


def test_the_foot_sums_the_whole_filtered_set(desk: Client, late_and_settled: tuple[Loan, Loan]) -> None:
    late, _settled = late_and_settled

    totals = desk.get(reverse("loans:loan_list"), {"bucket": "late"}).context["totals"]

    late.position.refresh_from_db()
    assert (totals["count"], totals["outstanding"]) == (1, {"CNY": late.position.outstanding_total})


def test_an_empty_filter_offers_the_way_back(desk: Client, late_and_settled: tuple[Loan, Loan]) -> None:
    page = desk.get(reverse("loans:loan_list"), {"status": "cancelled"}).content.decode()

    assert "Clear filters" in page


@pytest.mark.parametrize("many", [1, 8])
def test_the_loan_list_takes_the_same_queries_for_any_number_of_rows(
    desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries, many: int
) -> None:
    for _each in range(many):
        LoanFactory(active=True)
    desk.get(reverse("loans:loan_list"))  # rights and counts of the frame are cached from here on

    with django_assert_max_num_queries(14):
        desk.get(reverse("loans:loan_list"))


@pytest.mark.parametrize("many", [1, 8])
def test_the_payment_list_takes_the_same_queries_for_any_number_of_rows(
    desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries, many: int
) -> None:
    loan = LoanFactory(active=True)
    for _payment in range(many):
        RepaymentFactory(loan=loan, amount=Decimal("1.00"), received_on=DISBURSED)
    desk.get(reverse("loans:payments"))

    with django_assert_max_num_queries(10):
        desk.get(reverse("loans:payments"))


def test_payments_are_found_by_loan_receipt_and_reference(desk: Client) -> None:
    loan, other = LoanFactory(active=True), LoanFactory(active=True)
    made = [
        RepaymentFactory(
            loan=one,
            amount=Decimal("1.00"),
            received_on=DISBURSED,
            idempotency_key=one.number,
            payer_reference=f"slip {one.pk}",
        )
        for one in (loan, other)
    ]

    def found(text: str) -> list[str]:
        page = desk.get(reverse("loans:payments"), {"q": text}).context["page"]
        return [repayment.number for repayment in page.items]

    assert found(loan.number.lower()) == [made[0].number]
    assert found(made[1].number) == [made[1].number]
    assert found(f"slip {loan.pk}") == [made[0].number]
