"""What the limit of a borrower says to drawing again what was repaid of a line."""

from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.money import ZERO
from loans.acts.drawing import before_drawing_again
from loans.models import Loan, LoanPosition, LoanStatus
from risk.models import CreditLimit


class BeyondLimit(Invalid):
    code = "beyond_limit"
    field = "amount"
    message = _(
        "The borrower owes %(owed)s of principal and has a limit of %(limit)s: no more than %(left)s can be drawn."
    )


def within_limit(loan: Loan, amount: Decimal) -> None:
    """Raises BeyondLimit where the principal of all the borrower's running loans, with ``amount``, is above the limit.

    Who has no limit yet, because the loan was decided elsewhere, is bound by the approved amount alone.
    """
    limit = CreditLimit.objects.filter(borrower_id=loan.borrower_id).values_list("amount", flat=True).first()
    if limit is None:
        return
    running = LoanPosition.objects.filter(borrower_id=loan.borrower_id, status=LoanStatus.ACTIVE)
    owed = running.aggregate(owed=Sum("principal_outstanding"))["owed"] or ZERO
    if owed + amount > limit:
        raise BeyondLimit(owed=owed, limit=limit, left=max(limit - owed, ZERO))


before_drawing_again(within_limit)
