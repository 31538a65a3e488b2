"""How the preview of an act names the figures it moves."""

from datetime import date
from decimal import Decimal

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from core.writing import day, number
from loans.models import LoanStatus, RiskClass

register = template.Library()

_FIGURES: dict[str, str | Promise] = {
    "status": gettext_lazy("Status of the loan"),
    "principal_outstanding": gettext_lazy("Principal outstanding"),
    "interest_receivable": gettext_lazy("Interest earned, unpaid"),
    "fee_receivable": gettext_lazy("Fees earned, unpaid"),
    "late_interest_receivable": gettext_lazy("Late interest, unpaid"),
    "interest_in_suspense": gettext_lazy("Interest in suspense"),
    "overdue_total": gettext_lazy("Overdue"),
    "overpaid": gettext_lazy("Overpaid"),
    "charged_off_amount": gettext_lazy("Charged off"),
    "written_off_amount": gettext_lazy("Written off"),
    "recovered": gettext_lazy("Recovered"),
    "days_past_due": gettext_lazy("Days past due"),
    "bucket": gettext_lazy("Bucket"),
    "risk_class": gettext_lazy("Risk class"),
    "next_due_on": gettext_lazy("Next due on"),
    "next_due_amount": gettext_lazy("Next amount due"),
}


@register.filter
def figure_word(name: str) -> str:
    return str(_FIGURES.get(name, name))


_CHOICES = {"status": LoanStatus, "risk_class": RiskClass}


@register.filter
def figure_value(value: object, name: str = "") -> str:
    """An amount, a day, a count or a state as people read it; a dash for none."""
    if value is None:
        return "—"
    if name in _CHOICES:
        return str(_CHOICES[name](str(value)).label)
    if isinstance(value, Decimal):
        return str(number(value))
    return str(day(value)) if isinstance(value, date) else str(value)
