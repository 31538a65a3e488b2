"""Somebody who comes again with another document: the likeness to a borrower of the house is seen, and decided by two."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.approvals import approve
from audit.models import Approval
from borrowers.bank_accounts import add_bank_account
from borrowers.contacts import add_contact_point
from borrowers.models import Borrower
from borrowers.onboarding import BorrowerAlreadyRegistered, IdentityNumberMissing
from borrowers.standing import BorrowerLikeAnother, confirm_identity
from core import business_date
from risk import do_not_lend
from staff.models import User
from tests.borrowers.factories import ON, BankAccountFactory, BorrowerFactory, resident_number
from tests.loans.night.test_concurrency import at_once
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
BORN = date(1990, 1, 9)  # by ``resident_number(8_002)``, an even sequence
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


class TestAskedAgain:
    """What comes later makes a confirmed file one to confirm again, and that takes two."""

    @staticmethod
    def unconfirmed_passport(**facts: Any) -> Borrower:
        told = {"name": "LIN XIAOYU", "birth_date": BORN, "sex": "female", "phone": "13900001111"}
        officer = UserFactory(roles=["officer"])
        borrower: Borrower = BorrowerFactory(other_document=True, registered_by=officer, **{**told, **facts})
        return borrower

    @classmethod
    def confirmed_passport(cls, **facts: Any) -> Borrower:
        """A passport that one underwriter confirmed while nobody was like it."""
        borrower = cls.unconfirmed_passport(**facts)
        underwriter = UserFactory(roles=["underwriter"])
        confirm_identity(borrower_id=borrower.pk, evidence="Passport seen", on=ON, by=underwriter)
        assert confirmed_by(borrower) == underwriter
        return borrower

    @pytest.mark.parametrize("passport", ["林小雨", "LIN XIAOYU", "Xiaoyu Lin", "Lin, Xiao-Yu"])
    def test_a_resident_id_that_comes_later_opens_a_confirmed_passport(self, passport: str) -> None:
        second = self.confirmed_passport(name=passport)

        one = her(phone="13812341234")

        assert confirmed_by(second) is None and not second.identity_is_proved
        assert second in Borrower.objects.identity_to_confirm(UserFactory())
        assert second.history.first().history_change_reason == f"like {one.number}"
        with pytest.raises(BorrowerLikeAnother):
            confirm_identity(
                borrower_id=second.pk, evidence="Passport seen", on=ON, by=UserFactory(roles=["underwriter"])
            )

    def test_a_name_that_sounds_alike_takes_two_people(self, client: Client, signed_in: SignIn) -> None:
        one = her(phone="13812341234")
        second = passport_of(one, name="LIN XIAOYU", sex="female", phone="13900001111")

        answer = confirm(signed_in(client, "underwriter"), second, SEEN)

        assert answer.status_code == 422
        assert "same name as it sounds, birth date and sex" in answer.content.decode()
        assert confirm(signed_in(client, "underwriter"), second, TWO).status_code == 302
        assert Approval.objects.get().kind == "borrower.identity_of_alike" and confirmed_by(second) is None

    @pytest.mark.parametrize(
        "facts", [{"sex": "male"}, {"birth_date": BORN + timedelta(days=1)}, {"name": "LIN XIAOYAN"}]
    )
    def test_another_birth_date_sex_or_name_is_not_alike(self, facts: dict[str, Any]) -> None:
        second = self.confirmed_passport(**facts)

        her(phone="13812341234")

        assert confirmed_by(second) is not None

    @pytest.mark.parametrize("whose", ["the passport's", "the resident's"])
    def test_a_mobile_that_comes_later_opens_it_too(self, whose: str) -> None:
        one = her(phone="13812341234")
        second = self.confirmed_passport(name="ANNA SMITH")
        to, number = (second, "13812341234") if whose == "the passport's" else (one, "13900001111")

        add_contact_point(borrower_id=to.pk, kind="mobile", value=number)

        assert confirmed_by(second) is None

    def test_what_two_people_weighed_is_not_asked_again(self) -> None:
        one = her(phone="13812341234")
        second = passport_of(one, phone="13900001111")
        asked = confirm_identity(
            borrower_id=second.pk,
            evidence="Both seen",
            two_people_because="Twins, both came",
            on=ON,
            by=UserFactory(roles=["underwriter"]),
        )
        assert isinstance(asked, Approval)
        approve(approval_id=asked.pk, decided_by=UserFactory(roles=["checker"]), on=ON)
        add_contact_point(borrower_id=second.pk, kind="mobile", value="13812341234")
        assert confirmed_by(second) is not None

        BorrowerFactory(identity_number=resident_number(7_002), name="王芳", phone="13812341234")
        assert confirmed_by(second) is None, "a third person was not weighed"


@pytest.mark.django_db(transaction=True)
def test_a_confirmation_and_a_registration_at_once_see_each_other() -> None:
    """Whichever comes first: the one is refused, or opened again by the other."""
    for number in range(5):
        name, birth_date = f"LIN XIAOYU {'ABCDE'[number]}", BORN
        second = TestAskedAgain.unconfirmed_passport(name=name, phone=f"1390000222{number}", birth_date=birth_date)

        def confirmed(borrower: Borrower = second) -> None:
            with suppress(BorrowerLikeAnother):
                by = UserFactory(roles=["underwriter"])
                confirm_identity(borrower_id=borrower.pk, evidence="Passport seen", on=ON, by=by)

        def registered(written: str = name, sequence: int = 8_010 + 2 * number) -> None:
            number = resident_number(sequence)
            BorrowerFactory(identity_number=number, name=written, phone=f"1380000{sequence}")

        assert at_once([confirmed, registered]) == [None, None], "neither broke"

        assert confirmed_by(second) is None


def her(**facts: Any) -> Borrower:
    """林小雨 with a resident ID that says when she was born, and that she is a woman."""
    borrower: Borrower = BorrowerFactory(identity_number=resident_number(8_002), name="林小雨", **facts)
    assert (borrower.birth_date, borrower.sex) == (BORN, "female")
    return borrower
