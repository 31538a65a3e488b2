"""Reads a bank statement saved as CSV, as Chinese banks and Excel write it.

Header names come in Chinese or English and in any order; the encoding is UTF-8 (with or without BOM) or GB18030; the
separator is a comma, semicolon or tab. Lines above the header (account holder, period) are skipped.
"""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal

from loans.banking.statement import (
    BadValue,
    RowError,
    Statement,
    StatementRow,
    parse_amount,
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


def _read_rows(lines: list[list[str]], header_at: int, places: dict[str, int]) -> Statement:
    statement = Statement(profile=PROFILE)
    outgoing, seen = 0, dict[str, int]()
    for line, cells in _filled(lines, header_at):
        found = _read_row(line, cells, places)
        if found is None:
            outgoing += 1
        elif isinstance(found, list):
            statement.errors.extend(found)
        elif found.bank_reference in seen:
            statement.errors.append(RowError(line, "reference", "reference_repeated", found.bank_reference))
        else:
            seen[found.bank_reference] = line
            statement.rows.append(found)
    return Statement(PROFILE, statement.rows, statement.errors, outgoing)


def _filled(lines: list[list[str]], header_at: int) -> Iterator[tuple[int, list[str]]]:
    for at in range(header_at + 1, len(lines)):
        if any(cell.strip() for cell in lines[at]):
            yield at + 1, lines[at]


def _read_row(line: int, cells: list[str], places: dict[str, int]) -> StatementRow | list[RowError] | None:
    """The payment of this row, every reason why it has none, or None for money that went out."""
    cell = {name: plain(cells[at]) if at < len(cells) else "" for name, at in places.items()}
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
