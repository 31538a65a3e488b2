"""What every statement format is read into: incoming payments and the rows that could not be read, side by side."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from core.currencies import without_currency

_DATE = re.compile(r"^(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?$")
_COMPACT_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_SEPARATORS = re.compile(r"[\s,]")
LARGEST_AMOUNT = Decimal("99999999.99")


@dataclass(frozen=True)
class StatementRow:
    line: int
    paid_on: date
    amount: Decimal
    bank_reference: str
    payer_name: str = ""
    payer_account: str = ""
    remark: str = ""


@dataclass(frozen=True)
class RowError:
    """One reason one row cannot go in: where it stands, what stands there, and a code the page turns into words."""

    line: int
    column: str
    code: str
    value: str = ""


@dataclass(frozen=True)
class Statement:
    profile: str
    rows: list[StatementRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    outgoing: int = 0

    @property
    def total(self) -> Decimal:
        return sum((row.amount for row in self.rows), Decimal("0.00"))


class BadValue(ValueError):
    """A cell that cannot be read. `code` names the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def plain(text: str) -> str:
    """Full-width digits and letters become ordinary ones, outer blanks go: banks and Excel mix both freely."""
    return unicodedata.normalize("NFKC", text).strip()


def parse_amount(text: str) -> Decimal:
    cleaned = _SEPARATORS.sub("", without_currency(plain(text)))
    if not cleaned:
        raise BadValue("amount_missing")
    try:
        amount = Decimal(cleaned)
    except InvalidOperation as error:
        raise BadValue("amount_unreadable") from error
    if not amount.is_finite() or "E" in cleaned.upper():
        raise BadValue("amount_unreadable")
    if amount != amount.to_integral_value() and -int(amount.as_tuple().exponent) > 2:
        raise BadValue("amount_below_one_cent")
    if abs(amount) > LARGEST_AMOUNT:
        raise BadValue("amount_too_large")
    return amount


def parse_date(text: str) -> date:
    cleaned = plain(text)
    if not cleaned:
        raise BadValue("date_missing")
    found = _COMPACT_DATE.match(cleaned) or _DATE.match(cleaned)
    if found is None:
        raise BadValue("date_unreadable")
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError as error:
        raise BadValue("date_impossible") from error
