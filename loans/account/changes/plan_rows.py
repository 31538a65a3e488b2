"""What changes of a plan share: which instalments still lie ahead, and what time costs (pure)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from core.money import ZERO, round_to
from loans.account.account import Account, InstalmentState
from loans.account.changes.base import EventImpossible
from loans.account.changes.paid_ahead import with_interest_given_back
from loans.schedules.instalment_amounts import factor
from loans.schedules.period_rates import rate_on
from loans.schedules.terms import LoanTerms


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


def with_empty(account: Account, rows: Sequence[InstalmentState]) -> list[InstalmentState]:
    """``rows``, which are in order, with the instalments between and after them in which nothing falls due: where all
    interest of a period is deferred, or those before it repay all. What moves the others moves them too, or two periods
    would share their days, and bear interest twice once something falls due in both."""
    empty = [row for row in account.instalments if row.number > rows[0].number and not _asks_for_something(row)]
    more = [row for row in empty if row.starts_on < row.due_on]
    return sorted([*rows, *more], key=lambda row: (row.due_on, row.number)) if more else list(rows)


def bearing(rows: Sequence[InstalmentState]) -> int:
    """How many of ``rows`` can bear what time costs: all until the last one in which something falls due."""
    return max(n for n, row in enumerate(rows, start=1) if _asks_for_something(row))


def _asks_for_something(row: InstalmentState) -> bool:
    return bool(row.principal or row.interest or row.fee)


def overdue(account: Account, on: date) -> list[InstalmentState]:
    """Instalments due before ``on`` of whose principal, interest or fee something is unpaid."""
    return [row for row in account.instalments if row.agreed_owed and row.due_on < on]


def price_of_time(terms: LoanTerms, principal: Decimal, start: date, end: date) -> Decimal:
    """Interest of ``principal`` from ``start`` to ``end`` at the contract rates in force (the steps of ``terms``); nothing
    where a flat charge was agreed.

    An ``end`` before ``start`` gives what the time between would have cost, as a negative sum.
    """
    if terms.flat_charge is not None or start == end:
        return ZERO
    if end < start:
        return -price_of_time(terms, principal, end, start)
    borne = sum((factor(terms, *span, rate) for span, rate in spans_by_rate(terms, start, end)), ZERO)
    return terms.rounding.payable(principal * borne)


def spans_by_rate(terms: LoanTerms, start: date, end: date) -> list[tuple[tuple[date, date], Decimal]]:
    """The stretches from ``start`` to ``end`` with the one rate that is in force in each; none where no day lies between."""
    if end <= start:
        return []
    days = [start, *(step.from_on for step in terms.rate_steps if start < step.from_on < end), end]
    return [(span, rate_on(terms.annual_rate, terms.rate_steps, span[0])) for span in pairwise(days)]


def with_first(terms: LoanTerms, added: Decimal, count: int) -> list[Decimal]:
    """``added`` as the first of ``count`` instalments bears it: what is no whole multiple goes to the last of them.

    The last one takes whatever rounding leaves, so that the others stay multiples where the product wants multiples.
    """
    whole = round_to(added, terms.rounding.unit, "ROUND_DOWN")
    return [whole, *[ZERO] * (count - 2), added - whole] if count > 1 and added > 0 else [added, *[ZERO] * (count - 1)]


def closed(row: InstalmentState) -> InstalmentState:
    """The instalment with nothing of principal, interest and fee owed any more; late interest stays."""
    return replace(row, principal=row.principal_paid, interest=row.interest_paid, fee=row.fee_paid)


def with_rows(account: Account, changed: Sequence[InstalmentState]) -> Account:
    """The account with ``changed`` in the place of the instalments of their numbers; further numbers come at the end.

    What was paid of interest they no longer bear is given back.
    """
    by_number = {row.number: row for row in account.instalments} | {row.number: row for row in changed}
    rows = tuple(by_number[number] for number in sorted(by_number))
    return with_interest_given_back(replace(account, instalments=rows))
