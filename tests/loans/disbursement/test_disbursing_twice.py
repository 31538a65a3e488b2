"""A worker that hangs between writing an order down and sending it, and wakes when others have gone on: money goes once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core import business_date
from ledger.models import JournalEntry
from loans.banking import Answer, BankUnreachable, PaymentOutcome, Report, bank
from loans.disbursement import disbursing, transfers
from loans.disbursement.disbursing import PaidUnderEarlierReference
from loans.disbursement.order_lifecycle import DisbursementStepRefused
from loans.disbursement.other_accounts import OrderAtTheBank, ask_for_other_account
from loans.models import BankTransfer, Disbursement, Loan, SimulatedPayment
from tests.loans.disbursement.test_disbursing import changes_account, goes_there, waiting
from tests.loans.factories import ON
from tests.risk.factories import DoNotLendEntryFactory

pytestmark = pytest.mark.django_db


def given_up() -> tuple[Disbursement, BankTransfer]:
    """An order written down and not sent; meanwhile the account changed, and another worker gave the order up."""
    disbursement = waiting("6222020000001000")
    _disbursement, transfer, _is_new = disbursing._open_transfer(disbursement.pk, ON)
    assert transfer is not None
    changes_account(disbursement)
    assert disbursing.send(disbursement_id=disbursement.pk, on=ON).failure_code == "payee_changed"
    return disbursement, transfer


def wakes_up(disbursement: Disbursement, transfer: BankTransfer, patch: pytest.MonkeyPatch) -> Disbursement:
    with patch.context() as asleep:

        def written_long_ago(*_asked: object) -> tuple[Disbursement, BankTransfer, bool]:
            asleep.undo()  # whoever comes meanwhile opens it as ever
            return disbursement, transfer, True

        asleep.setattr(disbursing, "_open_transfer", written_long_ago)
        return disbursing.send(disbursement_id=disbursement.pk, on=ON)


def test_what_was_given_up_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    disbursement, slow = given_up()

    assert wakes_up(disbursement, slow, monkeypatch).status == "failed"

    assert not SimulatedPayment.objects.exists()


def test_what_was_ordered_anew_is_not_sent_under_the_old_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    disbursement, slow = given_up()
    goes_there(disbursement)
    disbursing._open_transfer(disbursement.pk, ON)

    assert wakes_up(disbursement, slow, monkeypatch).status == "sent"

    assert not SimulatedPayment.objects.exists()


class TestAWorkerThatHung:
    """It wrote a transfer down, slept between that and the bank, and goes on where it was."""

    def hung(self, account: str = "6222020000001000") -> tuple[Disbursement, BankTransfer]:
        disbursement = waiting(account)
        _disbursement, transfer, _is_new = disbursing._open_transfer(disbursement.pk, ON)
        assert transfer is not None
        BankTransfer.objects.update(written_at=timezone.now() - disbursing.LEASE)
        return disbursement, transfer

    def test_it_asks_the_bank_before_it_sends_what_may_have_got_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The bank pays account 1004 and does not answer: the worker hung waiting for the answer."""
        disbursement, slow = self.hung("6222020000001004")
        with pytest.raises(BankUnreachable):
            bank().send(transfers.order_of(disbursement, slow, ON))

        assert wakes_up(disbursement, slow, monkeypatch).status == "paid"

        assert SimulatedPayment.objects.get().order_count == 1

    def test_what_the_bank_never_got_is_sent_under_the_same_reference(self, monkeypatch: pytest.MonkeyPatch) -> None:
        disbursement, slow = self.hung()

        assert wakes_up(disbursement, slow, monkeypatch).status == "paid"

        assert SimulatedPayment.objects.get().reference == slow.reference

    def test_it_asks_the_gate_once_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        disbursement, slow = self.hung()
        DoNotLendEntryFactory(borrower=disbursement.loan.borrower)

        stopped = wakes_up(disbursement, slow, monkeypatch)

        assert (stopped.status, stopped.failure_code) == ("failed", "gate_refused")
        assert not SimulatedPayment.objects.exists()

    @pytest.mark.parametrize("anew", [False, True])
    def test_what_others_gave_up_while_it_looked_is_not_sent(self, monkeypatch: pytest.MonkeyPatch, anew: bool) -> None:
        """It hangs after its first look at the order, before the last."""
        disbursement, slow = self.hung()
        look = transfers._of_an_earlier_one

        def sleeps(*order: Any) -> transfers.Heard | None:
            found = look(*order)
            monkeypatch.setattr(transfers, "_of_an_earlier_one", look)
            changes_account(disbursement)
            assert disbursing.send(disbursement_id=disbursement.pk, on=ON).failure_code == "payee_changed"
            if anew:
                goes_there(disbursement)
                disbursing._open_transfer(disbursement.pk, ON)
            return found

        monkeypatch.setattr(transfers, "_of_an_earlier_one", sleeps)
        assert wakes_up(disbursement, slow, monkeypatch).status == ("sent" if anew else "failed")

        assert not SimulatedPayment.objects.exists()

    def test_a_person_who_asks_again_is_told_why_it_is_not_sent(
        self, client: Client, signed_in: Callable[..., Client]
    ) -> None:
        disbursement, _slow = self.hung()
        DoNotLendEntryFactory(borrower=disbursement.loan.borrower)
        business_date.move_to(ON)
        signed_in(client, "operations")

        page = client.post(
            reverse("loans:loan_disburse", args=[disbursement.loan.number]), follow=True
        ).content.decode()

        assert "Nothing was sent to the bank." in page and "A check that nobody can override does not pass." in page
        assert "The bank refused the disbursement." not in page
        assert not SimulatedPayment.objects.exists()
        assert disbursement.transfers.get().status == "failed"

    def test_nor_does_a_new_order_pass_by_one_whose_end_is_not_known(
        self, client: Client, signed_in: Callable[..., Client]
    ) -> None:
        """Ordered again by a person while the bank has not said what became of it, it stays the one transfer."""
        disbursement, slow = self.hung("6222020000001004")
        with pytest.raises(BankUnreachable):
            bank().send(transfers.order_of(disbursement, slow, ON))
        business_date.move_to(ON)

        again = disbursing.retry(disbursement_id=disbursement.pk, on=ON)
        with pytest.raises(OrderAtTheBank):
            ask_for_other_account(disbursement_id=disbursement.pk, account_id=1, reason="New card", on=ON, by=None)
        with pytest.raises(DisbursementStepRefused):
            disbursing.cancel(disbursement_id=disbursement.pk, on=ON, reason="changed mind")

        assert (again.status, again.transfers.count()) == ("sent", 1)


