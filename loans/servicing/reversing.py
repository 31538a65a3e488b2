"""Taking back what the lender granted or gave: a waiver, an extension, a refund.

Each call is one transaction that locks the loan first. What is reversed leaves the events of the loan; all that stands is
applied again without it, so that the loan is where it would be had it never been. The rows stay, with day and reason.
Reversals of money received are in ``loans.servicing.repayments``, of acts in ``loans.acts.performing``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, ClassVar, TypeVar

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.context import acting, current
from core.errors import DomainError, Invalid
from ledger.posting import reverse
from loans.account.changes.base import ChangeRefused
from loans.bookkeeping import positions
from loans.bookkeeping.correcting import replay_standing
from loans.bookkeeping.signals import announce
from loans.models import Extension, Loan, LoanPosition, LoanStatus, Refund, ReversalStatus, Reversible, Waiver
from loans.notices import notices

R = TypeVar("R", Waiver, Extension, Refund)


class ReversalReasonMissing(Invalid):
    code = "reversal_reason_missing"
    field = "reason"
    message = _("Say why: the reason is kept with what is reversed.")


class AlreadyReversed(DomainError):
    code = "already_reversed"
    message = _("This was already reversed on %(on)s: %(reason)s")


class NotReversible(DomainError):
    """``why`` says what stands in the way and what to do."""

    code: ClassVar[str] = "not_reversible"
    message: ClassVar[str | Promise] = _("This cannot be reversed: %(why)s")


class WaiverNotReversible(NotReversible):
    code = "waiver_not_reversible"
    message = _("The waiver cannot be reversed: %(why)s")


class ExtensionNotReversible(NotReversible):
    code = "extension_not_reversible"
    message = _("The extension cannot be reversed: %(why)s")


class RefundNotReversible(NotReversible):
    code = "refund_not_reversible"
    message = _("The refund cannot be reversed: %(why)s")


def reverse_waiver(*, waiver_id: int, reason: str, on: date, by: Any = None) -> Waiver:
    """Ask again for what was waived; income taken back is booked once more on the business date ``on``.

    The same reason again returns the waiver as it is. Raises ReversalReasonMissing, AlreadyReversed, PeriodClosed, and
    WaiverNotReversible where the loan is written off or a later event rests on the waiver.
    """
    return _reverse(Waiver, waiver_id, WaiverNotReversible, _replayed, reason=reason, on=on, by=by)


def reverse_extension(*, extension_id: int, reason: str, on: date, by: Any = None) -> Extension:
    """Take an extension back: due dates and interest are those they would be without it, and the borrower is told.

    What has become overdue by it bears late interest from its old due date. The same reason again returns the extension as
    it is. Raises ReversalReasonMissing, AlreadyReversed, PeriodClosed, and ExtensionNotReversible where the loan is written
    off or a later event rests on the new dates.
    """
    return _reverse(Extension, extension_id, ExtensionNotReversible, _replayed_and_told, reason=reason, on=on, by=by)


def reverse_refund(*, refund_id: int, reason: str, on: date, by: Any = None) -> Refund:
    """Take a refund back that the bank refused or that was booked by mistake: the money is owed to the borrower again.

    The same reason again returns the refund as it is. Raises ReversalReasonMissing, AlreadyReversed, PeriodClosed,
    RefundNotReversible.
    """
    return _reverse(Refund, refund_id, RefundNotReversible, _owed_again, reason=reason, on=on, by=by)


Consequence = Callable[[Loan, LoanPosition, Any, date], None]


@transaction.atomic
def _reverse(
    model: type[R], row_id: int, refusal: type[NotReversible], follow: Consequence, *, reason: str, on: date, by: Any
) -> R:
    rows: Any = model._default_manager
    loan = Loan.objects.locked(rows.values_list("loan_id", flat=True).get(pk=row_id))
    row: R = rows.get(pk=row_id)
    if not reason.strip():
        raise ReversalReasonMissing()
    if row.is_reversed:
        return _same_or_refused(row, reason)
    if loan.status == LoanStatus.WRITTEN_OFF and not isinstance(row, Refund):
        raise refusal(why=_("the loan has been written off since; take the write-off back first."))
    position = positions.locked(loan.pk)
    with acting(actor=by or current().actor, reason=reason):
        _mark_reversed(row, reason, on)
        with _refused_as(refusal):
            follow(loan, position, row, on)
    announce(loan_id=loan.pk, borrower_id=loan.borrower_id, on=on)
    return row


def _same_or_refused(row: R, reason: str) -> R:
    if row.reversal_reason != reason:
        raise AlreadyReversed(on=str(row.reversed_on), reason=row.reversal_reason)
    return row


def _mark_reversed(row: Reversible, reason: str, on: date) -> None:
    row.status, row.reversed_on, row.reversal_reason = ReversalStatus.REVERSED, on, reason
    row.save(update_fields=["status", "reversed_on", "reversal_reason"])


@contextmanager
def _refused_as(refusal: type[NotReversible]) -> Iterator[None]:
    """A later event that is no longer possible stands in the way; it says itself why, where it has words for it."""
    try:
        yield
    except ChangeRefused as change:
        raise refusal(why=_("a later act rests on it. %(why)s") % {"why": change.detail}) from change
    except ValueError as event:
        raise refusal(why=_("a later refund or act rests on it. Reverse that first.")) from event


def _replayed(loan: Loan, position: LoanPosition, _row: Any, on: date) -> None:
    replay_standing(loan, position, on=on)


def _replayed_and_told(loan: Loan, position: LoanPosition, extension: Extension, on: date) -> None:
    replay_standing(loan, position, on=on)
    notices.extension_reversed(loan, extension, on)


def _owed_again(loan: Loan, position: LoanPosition, refund: Refund, on: date) -> None:
    reverse(refund.entry, posted_on=on, reason=refund.reversal_reason)
    if loan.status == LoanStatus.WRITTEN_OFF:  # its account is no longer reckoned
        position.overpaid += refund.amount
        position.save(update_fields=["overpaid"])
    else:
        replay_standing(loan, position, on=on)
