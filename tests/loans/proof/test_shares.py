"""No row a loan and night is written, yet each loan's share of each night can be told: worked out again and added up."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from core.money import ZERO
from loans.models import Accrual, Loan, NightAccrual
from loans.proof.shares import daily_shares, shares_of_night, unproved
from tests.loans.books import close_days
from tests.loans.factories import DISBURSED, LoanFactory, RepaymentFactory

pytestmark = pytest.mark.django_db
LAST = date(2026, 4, 20)


def shares_by_night(loans: list[Loan]) -> dict[date, Decimal]:
    sums: dict[date, Decimal] = defaultdict(lambda: ZERO)
    for loan in loans:
        for share in daily_shares(Loan.objects.get(pk=loan.pk), DISBURSED, LAST):
            sums[share.on] += share.interest + share.late_interest + share.fee
    return {on: amount for on, amount in sums.items() if amount}


def test_the_shares_of_all_loans_add_up_to_what_each_night_booked() -> None:
    paying, late = LoanFactory(active=True), LoanFactory(active=True, principal=Decimal("7000.00"))
    close_days(DISBURSED, date(2026, 2, 20))
    RepaymentFactory(
        loan=paying, amount=Decimal("1100.18"), received_on=date(2026, 2, 15), recorded_on=date(2026, 2, 21)
    )
    close_days(date(2026, 2, 20), LAST)

    booked: dict[date, Decimal] = defaultdict(lambda: ZERO)
    for night in NightAccrual.objects.all():
        booked[night.accrued_on] += night.interest + night.late_interest + night.fee

    assert shares_by_night([paying, late]) == dict(booked)
    assert list(unproved(paying)) == [] == list(unproved(late))


def test_a_month_leaves_one_share_a_loan() -> None:
    loan = LoanFactory(active=True)

    close_days(DISBURSED, date(2026, 3, 31))

    kept = list(Accrual.objects.filter(loan_id=loan.pk).values_list("first_on", "accrued_on", "entry_id"))
    assert kept == [
        (date(2026, 1, 16), date(2026, 1, 31), None),
        (date(2026, 2, 1), date(2026, 2, 28), None),
        (date(2026, 3, 1), date(2026, 3, 31), None),
    ]


def test_a_share_is_told_as_it_was_known_that_night() -> None:
    """A payment told of later, and taken back later still, changes no night before: each keeps what it booked."""
    loan = LoanFactory(active=True)
    close_days(DISBURSED, date(2026, 2, 25))
    before = shares_by_night([loan])
    told = date(2026, 2, 26)
    repayment = RepaymentFactory(loan=loan, amount=Decimal("1100.18"), received_on=date(2026, 2, 15), recorded_on=told)
    close_days(date(2026, 2, 25), date(2026, 3, 5))
    between = shares_by_night([loan])
    assert repayment.received_on < told

    assert {on: share for on, share in between.items() if on < told} == before
    assert list(unproved(loan)) == []


def test_one_night_of_many_loans_costs_as_many_queries_as_of_one(django_assert_num_queries: object) -> None:
    loans = [LoanFactory(active=True) for _ in range(3)]
    close_days(DISBURSED, date(2026, 1, 20))
    loans = list(Loan.objects.select_related("position", "product_version"))

    with django_assert_num_queries(4):  # type: ignore[operator]
        one = shares_of_night(loans[:1], date(2026, 1, 18))
    with django_assert_num_queries(4):  # type: ignore[operator]
        all_of_them = shares_of_night(loans, date(2026, 1, 18))

    assert [share.interest for share in one.values()] == [Decimal("5.81")]
    assert len(all_of_them) == 3
