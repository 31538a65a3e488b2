"""Elements of bank messages: any namespace, each payment once, tricks refused, what is wrong named by its path."""

from datetime import date
from decimal import Decimal

import pytest

from loans.banking.camt054 import read_camt054
from loans.banking.iso20022 import read_report
from loans.banking.iso_elements import IsoRefused, Transaction, message, own_text, text, transactions
from loans.banking.protocol import PaymentOutcome


def notification(*entries: str, namespace: str = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.02") -> bytes:
    told = "".join(f"<Ntry>{entry}</Ntry>" for entry in entries)
    body = f"<BkToCstmrDbtCdtNtfctn><Ntfctn>{told}</Ntfctn></BkToCstmrDbtCdtNtfctn>"
    return f'<Document xmlns="{namespace}">{body}</Document>'.encode()


def only(entry: str) -> Transaction:
    (found,) = transactions(message(notification(entry)))
    return found


BOOKED = "<BookgDt><Dt>2026-06-15</Dt></BookgDt>"
CREDIT = f'<Amt Ccy="CNY">936.67</Amt><CdtDbtInd>CRDT</CdtDbtInd>{BOOKED}<AcctSvcrRef>BK-1</AcctSvcrRef>'


@pytest.mark.parametrize("namespace", ["urn:iso:std:iso:20022:tech:xsd:camt.054.001.13", "urn:somebody:else", ""])
def test_the_version_of_the_namespace_does_not_matter(namespace: str) -> None:
    root = message(notification(CREDIT, namespace=namespace))

    assert (root.tag, text(root, "Ntry", "BookgDt", "Dt")) == ("Document", "2026-06-15")


def test_a_prefixed_name_is_the_same_name() -> None:
    root = message(
        b'<b:Document xmlns:b="urn:x"><b:Ntry><b:Amt> \xef\xbc\x91\xef\xbc\x92 </b:Amt></b:Ntry></b:Document>'
    )

    assert text(root, "Amt") == "12"


BOMB = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><Document><Ntry>&b;</Ntry></Document>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_a_document_type_is_refused_in_every_encoding(encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding[:6]}"?>' + BOMB

    with pytest.raises(IsoRefused) as refused:
        message(declared.encode(encoding))

    assert refused.value.code == "xml_with_doctype"


def test_an_outside_document_type_is_refused_unopened() -> None:
    with pytest.raises(IsoRefused, match="xml_with_doctype"):
        message(b'<!DOCTYPE Document SYSTEM "file:///etc/hostname"><Document/>')


@pytest.mark.parametrize("content", [b"", b"not xml", b"<a><b></a>", b"\xff\xfe\x00", b"<a>&undeclared;</a>"])
def test_what_is_no_xml_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(IsoRefused) as refused:
        message(content)

    assert (refused.value.code, refused.value.path) == ("xml_unreadable", "")


def test_charges_inside_the_details_say_nothing_about_the_payment() -> None:
    charges = "<Chrgs><Rcrd><Amt>1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>"
    paid = f"{CREDIT}<NtryDtls><TxDtls><AmtDtls><TxAmt><Amt>936.67</Amt></TxAmt></AmtDtls>{charges}</TxDtls></NtryDtls>"

    (row,) = read_camt054(notification(paid)).rows

    assert (row.amount, row.bank_reference) == (Decimal("936.67"), "BK-1")


def test_the_payments_of_a_batch_have_directions_and_sums_of_their_own() -> None:
    """The first payment's direction is not the entry's, and the entry's sum belongs to none of them."""
    details = (
        "<TxDtls><Refs><TxId>T-1</TxId></Refs><Amt>300.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls>"
        "<TxDtls><Refs><TxId>T-2</TxId></Refs><Amt>200.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls>"
        "<TxDtls><Refs><TxId>T-3</TxId></Refs></TxDtls>"
    )
    statement = read_camt054(notification(f"<Amt>600.00</Amt>{BOOKED}<NtryDtls>{details}</NtryDtls>"))

    assert statement.outgoing == 1
    assert [(row.bank_reference, row.amount) for row in statement.rows] == [("T-2", Decimal("200.00"))]
    assert [(error.line, error.column, error.code) for error in statement.errors] == [(3, "Ntry/Amt", "amount_missing")]


@pytest.mark.parametrize(
    "dates",
    [
        "<BookgDt><Dt>2026-06-15</Dt></BookgDt>",
        "<BookgDt><DtTm>2026-06-15T08:30:00+08:00</DtTm></BookgDt>",
        "<ValDt><Dt>2026-06-15</Dt></ValDt>",
        "<BookgDt><DtTm>2026-06-16T00:10:00</DtTm></BookgDt><ValDt><Dt>2026-06-15</Dt></ValDt>",
    ],
)
def test_the_day_is_found_wherever_the_bank_puts_it(dates: str) -> None:
    assert only(f"<Amt>1.00</Amt>{dates}").booked_on == date(2026, 6, 15)


@pytest.mark.parametrize(
    ("entry", "path", "code"),
    [
        ("<Amt>1.00</Amt>", "Ntry/BookgDt/Dt", "date_missing"),
        ("<Amt>1.00</Amt><ValDt><Dt>2026-02-30</Dt></ValDt>", "Ntry/ValDt/Dt", "date_impossible"),
        (f"<Amt>much</Amt>{BOOKED}", "Ntry/Amt", "amount_unreadable"),
        (BOOKED, "Ntry/Amt", "amount_missing"),
    ],
)
def test_what_cannot_be_read_is_named_by_the_path_of_its_element(entry: str, path: str, code: str) -> None:
    found = only(entry)

    with pytest.raises(IsoRefused) as refused:
        _ = (found.amount, found.booked_on)

    assert (refused.value.path, refused.value.code) == (path, code)
    (error,) = read_camt054(notification(entry)).errors
    assert (error.line, error.column, error.code) == (1, path, code)


def test_news_of_an_order_on_a_day_that_cannot_be_read_is_refused_by_name() -> None:
    entry = (
        "<CdtDbtInd>DBIT</CdtDbtInd><NtryDtls><TxDtls><Refs><EndToEndId>DB-1</EndToEndId></Refs></TxDtls></NtryDtls>"
    )

    with pytest.raises(IsoRefused, match="Ntry/BookgDt/Dt: date_missing"):
        list(read_report(notification(entry)))
    (told,) = read_report(notification(entry + "<BookgDt><DtTm>2026-06-16T09:00:00</DtTm></BookgDt>"))
    assert (told.answer.outcome, told.answer.booked_on) == (PaymentOutcome.PAID, date(2026, 6, 16))


def test_a_child_is_not_a_descendant() -> None:
    root = message(b"<a><b><c>deep</c></b></a>")

    assert (own_text(root, "c"), text(root, "c")) == ("", "deep")
