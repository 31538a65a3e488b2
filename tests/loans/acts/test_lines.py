"""A line: what was repaid can be drawn again, within the approved amount and until its last day.

Approved 12,000.00, first drawn 5,000.00 on 15 June 2026, over 12 months at 18 %; open for six months, until 15 December.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from core import business_date
from core.errors import DomainError
from loans.acts.asking import perform_or_ask
from loans.acts.drawing import DrawdownUnderWay, LineNotOpen
from loans.acts.undoing import undo
from loans.disbursement import disbursing
from loans.gate.asking import OverrideNeeded
from loans.models import Disbursement, Instalment, Loan, LoanStatus, ProductVersion, SimulatedPayment
from loans.night.line_closing import close_passed
from loans.proof import oracle
from loans.proof.verifying import compare
from loans.servicing.repayments import reverse_repayment
from loans.servicing.settling import settle_early
from risk.models import CreditLimit
from tests.loans.acts.test_acts import wish
from tests.loans.books import close_until
from tests.loans.disbursement.test_first_drawdown import FIRST, FIRST_DUE, a_line, asked, offered
from tests.loans.doing import do
from tests.loans.factories import ON, DisbursementFactory
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
LAST_DAY = date(2026, 12, 15)
AGAIN = date(2026, 8, 3)


def a_running_line(**changes: Any) -> Loan:
    application = asked(version=a_line(line_open_months=6, **changes))
    order = DisbursementFactory(contract__offer=offered(application))
    disbursing.send(disbursement_id=order.pk, on=ON)
    close_until(FIRST_DUE - timedelta(days=1))
    business_date.move_to(FIRST_DUE)
    CreditLimit.objects.filter(borrower_id=order.loan.borrower_id).delete()
    return Loan.objects.get()


def a_paid_off_line() -> Loan:
    loan = a_running_line()
    settle_early(loan_id=loan.pk, on=FIRST_DUE, channel="bank_file", idempotency_key="all")
    close_until(AGAIN - timedelta(days=1))
    loan.refresh_from_db()
    return loan


def order(loan: Loan, amount: str, on: date, key: str = "again") -> Disbursement:
    done = perform_or_ask(wish(loan, "drawn_down", on, amount=Decimal(amount), key=key))
    assert isinstance(done, Disbursement)
    return done


def draw(loan: Loan, amount: str, on: date, key: str = "again") -> None:
    disbursing.send(disbursement_id=order(loan, amount, on, key).pk, on=on)


def rows(loan: Loan) -> list[Instalment]:
    return list(Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number"))


def assert_sound(loan: Loan) -> None:
    assert compare(Loan.objects.select_related("position").get(pk=loan.pk)) == []
    assert_books_agree(loan)


def test_a_line_paid_off_stays_open() -> None:
    loan = a_paid_off_line()

    assert (loan.status, loan.line_open_until) == (LoanStatus.ACTIVE, LAST_DAY)
    assert position(loan).outstanding_total == 0
    assert (position(loan).days_past_due, position(loan).next_due_on) == (0, None)
    assert_sound(loan)


def test_drawn_again_it_gets_a_schedule_of_its_own() -> None:
    """9,000.00 at 1.5 % a month over 12 months: 825.11 each; the first due a month after, 135.00 of it interest."""
    loan = a_paid_off_line()

    with the_journal() as journal:
        draw(loan, "9000.00", AGAIN)

    assert journal.text == told("""
        2026-08-03 drawn_down
          Loan principal receivable        9000.00
          Cash at bank                                9000.00
    """)
    new = [row for row in rows(loan) if row.starts_on >= AGAIN]
    assert (len(new), new[0].due_on, new[0].interest) == (12, date(2026, 9, 3), Decimal("135.00"))
    assert new[0].principal + new[0].interest == Decimal("825.11")
    assert sum(row.principal for row in new) == position(loan).principal_outstanding == 9000
    assert_sound(loan)
    close_until(date(2026, 9, 2))
    pay(loan, "825.11", date(2026, 9, 3))
    assert position(loan).next_due_on == date(2026, 10, 3)
    assert_sound(loan)


def test_within_the_approved_amount_by_what_is_outstanding() -> None:
    loan = a_paid_off_line()
    draw(loan, "9000.00", AGAIN)

    with pytest.raises(DomainError, match=r"3,000\.00 of the approved ¥ 12,000\.00"):
        order(loan, "3000.01", AGAIN, "more")
    draw(loan, "3000.00", AGAIN, "rest")
    assert position(loan).principal_outstanding == 12000
    assert_sound(loan)


def test_postgresql_counts_what_is_outstanding() -> None:
    loan = a_paid_off_line()
    draw(loan, "9000.00", AGAIN)

    with pytest.raises(IntegrityError, match="was approved"), transaction.atomic():
        Disbursement.objects.create(
            number="DB-X", loan=loan, is_drawdown=True, amount=Decimal("3000.01"), requested_on=AGAIN
        )


def test_without_the_setting_what_was_repaid_is_gone() -> None:
    order_ = DisbursementFactory(contract__offer=offered())
    disbursing.send(disbursement_id=order_.pk, on=ON)
    close_until(FIRST_DUE - timedelta(days=1))
    loan = Loan.objects.get()
    settle_early(loan_id=loan.pk, on=FIRST_DUE, channel="bank_file", idempotency_key="all")

    loan.refresh_from_db()
    assert (loan.status, loan.line_open_until) == (LoanStatus.SETTLED, None)
    with pytest.raises(DomainError) as refusal:
        do("line_closed", loan_id=loan.pk, on=FIRST_DUE)
    assert refusal.value.code == "loan_not_in_state"


def test_the_night_of_the_last_day_closes_it() -> None:
    loan = a_paid_off_line()
    close_until(LAST_DAY - timedelta(days=1))
    assert close_passed(0, 2**62, LAST_DAY - timedelta(days=1)) == {"lines_closed": 0}

    close_until(LAST_DAY)
    assert close_passed(0, 2**62, LAST_DAY) == {"lines_closed": 1}
    assert close_passed(0, 2**62, LAST_DAY) == {"lines_closed": 0}

    loan.refresh_from_db()
    assert (loan.status, loan.settled_on) == (LoanStatus.SETTLED, FIRST_DUE)
    assert_sound(loan)


def test_after_the_last_day_nothing_is_drawn_and_paying_off_settles() -> None:
    loan = a_paid_off_line()
    draw(loan, "1000.00", AGAIN)
    close_until(LAST_DAY)
    close_passed(0, 2**62, LAST_DAY)

    with pytest.raises(LineNotOpen, match="open until"):
        order(loan, "10.00", LAST_DAY + timedelta(days=1), "late")
    settle_early(loan_id=loan.pk, on=LAST_DAY + timedelta(days=1), channel="counter", idempotency_key="end")
    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED
    assert_sound(loan)


def test_closed_by_an_act_it_is_settled_and_undone_it_is_open_again() -> None:
    loan = a_paid_off_line()

    act = do("line_closed", loan_id=loan.pk, on=AGAIN)
    loan.refresh_from_db()
    assert (loan.status, loan.settled_on) == (LoanStatus.SETTLED, FIRST_DUE)
    with pytest.raises(DomainError):
        order(loan, "10.00", AGAIN)

    undo(act_id=act.pk, reason="a mistake", on=AGAIN)
    loan.refresh_from_db()
    assert loan.status == LoanStatus.ACTIVE
    draw(loan, "10.00", AGAIN)
    assert_sound(loan)


def test_a_closed_line_goes_on_until_it_is_paid() -> None:
    loan = a_running_line()

    do("line_closed", loan_id=loan.pk, on=FIRST_DUE)

    loan.refresh_from_db()
    assert loan.status == LoanStatus.ACTIVE
    with pytest.raises(LineNotOpen, match="was closed"):
        order(loan, "10.00", FIRST_DUE)
    settle_early(loan_id=loan.pk, on=FIRST_DUE, channel="bank_file", idempotency_key="all")
    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED


def test_no_line_is_closed_while_the_bank_has_an_order() -> None:
    loan = a_paid_off_line()
    order(loan, "10.00", AGAIN)

    with pytest.raises(DrawdownUnderWay):
        do("line_closed", loan_id=loan.pk, on=AGAIN)


def test_the_limit_of_the_borrower_holds() -> None:
    loan = a_paid_off_line()
    CreditLimit.objects.create(borrower_id=loan.borrower_id, amount=Decimal("4000.00"), as_of=AGAIN, changed_on=AGAIN)

    with pytest.raises(OverrideNeeded, match=r"the limit is ¥\s4,000\.00"):
        order(loan, "4000.01", AGAIN)
    assert not Disbursement.objects.filter(is_drawdown=True).exists()
    draw(loan, "4000.00", AGAIN)


def test_a_payoff_that_bounces_leaves_both_owed() -> None:
    """The bank's word is a fact: more than was approved is then outstanding, and nothing more can be drawn."""
    loan = a_paid_off_line()
    draw(loan, "9000.00", AGAIN)

    receipt = loan.repayments.get()
    reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=AGAIN)

    assert position(loan).principal_outstanding == FIRST + 9000
    with pytest.raises(DomainError) as refusal:
        order(loan, "0.01", AGAIN, "more")
    assert refusal.value.code == "beyond_approved"
    assert_sound(loan)


