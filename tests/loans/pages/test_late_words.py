"""Late interest as people read it: on the product, the loan, the contract, and the explanation of the figure."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from loans.acts.performing import perform
from loans.models import Instalment, Loan
from loans.pages import explanations
from loans.pages.late_words import words_of_contract
from tests.loans.acts.test_acts import wish
from tests.loans.books import close_until
from tests.loans.factories import ContractFactory, LoanFactory, ProductVersionFactory
from tests.loans.servicing.test_repayments import position

pytestmark = pytest.mark.django_db
MULTIPLE: dict[str, Any] = {"late_rate_multiplier": Decimal("1.50"), "late_annual_rate": Decimal("0.27")}


def explained(loan: Loan, on: date) -> explanations.Explanation:
    loan = Loan.objects.select_related("position").get(pk=loan.pk)
    rows = Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number")
    return explanations.late_interest(loan, list(rows), on)


def test_the_explanation_shows_the_days_of_each_rate_and_adds_up() -> None:
    loan = LoanFactory(active=True, **MULTIPLE)
    close_until(date(2026, 2, 24))
    perform(wish(loan, "late_multiplier_changed", date(2026, 2, 25), multiplier=Decimal("1.30")), approved=True)
    close_until(date(2026, 3, 2))

    why = explained(loan, date(2026, 3, 2))

    assert "27.00 %, 23.40 % from 2026-02-25" in why.formula
    (term,) = why.terms
    assert term.note.startswith("4 days at 27.00 %; 6 days at 23.40 %; now 920.15 overdue, 0.5899 a day")
    assert why.result == position(loan).late_interest_receivable == term.value


def test_it_says_what_bears_late_interest_and_how_far_it_goes() -> None:
    loan = LoanFactory(active=True, late_interest_compounds=True, late_interest_most=Decimal("5.00"))
    close_until(date(2026, 3, 2))

    why = explained(loan, date(2026, 3, 2))

    assert "overdue principal and interest" in why.formula and "at most 5.00 in all" in why.formula
    assert why.result == Decimal("5.00")


def test_a_contract_says_it_all_and_an_early_one_the_rate() -> None:
    version = ProductVersionFactory(late_interest_compounds=True, late_interest_cap=Decimal("0.30"))
    (late,) = ContractFactory(offer__application__version=version).snapshot["all_in_cost"]["contingent"]

    assert words_of_contract(late) == [
        "24.00 % a year",
        "1.50 × contract rate",
        "never above 24.00 %",
        "on overdue principal and overdue interest",
        "at most 3,000.00 in all",
    ]
    assert words_of_contract({"item": "late_interest", "annual_rate": "0.27000000"}) == [
        "27.00 % a year",
        "on overdue principal",
    ]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            "1.50 × contract rate, on overdue principal and overdue interest, at most 30.00 % of the principal in all",
        ),
        ("zh-hans", "合同利率的 1.50 倍，按逾期本金和逾期利息计收，合计不超过本金的 30.00 %"),
    ],
)
def test_the_product_page_says_it_in_both_languages(admin_client: Client, language: str, words: str) -> None:
    version = ProductVersionFactory(late_interest_compounds=True, late_interest_cap=Decimal("0.30"))
    admin_client.cookies["django_language"] = language

    page = admin_client.get(reverse("loans:product", args=[version.product.code])).content.decode()

    assert words in page
