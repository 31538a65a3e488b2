"""A bank that can misbehave, for the demo, for partners' sandboxes and for tests. It keeps a book, as a bank does.

The last four digits of the account choose what happens:
1001 refuses · 1002 pays later · 1003 takes the order and returns the money · 1004 pays and then does not answer ·
1005 does not answer the first time and has not paid. Any other account is paid at once.
"""

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import connection

from loans.banking.protocol import Answer, BankUnreachable, PaymentOrder, PaymentOutcome, Report
from loans.models import SimulatedPayment

REFUSED, LATER, RETURNED, PAID_IN_SILENCE, SILENT_ONCE = "1001", "1002", "1003", "1004", "1005"

_SIGNED_UP = """
INSERT INTO loans_simulatedpayment
    (reference, bank_reference, account_last4, amount, outcome, code, booked_on, order_count)
VALUES (%s, %s, %s, %s, %s, %s, %s, 1)
ON CONFLICT (reference) DO UPDATE SET order_count = loans_simulatedpayment.order_count + 1
RETURNING outcome, bank_reference, code, booked_on, order_count
"""


class SimulatedBank:
    """The simulated bank."""

    def send(self, order: PaymentOrder) -> Answer:
        last4 = order.account_number[-4:]
        answer, order_count = self._book(order, last4)
        if order_count == 1 and last4 in {PAID_IN_SILENCE, SILENT_ONCE}:
            raise BankUnreachable("the simulated bank did not answer")
        if order_count == 2 and last4 == SILENT_ONCE:
            return self._settle(order, PaymentOutcome.PAID)
        return answer

    def ask(self, order: PaymentOrder) -> Answer | None:
        payment = SimulatedPayment.objects.filter(reference=order.reference).first()
        if payment is None or (payment.account_last4 == SILENT_ONCE and payment.outcome == PaymentOutcome.UNKNOWN):
            return None
        if payment.outcome == PaymentOutcome.SENT:
            later = PaymentOutcome.RETURNED if payment.account_last4 == RETURNED else PaymentOutcome.PAID
            return self._settle(order, later)
        return _answer(payment)

    def reports(self, on: date) -> Iterator[Report]:
        """Everything booked on the day, each time anew: this bank repeats itself whenever it is asked."""
        for payment in SimulatedPayment.objects.filter(booked_on=on).order_by("id"):
            if payment.outcome in {PaymentOutcome.PAID, PaymentOutcome.RETURNED, PaymentOutcome.FAILED}:
                yield Report(payment.reference, _answer(payment))

    def _book(self, order: PaymentOrder, last4: str) -> tuple[Answer, int]:
        """One line of the book a reference, in one statement: a second order only counts up."""
        outcome = {
            REFUSED: PaymentOutcome.FAILED,
            LATER: PaymentOutcome.SENT,
            RETURNED: PaymentOutcome.SENT,
            SILENT_ONCE: PaymentOutcome.UNKNOWN,
        }.get(last4, PaymentOutcome.PAID)
        code = "account_closed" if outcome is PaymentOutcome.FAILED else ""
        bank_reference = "SIM" + hashlib.sha256(order.reference.encode()).hexdigest()[:16].upper()
        row: list[Any] = [order.reference, bank_reference, last4, order.amount, outcome.value, code, order.on]
        with connection.cursor() as cursor:
            cursor.execute(_SIGNED_UP, row)
            booked = cursor.fetchone()
        answer = Answer(PaymentOutcome(booked[0]), booked[1], booked[2], _in_words(booked[2]), booked[3])
        return answer, booked[4]

    def _settle(self, order: PaymentOrder, outcome: PaymentOutcome) -> Answer:
        code = "returned_by_bank" if outcome is PaymentOutcome.RETURNED else ""
        SimulatedPayment.objects.filter(reference=order.reference).update(
            outcome=outcome.value, code=code, booked_on=order.on
        )
        return _answer(SimulatedPayment.objects.get(reference=order.reference))


def _answer(payment: SimulatedPayment) -> Answer:
    outcome = PaymentOutcome(payment.outcome)
    return Answer(outcome, payment.bank_reference, payment.code, _in_words(payment.code), payment.booked_on)


def _in_words(code: str) -> str:
    return {"account_closed": "The account is closed.", "returned_by_bank": "The money was sent back."}.get(code, "")