def test_what_the_bank_has_paid_is_done_although_a_payment_bounced_meanwhile() -> None:
    loan = a_paid_off_line()
    ordered = order(loan, "9000.00", AGAIN)
    _order, transfer, _is_new = disbursing._open_transfer(ordered.pk, AGAIN)
    reverse_repayment(repayment_id=loan.repayments.get().pk, reason="bounced", reversed_on=AGAIN)

    disbursing.confirm(disbursement_id=ordered.pk, transfer=transfer, outcome="paid", on=AGAIN)

    assert position(loan).principal_outstanding == FIRST + 9000
    assert_sound(loan)


def test_what_is_ordered_is_not_sent_once_a_payment_bounced() -> None:
    loan = a_paid_off_line()
    ordered = order(loan, "9000.00", AGAIN)
    reverse_repayment(repayment_id=loan.repayments.get().pk, reason="bounced", reversed_on=AGAIN)

    with pytest.raises(OverrideNeeded, match="18 days past due"):
        disbursing.send(disbursement_id=ordered.pk, on=AGAIN)
    assert not SimulatedPayment.objects.filter(reference__startswith=ordered.number).exists()


def test_the_oracle_says_that_it_does_not_follow() -> None:
    loan = a_paid_off_line()
    draw(loan, "9000.00", AGAIN)

    assert oracle.not_followed(Loan.objects.select_related("position").get(pk=loan.pk)) == "a line drawn again"


@pytest.mark.parametrize("wrong", [{"allows_drawdowns": False}, {"recalculates": True}, {"level_on": "approved"}])
def test_a_product_that_cannot_be_a_line(wrong: dict[str, Any]) -> None:
    version: ProductVersion = a_line()
    values = {"allows_drawdowns": True, "line_open_months": 6, **wrong}

    with pytest.raises(DatabaseError, match="loans_productversion_line"), transaction.atomic():
        ProductVersion.objects.filter(pk=version.pk).update(**values)


def test_pages_tell_until_when(client: Client, signed_in: Callable[..., Client]) -> None:
    loan = a_paid_off_line()
    staff = signed_in(client, superuser=True)

    page = " ".join(staff.get(reverse("desk:loan", args=[loan.number])).content.decode().split())
    product = staff.get(reverse("loans:product", args=[loan.product_version.product.code])).content.decode()

    assert "what was repaid can be drawn again until" in page
    assert "for 6 months from the first" in " ".join(product.split())
