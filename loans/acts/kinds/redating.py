"""A payment moved to the day it came in: one act in place of a reversal and a second receipt.

Amount, channel, payer's reference and number stay; the receipt keeps the day it was recorded with (``told_on``), its history
every day between, and the books the old entry, its reversal and a new one.
"""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.calendars import days_between
from core.errors import DomainError, Invalid
from core.money import ZERO
from loans.account.account import Account
from loans.account.changes.base import Change
from loans.account.changes.receipts import Redated
from loans.acts.authority import moved_too_far, receipt_needs_second_person
from loans.acts.kinds.credits import ReceiptUnknown
from loans.bookkeeping.correcting import move_receipt
from loans.events.act_kinds import (
    DAYS_CURED,
    INTEREST_LOWERED,
    LATE_INTEREST_FREED,
    NEXT_DUE_MOVED,
    RECEIPT_MOVED,
    REDATED,
    ActKind,
    Group,
    Tried,
    register,
)
from loans.events.act_parameters import Parameter, Sort
from loans.events.of_acts import RECEIPT_REDATED, charged_back, redated_to
from loans.models import Loan, LoanStatus, Repayment
from loans.servicing.proving import is_back_dated
from loans.servicing.repayments import ReceivedBeforeDisbursement, ReceivedInFuture


class ReceiptSameDay(Invalid):
    code = "receipt_same_day"
    field = "received_on"
    message = _("Receipt %(receipt)s is of %(received_on)s already. Give the day the money arrived.")


class ReceiptNotMovable(DomainError):
    code = "receipt_not_movable"
    message = _("Receipt %(receipt)s cannot be moved to another day: %(why)s")


def _received(loan: Loan, number: str) -> Repayment | None:
    return Repayment.objects.filter(loan=loan, number=number).select_related("loan").first()


def _movable(loan: Loan, _account: Account, change: Change) -> None:
    assert isinstance(change, Redated)
    receipt = _received(loan, change.receipt)
    if receipt is None:
        raise ReceiptUnknown(number=loan.number, receipt=change.receipt)
    if change.received_on > change.on:
        raise ReceivedInFuture(received_on=change.received_on.isoformat(), recorded_on=change.on.isoformat())
    if loan.disbursed_on is None or change.received_on < loan.disbursed_on:
        raise ReceivedBeforeDisbursement(disbursed_on=str(loan.disbursed_on or ""))
    if why := _stands_in_the_way(loan, receipt):
        raise ReceiptNotMovable(receipt=receipt.number, why=why)
    if change.received_on == receipt.received_on:
        raise ReceiptSameDay(receipt=receipt.number, received_on=receipt.received_on.isoformat())


def _stands_in_the_way(loan: Loan, receipt: Repayment) -> object:
    """What keeps a receipt from being reversed keeps it from being moved."""
    if receipt.is_reversed:
        return _("it was reversed.")
    if loan.status == LoanStatus.WRITTEN_OFF and not receipt.is_recovery:
        return _("the loan has been written off since; take the write-off back first.")
    if charged_back(receipt):
        return _("the payer's bank took money of it back; undo that act first.")
    return ""


def _moved(loan: Loan, change: Change, stands: bool) -> Mapping[str, Decimal]:
    """Give the receipt the day of ``change``, or the one it has without it where it no longer ``stands``."""
    assert isinstance(change, Redated)
    receipt = _received(loan, change.receipt)
    assert receipt is not None
    before = receipt.received_on
    move_receipt(receipt, change.received_on if stands else redated_to(receipt) or receipt.told_on)
    days = abs(days_between(before, receipt.received_on))
    return {REDATED: receipt.amount, RECEIPT_MOVED: Decimal(days)}


def _takes_two(tried: Tried, figures: Mapping[str, Decimal]) -> bool:
    """What reversing the receipt would take two for, a day moved far or, of a receipt by word, further back than one person
    may say, or interest given up by it."""
    assert isinstance(tried.change, Redated)
    receipt = _received(tried.loan, tried.change.receipt)
    assert receipt is not None
    freed = sum((figures.get(name, ZERO) for name in (LATE_INTEREST_FREED, INTEREST_LOWERED)), ZERO)
    on = tried.recorded_on
    if receipt.is_unproved and is_back_dated(receipt.loan, receipt.received_on, receipt.recorded_on, receipt.channel):
        return True
    return receipt_needs_second_person(receipt, on) or moved_too_far(tried.loan, figures[RECEIPT_MOVED], freed, on)


RECEIPT_MOVE = register(
    ActKind(
        code=RECEIPT_REDATED,
        label=_("Re-date a payment"),
        hint=_(
            "A payment recorded with the wrong day moves to the right one: all that came after is worked out again, and "
            "the receipt keeps its number."
        ),
        button=_("Move to this day"),
        permission="loans.reverse_repayment",
        states=(LoanStatus.ACTIVE, LoanStatus.SETTLED, LoanStatus.WRITTEN_OFF),
        counts_from_today=True,
        for_partners=True,
        change=Redated,
        refuse=_movable,
        restates=_moved,
        beyond_authority=_takes_two,
        measures=(LATE_INTEREST_FREED, INTEREST_LOWERED, DAYS_CURED, NEXT_DUE_MOVED, REDATED, RECEIPT_MOVED),
        group=Group.MONEY,
        parameters=(
            Parameter(name="receipt", sort=Sort.TEXT, label=_("Receipt number")),
            Parameter(
                name="received_on",
                sort=Sort.DATE,
                label=_("Received on"),
                hint=_("The day the money really arrived."),
            ),
        ),
        size=REDATED,
    )
)
