"""Search: paste anything, in any shape; one exact hit opens at once."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from loans.models import Loan
from tests.borrowers.factories import BorrowerFactory
from tests.loans.factories import LoanFactory, RepaymentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def loan() -> Loan:
    return LoanFactory(
        active=True,
        borrower__name="林小雨",
        borrower__phone="13812341234",
        borrower__other_document=True,
        borrower__identity_number="P00009999",
    )


@pytest.fixture
def operator(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "operations")


def opened(client: Client, text: str) -> str:
    response = client.get(reverse("desk:search"), {"q": text})
    return response.url if response.status_code == 302 else ""


@pytest.mark.parametrize("shape", ["{}", " {} ", "{lower}", "{dashless}", "{spaced}", "{wide}"])
def test_a_loan_number_opens_the_loan_however_it_is_pasted(operator: Client, loan: Loan, shape: str) -> None:
    number = loan.number
    text = shape.format(
        number,
        lower=number.lower(),
        dashless=number.replace("-", ""),
        spaced=number.replace("-", " "),
        wide="".join(chr(ord(c) + 0xFEE0) for c in number),
    )

    assert opened(operator, text) == reverse("desk:loan", args=[number])


@pytest.mark.parametrize("number", ["LN-2026-1234567", "LN-2026-12345678"])
@pytest.mark.parametrize("shape", ["{}", "{lower}", "{spaced}"])
def test_a_loan_beyond_the_millionth_is_found(operator: Client, loan: Loan, number: str, shape: str) -> None:
    Loan.objects.filter(pk=loan.pk).update(number=number)
    text = shape.format(number, lower=number.lower(), spaced=number.replace("-", " "))

    assert opened(operator, text) == reverse("desk:loan", args=[number])
    assert number in operator.get(reverse("desk:loan", args=[number])).content.decode()


def test_the_number_of_a_receipt_opens_the_receipt(operator: Client, loan: Loan) -> None:
    receipt = RepaymentFactory(loan=loan)

    assert opened(operator, receipt.number.lower()) == reverse("loans:receipt", args=[receipt.number])


@pytest.mark.parametrize("text", ["13812341234", "138 1234 1234", "138-1234-1234", "林小雨", "P00009999"])
def test_a_phone_a_name_or_an_identity_number_opens_the_one_borrower(operator: Client, loan: Loan, text: str) -> None:
    assert opened(operator, text) == reverse("desk:borrower", args=[loan.borrower.number])


def test_a_borrower_number_opens_the_borrower(operator: Client, loan: Loan) -> None:
    assert opened(operator, loan.borrower.number) == reverse("desk:borrower", args=[loan.borrower.number])


def test_namesakes_are_listed_and_none_is_opened(operator: Client, loan: Loan) -> None:
    namesake = BorrowerFactory(name="林小雨", phone="13900000001")

    response = operator.get(reverse("desk:search"), {"q": "林小雨"})

    page = response.content.decode()
    assert response.status_code == 200
    assert loan.borrower.number in page
    assert namesake.number in page


def test_nothing_found_says_what_to_do(operator: Client) -> None:
    page = operator.get(reverse("desk:search"), {"q": "19999999999"}).content.decode()

    assert "No results" in page


def test_a_part_of_a_name_finds_nobody(operator: Client, loan: Loan) -> None:
    assert opened(operator, "小雨") == ""


def test_who_may_not_see_loans_finds_none(client: Client, signed_in: Callable[..., Client], loan: Loan) -> None:
    signed_in(client)

    page = client.get(reverse("desk:search"), {"q": loan.number}).content.decode()

    assert "No results" in page


def test_a_visitor_signs_in_first(client: Client) -> None:
    assert client.get(reverse("desk:search")).url.startswith("/login/")
