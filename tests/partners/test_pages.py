"""The pages where administrators make clients and keys."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from audit import approvals
from audit.changes_by_two import ChangedMeanwhile
from audit.deciding import AccountsNotIndependent
from audit.models import Approval, ApprovalStatus, AuditEvent
from core import business_date
from core.context import acting
from partners.models import ApiClient, ApiKey
from partners.scopes import SCOPES, takes_two_people, usual
from tests.partners.factories import ApiClientFactory, ApiKeyFactory, Caller, IssuedKeyFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
DETAILS = {"name": "Lilac Phones", "requests_per_minute": "100", "allowed_addresses": "127.0.0.0/8\n203.0.113.0/24\n"}


@pytest.fixture
def admin(client, signed_in):
    return signed_in(client, "administrator")


def addresses():
    key = ApiKeyFactory()
    here = [key.client.public_id]
    for method, name, args in (
        ("get", "clients", []),
        ("get", "new_client", []),
        ("get", "client", here),
        ("get", "change_client", here),
        ("get", "new_key", here),
        ("post", "suspend_client", here),
        ("post", "reinstate_client", here),
        ("post", "revoke_key", [*here, key.pk]),
    ):
        yield method, reverse(f"partners:{name}", args=args)


def test_only_who_may_manage_clients_gets_in(client, signed_in):
    pages = list(addresses())
    for method, path in pages:
        assert getattr(client, method)(path).status_code == 302
    signed_in(client, "officer")
    for method, path in pages:
        assert getattr(client, method)(path).status_code == 403
    assert ApiKey.objects.get().revoked_at is None


def test_a_client_is_made_and_changed(admin):
    made = admin.post(reverse("partners:new_client"), DETAILS, follow=True)

    client = ApiClient.objects.get()
    assert made.redirect_chain[-1][0] == f"/app/partners/{client.public_id}"
    assert client.allowed_addresses == ["127.0.0.0/8", "203.0.113.0/24"]
    admin.post(reverse("partners:change_client", args=[client.public_id]), {"requests_per_minute": "5"})
    client.refresh_from_db()
    assert (client.requests_per_minute, client.allowed_addresses) == (5, [])
    event = AuditEvent.objects.filter(object_type="partners.apiclient", action="changed").get()
    assert (event.before["requests_per_minute"], event.after["requests_per_minute"]) == (100, 5)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"allowed_addresses": "here"}, "is not a network"),
        ({"name": ""}, "required"),
        ({"name": "Harbour Pay"}, "already an API client"),
        ({"requests_per_minute": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_refused_form_says_why_where_the_hand_is(admin, changes, sentence):
    ApiClientFactory(name="Harbour Pay")

    response = admin.post(reverse("partners:new_client"), {**DETAILS, **changes})

    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_a_key_is_shown_once_works_and_is_never_shown_again(admin):
    client = ApiClientFactory()
    path = reverse("partners:new_key", args=[client.public_id])

    shown = admin.post(path, {"scopes": ["loans:read"], "label": "shop", "expires_at": "2099-01-01"})

    token = re.search(r"lk_test_[0-9a-f]+\.[\w-]+", shown.content.decode()).group()
    assert shown["Cache-Control"].startswith("max-age=0")
    assert "no-store" in shown["Cache-Control"]
    assert Caller(token).ask("/me").json()["scopes"] == ["loans:read"]
    secret = token.partition(".")[2]
    assert secret not in admin.get(reverse("partners:client", args=[client.public_id])).content.decode()
    assert all(secret not in str(event.after) for event in AuditEvent.objects.all())


def test_a_third_key_is_refused_in_words(admin):
    client = ApiClientFactory()
    IssuedKeyFactory(client=client), IssuedKeyFactory(client=client)

    page = admin.get(reverse("partners:client", args=[client.public_id])).content.decode()
    response = admin.post(reverse("partners:new_key", args=[client.public_id]), {"scopes": ["loans:read"]})

    assert "2 keys are live; revoke one first" in page
    assert response.status_code == 422
    assert "at most 2 keys" in response.content.decode()


def test_a_key_without_scope_is_refused(admin):
    response = admin.post(reverse("partners:new_key", args=[ApiClientFactory().public_id]), {"label": "x"})

    assert response.status_code == 422
    assert not ApiKey.objects.exists()


def test_revoking_and_suspending_close_the_door_at_once(admin, staff_member):
    client = ApiClientFactory()
    first, second = IssuedKeyFactory(client=client), IssuedKeyFactory(client=client)

    admin.post(reverse("partners:revoke_key", args=[client.public_id, first.key.pk]))
    assert [Caller(issued.token).ask("/me").status_code for issued in (first, second)] == [401, 200]
    admin.post(reverse("partners:suspend_client", args=[client.public_id]))
    assert Caller(second.token).ask("/me").status_code == 403
    admin.post(reverse("partners:reinstate_client", args=[client.public_id]))
    assert Caller(second.token).ask("/me").status_code == 403, "its keys take two people"
    agree(staff_member("compliance"))
    assert Caller(second.token).ask("/me").status_code == 200


def agree(by) -> Approval:
    waiting = Approval.objects.get(status=ApprovalStatus.PENDING)
    return approvals.approve(approval_id=waiting.pk, decided_by=by, on=business_date.current())


def change(admin, client: ApiClient, **given: str):
    path = reverse("partners:change_client", args=[client.public_id])
    known = {
        "contact_email": client.contact_email,
        "requests_per_minute": str(client.requests_per_minute),
        "allowed_addresses": "\n".join(client.allowed_addresses),
    }
    answer = admin.post(path, {**known, **given}, follow=True)
    client.refresh_from_db()
    return answer


HOUSE, OFFICE, ANYWHERE = "203.0.113.0/24", "203.0.113.128/25", ""


def called_from(*networks: str) -> ApiClient:
    client = ApiClientFactory(allowed_addresses=list(networks), contact_email="api@lilac.example")
    ApiKeyFactory(client=client)
    return client


@pytest.mark.parametrize(
    ("before", "after"),
    [([OFFICE], HOUSE), ([OFFICE], ANYWHERE), ([OFFICE], f"{OFFICE}\n198.51.100.7/32"), ([OFFICE], "2001:db8::/32")],
)
def test_more_networks_take_two_people(admin, staff_member, before, after):
    client = called_from(*before)

    answer = change(admin, client, allowed_addresses=after, requests_per_minute="5", reason="They moved")
    assert "once a second person agrees" in answer.content.decode()
    assert (client.allowed_addresses, client.requests_per_minute) == (before, 5)
    asked = Approval.objects.get()
    assert (asked.before, asked.after) == ({"allowed_addresses": before}, {"allowed_addresses": after.split()})
    with pytest.raises(approvals.SecondPersonNeeded):
        agree(asked.requested_by)
    agree(staff_member("compliance"))
    client.refresh_from_db()
    assert client.allowed_addresses == after.split()


@pytest.mark.parametrize(("before", "after"), [([HOUSE], OFFICE), ([], HOUSE), ([HOUSE, OFFICE], HOUSE)])
def test_fewer_networks_are_one_persons(admin, before, after):
    client = called_from(*before)

    change(admin, client, allowed_addresses=after)

    assert client.allowed_addresses == [after]
    assert not Approval.objects.exists()


def test_another_contact_takes_two_people_and_a_reason(admin, staff_member):
    client = called_from()

    refused = change(admin, client, contact_email="ma@elsewhere.example")
    assert refused.status_code == 422
    change(admin, client, contact_email="ma@elsewhere.example", reason="New owner")
    assert client.contact_email == "api@lilac.example"
    agree(staff_member("compliance"))
    client.refresh_from_db()
    assert client.contact_email == "ma@elsewhere.example"


def test_what_was_changed_since_is_not_opened_again(admin, staff_member):
    client = called_from(HOUSE)
    change(admin, client, allowed_addresses="203.0.112.0/23", reason="They moved")
    change(admin, client, allowed_addresses=OFFICE)

    with pytest.raises(ChangedMeanwhile):
        agree(staff_member("compliance"))
    client.refresh_from_db()
    assert client.allowed_addresses == [OFFICE]


def test_a_client_without_a_key_is_one_persons_and_its_key_shows_where_it_may_call_from(admin):
    client = ApiClientFactory()
    change(admin, client, allowed_addresses=HOUSE, contact_email="api@lilac.example")
    change(admin, client, allowed_addresses=ANYWHERE)
    assert not Approval.objects.exists()

    path = reverse("partners:new_key", args=[client.public_id])
    admin.post(path, {"scopes": ["repayments:write"], "reason": "Pilot"})
    asked = Approval.objects.get()
    assert (asked.after["contact_email"], asked.after["allowed_addresses"]) == ("api@lilac.example", [])
    change(admin, client, allowed_addresses=HOUSE)  # fewer
    change(admin, client, allowed_addresses=ANYWHERE, reason="Pilot")
    assert client.allowed_addresses == [HOUSE]


def ask_for_a_key(admin, **given):
    path = reverse("partners:new_key", args=[ApiClientFactory().public_id])
    answer = admin.post(path, {"scopes": ["loans:read", "repayments:write"], "reason": "Pilot", **given})
    found = re.search(r"lk_test_[0-9a-f]+\.[\w-]+", answer.content.decode())
    return answer, found.group() if found else ""


def test_a_key_that_writes_opens_nothing_until_two_agree(admin, staff_member):
    _answer, token = ask_for_a_key(admin)
    assert Caller(token).ask("/me").status_code == 401
    asked = Approval.objects.get()
    with pytest.raises(approvals.SecondPersonNeeded):
        agree(asked.requested_by)
    with acting(actor=asked.requested_by):
        second = UserFactory(roles=["compliance"])
    with pytest.raises(AccountsNotIndependent):
        agree(second)
    agree(staff_member("compliance"))
    assert Caller(token).ask("/me").status_code == 200


def test_a_key_that_writes_asks_for_a_reason_and_dies_when_it_is_rejected(admin, staff_member):
    answer, token = ask_for_a_key(admin, reason="")
    assert (answer.status_code, token, ApiKey.objects.count()) == (422, "", 0)
    _answer, token = ask_for_a_key(admin)
    asked, on = Approval.objects.get(), business_date.current()
    approvals.reject(approval_id=asked.pk, decided_by=staff_member("compliance"), reason="No contract", on=on)
    assert Caller(token).ask("/me").status_code == 401
    assert ApiKey.objects.get().revoked_at is not None


def test_a_read_only_key_with_writing_scopes_needs_nobody(admin):
    _answer, token = ask_for_a_key(admin, read_only="on")
    assert Caller(token).ask("/me").status_code == 200


@pytest.mark.parametrize("far", ["portfolio:read", "books:read", "borrowers:read_personal"])
def test_a_key_that_reads_far_opens_nothing_until_two_agree(admin, staff_member, far):
    for read_only in ("", "on"):
        refused, token = ask_for_a_key(admin, scopes=["loans:read", far], read_only=read_only, reason="")
        assert (refused.status_code, token, ApiKey.objects.count()) == (422, "", 0)
    page, token = ask_for_a_key(admin, scopes=["loans:read", far], read_only="on")
    assert "opens nothing until a second person agrees" in page.content.decode()
    for address in ("/me", "/loans", "/books/trial_balance"):
        assert Caller(token).ask(address).status_code == 401
    asked = Approval.objects.get()
    assert far in asked.after["scopes"]
    with pytest.raises(approvals.SecondPersonNeeded):
        agree(asked.requested_by)

    agree(staff_member("compliance"))
    assert Caller(token).ask("/me").status_code == 200
    client = ApiClientFactory()
    admin.post(reverse("partners:suspend_client", args=[client.public_id]))
    admin.post(reverse("partners:reinstate_client", args=[client.public_id]))
    assert Caller(token).ask("/me").status_code == 403, "one person does not let it in again either"


def test_every_scope_but_those_that_read_a_partners_own_takes_two():
    """The declared table: who adds a scope decides here which it is."""
    alone = {scope for scope in SCOPES if not takes_two_people(scope)}
    assert (
        alone
        == set(usual())
        == {
            "products:read",
            "borrowers:read",
            "applications:read",
            "loans:read",
            "repayments:read",
            "evidence:read",
            "tasks:read",
        }
    )


def test_the_key_of_another_client_cannot_be_revoked_from_here(admin):
    other = ApiKeyFactory(client__name="Harbour Pay")

    response = admin.post(reverse("partners:revoke_key", args=[ApiClientFactory().public_id, other.pk]))

    assert response.status_code == 404
    assert ApiKey.objects.get().revoked_at is None


def test_the_list_costs_the_same_however_many_clients_there_are(admin, django_assert_max_num_queries):
    for n in range(8):
        IssuedKeyFactory(client__name=f"Partner {n}")

    with django_assert_max_num_queries(14):
        page = admin.get(reverse("partners:clients")).content.decode()

    assert all(f"Partner {n}" in page for n in range(8))


@pytest.mark.django_db(transaction=True)
def test_a_key_is_made_in_the_browser(page_as, picture):
    page = page_as("administrator")

    page.goto("/app/partners/")
    picture(page, "partners-empty")
    page.get_by_role("link", name="New client").first.click()
    page.get_by_label("Name").fill("Lilac Phones")
    page.get_by_label("Contact").fill("api@lilac.example")
    page.get_by_role("button", name="Create client").click()
    page.get_by_role("link", name="New key").first.click()
    expect(page.get_by_role("checkbox")).to_have_count(len(SCOPES) + 1)
    picture(page, "partners-new-key")
    page.get_by_role("button", name="Create key").click()
    token = page.locator("#token").inner_text()
    picture(page, "partners-client")

    assert Caller(token).ask("/me").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_pictures_in_chinese_and_dark(page_as, picture):
    client = ApiClientFactory()
    IssuedKeyFactory(client=client), IssuedKeyFactory(client=client, scopes=["loans:read"], read_only=True)
    page = page_as("administrator", language="zh-hans", theme="dark")

    page.goto("/app/partners/")
    picture(page, "partners-zh-hans-dark")
    page.goto(f"/app/partners/{client.public_id}")
    picture(page, "partners-client-zh-hans-dark")
    page.set_viewport_size({"width": 390, "height": 844})
    picture(page, "partners-client-zh-hans-dark-phone")


def test_a_new_key_has_only_what_reads_its_own_ticked(admin):
    page = admin.get(reverse("partners:new_key", args=[ApiClientFactory().public_id])).content.decode()

    boxes = re.findall(r"<input[^>]*name=\"scopes\"[^>]*>", page)
    ticked = {re.search(r'value="([^"]+)"', box).group(1) for box in boxes if "checked" in box}
    assert len(boxes) == len(SCOPES)
    assert ticked == {
        "products:read",
        "borrowers:read",
        "applications:read",
        "loans:read",
        "repayments:read",
        "evidence:read",
        "tasks:read",
    }
