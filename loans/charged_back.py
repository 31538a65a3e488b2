"""What of a payment the payer's bank took back again (the act ``charge_back``)."""

from decimal import Decimal

from core.money import ZERO
from loans.models import ActStatus, LoanAct, Repayment

KIND = "charge_back"


def charged_back(repayment: Repayment) -> Decimal:
    """The sum of the standing charge backs of ``repayment``."""
    acts = LoanAct.objects.filter(
        loan_id=repayment.loan_id, kind=KIND, status=ActStatus.STANDING, parameters__receipt=repayment.number
    )
    return sum((Decimal(act.parameters["amount"]) for act in acts), ZERO)
