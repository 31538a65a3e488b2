"""People looked up by a number that is typed: counted whether found or not, so that no search tells a masked number."""

import ast
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.lookups import LookupQuotaReached, TooManyAlike
from audit.models import AuditEvent
from borrowers import lookups
from borrowers.lookups import typed_in
from borrowers.models import Borrower
from core import business_date
from core.rules import rule
from staff.models import User
from tests.borrowers.factories import LIN_ID, ON, WANG_ID, BorrowerFactory, LinFactory, resident_number
from tests.core.factories import rule_says

pytestmark = pytest.mark.django_db
StaffMember = Callable[..., User]
PHONE = "13812341234"


def allow(**figures: int) -> None:
    """The rule with other figures."""
    rule_says("lookup_quota", rule("lookup_quota", ON) | figures)


def told(action: str) -> list[dict[str, object]]:
    return list(AuditEvent.objects.filter(action=action).order_by("id").values_list("after", flat=True))


@pytest.fixture(autouse=True)
def _today() -> None:
    business_date.move_to(ON)


@pytest.fixture
def operations(staff_member: StaffMember) -> User:
    """Sees everybody, masked, and nobody unmasked."""
    return staff_member("operations")


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        (LIN_ID, "identity_number", "110***********002X"),
        (f" {LIN_ID[:6]} {LIN_ID[6:14]}-{LIN_ID[14:].lower()}", "identity_number", "110***********002X"),
        ("+86 138 1234 1234", "phone", "138****1234"),
        ("１３８１２３４１２３４", "phone", "138****1234"),
        ("Lin@example.com", "email", ""),
        ("E 1234 5678", "identity_number", "E12****5678"),
        ("110105194912310021", "identity_number", "110***********0021"),  # wrong check digit, and counted all the same
    ],
)
def test_a_phone_an_identity_number_and_an_address_are_known_however_written(text: str, kind: str, shown: str) -> None:
    [typed] = typed_in(text)

    assert (typed.kind, typed.shown) == (kind, shown)


@pytest.mark.parametrize(
    "text", ["", "林小雨", "Mary Poppins", "CU-2026-000123", "ln 2026 418", "bor_01JD0000000000000000000000"]
)
def test_names_and_numbers_of_the_house_cost_nothing(text: str) -> None:
    assert list(typed_in(text)) == []


DOORS = ["borrowers:borrower_list", "desk:search", "risk:limits", "admin:borrowers_borrower_changelist"]


@pytest.mark.parametrize("door", [*DOORS, "risk:application_new"])
def test_each_door_counts_what_is_typed_and_answers_no_more_beyond_the_quota(
    client: Client, staff_member: StaffMember, door: str
) -> None:
    allow(per_hour=2)
    lin = LinFactory()
    role = {"risk:limits": "risk_analyst", "risk:application_new": "officer"}.get(door, "operations")
    client.force_login(staff_member(role, is_staff=door.startswith("admin:")))

    def ask(text: str) -> HttpResponse:
        also = {"stay": "1"} if door == "desk:search" else {}
        return client.get(reverse(door), {"q": text, **also})  # type: ignore[return-value]

    assert ask(resident_number(1)).status_code == 200  # nobody, and counted
    assert ask(resident_number(2)).status_code == 200
    assert ask(resident_number(2)).status_code == 200  # the same again tells nothing new

    refused = ask(lin.identity_number)

    words = refused.content.decode()
    assert refused.status_code == (200 if door.startswith("admin:") else 429)
    assert "It opens again at" in words and lin.masked_identity not in words and lin.masked_phone not in words
    assert len(told("looked_up")) == 2 and LIN_ID not in str(told("looked_up"))
    assert [event["per_hour"] for event in told("lookup_refused")] == [2]
    assert ask(lin.number).status_code == 200  # by the number of the house as before


def test_a_masked_phone_is_not_tried_out(client: Client, operations: User) -> None:
    lin = LinFactory()
    client.force_login(operations)
    found, answered = False, 0
    for middle in range(1210, 1250):
        page = client.get(reverse("borrowers:borrower_list"), {"q": f"{lin.phone[:3]}{middle}{lin.phone[-4:]}"})
        answered += page.status_code == 200
        found |= lin.number in page.content.decode()

    assert not found and answered == 10
    [alarm] = told("lookup_alarm")
    assert (alarm["shown"], alarm["alarm_above"], alarm["span"]) == ("138****1234", 3, "day")
    assert len(told("lookup_refused")) == 1


def test_a_resident_id_whose_hidden_digits_are_tried_out_is_refused_by_name(operations: User) -> None:
    allow(alike_per_day=2)
    guesses = [f"1101051949{month:02d}{day:02d}002X" for month in (1, 2) for day in (1, 2)]
    for guess in guesses[:2]:
        lookups.find(guess, by=operations)

    with pytest.raises(TooManyAlike) as refused:
        lookups.find(guesses[2], by=operations)

    assert "hidden digits" in refused.value.detail and refused.value.code == "lookups_too_alike"
    assert lookups.find(WANG_ID, by=operations).count() == 0  # another number is no guess at that one


