"""A settled loan opened again by an act, a reversal or a payment told of late: it is where it would be had it run on."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from loans.acts.performing import perform
from loans.acts.undoing import undo
from loans.models import Loan, Repayment
from loans.night.closing import accrue_and_age
from loans.servicing.repayments import reverse_repayment
from tests.loans.account.test_engine_laws import stored
from tests.loans.acts.test_acts import wish
from tests.loans.factories import LoanFactory
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
SETTLED_ON = date(2026, 2, 15)
TODAY = date(2026, 5, 1)
EVE = TODAY - timedelta(days=1)


def a_settled_loan(**changes: Any) -> tuple[Loan, Repayment]:
    """Three instalments, all paid in one sum; then ten weeks in which nothing happens."""
    loan = LoanFactory(active=True, instalment_count=3, **changes)
    receipt = pay(loan, "12400.00", SETTLED_ON)
    accrue_and_age(loan.pk, loan.pk, EVE)  # a settled loan is passed over
    assert position(loan).as_of == SETTLED_ON
    return Loan.objects.get(pk=loan.pk), receipt


def charged_back(loan: Loan, receipt: Repayment, on: date, recorded_on: date) -> Any:
    values = {"amount": Decimal("5000.00"), "receipt": receipt.number}
    return perform(wish(loan, "charge_back", on, recorded_on=recorded_on, **values))


def test_a_charge_back_from_weeks_ago_owes_at_once_what_a_loan_never_settled_owes() -> None:
    """The same charge-back told of on its own day and told of today: the loans stand alike."""
    told_late, told_at_once = a_settled_loan(), LoanFactory(active=True, instalment_count=3)
    receipt = pay(told_at_once, "12400.00", SETTLED_ON)
    happened = date(2026, 2, 20)
    charged_back(told_at_once, receipt, happened, happened)
    accrue_and_age(told_at_once.pk, told_at_once.pk, EVE)
    loan, receipt = told_late

    charged_back(loan, receipt, happened, TODAY)

    loan.refresh_from_db()
    assert (loan.status, loan.settled_on, position(loan).as_of) == ("active", None, EVE)
    assert position(loan).late_interest_receivable > 0
    assert stored(loan) == stored(told_at_once)
    assert_books_agree(loan)


def test_the_night_after_adds_its_own_day_alone() -> None:
    loan, receipt = a_settled_loan()
    charged_back(loan, receipt, date(2026, 2, 20), TODAY)
    before = position(loan)

    accrue_and_age(loan.pk, loan.pk, TODAY)

    after = position(loan)
    a_day = (before.principal_outstanding * Decimal("0.27") / 365).quantize(Decimal("0.01"))
    assert abs(after.late_interest_accrued - before.late_interest_accrued - a_day) <= Decimal("0.01")
    assert (after.days_past_due, after.principal_outstanding) == (
        before.days_past_due + 1,
        before.principal_outstanding,
    )
    assert_books_agree(loan)


@pytest.mark.parametrize("terms", [{}, {"recalculates": True}], ids=["fixed", "follows the balance"])
def test_a_reversal_opens_it_again_as_if_the_payment_had_never_come(terms: dict[str, Any]) -> None:
    loan, receipt = a_settled_loan(**terms)
    never_paid = LoanFactory(active=True, instalment_count=3, **terms)
    accrue_and_age(never_paid.pk, never_paid.pk, EVE)

    reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=TODAY)

    assert stored(loan) == stored(never_paid)
    accrue_and_age(loan.pk, loan.pk, TODAY)
    accrue_and_age(never_paid.pk, never_paid.pk, TODAY)
    assert stored(loan) == stored(never_paid)
    assert_books_agree(loan)


def test_an_act_undone_opens_it_again_up_to_the_eve() -> None:
    loan = LoanFactory(active=True, instalment_count=1)
    act = perform(wish(loan, "settled_for_less", date(2026, 3, 2), at_most=Decimal("20000.00")), approved=True)
    assert Loan.objects.get(pk=loan.pk).status == "settled"

    undo(act_id=act.pk, reason="nothing was agreed", on=TODAY)

    assert (Loan.objects.get(pk=loan.pk).status, position(loan).as_of) == ("active", EVE)
    assert_books_agree(loan)
