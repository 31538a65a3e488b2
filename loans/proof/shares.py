"""A loan's share of what any night accrued, worked out again from contract and events as they were known that night.

Nights book one entry a product and chunk of loans and write no row a loan (``loans.models.NightAccrual``). What each loan
has in it follows from its account: what it had earned by the end of the day, less what it had earned the day before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import QuerySet

from core.money import ZERO, round_money
from loans.account.account import Account, age
from loans.account.replay import replay
from loans.bookkeeping import positions
from loans.bookkeeping.accruing import SHARED, Shared
from loans.bookkeeping.positions import suspended_of
from loans.events.stored import events_known_on, events_of
from loans.models import Accrual, Instalment, Loan

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DailyShare:
    """What the night of ``on`` accrued for a loan; suspense is what of it was no income, negative where it became some."""

    on: date
    interest: Decimal
    late_interest: Decimal
    fee: Decimal
    suspended_interest: Decimal
    suspended_late_interest: Decimal

    @property
    def suspended(self) -> Decimal:
        """Interest and late interest in suspense together."""
        return self.suspended_interest + self.suspended_late_interest


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Nights in a row between which nothing happened to the loan."""

    first_on: date
    last_on: date


def daily_shares(loan: Loan, first: date, last: date) -> Iterator[DailyShare]:
    """The loan's share of each night from ``first`` to ``last`` on which one accrued for it, in order of days.

    A day that an event of that day accrued itself has no share of the night; it stands as that event's own ``Accrual``.
    """
    for stretch in _stretches(loan):
        if stretch.last_on < first or stretch.first_on > last:
            continue
        account, _outcomes = replay(positions.load_as_agreed(loan), events_known_on(loan, stretch.first_on))
        before = _in_the_books(age(account, stretch.first_on - ONE_DAY))
        day = stretch.first_on
        while day <= min(stretch.last_on, last):
            account = age(account, day)
            now = _in_the_books(account)
            if day >= first:
                yield DailyShare(day, **now.beyond(before))
            before, day = now, day + ONE_DAY


def shares_of_night(loans: Sequence[Loan], on: date) -> dict[int, DailyShare]:
    """The shares of ``loans`` in what the night of ``on`` accrued, by loan id, in a number of queries that does not grow.

    A loan for which that night did not accrue (an event had brought it to the day already) is left out.
    """
    ids = [loan.pk for loan in loans]
    shared = set(
        _nights().filter(loan_id__in=ids, first_on__lte=on, accrued_on__gte=on).values_list("loan_id", flat=True)
    )
    shared |= {loan.pk for loan in loans if loan.position.kept_on < on <= loan.position.as_of}
    mine = [loan for loan in loans if loan.pk in shared]
    schedules: dict[int, list[Instalment]] = {loan.pk: [] for loan in mine}
    for row in Instalment.objects.filter(loan__in=mine, version=1).order_by("loan_id", "number"):
        schedules[row.loan_id].append(row)
    events = events_of(mine, known_on=on)
    shares = {}
    for loan in mine:
        account, _outcomes = replay(positions.agreed_account(loan, schedules[loan.pk]), events[loan.pk])
        eve = age(account, on - ONE_DAY)
        shares[loan.pk] = DailyShare(on, **_in_the_books(age(eve, on)).beyond(_in_the_books(eve)))
    return shares


def _nights() -> QuerySet[Accrual]:
    return Accrual.objects.filter(entry_id__isnull=True)


def _stretches(loan: Loan) -> list[_Stretch]:
    """The nights of each kept share, then those since."""
    kept = _nights().filter(loan_id=loan.pk).order_by("accrued_on", "id")
    stretches = [_Stretch(share.first_on, share.accrued_on) for share in kept]
    position = loan.position
    if position.kept_on < position.as_of:
        stretches.append(_Stretch(position.kept_on + ONE_DAY, position.as_of))
    return stretches


def _in_the_books(account: Account) -> Shared:
    earned, held = account.earned, suspended_of(account)
    figures = (earned.interest, earned.late_interest, earned.fee, held.interest, held.late_interest)
    return Shared(*(round_money(figure) for figure in figures))


def unproved(loan: Loan) -> Iterator[tuple[date, str, Decimal, Decimal]]:
    """Each kept share of nights that the days worked out again do not add up to: its last day, the figure, both sums."""
    for share in _nights().filter(loan_id=loan.pk).order_by("accrued_on", "id"):
        days = list(daily_shares(loan, share.first_on, share.accrued_on))
        for name in SHARED:
            worked_out = sum((getattr(day, name) for day in days), ZERO)
            if worked_out != getattr(share, name):
                yield share.accrued_on, name, getattr(share, name), worked_out
