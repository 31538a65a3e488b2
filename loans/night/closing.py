"""End of day for loans: accrue, charge late interest, count days past due, class and read positions, by the chunk.

This is ``interest`` and ``arrears`` of ``loans.account`` and ``loans.bookkeeping.positions`` once more as set-based SQL; a
test holds the two against each other on random books. One call is one chunk in the caller's transaction: it takes the
loans of the id range that are not yet read to ``on``, so that repeating it changes nothing and stopping it anywhere loses
nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Q

from core import partitions, rows, sending
from core.calendars import is_month_end
from core.money import ZERO
from core.rows import Parameters
from ledger.models import JournalEntry
from ledger.posting import post
from loans.account.account import relaid
from loans.account.arrears import Steps, step_of
from loans.bookkeeping import bookings, positions
from loans.bookkeeping.account_mapping import accounts_of_product
from loans.bookkeeping.positions import bucket_steps, class_steps, suspense_from
from loans.models import LoanPosition, LoanStatus, NightAccrual, Product
from loans.night.closing_sql import (
    AGE_BY_DAY,
    AGE_INSTALMENTS,
    COUNT_ON,
    KEEP_SHARES,
    LOCK,
    READ_POSITIONS,
)

PARTS_EARNED = ("interest", "late_interest", "fee", "suspended_interest", "suspended_late_interest")


def id_range() -> tuple[int, int] | None:
    """The lowest and highest loan id with a running loan; None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(loan_id), max(loan_id) FROM loans_loanposition WHERE status = 'active'")
        low, high = cursor.fetchone()
    return None if low is None else (low, high)


@dataclass(frozen=True, slots=True)
class Earned:
    """What ``loans`` of a product earned in a night; interest and late interest in suspense are no income. Of the loans,
    some are ``past_due`` and some have ``moved`` from one bucket to another."""

    product_id: int
    loans: int
    interest: Decimal
    late_interest: Decimal = ZERO
    fee: Decimal = ZERO
    suspended_interest: Decimal = ZERO
    suspended_late_interest: Decimal = ZERO
    past_due: int = 0
    moved: int = 0

    @property
    def parts(self) -> dict[str, Decimal]:
        """The sums by the names that bookings and shares give them."""
        return {name: getattr(self, name) for name in PARTS_EARNED}

    def plus(self, other: "Earned") -> "Earned":
        """Both together."""
        counted = ("loans", "past_due", "moved", *PARTS_EARNED)
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in counted})


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
    buckets, classes = bucket_steps(on), class_steps(on)
    with connection.cursor() as cursor:
        cursor.execute(LOCK, parameters)
        held, overdue, overdue_by_day, overdue_plans = cursor.fetchone()
        if not held:
            return {"loans_read": 0, "loans_counted_on": 0, "loans_past_due": 0, "bucket_moves": 0}
        none_late = {"first_bucket": step_of(0, buckets), "first_class": step_of(0, classes)}
        cursor.execute(COUNT_ON, {**parameters, **none_late})
        counted = [Earned(product, loans, interest) for product, loans, interest in cursor.fetchall()]
        read: list[Earned] = []
        if _loans(counted) < held:
            steps = {**parameters, **_steps("bucket", buckets), **_steps("class", classes)}
            if overdue_plans:
                _lay_out_plans(lo, hi, on)
            if overdue:
                cursor.execute(AGE_INSTALMENTS, steps)
                counted += [Earned(*sums) for sums in cursor.fetchall()]
            if overdue_by_day:
                cursor.execute(AGE_BY_DAY, parameters)
            if _loans(counted) < held:
                cursor.execute(READ_POSITIONS, {**steps, "left": held - _loans(counted)})
                read = [Earned(*sums) for sums in cursor.fetchall()]
        earned = [*counted, *read]
        if _loans(earned) != held:
            raise LoanCameBack
        _book(lo, hi, on, earned)
        if is_month_end(on):
            cursor.execute(KEEP_SHARES, parameters)
    return {
        "loans_read": held,
        "loans_counted_on": _loans(counted),
        "loans_past_due": sum(product.past_due for product in earned),
        "bucket_moves": sum(product.moved for product in earned),
    }


def _loans(earned: Iterable[Earned]) -> int:
    return sum(product.loans for product in earned)


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


def _book(lo: int, hi: int, on: date, earned: Iterable[Earned]) -> None:
    """One accrual entry a product over the loans counted on and those read, with its sums beside it."""
    by_product: dict[int, Earned] = {}
    for part in earned:
        known = by_product.get(part.product_id)
        by_product[part.product_id] = known.plus(part) if known else part
    accrued = [sums for _product_id, sums in sorted(by_product.items()) if any(sums.parts.values())]
    if not accrued:
        return
    codes = dict(Product.objects.filter(pk__in=by_product).values_list("pk", "code"))
    with sending.together():
        sending.take_numbers(*[rows.sequence_of(JournalEntry)] * len(accrued))
        for sums in accrued:
            entry = post(
                event="accrual",
                posted_on=on,
                effective_on=on,
                lines=bookings.accrual(accounts_of_product(sums.product_id), **sums.parts),
                description=codes[sums.product_id],
            )
            of_chunk = {"accrued_on": on, "lo": lo, "hi": hi, "entry_id": entry.pk}
            rows.insert_later(NightAccrual(product_id=sums.product_id, loans=sums.loans, **of_chunk, **sums.parts))
