"""Each product books to its own accounts, without costing a payment a query."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.queries import balances
from loans.bookkeeping.account_mapping import (
    AccountNotMapped,
    MappingInUse,
    accounts_for,
    accounts_of_product,
    forget_mappings,
    require_changeable,
)
from loans.models import AccountMapping, Loan
from loans.proof.verifying import compare
from tests.loans.books import close_until
from tests.loans.factories import AccountMappingFactory, LoanFactory, ProductVersionFactory, RepaymentFactory

pytestmark = pytest.mark.django_db


def map_own(role: str, code: str) -> AccountMapping:
    """The test product books ``role`` to a new account of its own."""
    row = AccountMappingFactory(
        product=ProductVersionFactory().product, role=role, account__code=code, account__name=f"Phones: {role}"
    )
    forget_mappings()
    return row


def pay(loan: Loan, key: str = "1") -> None:
    RepaymentFactory(
        loan=loan, amount=Decimal("1100.16"), received_on=date(2026, 2, 15), channel="cash", idempotency_key=key
    )


def test_a_product_books_disbursement_accrual_and_repayment_to_its_own_accounts() -> None:
    map_own("principal", "1211")
    map_own("interest", "1212")
    map_own("interest_income", "4011")
    loan = LoanFactory(active=True)
    close_until(date(2026, 2, 15))

    pay(loan)

    books = balances()
    loan.refresh_from_db()
    assert books["1211"] == loan.position.principal_outstanding < Decimal("12000.00")
    assert books["4011"] == -loan.position.interest_accrued < 0
    assert books["1212"] == loan.position.interest_receivable
    assert not books.keys() & {"1201", "1202", "4001"}
    assert compare(loan) == []


def test_products_without_accounts_of_their_own_keep_the_common_ones() -> None:
    loan = LoanFactory(active=True)

    accounts = accounts_for(loan)

    assert (accounts.cash, accounts.principal, accounts.write_offs) == ("1001", "1201", "5001")
    assert accounts == accounts_of_product(loan.product_version.product_id)


def test_the_second_payment_reads_no_mapping() -> None:
    loan = LoanFactory(active=True)
    pay(loan)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        pay(loan, "2")

    assert not [query for query in queries.captured_queries if "loans_accountmapping" in query["sql"]]


def test_a_role_nobody_plays_is_refused_by_name() -> None:
    loan = LoanFactory(active=True)
    AccountMapping.objects.filter(role="cash").delete()
    forget_mappings()

    with pytest.raises(AccountNotMapped, match="cash"):
        pay(loan)


def test_the_account_under_running_loans_is_not_exchanged() -> None:
    LoanFactory(active=True)
    common = AccountMapping.objects.get(role="principal", product=None)
    other = AccountMapping(role="principal", product=ProductVersionFactory().product, account_id="1204")

    with pytest.raises(MappingInUse):
        require_changeable(AccountMapping(pk=common.pk, role="principal", account_id="1204"), common)
    with pytest.raises(MappingInUse):
        require_changeable(other, None)
    require_changeable(AccountMapping(role="interest_income", account_id="4003"), None)
    require_changeable(common, common)


def test_a_product_without_loans_may_have_any_account() -> None:
    LoanFactory(active=True)
    unsold = ProductVersionFactory(product__code="unsold").product

    require_changeable(AccountMapping(role="principal", product=unsold, account_id="1204"), None)
