"""Giving up late interest or fees: income is taken back for what was already earned."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from loans.account.replay import WaiverEvent, apply
from loans.bookkeeping import lifecycle, positions
from loans.bookkeeping.concluding import conclude
from loans.bookkeeping.signals import announce
from loans.models import Loan, LoanStatus, Waiver
from loans.servicing.repayments import valid_amount


class WaiverTooHigh(Invalid):
    code = "waiver_too_high"
    field = "amount"
    message = _("Less than %(amount)s is owed; no more than what is owed can be waived.")


@transaction.atomic
def waive(*, loan_id: int, component: str, amount: Decimal, on: date, reason: str, waived_by: Any = None) -> Waiver:
    """Waive ``amount`` of ``component`` (late_interest or fee). Raises AmountInvalid, WaiverTooHigh, LoanNotInState."""
    amount = valid_amount(amount)
    loan = Loan.objects.locked(loan_id)
    lifecycle.require(loan, LoanStatus.ACTIVE)
    position = positions.locked(loan_id)
    before = positions.load(loan, position)
    event = WaiverEvent(on=max(on, before.as_of), component=component, amount=amount)
    try:
        after, _outcome = apply(before, event)
    except ValueError as refusal:
        raise WaiverTooHigh(amount=amount) from refusal
    conclude(loan, position, before, after, on=on, settled_on=event.on)
    waiver = Waiver.objects.create(
        loan=loan, component=component, amount=amount, waived_on=event.on, reason=reason, waived_by=waived_by
    )
    announce(loan_id=loan_id, borrower_id=loan.borrower_id, on=on)
    return waiver
