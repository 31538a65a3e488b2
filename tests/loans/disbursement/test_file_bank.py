"""The bank of files: orders as ISO 20022 credit transfers, answers out of status reports and statements."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from loans.banking import Answer, PaymentOrder, PaymentOutcome, Report
from loans.banking.iso20022 import FileBank, pain001, read_report
from loans.banking.iso_elements import IsoRefused
from loans.disbursement import disbursing
from loans.models import Loan
from tests.loans.disbursement.test_disbursing import sent
from tests.loans.factories import ON

DEBTOR = {"name": "Loandesk", "account": "6222000000000000", "bank": "Example Bank"}


def an_order(**changes: object) -> PaymentOrder:
    facts = {
        "reference": "DB-2026-000001-1",
        "amount": Decimal("12000.50"),
        "currency": "CNY",
        "on": ON,
        "holder_name": "林小雨",
        "bank_name": "测试银行",
        "account_number": "6222020000001000",
        "remark": "LN-2026-000001",
    }
    return PaymentOrder(**{**facts, **changes})  # type: ignore[arg-type]


def camt054(reference: str, indicator: str, more: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn><Ntfctn><Ntry>
<Amt Ccy="CNY">12000.50</Amt><CdtDbtInd>{indicator}</CdtDbtInd><BookgDt><Dt>2026-06-16</Dt></BookgDt>
<AcctSvcrRef>BANK-77</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{more}
</TxDtls></NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>""".encode()


def pain002(reference: str, status: str) -> bytes:
    return f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><OrgnlPmtInfAndSts>
<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{status}</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn>
<AddtlInf>Account closed</AddtlInf></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>""".encode()


class TestFileBank:
    def test_the_order_is_a_credit_transfer_with_our_reference(self) -> None:
        root = ElementTree.fromstring(pain001(an_order(), DEBTOR))

        def text(name: str) -> list[str]:
            return [node.text or "" for node in root.iter() if node.tag.endswith("}" + name)]

        assert text("EndToEndId") == ["DB-2026-000001-1"]
        assert text("InstdAmt") == ["12000.50"]
        assert text("CtrlSum") == ["12000.50"]
        assert text("Nm") == ["Loandesk", "Loandesk", "Example Bank", "测试银行", "林小雨"]
        assert text("Id")[-1] == "6222020000001000"
        assert text("Dt") == ["2026-06-15"]

    def test_an_order_is_written_once_and_never_half(self, tmp_path: Path) -> None:
        bank = FileBank(tmp_path)

        assert bank.send(an_order()).outcome is PaymentOutcome.SENT
        written = (tmp_path / "out" / "DB-2026-000001-1.xml").read_bytes()
        bank.send(an_order(amount=Decimal("1.00")))

        assert [path.name for path in (tmp_path / "out").iterdir()] == ["DB-2026-000001-1.xml"]
        assert (tmp_path / "out" / "DB-2026-000001-1.xml").read_bytes() == written

    def test_without_an_account_nothing_is_written(self, tmp_path: Path) -> None:
        answer = FileBank(tmp_path).send(an_order(account_number=""))

        assert (answer.outcome, answer.code) == (PaymentOutcome.FAILED, "account_missing")
        assert not list((tmp_path / "out").iterdir())

    def test_asked_about_an_order_it_never_had_it_knows_nothing(self, tmp_path: Path) -> None:
        bank = FileBank(tmp_path)
        assert bank.ask(an_order()) is None

        bank.send(an_order())

        assert bank.ask(an_order()) == Answer(PaymentOutcome.SENT)

    def test_the_last_it_was_told_of_an_order_counts(self, tmp_path: Path) -> None:
        bank = FileBank(tmp_path)
        reference = an_order().reference
        (bank.incoming / "1.xml").write_bytes(camt054(reference, "DBIT"))
        assert bank.ask(an_order()).outcome is PaymentOutcome.PAID

        back = "<RtrInf><Rsn><Cd>AC01</Cd></Rsn></RtrInf>"
        (bank.incoming / "2.xml").write_bytes(camt054(reference, "CRDT", back))

        assert bank.ask(an_order()).outcome is PaymentOutcome.RETURNED

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (camt054("R-1", "DBIT"), Answer(PaymentOutcome.PAID, "BANK-77", "", "", date(2026, 6, 16))),
            (
                camt054("R-1", "CRDT", "<RtrInf><Rsn><Cd>AC01</Cd></Rsn></RtrInf>"),
                Answer(PaymentOutcome.RETURNED, "BANK-77", "AC01", "", date(2026, 6, 16)),
            ),
            (pain002("R-1", "RJCT"), Answer(PaymentOutcome.FAILED, "", "AC04", "Account closed")),
            (pain002("R-1", "PDNG"), Answer(PaymentOutcome.SENT, "", "AC04", "Account closed")),
        ],
    )
    def test_reports_are_read(self, content: bytes, expected: Answer) -> None:
        assert list(read_report(content)) == [Report("R-1", expected)]

    def test_money_from_others_is_not_our_news(self) -> None:
        assert list(read_report(camt054("R-1", "CRDT"))) == []

    @pytest.mark.parametrize("content", [b"not xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"])
    def test_what_is_no_report_is_refused(self, content: bytes) -> None:
        with pytest.raises(IsoRefused):
            list(read_report(content))

    @pytest.mark.django_db
    def test_a_loan_is_paid_out_through_files(self, tmp_path: Path, settings) -> None:
        settings.BANK_ADAPTER, settings.BANK_FILES = "loans.banking.iso20022.FileBank", str(tmp_path)
        disbursement = sent("6222020000001000")
        assert disbursement.status == "sent"
        reference = disbursement.transfers.get().reference
        (tmp_path / "in" / "camt.xml").write_bytes(camt054(reference, "DBIT"))

        counts = [disbursing.collect_reports(on=ON + timedelta(days=1)) for _ in range(2)]

        assert counts == [{"recorded": 1, "refused": 0}] * 2
        loan = Loan.objects.get()
        assert (loan.status, loan.disbursed_on) == ("active", date(2026, 6, 16))
