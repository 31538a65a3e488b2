"""What the books accrue for one loan, and the shares of it that are kept (``loans.models.Accrual``)."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal

from core import rows
from core.money import ZERO, round_money
from ledger.posting import post
from loans.account.account import Account, Earned, Suspended
from loans.bookkeeping import bookings
from loans.bookkeeping.account_mapping import accounts_for
from loans.models import Accrual, Loan, LoanPosition


def accrue(loan: Loan, position: LoanPosition, account: Account, held: Suspended, *, posted_on: date) -> None:
    """Book what was earned, or must be taken back, since the position was last read.

    Kept are two shares: what nights added since the last one, and what is booked now. ``held`` is the interest of
    ``account`` that is no income.
    """
    earned, stored = account.earned, in_the_books(position)
    now = Shared(earned.interest, earned.late_interest, earned.fee, held.interest, held.late_interest)
    shares = list(_of_nights(position, stored))
    parts = now.beyond(stored)
    if any(parts.values()):
        entry = post(
            event="accrual",
            posted_on=posted_on,
            effective_on=account.as_of,
            lines=bookings.accrual(accounts_for(loan), **parts),
            description=loan.number,
        )
        shares.append(
            rows.new(
                Accrual, loan_id=loan.pk, first_on=account.as_of, accrued_on=account.as_of, entry_id=entry.pk, **parts
            )
        )
    rows.insert_later(*shares)
    keep(position, now, account.as_of)


def booked(position: LoanPosition) -> Earned:
    """What the books have of the loan's accruals: all of them, but for what accrued beside the books."""
    return Earned(
        interest=position.interest_accrued - position.memo_interest,
        late_interest=position.late_interest_accrued - position.memo_late_interest,
        fee=position.fee_accrued - position.memo_fee,
    )


@dataclass(frozen=True, slots=True)
class Shared:
    """What the books have accrued for a loan in all, and how much of it stands in suspense instead of income."""

    interest: Decimal = ZERO
    late_interest: Decimal = ZERO
    fee: Decimal = ZERO
    suspended_interest: Decimal = ZERO
    suspended_late_interest: Decimal = ZERO

    def beyond(self, earlier: "Shared") -> dict[str, Decimal]:
        """What has come since ``earlier``, by the names of a share's columns; negative where it was taken back."""
        return {name: getattr(self, name) - getattr(earlier, name) for name in SHARED}


SHARED = tuple(field.name for field in fields(Shared))


def in_the_books(position: LoanPosition) -> Shared:
    """What the books have accrued for the loan by ``as_of``."""
    known = booked(position)
    return Shared(
        known.interest, known.late_interest, known.fee, position.suspended_interest, position.suspended_late_interest
    )


def kept(position: LoanPosition) -> Shared:
    """What the kept shares of the loan add up to."""
    return Shared(*(getattr(position, f"kept_{name}") for name in SHARED))


def keep(position: LoanPosition, shared: Shared, through: date) -> None:
    """Note on the position that the shares kept through ``through`` add up to ``shared``; writes nothing."""
    position.kept_on = through
    for name in SHARED:
        setattr(position, f"kept_{name}", round_money(getattr(shared, name)))


def _of_nights(position: LoanPosition, stored: Shared) -> Iterator[Accrual]:
    """The share of what nights added since the last one was kept, if they did; it has no entry of its own."""
    since = stored.beyond(kept(position))
    if any(since.values()):
        first_on = min(position.kept_on + timedelta(days=1), position.as_of)
        yield rows.new(Accrual, loan_id=position.pk, first_on=first_on, accrued_on=position.as_of, **since)
