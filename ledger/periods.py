"""Closing the books up to a day, and opening them again. What is closed PostgreSQL itself keeps closed (migration 0061).

``posted_on`` is the business date, so a back-dated event stays possible: it counts from an earlier day
(``effective_on``) and is posted on the open one.
"""

from datetime import date

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, Invalid
from ledger.day_sums import LOCK
from ledger.models import PeriodAct, PeriodClosing
from ledger.queries import archived_through, closed_through, sums_through
from staff.models import User


class AlreadyClosed(DomainError):
    code = "books_already_closed"
    message = _("The books are closed through %(through)s already.")


class DayStillOpen(Invalid):
    code = "books_day_still_open"
    field = "through"
    message = _(
        "%(through)s is not over: the business date is %(business_date)s. Close the books up to a day before it."
    )


class TrialBalanceDiffers(DomainError):
    code = "trial_balance_differs"
    message = _(
        "Debits of %(debit)s and credits of %(credit)s differ on %(through)s. Run verify_books to find out why."
    )


class NothingClosed(DomainError):
    code = "books_not_closed"
    message = _("The books are not closed on %(on)s; there is nothing to open again.")


class MonthArchived(DomainError):
    code = "books_archived"
    message = _(
        "The books are archived through %(through)s. Have the months brought back first: ./dev manage restore_month."
    )


def require_closable(through: date, *, on: date) -> None:
    """Whether the books may be closed through ``through`` while ``on`` is the business date.

    Raises DayStillOpen, AlreadyClosed.
    """
    if through >= on:
        raise DayStillOpen(through=through.isoformat(), business_date=on.isoformat())
    closed = closed_through()
    if closed is not None and through <= closed:
        raise AlreadyClosed(through=closed.isoformat())


@transaction.atomic
def close_through(through: date, *, on: date, by: User | None = None) -> PeriodClosing:
    """Close the books through ``through``; ``on`` is the business date, ``by`` nobody when the night does it.

    Waits for bookings under way. Raises DayStillOpen, AlreadyClosed, TrialBalanceDiffers.
    """
    _hold()
    require_closable(through, on=on)
    entries, debit, credit = sums_through(through)
    if debit != credit:
        raise TrialBalanceDiffers(debit=debit, credit=credit, through=through.isoformat())
    return PeriodClosing.objects.create(
        act=PeriodAct.CLOSED, closed_through=through, entries=entries, debit=debit, credit=credit, by=by
    )


def require_closed(day: date) -> PeriodClosing:
    """The closing in force that covers ``day``. Raises NothingClosed, and MonthArchived for a day in the archive."""
    closing = PeriodClosing.objects.order_by("-id").first()
    if closing is None or closing.closed_through is None or day > closing.closed_through:
        raise NothingClosed(on=day.isoformat())
    archived = archived_through()
    if archived is not None and day <= archived:
        raise MonthArchived(through=archived.isoformat())
    return closing


@transaction.atomic
def reopen_from(day: date, *, reason: str, by: User, approved_by: User) -> PeriodClosing:
    """Open the books again from ``day`` on. Doors never call this: it is what approving a reopening does.

    Raises NothingClosed, MonthArchived.
    """
    _hold()
    require_closed(day)
    eve = date.fromordinal(day.toordinal() - 1)
    entries, debit, credit = sums_through(eve)
    return PeriodClosing.objects.create(
        act=PeriodAct.REOPENED,
        closed_through=eve if entries else None,
        entries=entries,
        debit=debit,
        credit=credit,
        reason=reason,
        by=by,
        approved_by=approved_by,
    )


def _hold() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
