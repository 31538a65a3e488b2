"""Goods taken back: with ``refund_gives_interest_back`` the borrower pays no interest on what was returned.

The loan of these stories: 12,000.00 over 12 months at 18 %, paid out on 15 January 2026. The first period of 31 days bears
180.00, so 16 days of it 92.90.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loans.acts.performing import perform, previewed
from loans.models import Instalment, Loan, LoanAct, LoanStatus
from loans.proof import oracle
from loans.proof.verifying import compare
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_product, a_running_loan, close_until
from tests.loans.doing import take_back
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
MIDDLE = date(2026, 1, 31)
DUE = date(2026, 2, 15)
ALL = Decimal("12000.00")


def a_loan(*, gives_back: bool = True, **terms: Any) -> Loan:
    product = a_product("phone-purchase", is_purchase=True, refund_gives_interest_back=gives_back)
    return a_running_loan(product_version=product, refund_gives_interest_back=gives_back, **terms)


def refund(
    loan: Loan, amount: Decimal | str, on: date, recorded_on: date | None = None, key: str = "refund"
) -> LoanAct:
    asked = wish(loan, "merchant_refund", on, recorded_on=recorded_on or on, amount=Decimal(amount), key=key)
    done = perform(asked, approved=True)
    assert isinstance(done, LoanAct)
    return done


def rows(loan: Loan) -> list[Instalment]:
    return list(Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number"))


def interest_of(loan: Loan) -> Decimal:
    return sum((row.interest for row in rows(loan)), Decimal(0))


def assert_sound(loan: Loan) -> None:
    stored = Loan.objects.select_related("position").get(pk=loan.pk)
    assert compare(stored) == []
    assert oracle.differences(stored) == []
    assert_books_agree(loan)


SORTS: dict[str, dict[str, Any]] = {
    "equal instalments": {},
    "equal principal": {"method": "equal_principal"},
    "interest only": {"method": "interest_only"},
    "bullet": {"method": "bullet"},
    "days": {"interest_by": "day"},
    "follows the balance": {"recalculates": True, "prepayment": "reduce_instalment"},
    "rests on due dates": {"recalculates": True, "rest": "same_as_repayment"},
    "compounds": {"recalculates": True, "compounding": "interest"},
    "deferred": {"grace_on_interest_payment": 2},
    "flat": {"interest_type": "flat"},
}


def test_what_was_approved_and_not_drawn_is_no_part_of_the_purchase() -> None:
    """4,000 of the 12,000 were paid out: with all of it returned, interest is none."""
    loan = a_loan(drawdowns=[["2026-01-15", "4000.00"]])
    close_until(MIDDLE)

    refund(loan, "4000.00", MIDDLE)

    assert interest_of(loan) == 0
    assert_sound(loan)


@pytest.mark.parametrize("sort", SORTS)
def test_all_goods_returned_cost_nothing(sort: str) -> None:
    loan = a_loan(**SORTS[sort])
    close_until(MIDDLE)

    act = refund(loan, ALL, MIDDLE)

    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED
    assert interest_of(loan) == 0
    assert (position(loan).interest_accrued, position(loan).interest_paid, position(loan).overpaid) == (0, 0, 0)
    assert Decimal(act.figures["interest_given_back"]) > 0
    assert_sound(loan)


@pytest.mark.parametrize("sort", SORTS)
def test_all_goods_returned_after_an_instalment_give_all_of_it_back(sort: str) -> None:
    """Whatever was paid, principal and interest, is a credit balance of the borrower."""
    loan = a_loan(**SORTS[sort])
    close_until(DUE)
    pay(loan, "1200.00", DUE)
    close_until(date(2026, 2, 25))

    refund(loan, ALL, date(2026, 2, 25))

    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED
    assert (position(loan).overpaid, position(loan).interest_paid, position(loan).interest_accrued) == (
        Decimal("1200.00"),
        0,
        0,
    )
    assert_sound(loan)


def test_half_returned_bears_half_from_the_beginning() -> None:
    """16 days on all of it are 92.90, of which half is given back: 46.45; 15 days on half are 43.55."""
    loan = a_loan()
    close_until(MIDDLE)

    with the_journal() as journal:
        refund(loan, "6000.00", MIDDLE)

    assert rows(loan)[0].interest == Decimal("46.45") + Decimal("43.55")
    assert journal.text == told("""
        2026-01-31 merchant_refund
          Merchant refunds receivable      6000.00
          Loan principal receivable                   6000.00
        2026-01-31 accrual
          Interest receivable                           46.45
          Interest income                    46.45
    """)
    assert_sound(loan)


def test_what_was_paid_of_it_lessens_the_next_instalments() -> None:
    """Of the 180.00 paid half is given back, and pays ahead: 12,000.00 − 920.15 − 6,000.00 − 90.00."""
    loan = a_loan()
    close_until(DUE)
    pay(loan, "1100.15", DUE)

    with the_journal() as journal:
        refund(loan, "6000.00", DUE)

    assert journal.text == told("""
        2026-02-15 merchant_refund
          Merchant refunds receivable      6000.00
          Loan principal receivable                   6000.00
          Loan principal receivable                     13.80
          Interest receivable                13.80
        2026-02-15 accrual
          Interest receivable                           13.80
          Interest income                    13.80
    """)
    assert rows(loan)[0].interest == rows(loan)[0].interest_paid == Decimal("90.00")
    assert_sound(loan)


def test_two_refunds_that_return_everything_give_everything_back() -> None:
    for sort in ("equal instalments", "follows the balance"):
        loan = a_loan(**SORTS[sort])
        close_until(MIDDLE)
        refund(loan, "5000.00", MIDDLE, key=f"{sort}:1")
        close_until(date(2026, 2, 10))
        refund(loan, "7000.00", date(2026, 2, 10), key=f"{sort}:2")

        loan.refresh_from_db()
        assert (loan.status, interest_of(loan), position(loan).merchant_refunded) == (LoanStatus.SETTLED, 0, ALL)
        assert_sound(loan)


def test_off_the_interest_for_the_days_used_stays_owed() -> None:
    loan = a_loan(gives_back=False)
    close_until(MIDDLE)

    act = refund(loan, ALL, MIDDLE)

    assert interest_of(loan) == Decimal("92.90")
    assert "interest_given_back" not in act.figures
    assert_sound(loan)


def test_interest_paid_ahead_is_given_back_too() -> None:
    """2,200.00 on 25 January pay two instalments, their interest too: none of it is owed once all goods are back."""
    loan = a_loan()
    close_until(date(2026, 1, 24))
    pay(loan, "2200.00", date(2026, 1, 25))

    refund(loan, ALL, date(2026, 1, 25))

    assert position(loan).overpaid == Decimal("2200.00")
    assert position(loan).interest_paid == 0
    assert_sound(loan)


@pytest.mark.parametrize("sort", SORTS)
def test_undone_the_loan_stands_as_if_it_had_never_been(sort: str) -> None:
    loan, twin = a_loan(**SORTS[sort]), a_loan(**SORTS[sort])
    close_until(DUE)
    for number, one in enumerate((loan, twin)):
        pay(one, "1100.15", DUE, key=str(number))
    close_until(date(2026, 2, 25))
    act = refund(loan, "6000.00", date(2026, 2, 25))

    take_back(act, date(2026, 2, 25))

    names = ("principal_outstanding", "interest_accrued", "interest_paid", "overpaid", "merchant_refunded")
    assert [getattr(position(loan), name) for name in names] == [getattr(position(twin), name) for name in names]
    assert_sound(loan)


@pytest.mark.parametrize("sort", SORTS)
def test_told_of_late_it_is_as_if_told_of_on_its_day(sort: str) -> None:
    late, at_once = a_loan(**SORTS[sort]), a_loan(**SORTS[sort])
    close_until(MIDDLE)
    refund(at_once, "6000.00", MIDDLE, key="at once")
    close_until(DUE)
    for number, one in enumerate((late, at_once)):
        pay(one, "500.00", DUE, key=str(number))
    close_until(date(2026, 2, 25))

    refund(late, "6000.00", MIDDLE, recorded_on=date(2026, 2, 25), key="late")

    names = ("principal_outstanding", "interest_accrued", "interest_paid", "overpaid", "merchant_refunded")
    assert [getattr(position(late), name) for name in names] == [getattr(position(at_once), name) for name in names]
    assert_sound(late)


def test_late_interest_stays() -> None:
    loan = a_loan()
    close_until(date(2026, 2, 25))

    refund(loan, ALL, date(2026, 2, 25))

    assert interest_of(loan) == 0
    assert position(loan).late_interest_accrued > 0


def test_the_preview_names_what_is_given_back() -> None:
    loan = a_loan()
    close_until(MIDDLE)

    found = previewed(wish(loan, "merchant_refund", MIDDLE, amount=Decimal("6000.00")), loan)

    assert found.result.figures["interest_given_back"] == "46.45"
