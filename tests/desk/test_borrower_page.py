"""The borrower's page: all loans, the limit, the case and one story."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.borrowers.factories import BorrowerFactory
from tests.debt_collections.factories import CaseFactory
from tests.loans.factories import LoanFactory

pytestmark = pytest.mark.django_db


def address(number: str) -> str:
    return reverse("desk:borrower", args=[number])


def test_a_visitor_signs_in_first(client: Client) -> None:
    assert client.get(address("CU-2026-000001")).url.startswith("/login/")


def test_the_right_is_needed(client: Client, signed_in: Callable[..., Client]) -> None:
    signed_in(client)

    assert client.get(address(BorrowerFactory().number)).status_code == 403


def test_all_loans_and_the_case_are_on_one_page(client: Client, signed_in: Callable[..., Client]) -> None:
    case = CaseFactory()
    second = LoanFactory(active=True, borrower=case.borrower)
    signed_in(client, "collector")

    page = client.get(address(case.borrower.number)).content.decode()

    assert second.number in page
    assert case.public_id in page
    assert "9 days past due" in page


def test_the_case_is_not_told_to_who_may_not_see_collections(client: Client, signed_in: Callable[..., Client]) -> None:
    case = CaseFactory()
    signed_in(client, "operations")

    page = client.get(address(case.borrower.number)).content.decode()

    assert case.public_id not in page


def test_personal_data_is_masked(client: Client, signed_in: Callable[..., Client]) -> None:
    borrower = BorrowerFactory(name="林小雨", phone="13812341234")
    signed_in(client, "officer")

    page = client.get(address(borrower.number)).content.decode()

    assert "林*雨" in page
    assert "138****1234" in page
    assert "林小雨" not in page
    assert "13812341234" not in page


@pytest.mark.parametrize("loans", [1, 6])
def test_the_page_takes_the_same_queries_for_any_number_of_loans(
    client: Client, signed_in: Callable[..., Client], django_assert_max_num_queries: DjangoAssertNumQueries, loans: int
) -> None:
    borrower = BorrowerFactory()
    for _each in range(loans):
        LoanFactory(active=True, borrower=borrower)
    signed_in(client, "collector")
    client.get(address(borrower.number))

    with django_assert_max_num_queries(28):
        client.get(address(borrower.number))
