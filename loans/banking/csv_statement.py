"""Reads a bank statement saved as CSV, as Chinese banks and Excel write it.

Header names come in Chinese or English and in any order; the encoding is UTF-8 (with or without BOM) or GB18030; the
separator is a comma, semicolon or tab. Lines above the header (account holder, period) are skipped.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from loans.banking.csv_frame import Balanced, frame_of
from loans.banking.statement import (
    BadValue,
    RowError,
    Statement,
    StatementRow,
    parse_amount,
    parse_balance,
    parse_date,
    plain,
    sign_error,
)

PROFILE = "csv"
COLUMNS: dict[str, frozenset[str]] = {
    "date": frozenset(
        {"date", "booking date", "value date", "paid on", "交易日期", "入账日期", "记账日期", "日期", "交易时间"}
    ),
    "amount": frozenset(
        {"amount", "credit", "credit amount", "金额", "交易金额", "贷方金额", "收入金额", "贷方发生额", "收入"}
    ),
    "debit": frozenset({"debit", "debit amount", "借方金额", "支出金额", "借方发生额", "支出"}),
    "reference": frozenset({"reference", "bank reference", "transaction id", "流水号", "交易流水号", "凭证号", "流水"}),
    "payer_name": frozenset({"payer", "payer name", "name", "对方户名", "付款人", "付款方名称", "对方名称"}),
    "payer_account": frozenset({"payer account", "account", "对方账号", "对方帐号", "付款账号"}),
    "balance": frozenset({"balance", "running balance", "余额", "账户余额", "本次余额", "交易后余额"}),
    "remark": frozenset({"remark", "purpose", "description", "memo", "摘要", "附言", "备注", "用途"}),
}
REQUIRED = ("date", "amount", "reference")
HEADER_SEARCH_LINES = 20
MOST_ROWS = 50_000
_ENCODINGS = ("utf-8-sig", "gb18030")


def read_csv(content: bytes) -> Statement:
    text = _decode(content)
    if text is None:
        return _refused("encoding_unknown")
    if "\x00" in text or not text.strip():
        return _refused("not_a_csv")
    try:
        lines = list(csv.reader(io.StringIO(text, newline=None), delimiter=_delimiter(text)))
    except csv.Error:  # a cell without end
        return _refused("not_a_csv")
    header = _find_header(lines)
    if header is None:
        return _refused("header_missing", ", ".join(REQUIRED))
    at, places = header
    if len(lines) - at > MOST_ROWS:
        return _refused("too_many_rows", str(MOST_ROWS))
    return _read_rows(lines, at, places)


def _refused(code: str, value: str = "") -> Statement:
    return Statement(profile=PROFILE, errors=[RowError(line=0, column="", code=code, value=value)])


def _decode(content: bytes) -> str | None:
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _delimiter(text: str) -> str:
    head = "\n".join(text.splitlines()[:HEADER_SEARCH_LINES])
    return max(",;\t", key=head.count)


def _find_header(lines: list[list[str]]) -> tuple[int, dict[str, int]] | None:
    for at, cells in enumerate(lines[:HEADER_SEARCH_LINES]):
        places = _places(cells)
        if all(name in places for name in REQUIRED):
            return at, places
    return None


def _places(cells: list[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        label = plain(cell).lower().replace("_", " ")
        for name, labels in COLUMNS.items():
            if label in labels:
                places.setdefault(name, place)
    return places


@dataclass
class _Read:
    """What the lines read so far come to. ``balanced`` is None once a line leaves the running balance open."""

    statement: Statement = field(default_factory=lambda: Statement(profile=PROFILE))
    outgoing: int = 0
    sum_out: Decimal = Decimal("0.00")
    balanced: list[Balanced] | None = field(default_factory=list)


def _read_rows(lines: list[list[str]], header_at: int, places: dict[str, int]) -> Statement:
    read, seen = _Read(), dict[str, int]()
    errors = read.statement.errors
    for line, cells in _filled(lines, header_at):
        cell = {name: plain(cells[at]) if at < len(cells) else "" for name, at in places.items()}
        found = _read_row(line, cell)
        if found is None:
            read.outgoing += 1
            read.sum_out -= _signed(cell) or Decimal(0)
        elif isinstance(found, list):
            errors.extend(found)
        elif found.bank_reference in seen:
            errors.append(RowError(line, "reference", "reference_repeated", found.bank_reference))
        else:
            seen[found.bank_reference] = line
            read.statement.rows.append(found)
        _note_balance(read, line, cell)
    frame = frame_of(lines[:header_at], read.balanced or [])
    return Statement(PROFILE, read.statement.rows, errors, read.outgoing, read.sum_out, frame)


def _note_balance(read: _Read, line: int, cell: dict[str, str]) -> None:
    if read.balanced is None:
        return
    try:
        amount = _signed(cell)
        balance, paid_on = parse_balance(cell.get("balance", "")), parse_date(cell["date"])
    except BadValue:
        amount = None
    if amount is None:
        read.balanced = None
    else:
        read.balanced.append(Balanced(line, paid_on, amount, balance))


def _signed(cell: dict[str, str]) -> Decimal | None:
    """By how much the line changes the balance; None where that cannot be read."""
    try:
        if cell["amount"]:
            return parse_amount(cell["amount"])
        return -abs(parse_amount(cell.get("debit", "")))
    except BadValue:
        return None


def _filled(lines: list[list[str]], header_at: int) -> Iterator[tuple[int, list[str]]]:
    for at in range(header_at + 1, len(lines)):
        if any(cell.strip() for cell in lines[at]):
            yield at + 1, lines[at]


def _read_row(line: int, cell: dict[str, str]) -> StatementRow | list[RowError] | None:
    """The payment of this row, every reason why it has none, or None for money that went out."""
    if not cell["amount"] and cell.get("debit"):
        return None
    errors: list[RowError] = []
    paid_on = amount = None
    try:
        paid_on = parse_date(cell["date"])
    except BadValue as bad:
        errors.append(RowError(line, "date", bad.code, cell["date"]))
    try:
        amount = parse_amount(cell["amount"])
    except BadValue as bad:
        errors.append(RowError(line, "amount", bad.code, cell["amount"]))
    errors.extend(_reference_errors(line, cell["reference"]))
    if errors or paid_on is None or amount is None:
        return errors
    if amount < Decimal(0):
        return None
    if amount == Decimal(0):
        return [RowError(line, "amount", "amount_zero", cell["amount"])]
    row = StatementRow(
        line=line,
        paid_on=paid_on,
        amount=amount,
        bank_reference=cell["reference"],
        payer_name=cell.get("payer_name", ""),
        payer_account=cell.get("payer_account", "").replace(" ", ""),
        remark=cell.get("remark", ""),
    )
    flawed = sign_error(row)
    return row if flawed is None else [flawed]


def _reference_errors(line: int, reference: str) -> list[RowError]:
    if not reference:
        return [RowError(line, "reference", "reference_missing")]
    if "E+" in reference.upper():  # Excel turned a long number into 6.22E+15: its digits are gone
        return [RowError(line, "reference", "reference_mangled_by_excel", reference)]
    if len(reference) > 64:
        return [RowError(line, "reference", "reference_too_long", reference[:64])]
    return []
