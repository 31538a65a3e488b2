"""Many people at once on real PostgreSQL, each thread with a connection of its own: nothing lost, nothing twice."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.db.models import Sum

from audit.approvals import ApprovalAlreadyDecided, approve
from audit.models import Approval
from core.money import ZERO
from ledger.queries import balances, difference
from loans.acts.performing import ActConflict
from loans.acts.previewing import preview
from loans.bookkeeping.signals import quiet
from loans.incoming import importing, taking_in
from loans.incoming.matching_by_two import match_or_ask
from loans.incoming.uploading import upload
from loans.models import Accrual, IncomingPayment, Loan, LoanAct, LoanStatus, Repayment
from loans.night import closing
from loans.night.closing import accrue_and_age
from loans.proof.verifying import compare
from loans.servicing.guarding import Excess, PaymentAboveOwed, PaymentLooksRepeated
from loans.servicing.repayments import RepaymentConflict, record_repayment, reverse_repayment
from loans.servicing.settling import settlement_quote
from tests.loans.books import close_until
from tests.loans.doing import refund_overpayment
from tests.loans.factories import DISBURSED, LoanFactory
from tests.loans.statements import statement
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = DISBURSED + timedelta(days=60)


def at_once(calls: Iterable[Callable[[], Any]]) -> list[Any]:
    """Run ``calls`` in threads that start together; a refusal is returned as the exception."""
    waiting = list(calls)
    barrier = Barrier(len(waiting))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        except Exception as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(waiting)) as pool:
        return list(pool.map(run, waiting))


def payment(loan: Loan, amount: str, key: str, on: date = TODAY, **answers: Any) -> Callable[[], Repayment]:
    """Taken as it is told, unless ``answers`` say otherwise."""
    return lambda: record_repayment(
        loan_id=loan.pk,
        amount=Decimal(amount),
        received_on=on,
        idempotency_key=key,
        recorded_by=None,
        recorded_on=TODAY,
        **{"channel": "counter", "excess": Excess.PAID_AHEAD, "allow_repeat": True, "approved": True, **answers},
    )


def assert_books_agree() -> None:
    for loan in Loan.objects.select_related("position"):
        assert compare(loan) == []
    assert difference() == ZERO


def test_two_people_repay_one_loan_at_once_and_both_payments_stand() -> None:
    loan = LoanFactory(active=True)

    at_once([payment(loan, "100.00", f"teller-{n}") for n in range(6)])

    assert Repayment.objects.aggregate(total=Sum("amount"))["total"] == Decimal("600.00")
    assert_books_agree()


def test_of_payments_that_look_the_same_at_once_one_goes_in_and_the_others_are_asked_about() -> None:
    loan = LoanFactory(active=True)

    answers = at_once([payment(loan, "100.00", f"teller-{n}", allow_repeat=False) for n in range(6)])

    assert Counter(type(answer) for answer in answers) == {Repayment: 1, PaymentLooksRepeated: 5}
    assert Repayment.objects.get().amount == Decimal("100.00")
    assert_books_agree()


def test_of_two_that_pay_the_loan_off_at_once_the_second_is_more_than_is_owed() -> None:
    loan = LoanFactory(active=True)
    close_until(TODAY - timedelta(days=1))
    owed = settlement_quote(loan, TODAY).total

    def paying_off(by: Decimal) -> Callable[[], Repayment]:
        return payment(loan, str(by), f"all-{by}", excess=Excess.REFUSED, allow_repeat=False)

    answers = at_once([paying_off(owed - 1), paying_off(owed - 2)])

    assert Counter(type(answer) for answer in answers) == {Repayment: 1, PaymentAboveOwed: 1}
    assert_books_agree()


def test_workers_on_one_file_at_once_divide_what_is_above_the_debt_once() -> None:
    loans = [LoanFactory(active=True) for _ in range(3)]
    close_until(TODAY - timedelta(days=1))
    rows = [(TODAY.isoformat(), f"B-{n}", "15000.00", loan.number) for n, loan in enumerate(loans)]
    with quiet():  # nobody is woken to settle it
        bank_file = taking_in.take_in(content=statement(*rows), name="march.csv", on=TODAY)

    def settle() -> dict[str, int]:
        return importing.settle_file(bank_file_id=bank_file.pk, on=TODAY)

    counts = at_once([settle] * 4)

    assert sum(count["suspense"] for count in counts) == 3
    assert Repayment.objects.count() == 3
    booked = Repayment.objects.aggregate(total=Sum("amount"))["total"]
    assert booked + -balances()["2202"] == Decimal("45000.00")
    assert_books_agree()


def test_two_confirmations_at_once_post_a_file_once() -> None:
    loan, clerk = LoanFactory(active=True), UserFactory(username="clerk", roles=["operations"])
    confirmers = [UserFactory(username=f"finance-{n}", roles=["finance"]) for n in range(3)]
    content = statement((TODAY.isoformat(), "B-1", "100.00", loan.number), (TODAY.isoformat(), "B-2", "70.00", "?"))
    upload(content=content, name="march.csv", on=TODAY, by=clerk)
    asked = Approval.objects.get()

    done = at_once([lambda by=by: approve(approval_id=asked.pk, decided_by=by, on=TODAY) for by in confirmers])

    assert Counter(type(found) for found in done) == {Approval: 1, ApprovalAlreadyDecided: 2}
    at_once([lambda: importing.settle_files(on=TODAY)] * 3)
    assert Repayment.objects.get().amount == 100
    assert -balances()["2202"] == Decimal("70.00")
    assert_books_agree()


def test_two_matches_agreed_to_at_once_post_once() -> None:
    loan, clerk = LoanFactory(active=True), UserFactory(username="clerk", roles=["operations"])
    confirmers = [UserFactory(username=f"finance-{n}", roles=["finance"]) for n in range(3)]
    bank_file = taking_in.take_in(content=statement((TODAY.isoformat(), "B-1", "100.00", "?")), name="a.csv", on=TODAY)
    importing.settle_file(bank_file_id=bank_file.pk, on=TODAY)
    line = bank_file.payments.get()
    shares = [importing.Share(loan.number, line.left)]
    asked = match_or_ask(payment_id=line.pk, shares=shares, on=TODAY, by=clerk, reason="he phoned")

    done = at_once([lambda by=by: approve(approval_id=asked.pk, decided_by=by, on=TODAY) for by in confirmers])

    assert Counter(type(found) for found in done) == {Approval: 1, ApprovalAlreadyDecided: 2}
    assert Repayment.objects.get().amount == 100 and balances()["2202"] == 0
    assert_books_agree()


def test_matching_a_line_again_while_it_is_taken_back_never_locks_itself_out() -> None:
    loan, clerk = LoanFactory(active=True), UserFactory(username="clerk", roles=["operations"])
    content = statement(*[(TODAY.isoformat(), f"B-{n}", f"{100 + n}.00", loan.number) for n in range(4)])
    bank_file = taking_in.take_in(content=content, name="a.csv", on=TODAY)
    importing.settle_file(bank_file_id=bank_file.pk, on=TODAY)
    lines, receipts = list(bank_file.payments.order_by("id")), list(Repayment.objects.order_by("id"))

    def back(receipt: Repayment) -> Repayment:
        return reverse_repayment(repayment_id=receipt.pk, reason="wrong loan", reversed_on=TODAY)

    def again(line: IncomingPayment) -> Any:
        shares = [importing.Share(loan.number, line.amount)]
        return match_or_ask(payment_id=line.pk, shares=shares, on=TODAY, by=clerk)

    calls = [lambda receipt=receipt: back(receipt) for receipt in receipts]
    done = at_once([*calls, *(lambda line=line: again(line) for line in lines)])

    assert {type(found) for found in done} <= {Repayment, IncomingPayment, importing.PaymentAlreadySettled}
    standing = Repayment.objects.filter(status="posted").aggregate(total=Sum("amount"))["total"] or ZERO
    assert standing - balances()["2202"] == sum(line.amount for line in lines)
    assert_books_agree()


def test_a_double_click_pays_once() -> None:
    loan = LoanFactory(active=True)

    receipts = at_once([payment(loan, "100.00", "click")] * 6)

    assert len({receipt.pk for receipt in receipts}) == 1
    assert Repayment.objects.count() == 1
    assert_books_agree()


def test_one_key_on_two_loans_at_once_stands_once() -> None:
    first, second = LoanFactory(active=True), LoanFactory(active=True)

    answers = at_once([payment(first, "100.00", "k"), payment(second, "100.00", "k")])

    assert {type(answer) for answer in answers} == {Repayment, RepaymentConflict}
    assert_books_agree()


def test_one_key_for_refunds_of_two_loans_at_once_pays_one() -> None:
    loans = [LoanFactory(active=True), LoanFactory(active=True)]
    for loan in loans:
        payment(loan, "15000.00", f"all-{loan.pk}")()

    def refund(loan: Loan) -> Callable[[], LoanAct]:
        return lambda: refund_overpayment(loan_id=loan.pk, amount=Decimal("5.00"), on=TODAY, idempotency_key="r")

    answers = at_once([refund(loan) for loan in loans])

    assert {type(answer) for answer in answers} == {LoanAct, ActConflict}
    assert_books_agree()


def test_two_settle_the_loan_at_once_and_the_second_is_overpaid() -> None:
    loan = LoanFactory(active=True)

    # Proved by a bank's line: on one person's word the second would wait for another person.
    at_once([payment(loan, "15000.00", key, channel="bank_file") for key in ("a", "b")])

    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED
    assert loan.position.overpaid == Decimal("30000.00") - (Decimal("12000.00") + loan.position.interest_accrued) - (
        loan.position.late_interest_accrued
    )
    assert_books_agree()


def test_back_dated_payments_in_parallel_on_overlapping_loans_while_the_day_closes() -> None:
    loans = [LoanFactory(active=True) for _ in range(5)]
    close_until(TODAY - timedelta(days=1))
    low, high = loans[0].pk, loans[-1].pk
    calls = [payment(loans[n % 5], "50.00", f"late-{n}", on=DISBURSED + timedelta(days=20 + n)) for n in range(25)]

    answers = at_once([*calls, *[lambda: accrue_and_age(low, high, TODAY)] * 3])

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert Repayment.objects.count() == 25
    assert_books_agree()


def test_reversals_and_payments_at_once_leave_right_books() -> None:
    loan = LoanFactory(active=True)
    first = [payment(loan, "300.00", f"old-{n}")() for n in range(4)]

    at_once(
        [
            *[
                lambda receipt=receipt: reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=TODAY)
                for receipt in first
            ],
            *[payment(loan, "200.00", f"new-{n}") for n in range(4)],
        ]
    )

    assert Repayment.objects.filter(status="posted").aggregate(total=Sum("amount"))["total"] == Decimal("800.00")
    assert_books_agree()


def test_a_loan_opened_again_while_the_day_closes_loses_no_late_interest(monkeypatch: pytest.MonkeyPatch) -> None:
    running, settled = LoanFactory(active=True), LoanFactory(active=True)
    receipt = payment(settled, "20000.00", "all", on=DISBURSED + timedelta(days=1))()
    close_until(TODAY - timedelta(days=1))
    steps_in_force = closing.bucket_steps

    def once_instalments_are_aged(on: date) -> Any:
        monkeypatch.setattr(closing, "bucket_steps", steps_in_force)
        at_once([lambda: reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=TODAY)])
        return steps_in_force(on)

    monkeypatch.setattr(closing, "bucket_steps", once_instalments_are_aged)
    counts = accrue_and_age(running.pk, settled.pk, TODAY)

    assert counts["loans_read"] == 2
    assert_books_agree()


def test_what_is_approved_cannot_change_between_the_look_and_the_act() -> None:
    """A preview is taken back, and its locks with it; the loan stays locked until what was approved is done."""
    loan = LoanFactory(active=True)

    def locked_elsewhere() -> Any:
        try:
            with transaction.atomic():
                return Loan.objects.select_for_update(nowait=True).get(pk=loan.pk)
        finally:
            connections.close_all()

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        preview(loan, lambda: None)
        with pytest.raises(OperationalError, match="could not obtain lock"):
            pool.submit(locked_elsewhere).result()


def test_a_month_end_does_not_wait_for_who_holds_a_loan() -> None:
    """A payment holds its loan and then waits for the position that the night holds; shares that the night keeps name the
    loan, and were their foreign key to wait for the loan, neither would go on."""
    loan, held, closed = LoanFactory(active=True), Event(), Event()
    close_until(date(2026, 1, 30))

    def hold() -> None:
        with transaction.atomic():
            Loan.objects.locked(loan.pk)
            held.set()
            closed.wait(30)

    def night() -> dict[str, int]:
        assert held.wait(30)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '5s'")
            return accrue_and_age(0, 2**62, date(2026, 1, 31))
        finally:
            closed.set()

    _held, counts = at_once([hold, night])

    assert not isinstance(counts, Exception), counts
    assert Accrual.objects.filter(loan_id=loan.pk, accrued_on=date(2026, 1, 31)).exists()


def test_who_holds_a_loan_keeps_others_from_it() -> None:
    loan = LoanFactory(active=True)

    def second() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            Loan.objects.locked(loan.pk)

    with transaction.atomic():
        Loan.objects.locked(loan.pk)
        (refusal,) = at_once([second])
    assert isinstance(refusal, OperationalError)
