"""What changes of a plan share: which instalments still lie ahead, where further ones would fall, what time costs (pure)."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from core.calendars import add_months
from core.money import ZERO, round_money
from loans.account.account import Account, InstalmentState
from loans.account.changes.base import EventImpossible
from loans.schedules.amortisation import rate_on
from loans.schedules.instalment_amounts import factor
from loans.schedules.terms import Frequency, LoanTerms


class NoInstalmentAhead(EventImpossible):
    code = "no_instalment_ahead"
    message = _("No open instalment is due on the day the change counts from, or later.")


class NothingOverdue(EventImpossible):
    code = "nothing_overdue"
    message = _("Nothing was overdue on the day the change counts from.")


def ahead(account: Account, on: date) -> list[InstalmentState]:
    """Open instalments due on ``on`` or later, in order of their due dates."""
    return sorted(
        (row for row in account.instalments if row.settled_on is None and row.agreed_owed and row.due_on >= on),
        key=lambda row: (row.due_on, row.number),
    )


def overdue(account: Account, on: date) -> list[InstalmentState]:
    """Instalments due before ``on`` of whose principal, interest or fee something is unpaid."""
    return [row for row in account.instalments if row.agreed_owed and row.due_on < on]


def on_day(month: date, day: int) -> date:
    """The ``day`` in the month of ``month``, or the month's last day where it has fewer."""
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))


def later_dues(terms: LoanTerms, known: Sequence[date], count: int, after: date) -> list[date]:
    """``count`` due dates that go on where ``known`` ends, all later than ``after``.

    The latest day of the month among ``known`` is the anchor, so that a February does not make the day earlier for good.
    """
    anchor, last, step = max(due.day for due in known), max(known), 0
    found: list[date] = []
    while len(found) < count:
        step += 1
        due = _stepped(terms, last, step, anchor)
        if due > after:
            found.append(due)
    return found


def _stepped(terms: LoanTerms, last: date, step: int, anchor: int) -> date:
    if terms.frequency is Frequency.MONTH:
        return on_day(add_months(last.replace(day=1), step * terms.every), anchor)
    days = 7 if terms.frequency is Frequency.WEEK else 1
    return last + timedelta(days=step * terms.every * days)


def price_of_time(terms: LoanTerms, principal: Decimal, start: date, end: date) -> Decimal:
    """Interest of ``principal`` from ``start`` to ``end`` at the contract rates in force (the steps of ``terms``); nothing
    where a flat charge was agreed.

    An ``end`` before ``start`` gives what the time between would have cost, as a negative sum.
    """
    if terms.flat_charge is not None or start == end:
        return ZERO
    if end < start:
        return -price_of_time(terms, principal, end, start)
    days = [start, *(step.from_on for step in terms.rate_steps if start < step.from_on < end), end]
    rates = [rate_on(terms.annual_rate, terms.rate_steps, day) for day in days[:-1]]
    spans = zip(pairwise(days), rates, strict=True)
    return round_money(principal * sum((factor(terms, *span, rate) for span, rate in spans), ZERO))


def closed(row: InstalmentState) -> InstalmentState:
    """The instalment with nothing of principal, interest and fee owed any more; late interest stays."""
    return replace(row, principal=row.principal_paid, interest=row.interest_paid, fee=row.fee_paid)


def with_rows(account: Account, changed: Sequence[InstalmentState]) -> Account:
    """The account with ``changed`` in the place of the instalments of their numbers; further numbers come at the end."""
    by_number = {row.number: row for row in account.instalments} | {row.number: row for row in changed}
    return replace(account, instalments=tuple(by_number[number] for number in sorted(by_number)))
