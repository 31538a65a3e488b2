"""What of a loan rests on somebody's word alone, until a line of a bank or a second person stands behind it."""

from decimal import Decimal

from django.db import connection
from django.db.models import Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from core.fields import money_field
from core.money import ZERO
from loans.models import Loan, LoanAct, Repayment


def principal_by_word(loan_id: int) -> Decimal:
    """The principal that was paid down by word alone, or on a line by what one person gave up, in currency units
    (``loans/law/unproved_principal.sql``)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT loans_unproved_principal(%s)", [loan_id])
        found: Decimal = cursor.fetchone()[0]
    return found


def money_by_word(loan: Loan) -> Decimal:
    """All money that is said to have come for ``loan``, recoveries too, in currency units."""
    receipts = Repayment.objects.by_word().filter(loan=loan).aggregate(total=Sum("amount"))["total"] or ZERO
    given_back = LoanAct.objects.by_word().filter(loan=loan)
    refunded = given_back.aggregate(total=Sum(Cast(KT("parameters__amount"), money_field())))["total"] or ZERO
    return Decimal(receipts) + Decimal(refunded)


def numbers_by_word(loan: Loan, most: int = 5) -> list[str]:
    """The first ``most`` of the receipts, by number, and of the merchant's refunds."""
    receipts = Repayment.objects.by_word().filter(loan=loan).order_by("id").values_list("number", flat=True)
    given_back = LoanAct.objects.by_word().filter(loan=loan).order_by("id").values_list("public_id", flat=True)
    return [*receipts[:most], *given_back[:most]][:most]
