"""A payout account changed while the money goes out, on real PostgreSQL: in either order the unverified one gets nothing."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connections, transaction

from audit.approvals import OutcomeChanged, approve
from audit.models import Approval
from borrowers.bank_accounts import add_bank_account, ask_bank, pay_to
from borrowers.models import BankAccount, Borrower
from core.errors import DomainError
from loans.bookkeeping.signals import quiet
from loans.disbursement import disbursing
from loans.models import Disbursement, SimulatedPayment
from loans.payees.payees import PayeeChanged
from tests.borrowers.factories import AT, BankAccountFactory
from tests.loans.disbursement.test_disbursing import waiting
from tests.loans.factories import ON
from tests.loans.night.test_concurrency import at_once
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = "1000", "2000"


def promised(account: str) -> Disbursement:
    """An order that waits: nobody is woken to send it."""
    with quiet():
        return waiting(account)


def paying(order: Disbursement) -> Callable[[], Any]:
    return lambda: disbursing.send(disbursement_id=order.pk, on=ON)


def changing(order: Disbursement) -> Callable[[], Any]:
    """Two people pay the borrower elsewhere from now on."""
    account = BankAccountFactory(borrower=order.loan.borrower, account_number=f"622202000000{NEW}")
    request = pay_to(account_id=account.pk, reason="New card", on=ON, by=None)
    assert isinstance(request, Approval)
    checker = UserFactory(roles=["checker"])
    return lambda: approve(approval_id=request.pk, decided_by=checker, on=ON)


def paid_to() -> list[str]:
    return list(SimulatedPayment.objects.values_list("account_last4", flat=True))


@pytest.mark.parametrize("first", ["pay", "change"])
def test_a_change_and_a_payout_never_pass_each_other(first: str) -> None:
    """Whoever comes second waits for the borrower's row, and sees what the first one did: once paid, the house is bound to
    pay no more, which who agrees to another account sees first."""
    order = promised(f"622202000000{OLD}")
    pay, change = paying(order), changing(order)
    begun, go_on, answers = Event(), Event(), {}

    def held(call: Callable[[], Any]) -> None:
        with transaction.atomic():
            Borrower.objects.locked(order.loan.borrower_id)
            begun.set()
            go_on.wait(20)
            answers["first"] = _answer(call)
        connections.close_all()

    def follows(call: Callable[[], Any]) -> None:
        begun.wait(20)
        go_on.set()
        answers["second"] = _answer(call)
        connections.close_all()

    calls = (pay, change) if first == "pay" else (change, pay)
    threads = [Thread(target=held, args=(calls[0],)), Thread(target=follows, args=(calls[1],))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    if first == "pay":
        assert isinstance(answers["second"], OutcomeChanged)
        change()
    changed = BankAccount.objects.get(is_primary=True)
    assert (changed.last4, changed.agreed_by_id is not None) == (NEW, True)
    if first == "pay":
        assert answers["first"].status == "paid" and paid_to() == [OLD]
    else:
        assert isinstance(answers["second"], PayeeChanged) and paid_to() == []


def _answer(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except DomainError as refusal:
        return refusal


def test_however_they_meet_only_the_promised_account_is_paid() -> None:
    for number in range(4):
        order = promised(f"62220200000{number}{OLD}")
        account = add_bank_account(
            borrower_id=order.loan.borrower_id, bank_name="测试银行", account_number=f"62220200000{number}1022"
        )
        request = pay_to(account_id=account.pk, reason="New card", on=ON, by=None)
        assert isinstance(request, Approval)
        checker = UserFactory(roles=["checker"])
        answers = at_once(
            [
                paying(order),
                lambda order_=order: disbursing.send(disbursement_id=order_.pk, on=ON),
                lambda account_=account: ask_bank(account_id=account_.pk, at=AT, on=ON),
                lambda request_=request, by=checker: approve(approval_id=request_.pk, decided_by=by, on=ON),
            ]
        )
        refused = [answer for answer in answers if isinstance(answer, Exception)]
        assert all(isinstance(answer, DomainError) for answer in refused), refused

    assert set(paid_to()) <= {OLD}
    assert not BankAccount.objects.filter(is_primary=True).exclude(state="verified").exists()
