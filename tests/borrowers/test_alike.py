"""Somebody who comes again with another document: the likeness to a borrower of the house is seen, and decided by two."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Approval
from borrowers.bank_accounts import add_bank_account
from borrowers.models import Borrower
from borrowers.onboarding import BorrowerAlreadyRegistered, IdentityNumberMissing
from core import business_date
from risk import do_not_lend
from staff.models import User
from tests.borrowers.factories import ON, BankAccountFactory, BorrowerFactory, resident_number
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
SEEN = {"evidence": "Passport seen, copy 4711"}
TWO = {**SEEN, "two_people_because": "Both came in together, copies 12 and 13"}


@pytest.fixture(autouse=True)
def _today() -> None:
    business_date.move_to(ON)


def first() -> Borrower:
    borrower: Borrower = BorrowerFactory(identity_number=resident_number(7_001), name="林小雨", phone="13812341234")
    return borrower


def passport_of(other: Borrower, **facts: Any) -> Borrower:
    """A borrower with a passport, with name and birth date of ``other`` unless told otherwise."""
    alike = {"name": other.name, "birth_date": other.birth_date, "registered_by": UserFactory(roles=["officer"])}
    borrower: Borrower = BorrowerFactory(other_document=True, **{**alike, **facts})
    return borrower


def confirm(client: Client, borrower: Borrower, given: dict[str, str]) -> Any:
    return client.post(reverse("borrowers:confirm_identity", args=[borrower.number]), given)


def confirmed_by(borrower: Borrower) -> User | None:
    borrower.refresh_from_db()
    return borrower.identity_confirmed_by


def decide(client: Client, request: Approval) -> Any:
    return client.post(reverse("audit:approve", args=[request.pk]), {"reason": "Seen both"})


def barred(borrower: Borrower, how: str) -> None:
    if how == "do not lend":
        analyst = UserFactory(roles=["risk_analyst"])
        do_not_lend.put_on(borrower_id=borrower.pk, reason="fraud", note="Forged", on=ON, by=analyst)
    else:
        change = {"student": {"occupation": "student"}, "dead": {"status": "deceased"}}[how]
        Borrower.objects.filter(pk=borrower.pk).update(**change)


@pytest.mark.parametrize(
    ("how", "said"),
    [("do not lend", "on the do-not-lend list"), ("student", "student"), ("dead", "died, or erased")],
)
def test_a_barred_person_is_not_confirmed_under_a_passport(
    client: Client, signed_in: SignIn, how: str, said: str
) -> None:
    one = first()
    second = passport_of(one)
    barred(one, how)

    answer = confirm(signed_in(client, "underwriter"), second, TWO)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "the birth date of somebody who is barred from loans" in page
    assert one.number in page
    assert said in page
    assert one.name not in page
    assert (confirmed_by(second), Approval.objects.count()) == (None, 0)


@pytest.mark.parametrize("alike", ["name and birth date", "mobile", "bank account"])
def test_who_is_like_another_takes_two_people(client: Client, signed_in: SignIn, alike: str) -> None:
    one = first()
    by_name = alike == "name and birth date"
    facts = {} if by_name else {"name": "王大海", "phone": one.phone if alike == "mobile" else "13900000001"}
    second = passport_of(one, **facts)
    if alike == "bank account":
        BankAccountFactory(borrower=one, account_number="6222020200009991000")
        add_bank_account(borrower_id=second.pk, bank_name="Bank", account_number="6222020200009991000")
    underwriter = signed_in(client, "underwriter", username="uwe")

    refused = confirm(underwriter, second, SEEN)

    page = refused.content.decode()
    assert (refused.status_code, "say why and what shows it" in page) == (422, True)
    assert f"{one.number} {one.masked_name} (same {alike})" in page
    assert confirmed_by(second) is None

    assert confirm(underwriter, second, TWO).status_code == 302
    request = Approval.objects.get(kind="borrower.identity_of_alike")
    decide(underwriter, request)
    assert confirmed_by(second) is None

    assert one.number in signed_in(Client(), "checker", username="cai").get("/app/approvals/").content.decode()
    decide(signed_in(Client(), "compliance", username="xu"), request)

    by = confirmed_by(second)
    assert by is not None
    assert by.username == "uwe"


@pytest.mark.parametrize("since", ["barred", "another"])
def test_what_came_since_is_seen_when_it_is_decided(client: Client, signed_in: SignIn, since: str) -> None:
    one = first()
    second = passport_of(one)
    confirm(signed_in(client, "underwriter"), second, TWO)
    if since == "barred":
        barred(one, "do not lend")
    else:
        passport_of(one)

    page = decide(signed_in(Client(), "checker"), Approval.objects.get()).content.decode()

    assert confirmed_by(second) is None
    assert ("barred from loans" if since == "barred" else "became like somebody") in page


WRITTEN = ["e12345678", "E 12345678", "E-12345678", "Ｅ12345678", "Е12345678", "Ε12345678", "E1234·5678", "E/12345678."]


@pytest.mark.parametrize("written", WRITTEN)
def test_a_passport_written_otherwise_is_the_same_person(written: str) -> None:
    BorrowerFactory(identity_kind="other", identity_number="E12345678")
    with pytest.raises(BorrowerAlreadyRegistered):
        BorrowerFactory(identity_kind="other", identity_number=written)


def test_a_number_without_letters_and_digits_is_none() -> None:
    with pytest.raises(IdentityNumberMissing):
        BorrowerFactory(identity_kind="other", identity_number="-./")
