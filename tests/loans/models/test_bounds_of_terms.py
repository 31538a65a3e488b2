"""What PostgreSQL itself refuses of a loan's and a product's terms, whoever asks."""

import pytest
from django.db import IntegrityError, connection, transaction

from loans.models import Loan, ProductVersion
from tests.loans.factories import LoanFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def loan() -> Loan:
    return LoanFactory(active=True)


@pytest.mark.parametrize(
    ("change", "law"),
    [
        ("day_count = 'act_366'", "loans_loan_day_count_known"),
        ("late_rate_multiplier = -0.5", "loans_loan_late_rates"),
        ("late_rate_multiplier = 10.01", "loans_loan_late_rates"),
        ("late_annual_rate = -0.01", "loans_loan_late_rates"),
        ("late_annual_rate = 100.5", "loans_loan_late_rates"),
    ],
)
def test_of_a_loan(loan: Loan, change: str, law: str) -> None:
    refused(f"UPDATE loans_loan SET {change} WHERE id = {loan.pk}", law)


@pytest.mark.parametrize(
    ("change", "law"),
    [
        ("day_count = ''", "loans_productversion_day_count_known"),
        ("late_rate_multiplier = 10.01", "loans_productversion_late_multiplier"),
        ("late_rate_multiplier = -1", "loans_productversion_late_multiplier"),
    ],
)
def test_of_a_product(loan: Loan, change: str, law: str) -> None:
    assert ProductVersion.objects.exists()
    refused(f"UPDATE loans_productversion SET {change} WHERE id = {loan.product_version_id}", law)


def refused(statement: str, law: str) -> None:
    with pytest.raises(IntegrityError, match=law), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
