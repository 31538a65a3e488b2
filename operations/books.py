"""Closing the books up to a day: only over right books, by hand or by the night, and opened again by two people.

The books are verified first, in chunks, each at a moment of its own (``operations.verifications``), and closed afterwards in
one short transaction. That is right because the day to be closed is over: bookings go to the business date, which lies
behind it, and nothing posted ever changes. So whichever moment a chunk saw, it saw the same entries of that day and before.
Should something have been posted there all the same, since or meanwhile, then the closing counts other entries, debits or
credits than the chunks did, and is refused (BooksMoved); it takes the lock that bookings share before it counts.
"""

from contextlib import suppress
from datetime import date, timedelta

from django.db import transaction
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
from ledger.queries import closed_through
from operations.models import Verification
from operations.verifications import Progress, VerificationRunning, carry_out, closing_in_force, request
from staff.models import User

RULE = "books_closing"
REOPENING = "books.reopening"


class BooksDiffer(DomainError):
    code = "books_differ"
    message = _(
        "Loans and books differ, first at %(whose)s: %(figure)s. Run verify_books for the whole list and correct it; then "
        "close the books."
    )


class BooksMoved(DomainError):
    code = "books_moved"
    message = _(
        "Something was posted on or before %(through)s, or the books were opened again, while they were being verified. "
        "Close the books once more."
    )


class NotVerified(DomainError):
    code = "books_not_verified"
    message = _("The verification of the books did not come to its end: %(why)s Resume it, then close the books.")


def close_books(*, through: date, on: date, by: User | None = None, progress: Progress | None = None) -> PeriodClosing:
    """Verify every loan and the whole books, then close them through ``through``; ``on`` is the business date.

    Not in a transaction of the caller: verifying takes many. What an earlier attempt of the same day had verified is not
    done again. Raises VerificationRunning, NotVerified, BooksDiffer, BooksMoved and what ``ledger.periods.close_through``
    raises.
    """
    require_closable(through, on=on)
    run = _unfinished(through, on) or request(on=on, through=through, oracle_every=0, requested_by=by)
    return close_verified(carry_out(run, progress), on=on, by=by)


@transaction.atomic
def close_verified(run: Verification, *, on: date, by: User | None = None) -> PeriodClosing:
    """Close the books through the day for which ``run`` has verified them.

    Raises NotVerified, BooksDiffer, BooksMoved and what ``ledger.periods.close_through`` raises.
    """
    if not run.finished or run.through is None:
        raise NotVerified(why=run.error or run.status_now.label)
    if run.found:
        first = run.differences.first()
        assert first is not None  # of what a chunk finds the first is always kept
        raise BooksDiffer(whose=first.whose, figure=first.figure)
    before = closing_in_force()
    made = close_through(run.through, on=on, by=by)
    same_start = (before.closed_through if before else None) == run.closed_through
    if not same_start or (made.entries, made.debit, made.credit) != (run.entries, run.debit, run.credit):
        raise BooksMoved(through=run.through.isoformat())
    return made


def verify_by_rule(on: date) -> None:
    """What the night of ``on`` does before ``close_by_rule``, in transactions of its own: nothing unless the rule
    ``books_closing`` says so. A night that was interrupted goes on with what it had verified."""
    through, closed = _by_rule(on), closed_through()
    if through is None or (closed is not None and through <= closed):
        return
    done = Verification.objects.filter(through=through, business_date=on, status=Verification.Status.DONE, found=0)
    if not done.exists():
        with suppress(VerificationRunning):  # somebody verifies by hand: the next night closes
            carry_out(_unfinished(through, on) or request(on=on, through=through, oracle_every=0))


def close_by_rule(on: date) -> dict[str, int]:
    """What the night of ``on`` does: nothing unless the rule ``books_closing`` says so.

    At least the day that ends stays open, since payments are booked on it until the business date has moved. Books that
    differ, or were not verified to the end, stay open and are counted; the day itself is closed all the same.
    """
    through = _by_rule(on)
    if through is None:
        return {}
    run = Verification.objects.filter(through=through, business_date=on, status=Verification.Status.DONE).first()
    try:
        require_closable(through, on=on)
        if run is None:
            raise NotVerified(why="")
        close_verified(run, on=on)
    except AlreadyClosed:
        return {"books_closed": 0}
    except (BooksDiffer, BooksMoved, NotVerified, TrialBalanceDiffers):
        return {"books_closed": 0, "closings_refused": 1}
    return {"books_closed": 1}


def _by_rule(on: date) -> date | None:
    """The day through which the night of ``on`` closes the books; None where the rule leaves it to people."""
    wanted = rule(RULE, on)
    return on - timedelta(days=max(int(wanted["days_kept_open"]), 1)) if wanted["automatic"] else None


def _unfinished(through: date, on: date) -> Verification | None:
    """What an earlier attempt of the same day to close through ``through`` has left undone."""
    newest = Verification.objects.filter(through=through, business_date=on).first()
    return newest if newest is not None and newest.may_resume else None


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
