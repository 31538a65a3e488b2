"""Reads ISO 20022 camt.054 (bank to customer debit credit notification), any version of the schema, as a statement."""

from loans.banking.iso_elements import DEBIT, IsoRefused, Transaction, message, text, transactions
from loans.banking.statement import RowError, Statement, StatementRow, sign_error

PROFILE = "camt054"


def looks_like_camt(content: bytes) -> bool:
    head = content[:2000]
    return b"camt.05" in head or b"BkToCstmrDbtCdtNtfctn" in head


def read_camt054(content: bytes) -> Statement:
    try:
        root = message(content)
    except IsoRefused as refused:
        return Statement(PROFILE, errors=[RowError(0, refused.path, refused.code, refused.value)])
    statement, outgoing = Statement(PROFILE), 0
    seen: set[str] = set()
    for number, transaction in enumerate(transactions(root), start=1):
        if DEBIT in transaction.directions:
            outgoing += 1
            continue
        found = _read_transaction(number, transaction)
        if isinstance(found, RowError):
            statement.errors.append(found)
        elif found.bank_reference in seen:
            statement.errors.append(RowError(number, "AcctSvcrRef", "reference_repeated", found.bank_reference))
        else:
            seen.add(found.bank_reference)
            statement.rows.append(found)
    return Statement(PROFILE, statement.rows, statement.errors, outgoing)


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
        remark=text(details, "RmtInf", "Ustrd"),
    )
    return sign_error(row) or row
