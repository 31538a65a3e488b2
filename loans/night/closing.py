"""End of day for loans: accrue, charge late interest, count days past due, class and read positions, by the chunk.

This is ``interest`` and ``arrears`` of ``loans.account`` and ``loans.bookkeeping.positions`` once more as set-based SQL; a
test holds the two against each other on random books. One call is one chunk in the caller's transaction: it takes the
loans of the id range that are not yet read to ``on``, so that repeating it changes nothing and stopping it anywhere loses
nothing.
"""

from dataclasses import replace
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Q

from core import partitions
from core.rows import Parameters
from ledger.posting import post
from loans.account.account import relaid
from loans.account.arrears import Steps
from loans.bookkeeping import bookings, positions
from loans.bookkeeping.account_mapping import accounts_of_product
from loans.bookkeeping.positions import bucket_steps, class_steps, suspense_from
from loans.models import LoanPosition, LoanStatus
from loans.night.closing_sql import (
    AGE_BY_DAY,
    AGE_INSTALMENTS,
    KEEP_SHARES,
    LOCK,
    MAKE_ROOM,
    NOTE_MOVES,
    READ_POSITIONS,
    SUM_BY_PRODUCT,
)


def id_range() -> tuple[int, int] | None:
    """The lowest and highest loan id with a running loan; None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(loan_id), max(loan_id) FROM loans_loanposition WHERE status = 'active'")
        low, high = cursor.fetchone()
    return None if low is None else (low, high)


class LoanCameBack(Exception):
    """A settled loan was opened again between two statements: the second read a loan that the first did not hold."""


@transaction.atomic
def accrue_and_age(lo: int, hi: int, on: date) -> dict[str, int]:
    """Close ``on`` for the active loans with ids from ``lo`` to ``hi``; counts of what changed."""
    while True:
        try:
            with transaction.atomic():
                return _close(lo, hi, on)
        except LoanCameBack:
            continue  # nothing of the attempt is left; now the loan is there from the start


def _close(lo: int, hi: int, on: date) -> dict[str, int]:
    parameters: Parameters = {"lo": lo, "hi": hi, "on": on, "suspense_from": suspense_from(on)}
    partitions.require_month(on)
    with connection.cursor() as cursor:
        cursor.execute(LOCK, parameters)
        held, overdue, overdue_by_day, overdue_plans = cursor.fetchone()
        if not held:
            return {"loans_read": 0, "loans_past_due": 0, "bucket_moves": 0}
        if overdue_plans:
            _lay_out_plans(lo, hi, on)
        if overdue:
            cursor.execute(AGE_INSTALMENTS, parameters)
        if overdue_by_day:
            cursor.execute(AGE_BY_DAY, parameters)
        cursor.execute(MAKE_ROOM)
        cursor.execute(READ_POSITIONS, {**parameters, **_steps("bucket", bucket_steps(on)), **_class_steps(on)})
        if cursor.rowcount != held:
            raise LoanCameBack
        entries = _book(cursor, on)
        if entries:
            cursor.execute(KEEP_SHARES, {"on": on, "products": list(entries), "entries": list(entries.values())})
        cursor.execute(NOTE_MOVES, {"on": on})
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE days_past_due > 0), count(*) FILTER (WHERE bucket <> old_bucket) "
            "FROM closing_read"
        )
        read, late, moved = cursor.fetchone()
    return {"loans_read": read, "loans_past_due": late, "bucket_moves": moved}


def _lay_out_plans(lo: int, hi: int, on: date) -> None:
    """Where interest follows the balance, what is overdue bears interest: those few are laid out one by one."""
    overdue = LoanPosition.objects.filter(
        Q(oldest_due_on__lt=on) | Q(next_due_on__lt=on),
        loan_id__gte=lo,
        loan_id__lte=hi,
        status=LoanStatus.ACTIVE,
        as_of__lt=on,
        plan__isnull=False,
    )
    for position in overdue.select_related("loan").order_by("loan_id"):
        before = positions.load(position.loan, position)
        after = relaid(before, on)
        if after.instalments != before.instalments:
            positions.lay_out(position.loan, before, replace(after, as_of=on))


def _steps(name: str, steps: Steps) -> Parameters:
    return {f"{name}_names": [step for step, _ in steps], f"{name}_days": [first for _, first in steps]}


def _class_steps(on: date) -> Parameters:
    return _steps("class", class_steps(on))


def _book(cursor: CursorWrapper, on: date) -> dict[int, int]:
    """One accrual entry a product; returns the entry id by product id."""
    cursor.execute(SUM_BY_PRODUCT)
    parts = [column.name for column in cursor.description[2:]]
    sums: list[tuple[Any, ...]] = cursor.fetchall()
    entries: dict[int, int] = {}
    for product_id, code, *amounts in sums:
        entry = post(
            event="accrual",
            posted_on=on,
            effective_on=on,
            lines=bookings.accrual(accounts_of_product(product_id), **dict(zip(parts, amounts, strict=True))),
            description=code,
        )
        entries[product_id] = entry.pk
    return entries
