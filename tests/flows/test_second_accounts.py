"""Where somebody else is needed without a request, somebody's second account is nobody else.

Each story is tried with the account of another person too: the refusal is about the tie, and about nothing else.
"""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Approval
from borrowers.bank_accounts import pay_to
from core import business_date
from loans.acts.vouching import ask_to_vouch
from loans.gate import overrides
from loans.gate.gate import BindingAct
from loans.models import Application, Repayment
from loans.servicing.repayments import record_repayment
from staff.models import User
from tests.borrowers.factories import BankAccountFactory, BorrowerFactory
from tests.loans.factories import ON, ApplicantFactory, ApplicationFactory, LoanFactory, OfferFactory
from tests.loans.gate.doors import BREAKS
from tests.staff.factories import UserFactory, second_account_of

pytestmark = pytest.mark.django_db
SEEN = {"evidence": "Passport seen, copy in the file"}


@pytest.fixture(autouse=True)
def _the_day() -> None:
    business_date.move_to(ON)


def at_desk(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="staff.backends.StaffBackend")
    return client


def approved_at_desk(person: User, approval: Approval) -> Any:
    return at_desk(person).post(f"/app/approvals/{approval.pk}/approve")


DECLINE = {"outcome": "decline", "reasons": ["affordability"], "note": ""}


def taken(submitted_by: User) -> Application:
    application: Application = ApplicationFactory(borrower=ApplicantFactory(), submitted_by=submitted_by)
    return application


def test_who_took_an_application_does_not_decide_it_by_another_account() -> None:
    taker = UserFactory(username="taker", roles=["officer"])
    application = taken(taker)
    address = f"/app/applications/{application.number}/decide"

    refused = at_desk(second_account_of(taker, "underwriter")).post(address, DECLINE, follow=True)
    assert "Another person must decide on it" in refused.content.decode()
    application.refresh_from_db()
    assert application.outcome == ""

    at_desk(UserFactory(username="uwe", roles=["underwriter"])).post(address, DECLINE)
    application.refresh_from_db()
    assert application.outcome == "decline"


def override_ahead(taker: User) -> Approval:
    offer = OfferFactory(application__submitted_by=taker)
    BREAKS["limit"](offer.application.borrower)
    by = UserFactory(username="uwe", roles=["underwriter"])
    overrides.request(obj=offer.application, act=BindingAct.ACCEPTANCE, reason="Known well", on=ON, by=by)
    return Approval.objects.get(kind=overrides.AHEAD)


@pytest.mark.parametrize("second_account", [True, False])
def test_nor_agrees_to_an_override_of_it(second_account: bool) -> None:
    taker = UserFactory(username="taker", roles=["officer"])
    request = override_ahead(taker)
    decides = second_account_of(taker, "checker") if second_account else UserFactory(roles=["checker"])

    assert approved_at_desk(decides, request).status_code == (403 if second_account else 302)


def test_who_decided_does_not_accept_for_the_borrower_by_another_account() -> None:
    uwe = UserFactory(username="uwe", roles=["underwriter"])
    offer = OfferFactory()
    Application.objects.filter(pk=offer.application_id).update(decided_by=uwe)
    address = f"/app/applications/{offer.application.number}/accept"

    refused = at_desk(second_account_of(uwe, "officer")).post(address, follow=True)
    assert "Another person must accept the offer" in refused.content.decode()
    offer.refresh_from_db()
    assert offer.status == "open"


def receipt_by(teller: User) -> Repayment:
    loan = LoanFactory(active=True)
    return record_repayment(
        loan_id=loan.pk,
        amount=Decimal("100.00"),
        received_on=ON,
        recorded_on=ON,
        channel="counter",
        idempotency_key="slip",
        recorded_by=teller,
    )


@pytest.mark.parametrize("second_account", [True, False])
def test_who_recorded_a_receipt_does_not_vouch_for_it_by_another_account(second_account: bool) -> None:
    teller = UserFactory(username="teller", roles=["operations"])
    repayment = receipt_by(teller)
    request = ask_to_vouch(repayment_id=repayment.pk, reason="Slip 4711", on=ON, by=UserFactory(roles=["operations"]))
    decides = second_account_of(teller, "checker") if second_account else UserFactory(roles=["checker"])

    answer = approved_at_desk(decides, request)

    repayment.refresh_from_db()
    assert (answer.status_code, repayment.agreed_by is None) == ((403, True) if second_account else (302, False))


@pytest.mark.parametrize("second_account", [True, False])
def test_who_put_an_account_on_file_does_not_agree_to_it_by_another_account(second_account: bool) -> None:
    adder = UserFactory(username="adder", roles=["officer"])
    account = BankAccountFactory(borrower=BorrowerFactory(), account_number="6222021234561022", by=adder)
    request = pay_to(account_id=account.pk, reason="Card shown", on=ON, by=UserFactory(roles=["officer"]))
    assert isinstance(request, Approval)
    decides = second_account_of(adder, "checker") if second_account else UserFactory(roles=["checker"])

    answer = approved_at_desk(decides, request)

    account.refresh_from_db()
    assert (answer.status_code, account.is_verified) == ((403, False) if second_account else (302, True))


@pytest.mark.parametrize("second_account", [True, False])
def test_who_registered_a_borrower_does_not_confirm_the_identity_by_another_account(second_account: bool) -> None:
    officer = UserFactory(username="officer", roles=["officer"])
    stranger = ApplicationFactory(borrower=ApplicantFactory(other_document=True, registered_by=officer)).borrower
    confirms = second_account_of(officer, "underwriter") if second_account else UserFactory(roles=["underwriter"])

    answer = at_desk(confirms).post(reverse("borrowers:confirm_identity", args=[stranger.number]), SEEN)

    stranger.refresh_from_db()
    assert stranger.identity_confirmed_by == (None if second_account else confirms), answer.content.decode()
