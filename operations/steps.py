"""The night, as one table: what is done at the end of a day, in which order, over which ids.

Every function takes ``(lo, hi, on)`` (``lo`` included, ``hi`` left out), does its work for those ids with set-based SQL
inside the caller's transaction and returns counts. Repeating it for the same day must change nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from django.db.models import Max, Min, Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit import approvals
from borrowers.models import Borrower
from core import partitions
from core.errors import DomainError
from debt_collections import cases, promises
from debt_collections.models import Promise as PromiseToPay
from ledger import day_sums
from ledger import queries as books
from loans.incoming import mandates
from loans.models import LIVE_PLEDGES, PolicyPledge
from loans.night import closing, late_notices, late_repricing, line_closing, portfolio, repricing
from loans.notices import reminders
from loans.pledges import pledge_review
from operations.books import close_by_rule, verify_by_rule
from risk import limits

Counts = Mapping[str, int | str]
IdRange = tuple[int, int] | None
Result = TypeVar("Result")
# How long a chunk may take, so that the night can be stopped and resumed in small pieces, and where it holds the loans
# that payments wait for.
LONGEST, LONGEST_HOLDING = timedelta(seconds=0.6), timedelta(seconds=0.07)


class BooksDoNotBalance(DomainError):
    """The day stays open until the books are right."""

    code = "books_do_not_balance"
    message = _("Debits and credits of the ledger differ by %(difference)s.")


@dataclass(frozen=True, slots=True)
class Step:
    code: str
    label: str | Promise
    function: Callable[[int, int, date], Counts]
    id_range: Callable[[], IdRange]
    # What must be there before the transaction of a chunk begins: it takes long, or has to outlast it. Repeating it is
    # harmless.
    beforehand: Callable[[int, int, date], object] | None = None
    longest: timedelta = LONGEST


def _ids_of(model: type[Model]) -> Callable[[], IdRange]:
    """The lowest id and one past the highest; nothing to do for an empty table."""

    def id_range() -> IdRange:
        ends = model._default_manager.aggregate(lo=Min("pk"), hi=Max("pk"))
        return None if ends["lo"] is None else (ends["lo"], ends["hi"] + 1)

    return id_range


def _loans_to_debit() -> IdRange:
    ends = mandates.loans_to_debit()
    return None if ends is None else (ends[0], ends[1] + 1)


def _loans_with_policy() -> IdRange:
    live = PolicyPledge.objects.filter(status__in=LIVE_PLEDGES)
    ends = live.aggregate(lo=Min("loan_id"), hi=Max("loan_id"))
    return None if ends["lo"] is None else (ends["lo"], ends["hi"] + 1)


def _running_loans() -> IdRange:
    ends = closing.id_range()
    return None if ends is None else (ends[0], ends[1] + 1)


def _to_last(function: Callable[[int, int, date], Result]) -> Callable[[int, int, date], Result]:
    """For functions that take the last id itself where the table of steps says one past it."""

    def call(lo: int, hi: int, on: date) -> Result:
        return function(lo, hi - 1, on)

    return call


def _once() -> IdRange:
    return (0, 1)


def make_months(lo: int, hi: int, on: date) -> Counts:
    """The tables of the months that come, so that no booking has to make its own."""
    return {"tables_made": partitions.make_months_ahead(on)}


def sum_days(lo: int, hi: int, on: date) -> Counts:
    """The balances of the day that ends, so that no page sums the books from their first line."""
    return day_sums.sum_through(on)


def check_books(lo: int, hi: int, on: date) -> Counts:
    """The whole ledger at once: a day is only closed over balanced books."""
    difference: Decimal = books.difference()
    if difference:
        raise BooksDoNotBalance(difference=difference)
    return {"difference": f"{difference:.2f}"}


def expire_approvals(lo: int, hi: int, on: date) -> Counts:
    """End what has waited longer for a second person than its rule allows, as of the day that begins."""
    return {"requests_expired": approvals.expire_old(on + timedelta(days=1))}


def verify_period(lo: int, hi: int, on: date) -> None:
    """What has to be verified before the books can be closed."""
    verify_by_rule(on)


def close_period(lo: int, hi: int, on: date) -> Counts:
    """Close the books of days gone by, where the market's rule asks the night to."""
    return close_by_rule(on)


STEPS: tuple[Step, ...] = (
    Step("months", _("Months made ahead"), make_months, _once),
    Step("mandates", _("Direct debits"), _to_last(mandates.run_due), _loans_to_debit, _to_last(mandates.order_due)),
    Step("repricing", _("Rates set anew"), _to_last(repricing.reprice_due), _running_loans),
    Step("notices", _("Notices that did not arrive"), _to_last(late_notices.hold_for_notices), _running_loans),
    Step("late_rates", _("Late rates set anew"), _to_last(late_repricing.follow_rule), _running_loans),
    Step("positions", _("Accrued and aged"), _to_last(closing.accrue_and_age), _running_loans, longest=LONGEST_HOLDING),
    Step("lines", _("Lines at their last day"), _to_last(line_closing.close_passed), _running_loans),
    Step("portfolio", _("Portfolio of the day"), portfolio.note_portfolio, _once),
    Step("policies", _("Pledged policies"), _to_last(pledge_review.review_due), _loans_with_policy),
    Step("reminders", _("Reminders"), _to_last(reminders.queue_reminders), _running_loans),
    Step("promises", _("Promises judged"), promises.judge, _ids_of(PromiseToPay)),
    Step("cases", _("Cases"), cases.review_borrowers, cases.id_range),
    Step("limits", _("Limits"), limits.rescore, _ids_of(Borrower)),
    Step("approvals", _("Requests past their time"), expire_approvals, _once),
    Step("account_days", _("Balances of the day"), sum_days, _once),
    Step("books", _("Books verified"), check_books, _once),
    Step("period", _("Books closed"), close_period, _once, verify_period),
)
LABELS: dict[str, str | Promise] = {step.code: step.label for step in STEPS}
