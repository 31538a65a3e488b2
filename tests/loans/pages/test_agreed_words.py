"""What was agreed beyond the ordinary, on the pages of product, contract and loan."""

from typing import Any

import pytest
from django.test import Client

from tests.loans.factories import ContractFactory, LoanFactory, ProductVersionFactory

pytestmark = pytest.mark.django_db


def test_the_product_says_it_in_both_languages(client: Client, signed_in: Any) -> None:
    reader = signed_in(client, "officer")
    version = ProductVersionFactory(frequency="week", business_day_roll="merge", business_calendar="CN")

    english = reader.get(f"/app/products/{version.product.code}").content.decode()
    chinese = reader.get(
        f"/app/products/{version.product.code}", headers={"accept-language": "zh-hans"}
    ).content.decode()

    assert "moves to the next working day, paid together with what is due there (calendar CN)" in english
    assert "顺延至下一工作日，与该日应还款合并（日历 CN）" in chinese
    assert "<td>否</td>" in chinese
    assert "False" not in chinese


def test_the_contract_seals_and_says_what_becomes_of_days_off(client: Client, signed_in: Any) -> None:
    version = ProductVersionFactory(frequency="week", business_day_roll="skip", business_calendar="CN")
    contract = ContractFactory(offer__application__version=version)
    loan = contract.offer.application.loan

    page = signed_in(client, "officer").get(f"/app/loans/{loan.number}/contract").content.decode()

    assert contract.snapshot["days_off"] == {"due_date": "skip", "calendar": "CN"}
    assert "is left out: it and all later instalments fall due later (calendar CN)" in page


def test_the_loan_says_what_was_agreed_beyond_the_ordinary(client: Client, signed_in: Any) -> None:
    reader = signed_in(client, "officer")
    agreed = LoanFactory(
        active=True,
        business_day_roll="following",
        business_calendar="CN",
        charge_off_makes_all_due=True,
        remainder_tolerance="0.50",
    )
    ordinary = LoanFactory(active=True)

    page = reader.get(f"/app/loans/{agreed.number}").content.decode()
    other = reader.get(f"/app/loans/{ordinary.number}").content.decode()

    for said in ("moves to the next working day (calendar CN)", "all of it falls due", "up to 0.50"):
        assert said in page
        assert said not in other


def test_the_contract_names_its_product_in_the_readers_language(client: Client, signed_in: Any) -> None:
    contract = ContractFactory(offer__application__version__product__name_zh="手机分期")
    loan = contract.offer.application.loan
    page = signed_in(client, "officer").get(
        f"/app/loans/{loan.number}/contract", headers={"accept-language": "zh-hans"}
    )

    assert "<dd>手机分期 v1</dd>" in page.content.decode()


def test_a_contract_whose_due_dates_stay_says_nothing_of_days_off() -> None:
    assert ContractFactory().snapshot["days_off"] is None
