"""Receipts that no line of a bank stands behind: what one person may say was received, before a second one has to agree.

A line of a statement, the answer of a bank to a direct debit, and a book taken over prove themselves. What somebody
reports at the counter or over the API is a word (``WITHOUT_BANK_LINE``), good up to the rule ``receipt_without_bank_line``.
"""

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.money import ZERO
from core.rules import rule
from core.writing import money
from loans.models import Loan, Repayment, RepaymentStatus
from loans.models.repayment import WITHOUT_BANK_LINE

RULE = "receipt_without_bank_line"


class ReceiptNeedsSecondPerson(DomainError):
    """``most`` and ``within`` are in its context as they are written."""

    code = "receipt_without_bank_line"
    field = "amount"
    message = _(
        "No line of a bank stands behind %(amount)s: above %(most)s on a loan within %(days)s days a second person agrees "
        "before it is booked. Wait for the bank's statement, or have staff ask for approval on the loan's page."
    )


def said_alone(on: date) -> Decimal:
    """What one person may say alone was received at the counter, in currency units."""
    return Decimal(rule(RULE, on)["alone"]["counter"])


def require_proved(loan: Loan, *, channel: str, amount: Decimal, recorded_on: date, ends: bool) -> None:
    """``amount`` may be booked on one person's word; ``ends``: it settles the loan or leaves a credit balance.

    It costs a statement only above ``counted_from`` of the rule, or where it ``ends``. Raises ReceiptNeedsSecondPerson.
    """
    if channel not in WITHOUT_BANK_LINE:
        return
    limits = rule(RULE, recorded_on)
    most = Decimal(limits["alone"].get(channel, "0"))
    beyond = amount > most
    if not beyond and (ends or amount > Decimal(limits["counted_from"])):
        beyond = amount + _said_before(loan, recorded_on - timedelta(days=int(limits["days"]))) > most
    if beyond:
        raise ReceiptNeedsSecondPerson(
            amount=money(amount, loan.currency), most=money(most, loan.currency), days=int(limits["days"])
        )


def _said_before(loan: Loan, since: date) -> Decimal:
    """What else was received on ``loan`` by word alone after ``since``, whoever said so."""
    receipts = Repayment.objects.filter(loan=loan, status=RepaymentStatus.POSTED, recorded_on__gt=since)
    said = receipts.filter(channel__in=WITHOUT_BANK_LINE, agreed_by=None)
    return said.aggregate(total=Sum("amount"))["total"] or ZERO
