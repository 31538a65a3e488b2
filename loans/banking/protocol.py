"""What a bank must be able to do for us (pure: no Django).

The reference is ours and goes with the order as its end-to-end id. A bank pays a reference at most once, however often
it is ordered; so after silence the right move is to ask, and to order again only under the same reference.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class PaymentOutcome(StrEnum):
    """What is known of an order. The values are those of a disbursement's states."""

    SENT = "sent"
    UNKNOWN = "unknown"
    PAID = "paid"
    FAILED = "failed"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOrder:
    """Pay ``amount`` to the account on ``on``."""

    reference: str
    amount: Decimal
    currency: str
    on: date
    holder_name: str
    bank_name: str
    account_number: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bank says. ``code`` and ``detail`` explain a refusal."""

    outcome: PaymentOutcome
    bank_reference: str = ""
    code: str = ""
    detail: str = ""
    booked_on: date | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """News the bank brings by itself, about one of our references. Banks repeat themselves."""

    reference: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Unread:
    """A message of the bank that cannot be read: what it is called, the SHA-256 of it, and why, by code."""

    name: str
    fingerprint: str
    code: str


class BankUnreachable(Exception):
    """No answer. The order may or may not have been carried out: nobody knows before asking."""


class Bank(Protocol):
    """A bank."""

    def send(self, order: PaymentOrder) -> Answer:
        """Order the payment; the same reference again pays nothing more. Raises BankUnreachable."""

    def ask(self, order: PaymentOrder) -> Answer | None:
        """What became of the order; None when the bank never saw it. Raises BankUnreachable."""

    def reports(self, on: date) -> Iterable[Report | Unread]:
        """The bank's news up to ``on``, and what of it cannot be read."""
