"""Reads ISO 20022 camt.054 (bank to customer debit credit notification), any version of the schema, as a statement.

Its sisters camt.052 and camt.053 hold the same entries, and balances at both ends.
"""

from datetime import date
from decimal import Decimal
from xml.etree.ElementTree import Element

from loans.banking.iso_elements import DEBIT, IsoRefused, Transaction, message, own_text, text, transactions
from loans.banking.statement import (
    BadValue,
    Frame,
    RowError,
    Statement,
    StatementRow,
    parse_balance,
    parse_date,
    plain,
    sign_error,
)

PROFILE = "camt054"
_REPORTS = ("Ntfctn", "Rpt", "Stmt")
_REMARK_FULL = 140  # characters that one element holds
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)


def looks_like_camt(content: bytes) -> bool:
    head = content[:2000]
    return b"camt.05" in head or b"BkToCstmrDbtCdtNtfctn" in head


def read_camt054(content: bytes) -> Statement:
    try:
        root = message(content)
    except IsoRefused as refused:
        return Statement(PROFILE, errors=[RowError(0, refused.path, refused.code, refused.value)])
    statement, outgoing, sum_out = Statement(PROFILE), 0, Decimal("0.00")
    seen: set[str] = set()
    for number, transaction in enumerate(transactions(root), start=1):
        if DEBIT in transaction.directions:
            outgoing += 1
            sum_out += _outgoing(transaction)
            continue
        found = _read_transaction(number, transaction)
        if isinstance(found, RowError):
            statement.errors.append(found)
        elif found.bank_reference in seen:
            statement.errors.append(RowError(number, "AcctSvcrRef", "reference_repeated", found.bank_reference))
        else:
            seen.add(found.bank_reference)
            statement.rows.append(found)
    return Statement(PROFILE, statement.rows, statement.errors, outgoing, sum_out, _frame(root))


def _outgoing(transaction: Transaction) -> Decimal:
    """What went out; one that cannot be read shows in the balances, where the statement has them."""
    try:
        return abs(transaction.amount)
    except IsoRefused:
        return Decimal("0.00")


def _frame(root: Element) -> Frame:
    reports = [report for name in _REPORTS for report in root.iter(name)]
    if not reports:
        return Frame()
    accounts = list(dict.fromkeys(found for report in reports if (found := _account(report))))
    one = len(accounts) < 2
    days = [_day(report, name) for report in reports for name in ("FrDtTm", "ToDtTm")]
    told = [day for day in days if day is not None]
    return Frame(
        account=", ".join(accounts)[:200],
        first_day=min(told, default=None),
        last_day=max(told, default=None),
        opening=_balance(reports[0], _OPENING) if one else None,
        closing=_balance(reports[-1], _CLOSING) if one else None,
    )


def _account(report: Element) -> str:
    account = report.find("Acct")
    return "" if account is None else text(account, "Id", "IBAN") or text(account, "Id", "Othr", "Id")


def _day(report: Element, name: str) -> date | None:
    try:
        return parse_date(text(report, "FrToDt", name)[:10])
    except BadValue:
        return None


def _balance(report: Element, codes: tuple[str, ...]) -> Decimal | None:
    for balance in report.findall("Bal"):
        if text(balance, "Tp", "CdOrPrtry", "Cd") in codes:
            try:
                amount = parse_balance(own_text(balance, "Amt"))
            except BadValue:
                return None
            return -amount if own_text(balance, "CdtDbtInd") == DEBIT else amount
    return None


def _remark(details: Element) -> str:
    """All that the remark says: what fills one element goes on in the next."""
    told = [part.text or "" for remitted in details.iter("RmtInf") for part in remitted.iter("Ustrd")]
    return plain("".join(part if len(part) >= _REMARK_FULL else f"{part} " for part in told))


def _read_transaction(number: int, transaction: Transaction) -> StatementRow | RowError:
    try:
        amount, paid_on = transaction.amount, transaction.booked_on
    except IsoRefused as refused:
        return RowError(number, refused.path, refused.code, refused.value)
    if amount <= 0:
        return RowError(number, "Ntry/Amt", "amount_unreadable" if amount else "amount_zero", str(amount))
    if not transaction.bank_reference:
        return RowError(number, "AcctSvcrRef", "reference_missing")
    details = transaction.details
    row = StatementRow(
        line=number,
        paid_on=paid_on,
        amount=amount,
        bank_reference=transaction.bank_reference[:64],
        payer_name=text(details, "Dbtr", "Nm"),
        payer_account=text(details, "DbtrAcct", "IBAN") or text(details, "DbtrAcct", "Othr", "Id"),
        remark=_remark(details),
    )
    return sign_error(row) or row
