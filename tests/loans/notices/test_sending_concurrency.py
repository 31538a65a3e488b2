"""Payments while messages are being sent, on real PostgreSQL, each thread with a connection of its own."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from loans.notices.reminders import queue_reminders
from messaging.channels import simulator
from messaging.delivery import send_due
from messaging.models import Message
from tests.loans.books import close_until
from tests.loans.notices.test_rereading import DUE, NEXT, a_loan_of_the_issue, nine
from tests.loans.servicing.test_repayments import assert_books_agree, pay

pytestmark = pytest.mark.django_db(transaction=True)


def in_a_thread(call: Callable[[], Any]) -> Thread:
    def run() -> None:
        try:
            call()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


def reminders() -> list[tuple[str, str]]:
    rows = Message.objects.filter(template_code="repayment_overdue").order_by("id")
    return list(rows.values_list("status", "refusal"))


def test_a_payment_during_the_run_is_known_to_the_messages_that_have_not_left(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = a_loan_of_the_issue(), a_loan_of_the_issue()
    close_until(DUE)
    queue_reminders(0, 2**62, DUE)
    hand_over, paid = simulator.Simulator.send, Event()

    def slowly(self: simulator.Simulator, outgoing: Any) -> str:
        if not paid.is_set():
            paid.set()
            in_a_thread(lambda: pay(second, "3045.00", NEXT)).join()
        return hand_over(self, outgoing)

    monkeypatch.setattr(simulator.Simulator, "send", slowly)
    send_due(nine(NEXT))

    assert reminders() == [("sent", ""), ("refused", "settled_since")]
    for loan in (first, second):
        assert_books_agree(loan)


def test_a_payment_being_recorded_is_waited_for() -> None:
    loan = a_loan_of_the_issue()
    close_until(DUE)
    queue_reminders(0, 2**62, DUE)
    held, may_commit = Event(), Event()

    def payment() -> None:
        with transaction.atomic():
            pay(loan, "3045.00", NEXT)
            held.set()
            may_commit.wait(timeout=10)

    paying = in_a_thread(payment)
    held.wait(timeout=10)
    sending = in_a_thread(lambda: send_due(nine(NEXT)))
    sending.join(timeout=0.5)
    assert sending.is_alive()
    may_commit.set()
    paying.join()
    sending.join()

    assert reminders() == [("refused", "settled_since")]


def test_two_workers_and_many_payments_leave_no_message_of_a_settled_loan() -> None:
    loans = [a_loan_of_the_issue() for _ in range(8)]
    close_until(DUE)
    queue_reminders(0, 2**62, DUE)
    workers = [in_a_thread(lambda: send_due(nine(NEXT), batch_size=2)) for _ in range(2)]
    payments = [in_a_thread(lambda loan=loan: pay(loan, "3045.00", NEXT)) for loan in loans]
    for thread in (*workers, *payments):
        thread.join()

    assert {status for status, _why in reminders()} <= {"sent", "refused"}
    assert len(reminders()) == len(loans)
    for loan in loans:
        assert_books_agree(loan)
