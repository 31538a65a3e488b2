"""How the borrowers of the demo behave (pure). A loan's number decides, so that a day lived again is the same day.

Most pay on time, some a few days late, a few in parts or too much, a few stop for good; the shares are chosen so that
every page of the desk has something true to show.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256

from core.money import round_money


class Conduct(StrEnum):
    """What kind of payer a borrower is."""

    PUNCTUAL = "punctual"
    EARLY = "early"
    FORGETFUL = "forgetful"  # some instalments a few days late
    STRUGGLING = "struggling"  # two to six weeks late, sooner or later
    IN_PARTS = "in_parts"
    ROUNDS_UP = "rounds_up"
    SETTLES_EARLY = "settles_early"
    STOPS = "stops"


SHARES = (
    (Conduct.PUNCTUAL, 44),
    (Conduct.EARLY, 12),
    (Conduct.FORGETFUL, 18),
    (Conduct.STRUGGLING, 8),
    (Conduct.IN_PARTS, 4),
    (Conduct.ROUNDS_UP, 3),
    (Conduct.SETTLES_EARLY, 4),
    (Conduct.STOPS, 7),
)


@dataclass(frozen=True, slots=True)
class Due:
    """One open instalment as the borrower sees it."""

    loan_number: str
    instalment: int
    due_on: date
    owed: Decimal


@dataclass(frozen=True, slots=True)
class Payment:
    """What the borrower does on a day. ``settles`` pays back everything."""

    amount: Decimal
    settles: bool = False


def conduct_of(loan_number: str) -> Conduct:
    place = draw(loan_number, "conduct", 100)
    for conduct, share in SHARES:
        if place < share:
            return conduct
        place -= share
    return Conduct.PUNCTUAL


def payment_on(day: date, due: Due) -> Payment | None:
    """What is paid on ``day`` of the loan's oldest open instalment; nothing on most days."""
    conduct = conduct_of(due.loan_number)
    if conduct is Conduct.SETTLES_EARLY and due.instalment >= 3 and day == due.due_on:
        return Payment(due.owed, settles=True)
    for when, share in _plan(conduct, due):
        if day == when:
            amount = round_money(due.owed * share)
            return Payment(_rounded_up(amount) if conduct is Conduct.ROUNDS_UP else amount)
    return None


def _plan(conduct: Conduct, due: Due) -> Iterator[tuple[date, Decimal]]:
    """The days of payment, and which part of what is open then."""
    whole, mood = Decimal(1), draw(due.loan_number, f"instalment {due.instalment}", 100)
    if conduct is Conduct.STOPS and due.instalment > draw(due.loan_number, "stops", 2):
        return
    if conduct is Conduct.IN_PARTS:
        yield due.due_on, Decimal("0.5")
        yield due.due_on + timedelta(days=9), whole
        return
    days = {
        Conduct.EARLY: -(1 + mood % 3),
        Conduct.FORGETFUL: 1 + mood % 8 if mood < 40 else 0,
        Conduct.STRUGGLING: 12 + mood % 32 if mood < 55 else mood % 4,
    }.get(conduct, 0)
    yield due.due_on + timedelta(days=days), whole


def _rounded_up(amount: Decimal) -> Decimal:
    """To the next full hundred."""
    return (amount // 100 + 1) * 100


def draw(loan_number: str, what: str, below: int) -> int:
    """A number that looks drawn and is always the same for the same loan and question."""
    return int.from_bytes(sha256(f"{loan_number} {what}".encode()).digest()[:4], "big") % below
