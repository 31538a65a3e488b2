"""Whoever made a key of a program is no second person to what the program asked for, told or registered."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit import approvals
from audit.deciding import OwnKeyAsked, RequesterKeyGone
from audit.models import Approval
from borrowers.models import Borrower
from borrowers.standing import RegistrarConfirms, confirm_identity
from core import business_date
from loans.acts.vouching import OwnReceiptVouched, ask_to_vouch
from loans.models import Application, Product, Repayment
from partners.keys import revoke_key, suspend_client
from partners.models import ApiClient
from staff.models import User
from tests.api.town import lent, registered, somebody, yuan
from tests.loans.factories import OfferFactory
from tests.partners.factories import EVERYTHING_OWN, Caller, CallerFactory
from tests.staff.factories import UserFactory

NAME = "Lilac Phones"


def key_of(maker: User, *more: str) -> Caller:
    return CallerFactory(client__name=NAME, created_by=maker, scopes=[*EVERYTHING_OWN, *more])


def client_of() -> ApiClient:
    return ApiClient.objects.get(name=NAME)


def no_longer_a_student(program: Caller) -> Approval:
    person = registered(program, occupation="student")
    told = {"occupation": "employed", "occupation_evidence": "Contract 17"}
    assert program.send(f"/borrowers/{person}", told, method="patch").status_code == 200
    return Approval.objects.get(kind="borrower.studies_ended")


def agree(request: Approval, by: User) -> None:
    approvals.approve(approval_id=request.pk, decided_by=by, on=business_date.current())


def test_what_the_program_asked_for_is_agreed_to_by_somebody_who_made_no_key_of_it(open_house: None) -> None:
    maker = UserFactory(roles=["checker"])
    asked = no_longer_a_student(key_of(maker))

    with pytest.raises(OwnKeyAsked):
        agree(asked, maker)
    assert Borrower.objects.get().occupation == "student"

    agree(asked, UserFactory(roles=["checker"]))
    assert Borrower.objects.get().occupation == "employed"


def test_an_account_the_program_told_of_is_not_agreed_to_by_who_made_its_key(open_house: None) -> None:
    maker = UserFactory(roles=["checker"])
    program = key_of(maker)
    person = registered(program)
    told = {"bank_name": "Harbour Bank", "account_number": "6222020200001022", "is_primary": True}
    assert program.send(f"/borrowers/{person}/bank_accounts", told).json()["awaits_second_person"] is True

    asked = Approval.objects.get(kind="borrower.payout_account")
    with pytest.raises(OwnKeyAsked):
        agree(asked, maker)


def test_who_made_the_key_does_not_confirm_whom_the_program_registered(open_house: None) -> None:
    maker = UserFactory(roles=["underwriter"])
    papers = {"identity_kind": "other", "identity_number": "E12345678", "birth_date": "1990-01-01"}
    assert key_of(maker).send("/borrowers", somebody(**papers)).status_code == 201
    borrower = Borrower.objects.get()

    with pytest.raises(RegistrarConfirms):
        confirm_identity(borrower_id=borrower.pk, evidence="Seen", on=business_date.current(), by=maker)


def test_a_receipt_the_program_told_of_is_not_vouched_for_by_who_made_its_key(product: Product) -> None:
    maker = UserFactory(roles=["checker"])
    program = key_of(maker)
    loan = lent(program, product)
    assert program.send("/repayments", {"loan": loan["id"], "amount": yuan(100)}).status_code == 201
    clerk, on = UserFactory(roles=["operations"]), business_date.current()
    asked = ask_to_vouch(repayment_id=Repayment.objects.get().pk, reason="Slip", on=on, by=clerk)

    with pytest.raises(OwnReceiptVouched):
        agree(asked, maker)


def accepted_by(program: Caller, decider: User) -> Any:
    offer = OfferFactory()
    Application.objects.filter(pk=offer.application_id).update(decided_by=decider, decision_source="person")
    business_date.move_to(offer.made_on)
    return program.send(f"/offers/{offer.public_id}/accept")


def test_who_decided_does_not_accept_by_a_key_of_their_own(open_house: None) -> None:
    maker = UserFactory(roles=["underwriter"])
    program = key_of(maker, "portfolio:read", "portfolio:write")

    answer = accepted_by(program, maker)

    assert (answer.status_code, answer.json()["code"]) == (403, "decider_accepts")


def decided_by_one_the_maker_made(*, agreed_by: User | None) -> Any:
    maker = UserFactory(roles=["administrator"])
    program = key_of(maker, "portfolio:read", "portfolio:write")
    decider = UserFactory(roles=["underwriter"])
    decider.ties.create(by=maker, agreed_by=agreed_by, what="made")
    client_of().acts_as.ties.create(by=maker, what="made")
    return accepted_by(program, decider)


def test_a_partner_accepts_what_somebody_decided_whose_account_the_maker_of_the_key_asked_for(open_house: None) -> None:
    """Whoever asks for the accounts of a house makes its keys too."""
    answer = decided_by_one_the_maker_made(agreed_by=UserFactory(roles=["compliance"]))

    assert answer.json().get("code") != "decider_accepts"


def test_nor_does_a_key_accept_what_somebody_decided_whose_account_its_maker_made_alone(open_house: None) -> None:
    answer = decided_by_one_the_maker_made(agreed_by=None)

    assert (answer.status_code, answer.json()["code"]) == (403, "decider_accepts")


def revoked() -> None:
    for key in client_of().keys.all():
        revoke_key(key_id=key.pk, at=timezone.now())


def suspended() -> None:
    suspend_client(client_id=client_of().pk)


@pytest.mark.parametrize("ended", [revoked, suspended])
def test_nobody_agrees_to_what_a_key_asked_for_that_was_taken_away(ended: Callable[[], None], lilac: Caller) -> None:
    asked = no_longer_a_student(lilac)
    ended()

    checker = UserFactory(roles=["checker"])
    with pytest.raises(RequesterKeyGone):
        agree(asked, checker)

    assert Borrower.objects.get().occupation == "student"
    desk = Client()
    desk.force_login(checker, backend="staff.backends.StaffBackend")
    page = desk.post(f"/app/approvals/{asked.pk}/approve", {"reason": "Fine"}).content.decode()
    assert "is suspended or has no valid key left" in page
