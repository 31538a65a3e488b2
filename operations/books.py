"""Closing the books up to a day: only over right books, by hand or by the night, and opened again by two people."""

from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from audit import approvals
from audit.models import Approval
from core.errors import DomainError
from core.rules import rule
from ledger.models import PeriodClosing
from ledger.periods import (
    AlreadyClosed,
    TrialBalanceDiffers,
    close_through,
    reopen_from,
    require_closable,
    require_closed,
)
from loans.proof.verifying import Progress, verify
from staff.models import User

RULE = "books_closing"
REOPENING = "books.reopening"


class BooksDiffer(DomainError):
    code = "books_differ"
    message = _(
        "Loans and books differ, first at %(whose)s: %(figure)s. Run verify_books for the whole list and correct it; then "
        "close the books."
    )


def close_books(*, through: date, on: date, by: User | None = None, progress: Progress | None = None) -> PeriodClosing:
    """Verify every loan and the whole books, then close them through ``through``; ``on`` is the business date.

    Raises BooksDiffer and what ``ledger.periods.close_through`` raises.
    """
    require_closable(through, on=on)
    found = next(verify(progress), None)
    if found is not None:
        raise BooksDiffer(whose=found.loan_number, figure=found.figure)
    return close_through(through, on=on, by=by)


def close_by_rule(on: date) -> dict[str, int]:
    """What the night of ``on`` does: nothing unless the rule ``books_closing`` says so.

    At least the day that ends stays open, since payments are booked on it until the business date has moved. Books that
    differ stay open and are counted; the day itself is closed all the same.
    """
    wanted = rule(RULE, on)
    if not wanted["automatic"]:
        return {}
    through = on - timedelta(days=max(int(wanted["days_kept_open"]), 1))
    try:
        close_books(through=through, on=on)
    except AlreadyClosed:
        return {"books_closed": 0}
    except (BooksDiffer, TrialBalanceDiffers):
        return {"books_closed": 0, "closings_refused": 1}
    return {"books_closed": 1}


def request_reopening(*, day: date, reason: str, on: date, by: User) -> Approval:
    """Ask a second person to open the books again from ``day`` on.

    Raises NothingClosed, ReasonMissing, ApprovalAlreadyPending.
    """
    closing = require_closed(day)
    return approvals.request(
        kind=REOPENING,
        obj=closing,
        payload={"day": day.isoformat()},
        before={"closed_through": str(closing.closed_through)},
        after={"closed_through": (day - timedelta(days=1)).isoformat()},
        reason=reason,
        requested_by=by,
        on=on,
    )


def reopening_approved(approval: Approval, on: date) -> None:
    """Open the books as a second person agreed to."""
    assert approval.requested_by is not None and approval.decided_by is not None  # a reopening is asked for by a person
    day = date.fromisoformat(approval.payload["day"])
    reopen_from(day, reason=approval.reason, by=approval.requested_by, approved_by=approval.decided_by)
