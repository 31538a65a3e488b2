"""Money in, out and corrected, on real rows: every story ends with the books agreeing with the rebuilt account."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core.money import ZERO
from ledger.models import JournalEntry
from ledger.queries import balances, difference
from loans.account.changes.charges import WaiverTooHigh
from loans.account.changes.credits import RefundTooHigh
from loans.account.changes.extending import NothingToExtend
from loans.acts.performing import BeyondAuthority
from loans.bookkeeping.lifecycle import LoanNotInState
from loans.models import Instalment, Loan, LoanPosition, LoanStatus, Repayment, RepaymentLine, RepaymentStatus
from loans.proof.verifying import compare
from loans.servicing.guarding import Excess
from loans.servicing.repayments import (
    AmountInvalid,
    PayerReferenceInvalid,
    ReceivedBeforeDisbursement,
    ReceivedInFuture,
    RepaymentConflict,
    record_repayment,
    reverse_repayment,
)
from loans.servicing.settling import settle_early, settlement_quote
from messaging.models import Message
from tests.loans.books import a_running_loan, close_until
from tests.loans.doing import extend, refund_overpayment, waive, write_off

pytestmark = pytest.mark.django_db


def pay(loan: Loan, amount: str, on: date, key: str = "", recorded_on: date | None = None, **more: Any) -> Repayment:
    return record_repayment(
        loan_id=loan.pk,
        amount=Decimal(amount),
        received_on=on,
        channel="counter",
        idempotency_key=key or f"{loan.pk}-{on}-{amount}",
        recorded_by=None,
        recorded_on=recorded_on,
        **{"excess": Excess.PAID_AHEAD, "allow_repeat": True, "approved": True, **more},
    )


def position(loan: Loan) -> LoanPosition:
    return LoanPosition.objects.get(pk=loan.pk)


def assert_books_agree(loan: Loan) -> None:
    fresh = Loan.objects.select_related("position").get(pk=loan.pk)
    assert compare(fresh) == []
    assert difference() == ZERO


def test_disbursement_books_claim_against_cash() -> None:
    loan = a_running_loan()

    assert balances() == {"1001": Decimal("-12000.00"), "1201": Decimal("12000.00")}
    assert position(loan).next_due_on == date(2026, 2, 15)
    assert_books_agree(loan)


def test_a_payment_on_the_due_date_settles_the_instalment() -> None:
    loan = a_running_loan()
    close_until(date(2026, 2, 14))

    receipt = pay(loan, "1100.15", date(2026, 2, 15))

    assert (receipt.interest, receipt.principal, receipt.overpaid) == (Decimal("180.00"), Decimal("920.15"), ZERO)
    assert Instalment.objects.get(loan=loan, number=1).settled_on == date(2026, 2, 15)
    assert_books_agree(loan)


def test_a_part_payment_of_a_late_instalment_pays_late_interest_first() -> None:
    loan = a_running_loan()
    close_until(date(2026, 3, 1))
    late = position(loan)

    receipt = pay(loan, "500.00", date(2026, 3, 1))

    assert late.days_past_due == 14
    assert late.bucket == "M1"
    assert receipt.late_interest == late.late_interest_receivable > 0
    assert receipt.late_interest + receipt.interest + receipt.principal == Decimal("500.00")
    assert_books_agree(loan)


def test_the_same_key_gives_the_same_receipt_and_another_payment_under_it_is_refused() -> None:
    loan = a_running_loan()
    first = pay(loan, "100.00", date(2026, 1, 20), key="k")

    assert pay(loan, "100.00", date(2026, 1, 20), key="k") == first
    with pytest.raises(RepaymentConflict):
        pay(loan, "100.01", date(2026, 1, 20), key="k")
    with pytest.raises(RepaymentConflict):
        pay(a_running_loan(), "100.00", date(2026, 1, 20), key="k")
    with pytest.raises(RepaymentConflict):
        pay(loan, "100.00", date(2026, 1, 20), key="k", payer_reference="another transfer")
    with pytest.raises(RepaymentConflict):
        settle_early(loan_id=loan.pk, on=date(2026, 1, 20), channel="counter", idempotency_key="k")


@pytest.mark.parametrize("reference", ["x" * 81, "a\0b"])
def test_a_reference_that_cannot_be_kept_is_refused_by_name(reference: str) -> None:
    loan = a_running_loan()

    with pytest.raises(PayerReferenceInvalid):
        pay(loan, "100.00", date(2026, 1, 20), payer_reference=reference)


@pytest.mark.parametrize(
    ("amount", "on", "refusal"),
    [
        ("0", date(2026, 1, 20), AmountInvalid),
        ("1.001", date(2026, 1, 20), AmountInvalid),
        ("NaN", date(2026, 1, 20), AmountInvalid),
        ("100000000000.00", date(2026, 1, 20), AmountInvalid),
        ("10", date(2026, 1, 22), ReceivedInFuture),
        ("10", date(2026, 1, 14), ReceivedBeforeDisbursement),
    ],
)
def test_impossible_payments_are_refused_by_name(amount: str, on: date, refusal: type[Exception]) -> None:
    loan = a_running_loan()

    with pytest.raises(refusal):
        pay(loan, amount, on, recorded_on=date(2026, 1, 21))
    assert not Repayment.objects.exists()


def test_paying_everything_settles_the_loan_and_the_rest_is_overpaid() -> None:
    loan = a_running_loan()

    pay(loan, "20000.00", date(2026, 1, 25))

    loan.refresh_from_db()
    assert (loan.status, loan.settled_on) == (LoanStatus.SETTLED, date(2026, 1, 25))
    assert position(loan).overpaid > 0
    assert_books_agree(loan)


def test_settling_early_charges_the_days_used_and_closes_the_loan() -> None:
    loan = a_running_loan()
    close_until(date(2026, 1, 24))
    quote = settlement_quote(loan, date(2026, 1, 25))

    receipt = settle_early(loan_id=loan.pk, on=date(2026, 1, 25), channel="counter", idempotency_key="s")

    assert quote.total == receipt.amount == Decimal("12058.06")  # 180.00 × 10 ÷ 31
    assert quote.saved > 0
    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED
    assert settle_early(loan_id=loan.pk, on=date(2026, 1, 25), channel="counter", idempotency_key="s") == receipt
    assert_books_agree(loan)


def test_overpaid_money_is_given_back_once_and_never_more_than_there_is() -> None:
    loan = a_running_loan()
    pay(loan, "20000.00", date(2026, 1, 25))
    overpaid = position(loan).overpaid

    with pytest.raises(RefundTooHigh):
        refund_overpayment(loan_id=loan.pk, amount=overpaid + 1, on=date(2026, 1, 26), idempotency_key="r")
    first = refund_overpayment(loan_id=loan.pk, amount=overpaid, on=date(2026, 1, 26), idempotency_key="r")

    assert refund_overpayment(loan_id=loan.pk, amount=overpaid, on=date(2026, 1, 26), idempotency_key="r") == first
    assert position(loan).overpaid == ZERO
    assert_books_agree(loan)


def test_reversing_the_payment_that_settled_the_loan_opens_it_again() -> None:
    loan = a_running_loan()
    receipt = pay(loan, "20000.00", date(2026, 1, 25))

    reversed_receipt = reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=date(2026, 1, 27))

    loan.refresh_from_db()
    assert (loan.status, loan.settled_on) == (LoanStatus.ACTIVE, None)
    assert reversed_receipt.status == RepaymentStatus.REVERSED
    assert position(loan).principal_outstanding == Decimal("12000.00")
    assert reverse_repayment(
        repayment_id=receipt.pk, reason="again", reversed_on=date(2026, 1, 28)
    ).reversed_on == date(2026, 1, 27)
    assert_books_agree(loan)


def test_a_back_dated_payment_gives_the_books_of_having_been_in_order() -> None:
    in_order, late_told = a_running_loan(), a_running_loan()
    close_until(date(2026, 2, 16))
    pay(in_order, "600.00", date(2026, 2, 17))
    close_until(date(2026, 3, 9))
    pay(in_order, "700.00", date(2026, 3, 10))
    pay(late_told, "700.00", date(2026, 3, 10))

    pay(late_told, "600.00", date(2026, 2, 17), recorded_on=date(2026, 3, 11))

    same = ("principal_outstanding", "interest_paid", "late_interest_accrued", "overdue_principal", "days_past_due")
    for column in same:
        assert getattr(position(late_told), column) == getattr(position(in_order), column), column
    assert_books_agree(late_told)
    assert_books_agree(in_order)


def test_a_replay_keeps_what_it_undid() -> None:
    loan = a_running_loan()
    close_until(date(2026, 3, 9))
    later = pay(loan, "700.00", date(2026, 3, 10))
    old_entry = later.entry_id

    pay(loan, "1200.00", date(2026, 2, 16), recorded_on=date(2026, 3, 11))

    later.refresh_from_db()
    assert later.entry_id != old_entry
    assert JournalEntry.objects.filter(reverses_id=old_entry).exists()
    assert RepaymentLine.objects.filter(repayment=later, entry_id=old_entry).exists()


def test_an_extension_moves_the_dates_and_keeps_the_old_schedule() -> None:
    loan = a_running_loan()
    extension = extend(loan_id=loan.pk, days=30, on=date(2026, 2, 10), reason="illness")

    rows = Instalment.objects.filter(loan=loan)
    assert rows.filter(superseded_on__isnull=False).count() == 12
    assert rows.get(number=1, version=2).due_on == date(2026, 3, 17)
    assert rows.get(number=1, version=2).interest == Decimal("180.00") + Decimal(extension.figures["interest_added"])
    assert_books_agree(loan)
    with pytest.raises(BeyondAuthority):
        extend(loan_id=loan.pk, days=31, on=date(2026, 2, 11), reason="travel")


def test_a_payment_back_dated_before_an_extension_is_replayed_through_it() -> None:
    loan = a_running_loan()
    close_until(date(2026, 2, 9))
    extend(loan_id=loan.pk, days=20, on=date(2026, 2, 10), reason="illness")

    pay(loan, "1200.00", date(2026, 2, 5), recorded_on=date(2026, 2, 11))

    assert Instalment.objects.get(loan=loan, number=1, superseded_on__isnull=True).due_on == date(2026, 2, 15)
    assert_books_agree(loan)


def test_waived_late_interest_is_income_taken_back() -> None:
    loan = a_running_loan()
    close_until(date(2026, 3, 10))
    owed = position(loan).late_interest_receivable

    waive(loan_id=loan.pk, component="late_interest", amount=owed, on=date(2026, 3, 10), reason="notice late")

    assert position(loan).late_interest_receivable == ZERO
    assert balances().get("4002", ZERO) == ZERO
    assert_books_agree(loan)
    with pytest.raises(WaiverTooHigh):
        waive(loan_id=loan.pk, component="fee", amount=Decimal("1.00"), on=date(2026, 3, 10), reason="-")


def test_a_written_off_loan_owes_in_memory_only_and_recoveries_are_income() -> None:
    loan = a_running_loan()
    close_until(date(2026, 6, 30))

    write_off(loan_id=loan.pk, on=date(2026, 7, 1), reason="no prospect")
    receipt = pay(loan, "3000.00", date(2026, 7, 5))

    standing = position(loan)
    assert (standing.principal_outstanding, standing.outstanding_total) == (ZERO, ZERO)
    assert standing.written_off_amount > Decimal("12000.00")
    assert (receipt.is_recovery, standing.recovered) == (True, Decimal("3000.00"))
    assert balances()["4101"] == Decimal("-3000.00")
    assert_books_agree(loan)


def test_reversing_a_recovery_takes_the_income_back() -> None:
    loan = a_running_loan()
    write_off(loan_id=loan.pk, on=date(2026, 7, 1), reason="fraud")
    receipt = pay(loan, "20000.00", date(2026, 7, 5))

    reverse_repayment(repayment_id=receipt.pk, reason="wrong loan", reversed_on=date(2026, 7, 6))

    assert (position(loan).recovered, position(loan).overpaid) == (ZERO, ZERO)
    assert_books_agree(loan)


def test_a_written_off_loan_cannot_be_written_off_again() -> None:
    loan = a_running_loan()
    write_off(loan_id=loan.pk, on=date(2026, 7, 1), reason="fraud")

    with pytest.raises(LoanNotInState):
        write_off(loan_id=loan.pk, on=date(2026, 7, 1), reason="fraud")


def test_postgresql_refuses_a_second_repayment_with_one_key() -> None:
    loan = a_running_loan()
    pay(loan, "100.00", date(2026, 1, 20), key="k")

    with pytest.raises(IntegrityError, match="idempotency_key"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO loans_repayment (public_id, number, loan_id, amount, received_on, recorded_on, recorded_at, "
            "channel, payer_reference, idempotency_key, status, is_recovery, settles_early, principal, interest, fee, "
            "late_interest, overpaid, entry_id, booked_on, reversed_alone, reversal_reason) "
            "SELECT 'x', 'x', loan_id, amount, received_on, recorded_on, recorded_at, channel, '', idempotency_key, "
            "status, false, false, 0, 0, 0, 0, 0, entry_id, booked_on, false, '' "
            "FROM loans_repayment"
        )


def test_the_borrower_is_told_what_came_and_when_all_is_paid() -> None:
    loan = a_running_loan()

    pay(loan, "100.00", date(2026, 1, 20))
    pay(loan, "20000.00", date(2026, 1, 25))
    record_repayment(
        loan_id=a_running_loan().pk,
        amount=Decimal("5.00"),
        received_on=date(2026, 1, 25),
        channel="import",
        idempotency_key="history",
        recorded_by=None,
    )

    messages = Message.objects.order_by("id").values_list("template_code", "reference")
    assert list(messages) == [("repayment_received", loan.number), ("loan_settled", loan.number)]


def test_the_borrower_is_told_the_new_date_of_an_extension() -> None:
    loan = a_running_loan()

    extend(loan_id=loan.pk, days=30, on=date(2026, 2, 10), reason="illness")

    message = Message.objects.get(template_code="extension_granted")
    assert message.context == {"loan_number": loan.number, "days": 30, "due_on": "2026-03-17"}


def test_a_loan_that_owes_only_late_interest_cannot_be_extended() -> None:
    order = ["interest", "principal", "fee", "late_interest"]
    loan = a_running_loan(method="bullet", instalment_count=1, allocation_order=order)
    close_until(date(2026, 3, 31))
    pay(loan, "12180.00", date(2026, 4, 1))

    with pytest.raises(NothingToExtend):
        extend(loan_id=loan.pk, days=10, on=date(2026, 4, 2), reason="illness")


def test_a_payment_is_few_statements_without_savepoints() -> None:
    loan = a_running_loan()
    close_until(date(2026, 2, 13))
    pay(loan, "1.00", date(2026, 2, 14))  # rules and account mappings are read once a minute

    with CaptureQueriesContext(connection) as taken:
        pay(loan, "1099.15", date(2026, 2, 15))

    statements = [query["sql"] for query in taken]
    assert len([sql for sql in statements if "SAVEPOINT" in sql]) == 2, statements  # the test's own transaction
    assert len(statements) == 2 + 5, statements
