"""The early-repayment charge of a product, a loan or a contract in words; nothing where none was agreed."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.writing import percent
from loans.models import Loan, ProductVersion


def words_of(agreed: ProductVersion | Loan) -> list[str]:
    """What settling a loan early costs, a phrase each."""
    if not agreed.early_charge_rate:
        return []
    return _words(agreed.early_charge_rate, agreed.early_charge_at_the_end, agreed.early_charge_months)


def words_of_contract(contingent: Mapping[str, Any]) -> list[str]:
    """The same from what was sealed with a contract."""
    rates = Decimal(contingent["rate"]), Decimal(contingent["last_year_rate"])
    return _words(*rates, contingent["first_months"] or 0)


def _words(rate: Decimal, at_the_end: Decimal, months: int) -> list[str]:
    said = [_("%(rate)s of the principal repaid early") % {"rate": percent(rate)}]
    if at_the_end != rate:
        said.append(_("%(rate)s where a year or less is left") % {"rate": percent(at_the_end)})
    if months:
        said.append(ngettext("in the first month", "in the first %(n)d months", months) % {"n": months})
    said.append(_("at most the interest saved, and all costs within the cap"))
    return said
