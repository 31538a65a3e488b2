"""Published reference rates, as rules with a date: code ``index_rates``, one row a publication, rates by index.

The data of a row is ``{"LPR1Y": "0.0300"}``: the rate as a fraction, from the day it was published on until the next row
that names the index. LPR1Y and LPR5Y come with the house: the loan prime rate of one year and of over five years. Staff
add a row under Rules in the admin.
"""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from core.rules import rule_versions

LPR_1Y = "LPR1Y"
_CODE = "index_rates"


class IndexRateUnknown(NotFound):
    """Nothing was published of the index by that day, or it has another name."""

    code = "index_rate_unknown"
    message = _("No rate of %(index)s is known on %(on)s. Add one to the rule index_rates under Rules in the admin.")


def index_rate(code: str, on: date, market: str | None = None) -> Decimal:
    """The rate of index ``code`` (LPR1Y) in force on ``on``, as a fraction. Raises IndexRateUnknown."""
    for published_on, data in rule_versions(_CODE, market):
        if published_on <= on and code in data:
            return Decimal(data[code])
    raise IndexRateUnknown(index=code, on=on.isoformat())


def index_history(code: str, market: str | None = None) -> list[tuple[date, Decimal]]:
    """Every published rate of index ``code`` with its day, oldest first; empty for an index nobody keeps."""
    known = [(published_on, Decimal(data[code])) for published_on, data in rule_versions(_CODE, market) if code in data]
    return known[::-1]
