"""Money sent where it was not promised, tried through page, API and task: refused by name until a second person agrees."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from audit.approvals import approve
from audit.models import Approval
from borrowers.models import BankAccount
from core import business_date
from loans.models import Disbursement, SimulatedPayment
from loans.tasks import send_due_disbursements
from tests.loans.disbursement.test_disbursing import sent, waiting
from tests.loans.factories import ON
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
CLOSED, NEW = "6222020000001001", "6222020000002000"


@pytest.fixture(autouse=True)
def today() -> None:
    business_date.move_to(ON)


def new_account(clerk: Client, order: Disbursement, number: str = NEW) -> BankAccount:
    """A clerk puts an account on the borrower's file and wants it paid from now on."""
    address = reverse("borrowers:add_account", args=[order.loan.borrower.number])
    given = {"bank_name": "示例银行", "account_number": number, "make_primary": "on", "reason": "He called and said so"}
    assert clerk.post(address, given).status_code == 302
    return BankAccount.objects.get(borrower=order.loan.borrower, last4=number[-4:])


def paid_to() -> list[str]:
    return list(SimulatedPayment.objects.exclude(outcome="failed").values_list("account_last4", flat=True))


def test_a_new_account_and_a_retry_pay_nothing_there(signed_in: Callable[..., Client]) -> None:
    order = sent(CLOSED)
    assert (order.status, order.failure_code) == ("failed", "account_closed")
    clerk = signed_in(Client(), "officer", superuser=True)

    account = new_account(clerk, order)
    assert account.is_verified and not account.is_primary
    clerk.post(reverse("loans:application_retry", args=[order.loan.application.number]))
    send_due_disbursements()
    assert paid_to() == [] and Disbursement.objects.get().failure_code == "account_closed"

    request = Approval.objects.get()
    assert request.kind == "borrower.payout_account" and order.loan.number in str(request.outcome)
    approve(approval_id=request.pk, decided_by=UserFactory(roles=["checker"]), on=ON)
    retried = clerk.post(reverse("loans:application_retry", args=[order.loan.application.number]), follow=True)
    assert "The account was changed to **** 2000" in retried.content.decode()
    assert paid_to() == []

    address = reverse("loans:order_other_account", args=[order.loan.number, order.public_id])
    assert account.reference in clerk.get(address).content.decode()
    assert clerk.post(address, {"account": account.pk, "reason": "The old one is closed"}).status_code == 302
    request = Approval.objects.get(status="pending")
    approve(approval_id=request.pk, decided_by=UserFactory(roles=["checker"]), on=ON)
    send_due_disbursements()
    assert paid_to() == ["2000"]


@pytest.mark.parametrize(("ending", "state"), [("1021", "refused"), ("1022", "unverified")])
def test_what_the_bank_does_not_confirm_is_never_paid(
    signed_in: Callable[..., Client], ending: str, state: str
) -> None:
    order = waiting()
    clerk = signed_in(Client(), "officer", superuser=True)

    account = new_account(clerk, order, f"622202000000{ending}")

    assert (account.state, account.is_primary) == (state, False)
    send_due_disbursements()
    assert paid_to() == ["1000"]


def test_a_queued_order_stops_when_the_account_is_another_one(signed_in: Callable[..., Client]) -> None:
    order = waiting()
    new_account(signed_in(Client(), "officer", superuser=True), order)
    approve(approval_id=Approval.objects.get().pk, decided_by=UserFactory(roles=["checker"]), on=ON)

    assert send_due_disbursements() == {"refused": 1}

    order.refresh_from_db()
    assert (order.status, order.failure_code, paid_to()) == ("queued", "payee_changed", [])


def test_a_person_without_the_right_decides_nothing(signed_in: Callable[..., Client]) -> None:
    order = waiting()
    new_account(signed_in(Client(), "officer", superuser=True), order)
    request = Approval.objects.get()

    decides = signed_in(Client(), "collector")
    decides.post(reverse("audit:approve", args=[request.pk]), {"reason": ""})

    request.refresh_from_db()
    assert request.status == "pending" and not BankAccount.objects.get(last4="2000").is_primary
