"""Paying out through a bank that refuses, is late, is silent and repeats itself."""

from datetime import UTC, datetime, timedelta
from itertools import product as pairs

import pytest
from django.db import IntegrityError, transaction

from audit.approvals import approve
from borrowers.models import BankAccount
from ledger.models import JournalEntry
from ledger.posting import PeriodClosed
from loans.banking import Answer, PaymentOutcome, Report
from loans.bookkeeping.lifecycle import LoanNotInState
from loans.disbursement import disbursing
from loans.disbursement.disbursing import (
    CancellationReasonMissing,
    DisbursementReferenceUnknown,
    PaidUnderEarlierReference,
)
from loans.disbursement.order_lifecycle import ORDERS, DisbursementStepRefused
from loans.disbursement.other_accounts import ask_for_other_account
from loans.models import BankTransfer, Disbursement, DisbursementStatus, Loan, SimulatedPayment
from loans.payees.payees import PayeeChanged, PayeeMissing
from messaging.models import Message
from tests.borrowers.factories import BankAccountFactory
from tests.loans.factories import ON, ApplicantFactory, DisbursementFactory
from tests.staff.factories import UserFactory

NOW = datetime(2026, 6, 15, 3, 0, tzinfo=UTC)


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
    BankAccountFactory(borrower=lin, account_number="6222020000002000", paid=True)


def goes_there(disbursement: Disbursement) -> None:
    """Two people agree that the order is paid to the account the borrower has now."""
    account = BankAccount.objects.get(borrower_id=disbursement.loan.borrower_id, is_primary=True)
    asked = ask_for_other_account(
        disbursement_id=disbursement.pk, account_id=account.pk, reason="New card", on=ON, by=None
    )
    approve(approval_id=asked.pk, decided_by=UserFactory(roles=["checker"]), on=ON)


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

        with pytest.raises(PayeeChanged):
            disbursing.retry(disbursement_id=disbursement.pk, on=ON)
        goes_there(disbursement)
        assert disbursing.send(disbursement_id=disbursement.pk, on=ON).status == "paid"

    def test_an_order_that_may_not_go_out_says_why(self, monkeypatch: pytest.MonkeyPatch) -> None:
        disbursement = waiting()

        def refuse(*_: object) -> None:
            raise PeriodClosed(through="2026-06-30", posted_on=ON.isoformat())

        monkeypatch.setattr(disbursing, "require_whole_sum", refuse)
        assert disbursing.send_due(now=NOW, on=ON) == {"refused": 1}

        disbursement.refresh_from_db()
        assert (disbursement.status, disbursement.failure_code) == ("queued", PeriodClosed.code)

    def test_a_borrower_without_an_account_is_not_paid(self) -> None:
        order = waiting()
        order.loan.borrower.bank_accounts.update(is_primary=False)

        with pytest.raises(PayeeMissing):
            disbursing.send(disbursement_id=order.pk, on=ON)
        assert Disbursement.objects.get().status == "queued"

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
