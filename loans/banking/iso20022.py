"""A bank that is spoken to in files: pain.001 orders go out, pain.002 and camt.054 reports come back (ISO 20022).

Orders are written to one folder and reports read from another; how the files travel (SFTP, a bank's own client) is not
our business. Only local element names are compared, since banks differ in namespace version and not in these fields.
"""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from django.conf import settings

from core.money import round_money
from loans.banking.protocol import Answer, PaymentOrder, PaymentOutcome, Report

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_STATUS = {
    "RJCT": PaymentOutcome.FAILED,
    "CANC": PaymentOutcome.FAILED,
    "ACSC": PaymentOutcome.PAID,
    "ACCC": PaymentOutcome.PAID,
}


class ReportUnreadable(ValueError):
    """A report that is not the XML it should be; the file stays where it is for a person to look at."""


class FileBank:
    """Writes orders to ``<BANK_FILES>/out``, reads reports from ``<BANK_FILES>/in``."""

    def __init__(self, folder: Path | None = None) -> None:
        base = folder or Path(settings.BANK_FILES)
        self.out, self.incoming = base / "out", base / "in"
        for path in (self.out, self.incoming):
            path.mkdir(parents=True, exist_ok=True)

    def send(self, order: PaymentOrder) -> Answer:
        if not order.account_number:
            return Answer(PaymentOutcome.FAILED, code="account_missing", detail="No account to pay to is known.")
        path = self._path(order.reference)
        if not path.exists():
            # Written aside and moved in one step: whoever collects the folder never sees half an order.
            part = path.with_suffix(f".{os.getpid()}.part")
            part.write_bytes(pain001(order, debtor=settings.BANK_DEBTOR))
            part.replace(path)
        return Answer(PaymentOutcome.SENT)

    def ask(self, order: PaymentOrder) -> Answer | None:
        told = [report.answer for report in self.reports(order.on) if report.reference == order.reference]
        if told:
            return told[-1]  # what was paid may have come back since
        return Answer(PaymentOutcome.SENT) if self._path(order.reference).exists() else None

    def reports(self, on: date) -> Iterator[Report]:
        """All reports in the folder, later files last; reading them again is harmless."""
        for path in sorted(self.incoming.glob("*.xml")):
            yield from read_report(path.read_bytes())

    def _path(self, reference: str) -> Path:
        return self.out / f"{reference}.xml"


def pain001(order: PaymentOrder, debtor: dict[str, str]) -> bytes:
    """A customer credit transfer initiation with the one order."""
    ElementTree.register_namespace("", NAMESPACE)
    root = Element(f"{{{NAMESPACE}}}Document")
    body = _child(root, "CstmrCdtTrfInitn")
    amount = str(round_money(order.amount))
    header = _child(body, "GrpHdr")
    _text(header, "MsgId", order.reference)
    _text(header, "CreDtTm", f"{order.on.isoformat()}T00:00:00")
    _text(header, "NbOfTxs", "1")
    _text(header, "CtrlSum", amount)
    _text(_child(header, "InitgPty"), "Nm", debtor["name"])
    _payment(_child(body, "PmtInf"), order, amount, debtor)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _payment(payment: Element, order: PaymentOrder, amount: str, debtor: dict[str, str]) -> None:
    _text(payment, "PmtInfId", order.reference)
    _text(payment, "PmtMtd", "TRF")
    _text(_child(payment, "ReqdExctnDt"), "Dt", order.on.isoformat())
    _text(_child(payment, "Dbtr"), "Nm", debtor["name"])
    _text(_path_to(payment, "DbtrAcct", "Id", "Othr"), "Id", debtor["account"])
    _text(_path_to(payment, "DbtrAgt", "FinInstnId"), "Nm", debtor["bank"])
    transfer = _child(payment, "CdtTrfTxInf")
    _text(_child(transfer, "PmtId"), "EndToEndId", order.reference)
    instructed = _child(_child(transfer, "Amt"), "InstdAmt")
    instructed.set("Ccy", order.currency)
    instructed.text = amount
    _text(_path_to(transfer, "CdtrAgt", "FinInstnId"), "Nm", order.bank_name)
    _text(_child(transfer, "Cdtr"), "Nm", order.holder_name)
    _text(_path_to(transfer, "CdtrAcct", "Id", "Othr"), "Id", order.account_number)
    _text(_child(transfer, "RmtInf"), "Ustrd", order.remark)


def read_report(content: bytes) -> Iterator[Report]:
    """The news in a pain.002 (status report) or camt.054 (debit and return notification). Raises ReportUnreadable."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ReportUnreadable("a report with a document type declaration is refused")
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise ReportUnreadable(str(error)) from error
    for node in root.iter():
        if _name(node) == "TxInfAndSts":
            yield from _from_status(node)
        elif _name(node) == "Ntry":
            yield from _from_entry(node)


def _from_status(node: Element) -> Iterator[Report]:
    outcome = _STATUS.get(_find(node, "TxSts"), PaymentOutcome.SENT)
    code = _find(node, "StsRsnInf", "Rsn", "Cd")
    answer = Answer(outcome, _find(node, "AcctSvcrRef"), code, _find(node, "StsRsnInf", "AddtlInf"))
    yield Report(_find(node, "OrgnlEndToEndId"), answer)


def _from_entry(entry: Element) -> Iterator[Report]:
    """A booked debit paid the order; a credit with return information brought the money back."""
    booked = _find(entry, "BookgDt", "Dt") or _find(entry, "ValDt", "Dt")
    for details in [node for node in entry.iter() if _name(node) == "TxDtls"] or [entry]:
        reference, code = _find(details, "EndToEndId"), _find(details, "RtrInf", "Rsn", "Cd")
        is_debit = (_find(details, "CdtDbtInd") or _find(entry, "CdtDbtInd")) == "DBIT"
        if not reference or not (is_debit or code):
            continue
        outcome = PaymentOutcome.PAID if is_debit else PaymentOutcome.RETURNED
        bank_reference = _find(details, "AcctSvcrRef") or _find(entry, "AcctSvcrRef")
        yield Report(reference, Answer(outcome, bank_reference, code, "", date.fromisoformat(booked)))


def _child(parent: Element, name: str) -> Element:
    return SubElement(parent, f"{{{NAMESPACE}}}{name}")


def _path_to(parent: Element, *names: str) -> Element:
    for name in names:
        parent = _child(parent, name)
    return parent


def _text(parent: Element, name: str, text: str) -> None:
    if text:
        _child(parent, name).text = text


def _name(node: Element) -> str:
    return node.tag.rsplit("}", 1)[-1]


def _find(node: Element, *path: str) -> str:
    """The text of the first descendant along ``path``."""
    for found in node.iter():
        if found is not node and _name(found) == path[0]:
            return (found.text or "").strip() if len(path) == 1 else _find(found, *path[1:])
    return ""
