"""What is lent reaches the borrower whole: refused by name in the code, and by PostgreSQL itself."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from core.rules import RuleMissing, forget_cached_rules
from loans.disbursement import disbursing
from loans.models import BankTransfer, Disbursement, Loan
from loans.pricing.advance_deduction import AdvanceDeductionRefused, charged_in_advance, require_paid_in_full
from loans.schedules.schedule import Schedule, ScheduledInstalment
from loans.schedules.terms import LoanTerms
from tests.core.factories import rule_says
from tests.loans.disbursement.test_disbursing import waiting
from tests.loans.factories import ON

pytestmark = pytest.mark.django_db
LENT, LESS = Decimal("10000.00"), Decimal("9500.00")


def allow() -> None:
    rule_says("advance_deduction", {"advance_deduction": "allowed"})
    forget_cached_rules()


def test_less_than_lent_is_refused_and_told_with_both_sums() -> None:
    with pytest.raises(AdvanceDeductionRefused) as refused:
        require_paid_in_full(lent=LENT, paid=LESS, on=ON, market="CN")

    assert refused.value.context == {"lent": LENT, "paid": LESS}


def test_a_market_may_allow_it() -> None:
    allow()

    require_paid_in_full(lent=LENT, paid=LESS, on=ON, market="CN")


def test_a_market_that_says_nothing_allows_nothing() -> None:
    require_paid_in_full(lent=LENT, paid=LENT, on=ON, market="GB")
    with pytest.raises(RuleMissing):
        require_paid_in_full(lent=LENT, paid=LESS, on=ON, market="GB")


def test_charges_of_the_first_day_count_and_its_down_payment_does_not() -> None:
    terms = LoanTerms(principal=LENT, annual_rate=Decimal(0), count=1, start_on=ON)
    sums = (Decimal("2000.00"), Decimal("30.00"), Decimal("50.00"))
    rows = (
        ScheduledInstalment(1, ON, ON, *sums),
        ScheduledInstalment(2, ON, date(2026, 7, 15), *sums),
    )

    assert charged_in_advance(terms, Schedule(rows)) == Decimal("80.00")


def test_postgresql_refuses_an_order_of_less() -> None:
    order = waiting()

    with pytest.raises(IntegrityError, match="was lent"), transaction.atomic():
        Disbursement.objects.filter(pk=order.pk).update(amount=LESS)


def test_postgresql_knows_the_drawdowns_of_a_loan() -> None:
    order = waiting()
    parts = [["2026-06-15", "4000.00"], ["2026-08-15", "6000.00"]]
    Loan.objects.filter(pk=order.loan_id).update(drawdowns=parts)

    assert Disbursement.objects.filter(pk=order.pk).update(amount=Decimal("4000.00")) == 1
    with pytest.raises(IntegrityError, match="was lent"), transaction.atomic():
        Disbursement.objects.filter(pk=order.pk).update(amount=Decimal("3900.00"))


def test_postgresql_follows_the_rule_of_the_market() -> None:
    order = waiting()
    allow()

    assert Disbursement.objects.filter(pk=order.pk).update(amount=LESS) == 1


def test_an_order_of_less_never_reaches_the_bank() -> None:
    order = waiting()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE loans_disbursement DISABLE TRIGGER loans_disbursement_paid_in_full")
        cursor.execute("UPDATE loans_disbursement SET amount = 9500 WHERE id = %s", [order.pk])

    with pytest.raises(AdvanceDeductionRefused):
        disbursing.send(disbursement_id=order.pk, on=ON)

    assert not BankTransfer.objects.exists()