class TestAnEarlierTransferGotThrough:
    """A slow worker sent what had been given up; the order was sent anew meanwhile and its newer transfer is written."""

    def sent_late(self) -> tuple[Disbursement, BankTransfer]:
        disbursement, slow = given_up()
        order = transfers.order_of(disbursement, slow, ON)
        goes_there(disbursement)
        bank().send(order)
        return disbursement, slow

    def test_it_pays_the_order_and_the_newer_one_is_never_sent(self) -> None:
        disbursement, slow = self.sent_late()

        for _again in range(2):
            paid = disbursing.send(disbursement_id=disbursement.pk, on=ON)

        assert [payment.reference for payment in SimulatedPayment.objects.all()] == [slow.reference]
        assert (paid.status, paid.bank_reference) == ("paid", SimulatedPayment.objects.get().bank_reference)
        assert (Loan.objects.get().status, JournalEntry.objects.count()) == ("active", 1)
        kept = [(row.reference, row.status, row.code) for row in disbursement.transfers.order_by("pk")]
        assert kept == [(slow.reference, "paid", ""), (f"{disbursement.number}-2", "cancelled", "not_sent")]
        assert disbursing.collect_reports(on=ON) == {"recorded": 1, "refused": 0}

    def test_that_its_money_comes_back_later_is_not_swallowed(self) -> None:
        disbursement, slow = self.sent_late()
        disbursing.send(disbursement_id=disbursement.pk, on=ON)

        with pytest.raises(DisbursementStepRefused):
            disbursing.record_report(report=Report(slow.reference, Answer(PaymentOutcome.RETURNED)), on=ON)

    def test_while_the_bank_still_has_it_nothing_more_is_sent(self) -> None:
        disbursement, slow = self.sent_late()
        SimulatedPayment.objects.update(outcome="unknown")

        waits = disbursing.send(disbursement_id=disbursement.pk, on=ON)

        assert (waits.status, waits.failure_code, waits.failure_detail) == (
            "unknown",
            "earlier_under_way",
            slow.reference,
        )
        SimulatedPayment.objects.update(outcome="failed")
        assert disbursing.send(disbursement_id=disbursement.pk, on=ON).status == "paid"
        assert SimulatedPayment.objects.filter(outcome="paid").count() == 1

    def test_money_that_is_known_to_have_come_back_does_not_pay_it(self) -> None:
        disbursement, slow = self.sent_late()
        BankTransfer.objects.filter(pk=slow.pk).update(status="returned")

        assert disbursing.send(disbursement_id=disbursement.pk, on=ON).status == "paid"

        assert SimulatedPayment.objects.count() == 2

    def test_where_the_newer_one_has_paid_as_well_a_person_must_look(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Between asking about the earlier one and writing the answer down, another worker's newer transfer has paid."""
        disbursement, slow = self.sent_late()
        ask = transfers.ask_or_send

        def asks_slowly(*order: Any, **how: Any) -> transfers.Heard:
            heard = ask(*order, **how)
            disbursing.confirm(disbursement_id=disbursement.pk, outcome="paid", on=ON)
            return heard

        monkeypatch.setattr(transfers, "ask_or_send", asks_slowly)
        with pytest.raises(PaidUnderEarlierReference, match=slow.reference):
            disbursing.send(disbursement_id=disbursement.pk, on=ON)

        assert disbursement.transfers.latest("pk").status == "paid"
