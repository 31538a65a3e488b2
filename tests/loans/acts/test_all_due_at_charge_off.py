"""With ``charge_off_makes_all_due`` a loan charged off falls due as a whole on that day.

12,000.00 over 12 months at 18 %, nothing paid: by 25 February 180.00 of the first period and 10 of 28 days of 166.20
(59.36) are earned, and 920.15 bore 27 % for five days beyond grace: 3.40.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from loans.models import Instalment, Loan, LoanStatus
from loans.proof import oracle
from loans.proof.verifying import compare
from loans.servicing.repayments import reverse_repayment
from loans.servicing.settling import settlement_quote
from tests.loans.books import a_running_loan, close_days, close_until
from tests.loans.doing import take_back
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.money_stories.test_charge_off_stories import charge_off
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 25)


def a_loan(**terms: Any) -> Loan:
    loan = a_running_loan(charge_off_makes_all_due=True, **terms)
    close_until(date(2026, 2, 24))
    return loan


def rows(loan: Loan) -> list[Instalment]:
    return list(Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number"))


def assert_sound(loan: Loan) -> None:
    stored = Loan.objects.select_related("position").get(pk=loan.pk)
    assert compare(stored) == []
    assert oracle.differences(stored) == []
    assert_books_agree(loan)


def test_all_falls_due_with_interest_for_the_days_used() -> None:
    loan = a_loan()
    quoted = settlement_quote(loan, DAY).total

    with the_journal() as journal:
        act = charge_off(loan, DAY)

    assert journal.text == told("""
        2026-02-25 charged_off
          Charge-off expense              12242.76
          Loan principal receivable                  12000.00
          Interest receivable                          239.36
          Late interest receivable                       3.40
        2026-02-25 accrual
          Interest receivable                 5.94
          Interest income                                5.94
          Late interest receivable            0.68
          Late interest income                           0.68
    """)
    assert {row.due_on for row in rows(loan)[1:]} == {DAY}
    assert sum(row.interest for row in rows(loan)) == Decimal("239.36")
    assert act.figures["fell_due"] == "11139.21"  # 12,000.00 − 920.15 + 59.36
    now = position(loan)
    assert now.outstanding_total == quoted == Decimal("12242.76")
    assert (now.due_today, now.days_past_due, now.next_due_on) == (Decimal("11139.21"), 10, DAY)
    assert_sound(loan)


def test_the_next_days_bear_late_interest_only() -> None:
    """Nine days later: 14 days of the first instalment, four beyond grace of all the rest: 11,079.85 × 27 % ÷ 365 × 4."""
    loan = a_loan()
    charge_off(loan, DAY)

    close_days(DAY, date(2026, 3, 6))

    now = position(loan)
    assert now.memo_interest == 0
    assert now.overdue_principal == 12000
    assert abs(now.late_interest_accrued - (Decimal("9.53") + Decimal("32.78"))) <= Decimal("0.06")
    assert_sound(loan)


def test_recoveries_pay_what_fell_due_and_their_reversal_takes_them_back() -> None:
    loan = a_loan()
    charge_off(loan, DAY)
    close_until(DAY)

    receipt = pay(loan, "12242.76", date(2026, 2, 26))

    assert receipt.principal > 11_900 and position(loan).recovered == Decimal("12242.76")
    reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=date(2026, 2, 26))
    assert position(loan).principal_outstanding == 12000
    assert_sound(loan)


@pytest.mark.parametrize("terms", [{}, {"recalculates": True}, {"interest_type": "flat"}, {"fee_total": Decimal("24")}])
def test_undone_the_schedule_of_before_stands_again(terms: dict[str, Any]) -> None:
    twin = a_running_loan(**terms)
    loan = a_loan(**terms)
    act = charge_off(loan, DAY)
    assert_sound(loan)
    close_until(DAY)

    take_back(act, date(2026, 2, 26))

    now, right = ([(x.due_on, x.principal, x.interest, x.fee) for x in rows(one)] for one in (loan, twin))
    assert now == right
    assert position(loan).charged_off_on is None
    assert_sound(loan)


def test_told_of_late_it_is_as_if_told_of_on_its_day() -> None:
    late, at_once = a_loan(), a_running_loan(charge_off_makes_all_due=True)
    close_until(date(2026, 2, 24))
    charge_off(at_once, DAY)
    close_until(date(2026, 3, 10))

    charge_off(late, DAY, recorded_on=date(2026, 3, 11))

    names = (
        "interest_accrued",
        "late_interest_accrued",
        "overdue_principal",
        "charged_off_amount",
        "memo_late_interest",
    )
    assert [getattr(position(late), name) for name in names] == [getattr(position(at_once), name) for name in names]
    assert_sound(late)


def test_interest_paid_ahead_of_its_days_pays_principal() -> None:
    """2,200.00 on 25 January paid two instalments: by 31 January 92.90 of 346.20 paid was earned, 253.30 pays principal."""
    loan = a_running_loan(charge_off_makes_all_due=True)
    close_until(date(2026, 1, 24))
    pay(loan, "2200.00", date(2026, 1, 25))
    close_until(date(2026, 1, 30))

    charge_off(loan, date(2026, 1, 31))

    assert position(loan).principal_outstanding == Decimal("12000.00") - Decimal("2200.00") + Decimal("92.90")
    assert_sound(loan)


def test_all_paid_it_is_settled() -> None:
    loan = a_loan()
    charge_off(loan, DAY)
    close_until(DAY)

    pay(loan, str(position(loan).outstanding_total), DAY, recorded_on=date(2026, 2, 26))

    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED
    assert_sound(loan)


def test_off_the_due_dates_stay() -> None:
    loan = a_running_loan()
    close_until(date(2026, 2, 24))
    before = [row.due_on for row in rows(loan)]

    charge_off(loan, DAY)

    assert [row.due_on for row in rows(loan)] == before


def test_product_page_says_it(client: Client, signed_in: Any) -> None:
    loan = a_loan()
    version = loan.product_version
    page = signed_in(client, superuser=True).get(f"/app/products/{version.product.code}")

    assert "due dates stay" in page.content.decode()
