"""Reads the elements of ISO 20022 messages, for whatever takes news out of one.

Only local element names are kept: banks differ in the version of the namespace, not in the fields read here. A message
never needs a document type, and entities always are a trick: one that declares either is refused before a single
element is read, in whatever encoding it comes. What cannot be read is refused by the path of its element.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NoReturn, TypeVar
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from loans.banking.statement import BadValue, parse_amount, parse_date, plain

DEBIT = "DBIT"
_DAYS = (("BookgDt", "Dt"), ("ValDt", "Dt"), ("BookgDt", "DtTm"), ("ValDt", "DtTm"))
Value = TypeVar("Value")


class IsoRefused(ValueError):
    """A message, or one element of it, that cannot be read: why (``code``), where (``path``), and what stands there."""

    def __init__(self, code: str, path: str = "", value: str = "") -> None:
        super().__init__(": ".join(part for part in (path, code, value) if part))
        self.code, self.path, self.value = code, path, value


@dataclass(frozen=True, slots=True)
class Transaction:
    """One payment of a notification: the ``details`` of its ``entry``; an entry without details is its own.

    What the details leave out stands in the entry for all of them. The sum of an entry of several payments is no sum of
    any of them.
    """

    entry: Element
    details: Element
    is_only: bool

    @property
    def directions(self) -> tuple[str, str]:
        """``DBIT`` or ``CRDT`` as the details say and as the entry says, ``""`` where they say nothing.

        Each about itself: charges inside the details have a direction of their own.
        """
        return own_text(self.details, "CdtDbtInd"), own_text(self.entry, "CdtDbtInd")

    @property
    def amount(self) -> Decimal:
        """In the currency of the account. Raises IsoRefused."""
        found = text(self.details, "Amt") or (own_text(self.entry, "Amt") if self.is_only else "")
        return _read(parse_amount, found, "Ntry/Amt")

    @property
    def booked_on(self) -> date:
        """The day of booking, or of value where the bank names no other. Raises IsoRefused."""
        path = next((path for path in _DAYS if text(self.entry, *path)), _DAYS[0])
        return _read(parse_date, text(self.entry, *path)[:10], "/".join(("Ntry", *path)))

    @property
    def bank_reference(self) -> str:
        """The bank's own number of the payment, or ``""``."""
        return text(self.details, "AcctSvcrRef") or text(self.details, "TxId") or own_text(self.entry, "AcctSvcrRef")


def message(content: bytes) -> Element:
    """The root of the message, all names without namespace. Raises IsoRefused for what is no XML or has a document type."""
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = lambda name, attributes: builder.start(_local(name), attributes)
    parser.EndElementHandler = lambda name: builder.end(_local(name))
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise IsoRefused("xml_unreadable", value=str(error)) from error
    return builder.close()


def transactions(root: Element) -> Iterator[Transaction]:
    """Each payment of a notification (camt.054) once."""
    for entry in root.iter("Ntry"):
        several = list(entry.iter("TxDtls"))
        for details in several or [entry]:
            yield Transaction(entry, details, is_only=len(several) < 2)


def text(node: Element, *path: str) -> str:
    """The text of the first element that descends from ``node`` by way of ``path``, made plain; ``""`` where none does."""
    found: Element | None = node
    for name in path:
        found = None if found is None else found.find(f".//{name}")
    return "" if found is None else plain(found.text or "")


def own_text(node: Element, name: str) -> str:
    """The text of the child ``name``, made plain; ``""`` where there is none."""
    return plain(node.findtext(name) or "")


def _read(parse: Callable[[str], Value], found: str, path: str) -> Value:
    try:
        return parse(found)
    except BadValue as bad:
        raise IsoRefused(bad.code, path, found) from bad


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _refuse_doctype(*_declared: object) -> NoReturn:
    raise IsoRefused("xml_with_doctype")
