"""Settling early with a sum somebody else brings: it must be the quoted one, to the cent."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from loans.models import Loan, Repayment
from loans.servicing import settle_early, settlement_quote


class SettlementAmountDiffers(Invalid):
    """Less would leave a called-in loan unpaid, more would be an overpayment nobody meant."""

    code = "settlement_amount_differs"
    field = "amount"
    message = _("On %(on)s the loan is settled with %(quoted)s, not with %(amount)s. Ask for a payoff quote first.")


@transaction.atomic
def settle_with(
    *, loan_id: int, amount: Decimal, on: date, channel: str, idempotency_key: str, by: Any, recorded_on: date
) -> Repayment:
    """Settle the loan with ``amount``. Raises SettlementAmountDiffers, and what ``settle_early`` raises.

    A repeat with the same key returns the receipt made the first time.
    """
    loan = Loan.objects.locked(loan_id)
    if not Repayment.objects.filter(idempotency_key=idempotency_key).exists():
        quote = settlement_quote(loan, on)
        if (quote.total, quote.on) != (amount, on):
            raise SettlementAmountDiffers(on=quote.on.isoformat(), quoted=quote.total, amount=amount)
    return settle_early(
        loan_id=loan_id, on=on, channel=channel, idempotency_key=idempotency_key, by=by, recorded_on=recorded_on
    )
