"""What staff do on a borrower's page: each form one act, and personal data revealed for half a minute."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from audit.approvals import SecondPersonNeeded, approve
from audit.models import Approval, AuditEvent
from borrowers.contacts import ContactVerifiedByTwo, add_contact_point, change_state
from borrowers.models import BankAccount, Borrower, Consent, ContactPoint, ContactState, ExternalDebt, Income
from core import business_date
from tests.borrowers.factories import AT, LIN_ID, ON, LinFactory, WangFactory, in_state, mobile_of
from tests.loans.factories import ApplicantFactory, ApplicationFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db

SignIn = Callable[..., Client]
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def _today() -> None:
    business_date.move_to(ON)


@pytest.fixture
def officer(client: Client, signed_in: SignIn) -> Client:
    return signed_in(client, "officer")


def at(name: str, *args: object) -> str:
    return reverse(f"borrowers:{name}", args=args)


# --- acts -----------------------------------------------------------------------------------------------------------
def test_a_contact_point_is_added(officer: Client) -> None:
    borrower = LinFactory()

    answer = officer.post(
        at("add_contact", borrower.number),
        {"kind": "mobile", "value": "137 6666 7777", "provenance": "bureau", "make_primary": "on"},
    )

    assert answer.url == f"/app/borrowers/{borrower.number}"
    borrower.refresh_from_db()
    assert borrower.phone == "13766667777"
    assert mobile_of(borrower).provenance == "bureau"


def test_a_known_contact_point_is_refused_in_its_form(officer: Client) -> None:
    borrower = LinFactory()

    answer = officer.post(
        at("add_contact", borrower.number), {"kind": "mobile", "value": "13812341234", "provenance": "borrower"}
    )

    assert answer.status_code == 422
    assert "already on file" in answer.content.decode()


def test_a_state_is_changed_with_its_reason(officer: Client) -> None:
    borrower = LinFactory()
    point = mobile_of(borrower)

    officer.post(at("contact_state", borrower.number, point.pk), {"to": "undeliverable", "reason": "no such number"})

    point.refresh_from_db()
    assert (point.state, point.state_reason) == ("undeliverable", "no such number")
    assert point.history.first().history_user.username == "officer"


def test_that_a_mobile_is_the_borrower_s_takes_two_people(officer: Client) -> None:
    borrower = LinFactory()
    point = mobile_of(borrower)
    address = at("contact_state", borrower.number, point.pk)
    assert "a second person agrees" in officer.get(address).content.decode()

    answer = officer.post(address, {"to": "verified", "reason": "code read back"}, follow=True)

    point.refresh_from_db()
    assert "waits under Approvals" in answer.content.decode() and point.state == "unverified"
    asked = Approval.objects.get(kind="borrower.contact_verified")
    with pytest.raises(SecondPersonNeeded):
        approve(approval_id=asked.pk, decided_by=asked.requested_by, on=ON)
    checker = UserFactory(roles=["checker"])
    approve(approval_id=asked.pk, decided_by=checker, on=ON)
    point.refresh_from_db()
    assert (point.state, point.state_reason, point.agreed_by) == ("verified", "code read back", checker)
    assert point.verified_by.username == "officer" and point.verified_at is not None


def test_no_door_marks_a_mobile_verified_for_one_person() -> None:
    point, officer = mobile_of(LinFactory()), UserFactory(roles=["officer"])

    with pytest.raises(ContactVerifiedByTwo):
        change_state(contact_point_id=point.pk, to="verified", at=AT, changed_by=officer)
    with pytest.raises(ContactVerifiedByTwo):
        change_state(contact_point_id=point.pk, to="verified", at=AT, changed_by=officer, agreed_by=officer)
    for second in (None, officer):
        with pytest.raises(IntegrityError), transaction.atomic():
            ContactPoint.objects.filter(pk=point.pk).update(
                state="verified", verified_at=AT, verified_by=officer, agreed_by=second
            )


def test_only_moves_of_the_table_are_offered_and_taken(officer: Client) -> None:
    borrower = LinFactory()
    point = in_state(mobile_of(borrower), ContactState.WRONG_PERSON)
    address = at("contact_state", borrower.number, point.pk)

    assert 'value="verified"' not in officer.get(address).content.decode()
    assert officer.post(address, {"to": "verified", "reason": "x"}).status_code == 422
    point.refresh_from_db()
    assert point.state == "wrong_person"


def test_another_mobile_is_used_first(officer: Client) -> None:
    borrower = LinFactory()
    second = add_contact_point(borrower_id=borrower.pk, kind="mobile", value="13766667777")

    officer.post(at("contact_primary", borrower.number, second.pk))

    assert mobile_of(borrower) == second


def test_a_contact_point_of_somebody_else_is_not_reachable_through_a_borrower(officer: Client) -> None:
    other = mobile_of(WangFactory())

    assert officer.post(at("contact_primary", LinFactory().number, other.pk)).status_code == 404
    assert officer.get(at("contact_state", Borrower.objects.last().number, other.pk)).status_code == 404


def test_consents_are_recorded_and_withdrawn(officer: Client) -> None:
    borrower = LinFactory()

    officer.post(at("add_consent", borrower.number), {"purpose": "third_party", "channel": "paper"})
    consent = Consent.objects.get()
    assert (consent.purpose, consent.channel) == ("third_party", "paper")

    officer.post(at("end_consent", borrower.number, consent.pk), {"reason": "letter of 2026-06-15"})
    consent.refresh_from_db()
    assert consent.withdrawn_at is not None
    assert officer.post(at("end_consent", borrower.number, consent.pk), {"reason": "again"}).status_code == 422


def test_income_debt_and_account_go_on_file(officer: Client) -> None:
    number = LinFactory().number

    officer.post(at("add_income", number), {"source": "salary", "monthly_amount": "¥ 8,200.00", "as_of": "2026-05-31"})
    officer.post(
        at("add_debt", number),
        {"lender": "示例银行", "balance": "12,000", "monthly_payment": "0", "source": "bureau", "as_of": "2026-05-31"},
    )
    officer.post(at("add_account", number), {"bank_name": "示例银行", "account_number": "6222 0212 3456 7890"})

    assert str(Income.objects.get().monthly_amount) == "8200.00"
    assert str(ExternalDebt.objects.get().balance) == "12000.00"
    assert BankAccount.objects.get().is_primary


def test_an_income_is_verified_on_the_page_by_somebody_else(officer: Client, signed_in: SignIn) -> None:
    lin = ApplicantFactory(earning=False)
    number = ApplicationFactory(borrower=lin).borrower.number  # so that underwriters see her file
    officer.post(at("add_income", number), {"source": "salary", "monthly_amount": "8200", "as_of": "2026-05-31"})
    income = Income.objects.get()
    verify = at("verify_income", number, income.pk)
    assert officer.get(verify).status_code == 403  # who records incomes verifies none

    underwriter = signed_in(Client(), "underwriter")
    page = f"/app/borrowers/{number}"
    assert verify in underwriter.get(page).content.decode()
    assert underwriter.post(verify, {"evidence": ""}).status_code == 422
    assert underwriter.post(verify, {"evidence": "Pay slip of May, in the file"}).status_code == 302

    shown = underwriter.get(page).content.decode()
    assert "Pay slip of May, in the file" in shown
    assert verify not in shown
    income.refresh_from_db()
    assert income.verified


def test_a_refused_amount_is_named_at_its_field(officer: Client) -> None:
    answer = officer.post(
        at("add_income", LinFactory().number), {"source": "salary", "monthly_amount": "-1", "as_of": "2026-05-31"}
    )

    assert answer.status_code == 422
    assert "amount must be positive" in answer.content.decode()


def test_do_not_contact_needs_a_reason_and_can_be_lifted(officer: Client) -> None:
    borrower = LinFactory()
    address = at("do_not_contact", borrower.number)

    assert officer.post(address, {"reason": " "}).status_code == 422
    officer.post(address, {"reason": "complaint C-7"})
    borrower.refresh_from_db()
    assert borrower.do_not_contact
    assert borrower.history.first().history_change_reason == "complaint C-7"

    officer.post(address, {"reason": "complaint answered"})
    borrower.refresh_from_db()
    assert not borrower.do_not_contact


def test_a_form_opens_in_the_dialog_or_as_a_page(officer: Client) -> None:
    address = at("add_contact", LinFactory().number)

    assert "<html" not in officer.get(address, **HTMX).content.decode()
    assert "<html" in officer.get(address).content.decode()


# --- revealing ------------------------------------------------------------------------------------------------------
def test_the_value_is_shown_for_a_reason_for_half_a_minute_and_never_cached(officer: Client) -> None:
    borrower = LinFactory()
    address = at("reveal", borrower.number, "identity_number")

    asked = officer.get(address, **HTMX)
    assert LIN_ID not in asked.content.decode()
    shown = officer.post(address, {"reason": "identity_check"}, **HTMX)

    assert LIN_ID in shown.content.decode()
    assert "delay:30s" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    event = AuditEvent.objects.get(action="revealed")
    assert (event.reason, event.actor.username, event.channel) == ("identity check", "officer", "web")
    masked = officer.get(at("masked_again", borrower.number), **HTMX).content.decode()
    assert LIN_ID not in masked


@pytest.mark.parametrize("given", [{}, {"reason": "other", "other": "  "}, {"reason": "because"}])
def test_without_a_reason_nothing_is_shown(officer: Client, given: dict) -> None:
    answer = officer.post(at("reveal", LinFactory().number, "phone"), given, **HTMX)

    assert answer.status_code == 422
    assert "13812341234" not in answer.content.decode()
    assert not AuditEvent.objects.filter(action="revealed").exists()


def test_a_reason_in_words_is_recorded_as_it_stands(officer: Client) -> None:
    officer.post(at("reveal", LinFactory().number, "phone"), {"reason": "other", "other": "court order 12"}, **HTMX)

    assert AuditEvent.objects.get(action="revealed").reason == "court order 12"


def test_without_script_the_reveal_is_a_page(officer: Client) -> None:
    shown = officer.post(at("reveal", LinFactory().number, "phone"), {"reason": "call"})

    assert "13812341234" in shown.content.decode()
    assert "<html" in shown.content.decode()


def test_an_unknown_field_shows_nothing(officer: Client) -> None:
    answer = officer.post(at("reveal", LinFactory().number, "password"), {"reason": "identity_check"})

    assert answer.status_code == 422


def test_contact_points_are_never_listed_unmasked_in_a_form(officer: Client) -> None:
    borrower = LinFactory()
    point = ContactPoint.objects.get(borrower=borrower, kind="mobile")

    assert "13812341234" not in officer.get(at("contact_state", borrower.number, point.pk)).content.decode()
