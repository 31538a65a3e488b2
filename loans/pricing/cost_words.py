"""How costs and annual rates are called in front of people."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loans.rates.cost_table import LENDER, CostKind

COST_NAMES: dict[CostKind, Promise] = {CostKind.INTEREST: _("Interest"), CostKind.FEE: _("Fee")}
RATE_NAMES: dict[str, Promise] = {
    "cn_simple": _("a year, all in (IRR, simple)"),
    "cn_compound": _("a year, all in (IRR, compounded)"),
    "eu_aprc": _("annual percentage rate of charge (EU, UK)"),
    "us_apr": _("annual percentage rate (US, Regulation Z)"),
    "xirr": _("effective annual rate (XIRR)"),
}


def payee_words(payee: str) -> str:
    """Who charges a cost, in words."""
    return str(_("the lender")) if payee == LENDER else payee
