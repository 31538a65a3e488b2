"""Income in the books is the sum of the loans' shares, entry by entry."""

from datetime import date
from decimal import Decimal

import pytest

from ledger.posting import credit, debit, post
from loans.models import Accrual
from loans.verifying import compare_income
from loans.waiving import waive
from tests.loans.books import a_running_loan, close_days
from tests.loans.test_servicing import pay, position

pytestmark = pytest.mark.django_db
ON = date(2026, 2, 25)


def test_the_income_of_an_ordinary_life_is_shared_to_the_cent() -> None:
    loan, _other = a_running_loan(), a_running_loan()
    close_days(date(2026, 1, 16), ON)
    owed = position(loan).late_interest_receivable
    waive(loan_id=loan.pk, component="late_interest", amount=owed, on=ON, reason="notice late")
    pay(loan, "500.00", date(2026, 2, 15), recorded_on=ON)

    assert Accrual.objects.exists() and compare_income() == []


def test_income_that_no_loan_earned_is_named_by_its_entry() -> None:
    a_running_loan()
    amount = Decimal("7.00")
    entry = post(event="accrual", posted_on=ON, effective_on=ON, lines=[debit("1202", amount), credit("4001", amount)])

    (found,) = compare_income()

    assert (found.loan_number, found.stored, found.rebuilt) == (f"entry {entry.pk}", Decimal(0), amount)
