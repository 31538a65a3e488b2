"""The sealed contract: what it says, that its hash is its own, and that nobody changes it."""

import hashlib
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from loans.models import Contract
from loans.origination.contracts import canonical
from tests.loans.factories import ON, ContractFactory, OfferFactory, ProductVersionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract() -> Contract:
    version = ProductVersionFactory(
        product__code="with-fee", fee_rate=Decimal("0.01"), fee_payee="Guarantee Ltd", annual_rate=Decimal("0.18")
    )
    return ContractFactory(offer__application__version=version)


def test_it_names_terms_schedule_and_every_cost_with_who_charges_it(contract: Contract) -> None:
    said = contract.snapshot

    assert said["principal_in_words"] == "人民币壹万元整"
    assert sum(Decimal(row["total"]) for row in said["schedule"]) == contract.offer.total_repayable
    assert said["all_in_cost"]["items"][1] == {"item": "fees", "payee": "Guarantee Ltd", "total": "100.00"}
    assert Decimal(said["all_in_cost"]["annualised_simple"]) > Decimal("0.19")
    assert Decimal(said["all_in_cost"]["annualised_compound"]) > Decimal(said["all_in_cost"]["annualised_simple"])
    assert said["all_in_cost"]["contingent"] == [
        {
            "item": "late_interest",
            "annual_rate": "0.24000000",  # 1.5 × 18 % is 27 %, held at the line of 24 %
            "multiplier": "1.50",
            "multiplier_follows_rule": False,
            "highest_annual_rate": "0.24000000",
            "contract_interest_goes_on": False,
            "charged_on": ["principal"],
            "most_in_all": None,
        }
    ]


def test_late_interest_is_only_what_exceeds_the_contract_interest_that_goes_on() -> None:
    version = ProductVersionFactory(recalculates=True)
    contract = ContractFactory(offer__application__version=version)
    loan = contract.offer.application.loan

    (late,) = contract.snapshot["all_in_cost"]["contingent"]
    assert (late["annual_rate"], late["contract_interest_goes_on"]) == ("0.06000000", True)
    assert (loan.late_annual_rate, loan.late_interest_on_top) == (Decimal("0.06"), True)


def test_it_holds_no_personal_data_in_the_clear(contract: Contract) -> None:
    borrower = contract.offer.application.borrower

    for secret in (borrower.name, borrower.identity_number, borrower.phone):
        assert secret not in contract.document
    assert contract.snapshot["borrower"]["identity_fingerprint"] == borrower.identity_index


def test_its_hash_is_that_of_its_text(contract: Contract) -> None:
    assert contract.sha256 == hashlib.sha256(contract.document.encode()).hexdigest()
    assert contract.document == canonical(contract.snapshot)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE loans_contract SET signed_via = 'mail'",
        "UPDATE loans_contract SET document = '{}'",
        "DELETE FROM loans_contract",
    ],
)
def test_the_database_refuses_to_change_it(contract: Contract, sql: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_database_refuses_a_hash_that_is_not_its_own(contract: Contract) -> None:
    offer = OfferFactory()
    forged = Contract(number="CT-X", offer=offer, document="{}", sha256="0" * 64, signed_on=ON, signed_via="app")

    with pytest.raises(DatabaseError, match="loans_contract_sealed"), transaction.atomic():
        forged.save()
