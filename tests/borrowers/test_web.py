"""The pages of borrowers: who may enter, what they show masked, and what each form does."""

from collections.abc import Callable
from datetime import date

import pytest
from django.contrib.auth import get_user
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AuditEvent
from borrowers.consents import give_consent
from borrowers.models import Borrower, ContactState
from core import business_date
from tests.borrowers.factories import (
    AT,
    LIN_ID,
    ON,
    BorrowerFactory,
    LinFactory,
    PartnerFileFactory,
    WangFactory,
    in_state,
    mobile_of,
    resident_number,
)

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


# --- who may enter --------------------------------------------------------------------------------------------------
CHANGES = ["add_contact", "add_consent", "add_income", "add_debt", "add_account", "do_not_contact"]


def every_place(borrower: Borrower) -> list[tuple[str, str, str]]:
    """Method, address and the right it needs."""
    point = mobile_of(borrower)
    consent = give_consent(borrower_id=borrower.pk, purpose="credit_query", channel="web", at=AT)
    number, change, see = borrower.number, "borrowers.change_borrower", "borrowers.reveal_personal_data"
    return [
        ("get", at("borrower_list"), "borrowers.view_borrower"),
        ("get", at("new"), "borrowers.add_borrower"),
        ("post", at("said"), "borrowers.add_borrower"),
        *[("get", at(name, number), change) for name in CHANGES],
        ("get", at("contact_state", number, point.pk), change),
        ("post", at("contact_primary", number, point.pk), change),
        ("get", at("end_consent", number, consent.pk), change),
        ("get", at("reveal", number, "phone"), see),
        ("get", at("reveal_item", number, "contact_point", point.pk), see),
        ("get", at("masked_again", number), see),
    ]


def test_every_address_names_the_right_it_needs(client: Client, signed_in: SignIn) -> None:
    for method, address, right in every_place(LinFactory()):
        signed_in(client, username="nobody")
        refused = getattr(client, method)(address)
        assert refused.status_code == 403, address
        assert right in refused.content.decode(), address


def test_visitors_are_sent_to_sign_in(client: Client) -> None:
    for method, address, _right in every_place(LinFactory()):
        assert getattr(client, method)(address).status_code == 302, address


def test_every_address_opens_for_an_officer(officer: Client) -> None:
    for method, address, _right in every_place(LinFactory()):
        assert getattr(officer, method)(address).status_code in {200, 302}, address


def test_finance_sees_borrowers_but_neither_changes_nor_reveals(client: Client, signed_in: SignIn) -> None:
    borrower = LinFactory()
    signed_in(client, "finance")

    assert client.get(at("borrower_list")).status_code == 200
    assert client.get(at("add_contact", borrower.number)).status_code == 403
    assert client.post(at("reveal", borrower.number, "phone"), {"reason": "identity_check"}).status_code == 403
    assert not AuditEvent.objects.filter(action="revealed").exists()


@pytest.mark.parametrize("name", CHANGES)
def test_an_unknown_borrower_is_a_page_of_its_own(officer: Client, name: str) -> None:
    assert officer.get(at(name, "CU-2026-999999")).status_code == 404


# --- the list -------------------------------------------------------------------------------------------------------
def test_the_list_shows_masks_only(officer: Client) -> None:
    borrower = LinFactory()

    shown = officer.get(at("borrower_list")).content.decode()

    assert borrower.number in shown
    assert "林*雨" in shown
    for secret in ("林小雨", LIN_ID, "13812341234"):
        assert secret not in shown


@pytest.mark.parametrize("text", ["13812341234", LIN_ID, "林小雨"])
def test_a_whole_number_or_name_finds_one_borrower(officer: Client, text: str) -> None:
    borrower, other = LinFactory(), WangFactory()

    shown = officer.get(at("borrower_list"), {"q": text}).content.decode()

    assert borrower.number in shown
    assert other.number not in shown


def test_the_list_narrows_to_those_nobody_can_reach(officer: Client) -> None:
    lost, found = WangFactory(), LinFactory()
    in_state(mobile_of(lost), ContactState.WRONG_PERSON)

    shown = officer.get(at("borrower_list"), {"reach": "unreachable"}).content.decode()
    assert lost.number in shown
    assert found.number not in shown

    shown = officer.get(at("borrower_list"), {"reach": "reachable"}).content.decode()
    assert found.number in shown
    assert lost.number not in shown


def test_an_empty_list_says_what_to_do(officer: Client) -> None:
    assert "No borrowers yet" in officer.get(at("borrower_list")).content.decode()
    assert "Nobody found" in officer.get(at("borrower_list"), {"q": "陈一"}).content.decode()


def test_the_list_is_paged_by_key(officer: Client) -> None:
    people = [BorrowerFactory() for _person in range(51)]

    first = officer.get(at("borrower_list"))
    second = officer.get(first.context["page"].next_url)

    assert [row.borrower for row in first.context["rows"]] == people[:0:-1]
    assert [row.borrower for row in second.context["rows"]] == people[:1]