def test_above_the_alarm_it_is_told_to_compliance_and_asked_about(
    client: Client, operations: User, staff_member: StaffMember
) -> None:
    allow(alarm_above_hour=1)
    for n in range(4):
        lookups.find(resident_number(n), by=operations)

    assert [alarm["seen"] for alarm in told("lookup_alarm")] == [2]
    client.force_login(staff_member("compliance"))
    page = client.get(reverse("audit:reveals")).content.decode()
    assert "looked up more than 1 phones or identity numbers within an hour" in page and str(operations) in page
    assert "Much personal data was seen or looked up" in client.get(reverse("desk:home")).content.decode()


def test_who_stays_below_the_hour_meets_the_day_and_the_week(operations: User, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(per_hour=3, per_day=5, alarm_above_day=4, per_week=7)
    begin = timezone.now()
    asked = 0

    def until_refused(**later: int) -> str:
        nonlocal asked
        monkeypatch.setattr(timezone, "now", lambda: begin + timedelta(**later))
        for _ in range(9):
            asked += 1
            try:
                lookups.find(resident_number(asked), by=operations)
            except LookupQuotaReached as refusal:
                return refusal.span.name
        return ""

    assert [until_refused(), until_refused(hours=2), until_refused(days=2)] == ["hour", "day", "week"]
    assert [alarm["span"] for alarm in told("lookup_alarm")] == ["day"]


class TestWhileTyping:
    def said(self, client: Client, **fields: str) -> str:
        form = {"identity_kind": "cn_resident_id", "identity_number": "", "phone": "", "name": "", **fields}
        return str(client.post(reverse("borrowers:said"), form).content.decode())

    def test_nobody_is_told_of_whom_they_do_not_see(self, client: Client, staff_member: StaffMember) -> None:
        lin = LinFactory(registered_by=staff_member("officer", username="other"))
        me = staff_member("officer")
        mine = BorrowerFactory(registered_by=me)
        client.force_login(me)

        for fields in ({"identity_number": LIN_ID}, {"phone": PHONE}, {"name": lin.name}):
            assert lin.number not in self.said(client, **fields)
        assert mine.number in self.said(client, identity_number=mine.identity_number)

    def test_each_complete_number_is_counted_and_none_before(self, client: Client, staff_member: StaffMember) -> None:
        client.force_login(staff_member("officer"))

        for typed in range(1, 19):
            self.said(client, identity_number=LIN_ID[:typed], phone=PHONE[: min(typed, 11)])

        assert [event["kind"] for event in told("looked_up")] == ["phone", "identity_number"]

    def test_beyond_the_quota_it_says_so(self, client: Client, staff_member: StaffMember) -> None:
        allow(per_hour=1)
        client.force_login(staff_member("officer"))
        self.said(client, identity_number=resident_number(1))

        assert "It opens again at" in self.said(client, identity_number=resident_number(2))

    def test_registering_counts_too_and_names_nobody_beyond_reach(
        self, client: Client, staff_member: StaffMember
    ) -> None:
        lin = LinFactory(registered_by=staff_member("officer", username="other"))
        client.force_login(staff_member("officer"))
        form = {"identity_kind": "cn_resident_id", "identity_number": LIN_ID, "name": "王丽", "phone": "13912345678"}

        page = client.post(reverse("borrowers:new"), {**form, "language": "zh-hans"})

        assert page.status_code == 422 and "already registered" in page.content.decode()
        assert lin.masked_name not in page.content.decode()
        assert [event["shown"] for event in told("looked_up")] == ["110***********002X"]


@pytest.mark.django_db(transaction=True)
def test_lookups_at_once_do_not_pass_the_quota_together(staff_member: StaffMember) -> None:
    allow(per_hour=3)
    person = staff_member("operations")
    start = Barrier(9, timeout=30)

    def look(n: int) -> bool:
        try:
            start.wait()
            lookups.find(resident_number(n), by=User.objects.get(pk=person.pk))
        except LookupQuotaReached:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(9) as threads:
        answered = list(threads.map(look, range(9)))

    assert answered.count(True) == 3 == len(told("looked_up"))


def test_no_door_looks_anybody_up_without_counting() -> None:
    """What a person types reaches ``borrowers.queries`` through ``borrowers.lookups`` alone, which counts first."""
    counted = {"borrowers/lookups.py", "borrowers/queries.py", "borrowers/reading.py", "borrowers/admin.py"}
    finders, found = {"find", "with_identity", "with_phone"}, set()
    for app in ("borrowers", "risk", "desk", "loans", "casework", "messaging", "collections", "operations", "partners"):
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            place = str(path.relative_to(settings.BASE_DIR))
            for node in ast.walk(ast.parse(path.read_text())):
                imported = isinstance(node, ast.ImportFrom) and node.module == "borrowers.queries"
                named = {one.name for one in node.names} & finders if imported else set()
                called = (
                    isinstance(node, ast.Attribute)
                    and node.attr in finders
                    and isinstance(node.value, ast.Name)
                    and "queries" in node.value.id
                )
                if (named or called) and place not in counted:
                    found.add(place)

    assert found == set()
    assert Borrower.objects.count() == 0
