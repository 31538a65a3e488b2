"""Receipts are found by their own number, their loan's or the payer's reference, in whatever shape it is typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from loans.models import Loan, Repayment
from tests.loans.factories import RepaymentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "operations")


def found(client: Client, text: str) -> list[Repayment]:
    items: list[Repayment] = client.get(reverse("loans:payments"), {"q": text}).context["page"].items
    return items


@pytest.mark.parametrize("number", ["LN-2026-000777", "LN-2026-1234567", "LN-2026-12345678"])
def test_a_receipt_is_found_by_what_is_written_on_it(operator: Client, number: str) -> None:
    receipt, _other = RepaymentFactory(payer_reference="Payer 77"), RepaymentFactory()
    Loan.objects.filter(pk=receipt.loan_id).update(number=number)

    for text in (number, number.lower().replace("-", " "), receipt.number, receipt.number.lower(), "Payer 77"):
        assert found(operator, text) == [receipt], text
    assert found(operator, number[:-1]) == []
