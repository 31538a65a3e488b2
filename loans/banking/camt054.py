"""Reads ISO 20022 camt.054 (bank to customer debit credit notification), any version of the schema.

Only the local element names matter: banks differ in namespace version, not in these fields. A document type
declaration is refused outright, since a statement never needs one and entity tricks always do.
"""

from collections.abc import Iterator
from xml.etree import ElementTree

from loans.banking.statement import BadValue, RowError, Statement, StatementRow, parse_amount, parse_date, plain

PROFILE = "camt054"


def looks_like_camt(content: bytes) -> bool:
    head = content[:2000]
    return b"camt.05" in head or b"BkToCstmrDbtCdtNtfctn" in head


def read_camt054(content: bytes) -> Statement:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return _refused("xml_with_doctype")
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        return _refused("xml_unreadable", str(error))
    statement, outgoing = Statement(profile=PROFILE), 0
    seen: set[str] = set()
    for number, (entry, details) in enumerate(_transactions(root), start=1):
        if _text(details, "CdtDbtInd") == "DBIT" or _text(entry, "CdtDbtInd") == "DBIT":
            outgoing += 1
            continue
        found = _read_transaction(number, entry, details)
        if isinstance(found, RowError):
            statement.errors.append(found)
        elif found.bank_reference in seen:
            statement.errors.append(RowError(number, "AcctSvcrRef", "reference_repeated", found.bank_reference))
        else:
            seen.add(found.bank_reference)
            statement.rows.append(found)
    return Statement(PROFILE, statement.rows, statement.errors, outgoing)


def _refused(code: str, value: str = "") -> Statement:
    return Statement(profile=PROFILE, errors=[RowError(line=0, column="", code=code, value=value)])


def _transactions(root: ElementTree.Element) -> Iterator[tuple[ElementTree.Element, ElementTree.Element]]:
    """Each payment once: a batch entry holds several, a plain entry is its own details."""
    for entry in root.iter():
        if _name(entry) == "Ntry":
            details = [node for node in entry.iter() if _name(node) == "TxDtls"]
            for node in details or [entry]:
                yield entry, node


def _read_transaction(number: int, entry: ElementTree.Element, details: ElementTree.Element) -> StatementRow | RowError:
    amount_text = _text(details, "Amt") or _text(entry, "Amt")
    date_text = (_text(entry, "BookgDt", "Dt") or _text(entry, "ValDt", "Dt") or _text(entry, "BookgDt", "DtTm"))[:10]
    reference = _text(details, "AcctSvcrRef") or _text(details, "TxId") or _text(entry, "AcctSvcrRef")
    try:
        amount, paid_on = parse_amount(amount_text), parse_date(date_text)
    except BadValue as bad:
        return RowError(number, "Ntry", bad.code, amount_text if bad.code.startswith("amount") else date_text)
    if amount <= 0:
        return RowError(number, "Ntry", "amount_zero" if not amount else "amount_unreadable", amount_text)
    if not reference:
        return RowError(number, "AcctSvcrRef", "reference_missing")
    return StatementRow(
        line=number,
        paid_on=paid_on,
        amount=amount,
        bank_reference=plain(reference)[:64],
        payer_name=_text(details, "Dbtr", "Nm"),
        payer_account=_text(details, "DbtrAcct", "IBAN") or _text(details, "DbtrAcct", "Othr", "Id"),
        remark=_text(details, "RmtInf", "Ustrd"),
    )


def _name(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _text(element: ElementTree.Element, *path: str) -> str:
    """The text of the first descendant along `path`, names compared without namespace."""
    for node in element.iter():
        if node is not element and _name(node) == path[0]:
            return plain(node.text or "") if len(path) == 1 else _text(node, *path[1:])
    return ""
