"""Paying out through a bank that refuses, is late, is silent and repeats itself."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product as pairs
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.db import IntegrityError, transaction

from ledger.models import JournalEntry
from ledger.posting import PeriodClosed
from loans.banking import Answer, PaymentOrder, PaymentOutcome, Report
from loans.banking.iso20022 import FileBank, pain001, read_report
from loans.banking.iso_elements import IsoRefused
from loans.bookkeeping.lifecycle import LoanNotInState
from loans.disbursement import disbursing
from loans.disbursement.disbursing import (
    CancellationReasonMissing,
    DisbursementReferenceUnknown,
    PaidUnderEarlierReference,
)
from loans.disbursement.order_lifecycle import ORDERS, DisbursementStepRefused
from loans.models import BankTransfer, Disbursement, DisbursementStatus, Loan, SimulatedPayment
from messaging.models import Message
from tests.borrowers.factories import BankAccountFactory
from tests.loans.factories import ON, ApplicantFactory, DisbursementFactory

NOW = datetime(2026, 6, 15, 3, 0, tzinfo=UTC)
DEBTOR = {"name": "Loandesk", "account": "6222000000000000", "bank": "Example Bank"}


def waiting(account: str = "6222020000001000") -> Disbursement:
    """The queued order of a loan accepted today, to be paid to ``account``."""
    lin = ApplicantFactory(banked=bool(account), account__account_number=account)
    return DisbursementFactory(contract__offer__application__borrower=lin)


def sent(account: str, times: int = 1) -> Disbursement:
    disbursement = waiting(account)
    for _ in range(times):
        disbursement = disbursing.send(disbursement_id=disbursement.pk, on=ON)
    return disbursement


def changes_account(disbursement: Disbursement) -> None:
    lin = disbursement.loan.borrower
    BankAccountFactory(borrower=lin, account_number="6222020000002000", make_primary=True)


@pytest.mark.django_db
class TestSending:
    def test_money_that_arrives_starts_the_loan(self) -> None:
        disbursement = sent("6222020000001000")

        loan = Loan.objects.get()
        assert (disbursement.status, loan.status, loan.disbursed_on) == ("paid", "active", ON)
        assert disbursement.transfers.get().status == "paid"
        assert JournalEntry.objects.filter(event="disbursement").count() == 1
        assert Message.objects.filter(template_code="loan_disbursed").count() == 1

    def test_sent_again_it_pays_nothing_more(self) -> None:
        disbursement = sent("6222020000001000", times=3)

        assert disbursement.status == "paid"
        assert SimulatedPayment.objects.get().order_count == 1
        assert JournalEntry.objects.count() == 1

    def test_an_order_that_never_reached_the_bank_is_not_sent_to_another_account(self) -> None:
        disbursement = waiting("6222020000001000")
        disbursing._open_transfer(disbursement.pk, ON)  # the process ended here
        changes_account(disbursement)

        stopped = disbursing.send(disbursement_id=disbursement.pk, on=ON)
        assert (stopped.status, stopped.failure_code) == ("failed", "payee_changed")
        assert not SimulatedPayment.objects.exists()

        disbursing.retry(disbursement_id=disbursement.pk, on=ON)
        assert disbursing.send(disbursement_id=disbursement.pk, on=ON).status == "paid"

    def test_an_order_that_may_not_go_out_says_why(self, monkeypatch: pytest.MonkeyPatch) -> None:
        disbursement = waiting()

        def refuse(*_: object) -> None:
            raise PeriodClosed(through="2026-06-30", posted_on=ON.isoformat())

        monkeypatch.setattr(disbursing, "require_whole_sum", refuse)
        assert disbursing.send_due(now=NOW, on=ON) == {"refused": 1}

        disbursement.refresh_from_db()
        assert (disbursement.status, disbursement.failure_code) == ("queued", PeriodClosed.code)

    def test_a_borrower_without_an_account_is_paid_to_the_wallet(self) -> None:
        assert sent("").status == "paid"

    def test_a_refusal_leaves_the_loan_waiting_and_says_why(self) -> None:
        disbursement = sent("6222020000001001")

        assert (disbursement.status, disbursement.failure_code) == ("failed", "account_closed")
        assert Loan.objects.get().status == "pending_disbursement"
        assert not JournalEntry.objects.exists()

    def test_a_retry_goes_under_a_new_reference(self) -> None:
        disbursement = sent("6222020000001001")

        disbursing.retry(disbursement_id=disbursement.pk, on=ON)
        disbursing.send(disbursement_id=disbursement.pk, on=ON)

        references = list(BankTransfer.objects.order_by("id").values_list("reference", flat=True))
        assert references == [f"{disbursement.number}-1", f"{disbursement.number}-2"]

    def test_a_late_bank_is_asked_until_it_has_paid(self) -> None:
        disbursement = sent("6222020000001002")
        assert (disbursement.status, Loan.objects.get().status) == ("sent", "pending_disbursement")

        disbursement = disbursing.send(disbursement_id=disbursement.pk, on=ON + timedelta(days=1))

        assert (disbursement.status, disbursement.paid_on) == ("paid", ON + timedelta(days=1))
        assert Loan.objects.get().disbursed_on == ON + timedelta(days=1)
        assert BankTransfer.objects.count() == 1

    def test_returned_money_can_be_sent_again(self) -> None:
        disbursement = sent("6222020000001003", times=2)
        assert disbursement.status == "returned"

        assert disbursing.retry(disbursement_id=disbursement.pk, on=ON).status == "queued"

    def test_a_bank_that_paid_in_silence_pays_once(self) -> None:
        disbursement = sent("6222020000001004")
        assert disbursement.status == "unknown"

        disbursement = disbursing.send(disbursement_id=disbursement.pk, on=ON)

        assert disbursement.status == "paid"
        assert (SimulatedPayment.objects.count(), SimulatedPayment.objects.get().order_count) == (1, 1)
        assert JournalEntry.objects.count() == 1

    def test_a_bank_that_never_saw_the_order_gets_it_again_under_the_same_reference(self) -> None:
        disbursement = sent("6222020000001005", times=2)

        assert disbursement.status == "paid"
        assert BankTransfer.objects.count() == 1
        assert SimulatedPayment.objects.get().order_count == 2

    def test_a_process_that_died_before_the_answer_asks_first(self) -> None:
        disbursement = waiting("6222020000001000")
        _disbursement, transfer, _is_new = disbursing._open_transfer(disbursement.pk, ON)
        assert transfer is not None

        disbursement = disbursing.send(disbursement_id=disbursement.pk, on=ON)

        assert disbursement.status == "paid"
        assert BankTransfer.objects.count() == 1


@pytest.mark.django_db
class TestDueOrders:
    def test_all_that_is_due_is_sent_and_counted(self) -> None:
        for account in ("6222020000001000", "6222020000001001", "6222020000001004"):
            waiting(account)

        counts = disbursing.send_due(now=NOW, on=ON)

        assert counts == {"paid": 1, "failed": 1, "unknown": 1}

    def test_an_order_rests_between_two_questions(self) -> None:
        waiting("6222020000001004")
        disbursing.send_due(now=NOW, on=ON)

        assert disbursing.send_due(now=NOW + timedelta(seconds=30), on=ON) == {}
        assert disbursing.send_due(now=NOW + disbursing.LEASE, on=ON) == {"paid": 1}
        assert disbursing.send_due(now=NOW + timedelta(days=1), on=ON) == {}


@pytest.mark.django_db
class TestNews:
    def test_the_bank_may_say_it_twice(self) -> None:
        disbursement = sent("6222020000001002")

        for _ in range(2):
            disbursing.confirm(disbursement_id=disbursement.pk, outcome="paid", on=ON, bank_reference="B1")

        assert JournalEntry.objects.count() == 1
        assert Message.objects.filter(template_code="loan_disbursed").count() == 1

    def test_older_news_does_not_undo_newer(self) -> None:
        disbursement = sent("6222020000001000")

        assert disbursing.confirm(disbursement_id=disbursement.pk, outcome="sent", on=ON).status == "paid"

    def test_news_that_contradicts_is_refused(self) -> None:
        disbursement = sent("6222020000001000")

        with pytest.raises(DisbursementStepRefused):
            disbursing.confirm(disbursement_id=disbursement.pk, outcome="returned", on=ON)

    def test_reports_are_recorded_by_reference_however_often_they_come(self) -> None:
        sent("6222020000001004")

        assert disbursing.collect_reports(on=ON) == {"recorded": 1, "refused": 0}
        assert disbursing.collect_reports(on=ON) == {"recorded": 1, "refused": 0}

        assert Disbursement.objects.get().status == "paid"
        assert JournalEntry.objects.count() == 1

    def test_an_unknown_reference_is_refused(self) -> None:
        with pytest.raises(DisbursementReferenceUnknown):
            disbursing.record_report(report=Report("DB-0", Answer(PaymentOutcome.PAID)), on=ON)

    def test_a_payment_under_an_earlier_reference_stops_for_a_person(self) -> None:
        disbursement = sent("6222020000001001")
        first = disbursement.transfers.get().reference
        disbursing.retry(disbursement_id=disbursement.pk, on=ON)
        disbursing.send(disbursement_id=disbursement.pk, on=ON)

        with pytest.raises(PaidUnderEarlierReference):
            disbursing.record_report(report=Report(first, Answer(PaymentOutcome.PAID)), on=ON)

    def test_a_late_answer_to_an_earlier_order_says_nothing_of_the_newer_one(self) -> None:
        """Taken for an answer to the newer order, its refusal would let the money go out a third time."""
        disbursement = sent("6222020000001001")
        first = disbursement.transfers.get()
        disbursing.retry(disbursement_id=disbursement.pk, on=ON)
        disbursing._open_transfer(disbursement.pk, ON)

        late = {"disbursement_id": disbursement.pk, "on": ON, "transfer": first}
        assert disbursing.confirm(**late, outcome="failed").status == "sent"
        with pytest.raises(PaidUnderEarlierReference):
            disbursing.confirm(**late, outcome="paid")


@pytest.mark.django_db
class TestOrders:
    def test_a_loan_has_one_order_however_often_it_is_requested(self) -> None:
        disbursement = waiting()

        again = disbursing.request_disbursement(loan_id=disbursement.loan_id, on=ON)

        assert again.pk == disbursement.pk
        second = Disbursement(number="DB-X", loan_id=disbursement.loan_id, amount=1, requested_on=ON)
        with pytest.raises(IntegrityError), transaction.atomic():
            second.save()

    def test_cancelling_ends_the_loan_before_it_began(self) -> None:
        disbursement = waiting()

        disbursing.cancel(disbursement_id=disbursement.pk, on=ON, reason="Changed her mind")

        loan = Loan.objects.get()
        assert loan.status == "cancelled"
        with pytest.raises(LoanNotInState):
            disbursing.request_disbursement(loan_id=loan.pk, on=ON)
        assert disbursing.send(disbursement_id=disbursement.pk, on=ON).status == "cancelled"

    def test_cancelling_asks_why(self) -> None:
        with pytest.raises(CancellationReasonMissing):
            disbursing.cancel(disbursement_id=waiting().pk, on=ON, reason="  ")

        assert Loan.objects.get().status == "pending_disbursement"

    def test_what_the_bank_was_asked_to_pay_cannot_be_cancelled(self) -> None:
        disbursement = sent("6222020000001002")

        with pytest.raises(DisbursementStepRefused):
            disbursing.cancel(disbursement_id=disbursement.pk, on=ON, reason="Too late")

    @pytest.mark.parametrize(
        ("before", "after"),
        [pair for pair in pairs(DisbursementStatus, DisbursementStatus) if pair[1] not in ORDERS.steps[pair[0]]],
    )
    def test_every_step_outside_the_table_is_refused(
        self, before: DisbursementStatus, after: DisbursementStatus
    ) -> None:
        with pytest.raises(DisbursementStepRefused):
            ORDERS.advance(Disbursement(number="DB-1", status=before), after)


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
