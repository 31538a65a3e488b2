"""What every statement format is read into: incoming payments and the rows that could not be read, side by side."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from core.currencies import without_currency
from core.strict import amount_text, flaw_of

_DATE = re.compile(
    r"^(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?$", re.ASCII
)
_COMPACT_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})$", re.ASCII)
_BLANKS = re.compile(r"\s")
_EARLIEST = date(1990, 1, 1)  # no loan is older: an earlier day is a slip of the pen
LARGEST_AMOUNT = Decimal("99999999.99")
LARGEST_BALANCE = Decimal("999999999999.99")


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
class Frame:
    """What a statement says of itself beside its payments, as far as its format has it.

    ``account`` is the bank account it is of; several are named one after the other. ``first_day`` and ``last_day`` are
    the period it covers; ``opening`` and ``closing`` the balances at its ends, in currency units. ``broken_at`` is the line
    whose running balance does not follow from the line beside it.
    """

    account: str = ""
    first_day: date | None = None
    last_day: date | None = None
    opening: Decimal | None = None
    closing: Decimal | None = None
    broken_at: int | None = None


@dataclass(frozen=True)
class Statement:
    """A statement as read: ``rows`` came in, ``outgoing`` went out, in number and by ``sum_out`` in currency units."""

    profile: str
    rows: list[StatementRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    outgoing: int = 0
    sum_out: Decimal = Decimal("0.00")
    frame: Frame = Frame()

    @property
    def total(self) -> Decimal:
        """What came in, in currency units."""
        return sum((row.amount for row in self.rows), Decimal("0.00"))

    @property
    def first_day(self) -> date | None:
        """The first day it covers: as it says itself, or that of its first payment."""
        return self.frame.first_day or min((row.paid_on for row in self.rows), default=None)

    @property
    def last_day(self) -> date | None:
        """The last day it covers: as it says itself, or that of its last payment."""
        return self.frame.last_day or max((row.paid_on for row in self.rows), default=None)

    @property
    def unexplained(self) -> Decimal | None:
        """By how much the closing balance differs from the opening one and all lines; None where a balance is not told."""
        frame = self.frame
        if frame.opening is None or frame.closing is None:
            return None
        return frame.closing - (frame.opening + self.total - self.sum_out)


class BadValue(ValueError):
    """A cell that cannot be read. `code` names the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def plain(text: str) -> str:
    """Full-width digits and letters become ordinary ones, outer blanks go: banks and Excel mix both freely."""
    return unicodedata.normalize("NFKC", text).strip()


def parse_amount(text: str) -> Decimal:
    """An amount as banks write it: with thousands separated, with a plus for money that came in. Raises BadValue."""
    cleaned = _BLANKS.sub("", without_currency(plain(text))).removeprefix("+")
    if not cleaned:
        raise BadValue("amount_missing")
    try:
        amount = Decimal(amount_text(cleaned))
    except ValueError as error:
        raise BadValue("amount_unreadable") from error
    if amount != amount.to_integral_value() and -int(amount.as_tuple().exponent) > 2:
        raise BadValue("amount_below_one_cent")
    if abs(amount) > LARGEST_AMOUNT:
        raise BadValue("amount_too_large")
    return amount


def parse_balance(text: str) -> Decimal:
    """A balance, which may be larger than any payment and below nothing. Raises BadValue."""
    cleaned = _BLANKS.sub("", without_currency(plain(text))).removeprefix("+")
    try:
        amount = Decimal(amount_text(cleaned))
    except ValueError as error:
        raise BadValue("amount_unreadable") from error
    if abs(amount) > LARGEST_BALANCE:
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
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError as error:
        raise BadValue("date_impossible") from error
    if day < _EARLIEST:
        raise BadValue("date_out_of_range")
    return day


def sign_error(row: StatementRow) -> RowError | None:
    """What of the row holds a sign that nobody sees or that turns what is read; only a remark has lines."""
    for column, lines in (("bank_reference", False), ("payer_name", False), ("payer_account", False), ("remark", True)):
        flaw = flaw_of(getattr(row, column).replace("\t", " "), lines=lines)
        if flaw is not None:
            return RowError(row.line, column.removeprefix("bank_"), "text_not_plain", flaw.code_point)
    return None
