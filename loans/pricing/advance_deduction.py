"""Nothing is taken out of the money before it reaches the borrower (砍头息), unless the market allows it.

Rule ``advance_deduction``: ``{"advance_deduction": "refused" | "allowed"}``. In China interest may not be deducted from the
principal in advance (Civil Code, article 670); a charge due on the very day the money goes out is the same in other words.
"""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.rules import rule
from loans.schedules.schedule import Schedule
from loans.schedules.terms import LoanTerms


class AdvanceDeductionRefused(Invalid):
    """Both sums are told."""

    code = "advance_deduction_refused"
    field = "amount"
    message = _(
        "%(lent)s is lent, but only %(paid)s would reach the borrower. Nothing may be deducted in advance: pay the whole "
        "sum out and let charges fall due later."
    )


def charged_in_advance(terms: LoanTerms, schedule: Schedule) -> Decimal:
    """A fee taken out of the sum paid out, and interest and fees due on the day the money goes out or before."""
    due = (row.interest + row.fee for row in schedule.instalments if row.due_on <= terms.start_on)
    return sum(due, terms.fee_deducted)


def require_paid_in_full(*, lent: Decimal, paid: Decimal, on: date, market: str) -> None:
    """Raise AdvanceDeductionRefused when less is paid out than is lent and the market refuses it, RuleMissing."""
    if paid < lent and rule("advance_deduction", on, market)["advance_deduction"] != "allowed":
        raise AdvanceDeductionRefused(lent=lent, paid=paid)
