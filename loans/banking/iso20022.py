"""A bank that is spoken to in files: pain.001 orders go out, pain.002 and camt.054 reports come back (ISO 20022).

Orders are written to one folder and reports read from another; how the files travel (SFTP, a bank's own client) is not
our business. A report that cannot be read is told of, keeps no other from being read, and its file stays where it is for a
person to look at.
"""

import hashlib
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from django.conf import settings

from core.money import round_money
from loans.banking.iso_elements import DEBIT, IsoRefused, Transaction, message, text, transactions
from loans.banking.protocol import Answer, PaymentOrder, PaymentOutcome, Report, Unread

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_STATUS = {
    "RJCT": PaymentOutcome.FAILED,
    "CANC": PaymentOutcome.FAILED,
    "ACSC": PaymentOutcome.PAID,
    "ACCC": PaymentOutcome.PAID,
}


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
        news = (report for report in self.reports(order.on) if isinstance(report, Report))
        told = [report.answer for report in news if report.reference == order.reference]
        if told:
            return told[-1]  # what was paid may have come back since
        return Answer(PaymentOutcome.SENT) if self._path(order.reference).exists() else None

    def reports(self, on: date) -> Iterator[Report | Unread]:
        """All reports in the folder, later files last; reading them again is harmless. Of a file that cannot be read to its
        end nothing is believed."""
        for path in sorted(self.incoming.glob("*.xml")):
            content = b""
            try:
                content = path.read_bytes()
                yield from list(read_report(content))
            except IsoRefused as refused:
                yield Unread(path.name, _mark(content), refused.code)
            except OSError as missing:
                yield Unread(path.name, _mark(str(path).encode()), f"file_unavailable: {missing.strerror}")

    def _path(self, reference: str) -> Path:
        return self.out / f"{reference}.xml"


def _mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pain001(order: PaymentOrder, debtor: dict[str, str]) -> bytes:
    """A customer credit transfer initiation with the one order."""
    ElementTree.register_namespace("", NAMESPACE)
    root = Element(f"{{{NAMESPACE}}}Document")
    body = _child(root, "CstmrCdtTrfInitn")
    amount = str(round_money(order.amount))
    header = _child(body, "GrpHdr")
    _put(header, "MsgId", order.reference)
    _put(header, "CreDtTm", f"{order.on.isoformat()}T00:00:00")
    _put(header, "NbOfTxs", "1")
    _put(header, "CtrlSum", amount)
    _put(_child(header, "InitgPty"), "Nm", debtor["name"])
    _payment(_child(body, "PmtInf"), order, amount, debtor)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _payment(payment: Element, order: PaymentOrder, amount: str, debtor: dict[str, str]) -> None:
    _put(payment, "PmtInfId", order.reference)
    _put(payment, "PmtMtd", "TRF")
    _put(_child(payment, "ReqdExctnDt"), "Dt", order.on.isoformat())
    _put(_child(payment, "Dbtr"), "Nm", debtor["name"])
    _put(_path_to(payment, "DbtrAcct", "Id", "Othr"), "Id", debtor["account"])
    _put(_path_to(payment, "DbtrAgt", "FinInstnId"), "Nm", debtor["bank"])
    transfer = _child(payment, "CdtTrfTxInf")
    _put(_child(transfer, "PmtId"), "EndToEndId", order.reference)
    instructed = _child(_child(transfer, "Amt"), "InstdAmt")
    instructed.set("Ccy", order.currency)
    instructed.text = amount
    _put(_path_to(transfer, "CdtrAgt", "FinInstnId"), "Nm", order.bank_name)
    _put(_child(transfer, "Cdtr"), "Nm", order.holder_name)
    _put(_path_to(transfer, "CdtrAcct", "Id", "Othr"), "Id", order.account_number)
    _put(_child(transfer, "RmtInf"), "Ustrd", order.remark)


def read_report(content: bytes) -> Iterator[Report]:
    """The news in a pain.002 (status report) or camt.054 (debit and return notification). Raises IsoRefused."""
    root = message(content)
    for status in root.iter("TxInfAndSts"):
        yield _from_status(status)
    for transaction in transactions(root):
        yield from _from_transaction(transaction)


def _from_status(status: Element) -> Report:
    outcome = _STATUS.get(text(status, "TxSts"), PaymentOutcome.SENT)
    code = text(status, "StsRsnInf", "Rsn", "Cd")
    answer = Answer(outcome, text(status, "AcctSvcrRef"), code, text(status, "StsRsnInf", "AddtlInf"))
    return Report(text(status, "OrgnlEndToEndId"), answer)


def _from_transaction(transaction: Transaction) -> Iterator[Report]:
    """A booked debit paid the order; a credit with return information brought the money back."""
    reference, code = text(transaction.details, "EndToEndId"), text(transaction.details, "RtrInf", "Rsn", "Cd")
    of_details, of_entry = transaction.directions
    is_debit = (of_details or of_entry) == DEBIT
    if reference and (is_debit or code):
        outcome = PaymentOutcome.PAID if is_debit else PaymentOutcome.RETURNED
        yield Report(reference, Answer(outcome, transaction.bank_reference, code, "", transaction.booked_on))


def _child(parent: Element, name: str) -> Element:
    return SubElement(parent, f"{{{NAMESPACE}}}{name}")


def _path_to(parent: Element, *names: str) -> Element:
    for name in names:
        parent = _child(parent, name)
    return parent


def _put(parent: Element, name: str, words: str) -> None:
    if words:
        _child(parent, name).text = words