def test_the_list_costs_the_same_queries_however_long(officer: Client) -> None:
    BorrowerFactory()
    officer.get(at("borrower_list"))

    few = queries_of(officer)
    for _person in range(20):
        BorrowerFactory()

    assert queries_of(officer) == few


def queries_of(client: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(at("borrower_list"))
    return len(queries)


# --- a new borrower -------------------------------------------------------------------------------------------------
PERSON = {
    "identity_kind": "cn_resident_id",
    "identity_number": LIN_ID,
    "name": "林小雨",
    "phone": "138 1234 1234",
    "email": "",
    "language": "zh-hans",
    "sex": "unknown",
}


def test_registering_opens_a_file_and_leads_to_it(officer: Client) -> None:
    answer = officer.post(at("new"), {**PERSON, "consent_credit_query": "on"})

    borrower = Borrower.objects.get()
    assert answer.url == f"/app/borrowers/{borrower.number}"
    assert borrower.created_on == ON
    assert borrower.registered_by.username == "officer"
    assert list(borrower.consents.values_list("purpose", flat=True)) == ["credit_query"]
    assert borrower.history.get().history_user.username == "officer"


def test_no_consent_is_ticked_beforehand(officer: Client) -> None:
    page = officer.get(at("new")).content.decode()

    assert page.count('name="consent_') == 7
    assert "checked" not in page.split("What the borrower agrees to")[1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"identity_number": "110105194912310021"}, "check digit"),
        ({"phone": "12345"}, "not a mobile number"),
        ({"name": ""}, "required"),
        ({"email": "x"}, "not an e-mail address"),
        ({"name": "林\u202e小雨"}, "U+202E"),
        ({"phone": "138\u200b12341234"}, "U+200B"),
        ({"birth_date": "1949-12-30"}, "says another birth date"),
        ({"birth_date": "1949/12/31"}, "YYYY-MM-DD"),
        ({"sex": "male"}, "says another sex"),
    ],
)
def test_a_mistake_is_named_at_its_field(officer: Client, changes: dict, said: str) -> None:
    answer = officer.post(at("new"), {**PERSON, **changes})

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Borrower.objects.exists()


def test_somebody_already_registered_is_one_click_away(officer: Client) -> None:
    existing = LinFactory()

    answer = officer.post(at("new"), PERSON)

    assert answer.status_code == 422
    assert f"/app/borrowers/{existing.number}" in answer.content.decode()


def said_about(client: Client, **typed: str) -> str:
    answer = client.post(at("said"), {"identity_kind": "cn_resident_id", **typed}, **HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_number_is_read_out_while_typing(officer: Client) -> None:
    said = said_about(officer, identity_number=LIN_ID)

    assert "Check digit matches" in said
    assert "1949-12-31" in said
    assert "76" in said
    assert "Female" in said


def test_a_half_typed_number_is_no_mistake_yet(officer: Client) -> None:
    said = said_about(officer, identity_number=LIN_ID[:12], phone="138")

    assert "12 of 18 characters" in said
    assert "Not a valid number" not in said
    assert "Not a mobile number" not in said


def test_a_wrong_digit_and_a_minor_are_named(officer: Client) -> None:
    assert "check digit does not match" in said_about(officer, identity_number="110105194912310021")
    assert "under 18" in said_about(officer, identity_number=resident_number(1, date(2010, 1, 1)))


def test_somebody_who_may_be_the_same_is_shown_while_typing(officer: Client) -> None:
    existing, namesake = LinFactory(), BorrowerFactory(name="林小雨")

    said = said_about(officer, identity_number=LIN_ID.lower(), phone="13812341234", name="林小雨")

    assert existing.number in said
    assert namesake.number in said
    for words in ("same identity number", "same mobile", "same name"):
        assert words in said
    assert "林小雨" not in said


def test_what_a_partner_told_otherwise_is_shown_masked_until_somebody_has_looked(client, signed_in):
    borrower = LinFactory()
    file = PartnerFileFactory(borrower=borrower, name="王芳", phone="13900001111")
    page = reverse("desk:borrower", args=[borrower.number])
    looked = reverse("borrowers:looked_at_file", args=[borrower.number, file.pk])

    signed_in(client, "checker")
    shown = client.get(page).content.decode()
    assert "told otherwise" in shown and "13900001111" not in shown and "王芳" not in shown
    assert client.post(looked).status_code == 403
    signed_in(client, "compliance")
    assert client.post(looked).status_code == 403

    signed_in(client, "officer")
    assert client.post(looked).url == page
    assert "told otherwise" not in client.get(page).content.decode()
    file.refresh_from_db()
    assert file.looked_at_by == get_user(client)
