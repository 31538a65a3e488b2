"""A worker that hangs between writing an order down and sending it, and wakes when others have gone on: money goes once."""

import pytest

from ledger.models import JournalEntry
from loans import disbursing
from loans.banking import bank
from loans.models import BankTransfer, Disbursement, Loan, SimulatedPayment
from tests.loans.factories import ON
from tests.loans.test_disbursing import changes_account, waiting

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
        asleep.setattr(disbursing, "_open_transfer", lambda *_: (disbursement, transfer, True))
        return disbursing.send(disbursement_id=disbursement.pk, on=ON)


def test_what_was_given_up_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    disbursement, slow = given_up()

    assert wakes_up(disbursement, slow, monkeypatch).status == "failed"

    assert not SimulatedPayment.objects.exists()


def test_what_was_ordered_anew_is_not_sent_under_the_old_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    disbursement, slow = given_up()
    disbursing.retry(disbursement_id=disbursement.pk, on=ON)
    disbursing._open_transfer(disbursement.pk, ON)

    assert wakes_up(disbursement, slow, monkeypatch).status == "sent"

    assert not SimulatedPayment.objects.exists()


def test_a_transfer_that_got_through_all_the_same_pays_the_order_and_stops_the_next_one() -> None:
    disbursement, slow = given_up()
    order = disbursing._order(disbursement, slow, ON)
    disbursing.retry(disbursement_id=disbursement.pk, on=ON)
    bank().send(order)

    for _again in range(2):
        paid = disbursing.send(disbursement_id=disbursement.pk, on=ON)

    assert [payment.reference for payment in SimulatedPayment.objects.all()] == [slow.reference]
    assert (paid.status, paid.bank_reference) == ("paid", SimulatedPayment.objects.get().bank_reference)
    assert (Loan.objects.get().status, JournalEntry.objects.count()) == ("active", 1)
