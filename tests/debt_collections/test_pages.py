"""The pages: who may enter, what they show, what a form does, and how many queries a page costs."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import business_date
from core.pages import Counted
from debt_collections.models import Case, ContactAttempt, Promise
from debt_collections.web import workbench
from debt_collections.web.verbs import VERBS
from tests.borrowers.factories import ContactPointFactory
from tests.debt_collections.factories import LATE, CaseFactory, ContactAttemptFactory, PromiseFactory, at
from tests.staff.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

BENCH = "/app/collections/"


@pytest.fixture
def collector(client: Client, signed_in) -> Client:
    return signed_in(client, "collector", username="wang", display_name="王丽")


def outcome(case: Case, **more: Any) -> dict[str, Any]:
    point = case.borrower.contact_points.get(kind="mobile")
    first = {"outcome": "no_answer", "channel": "call", "contact_point": point.pk, "form_key": str(uuid.uuid4())}
    return first | more


def urls(case: Case, promise: Promise) -> list[tuple[str, str, str]]:
    """Every address with its method and the right it needs."""
    name = case.public_id
    verbs = [("get", reverse("collections:act", args=[name, verb]), VERBS[verb].permission) for verb in VERBS]
    return [
        ("get", reverse("collections:workbench"), "collections.view_case"),
        ("get", reverse("collections:case", args=[name]), "collections.view_case"),
        ("get", reverse("collections:promises"), "collections.view_case"),
        ("post", reverse("collections:take_next"), "collections.work_case"),
        ("post", reverse("collections:log", args=[name]), "collections.work_case"),
        ("post", reverse("collections:dial", args=[name]), "collections.work_case"),
        ("post", reverse("collections:cancel_promise", args=[promise.pk]), "collections.work_case"),
        ("post", reverse("collections:assign"), "collections.assign_case"),
        *verbs,
    ]


@pytest.fixture
def promise(case, staff_member) -> Promise:
    taker = staff_member("collector", username="zhao")
    return PromiseFactory(case=case, amount=Decimal("100.00"), due_on=LATE + timedelta(days=2), by=taker)


# --- who may enter --------------------------------------------------------------------------------------------------
def test_every_address_refuses_a_person_without_its_right_and_names_it(case, promise, client, signed_in) -> None:
    signed_in(client, "operations")

    for method, address, _permission in urls(case, promise):
        response = getattr(client, method)(address)
        assert response.status_code == 403, address
        assert "collections." in response.content.decode(), address


def test_every_address_lets_in_who_leads_and_collects(case, promise, client, signed_in) -> None:
    signed_in(client, "team_lead", "collector")

    for method, address, _permission in urls(case, promise):
        assert getattr(client, method)(address).status_code in {200, 302, 422}, address


def test_a_collector_cannot_hand_out_cases(case, promise, collector) -> None:
    for method, address, permission in urls(case, promise):
        expected = {403} if permission == "collections.assign_case" else {200, 302, 422}
        assert getattr(collector, method)(address).status_code in expected, address


def test_a_visitor_is_sent_to_sign_in(case, promise, client) -> None:
    for method, address, _permission in urls(case, promise):
        response = getattr(client, method)(address)
        assert response.status_code == 302
        assert "/login" in response["Location"]


def test_compliance_reads_the_bench_and_finds_nothing_to_press(case, client, signed_in) -> None:
    page = signed_in(client, "compliance").get(BENCH).content.decode()

    assert case.borrower.masked_name in page
    assert "data-log" not in page
    assert 'data-key="c"' not in page


# --- what they show -------------------------------------------------------------------------------------------------
def test_the_bench_shows_masked_people_money_and_the_guard(case, collector) -> None:
    page = collector.get(BENCH).content.decode()

    assert case.borrower.masked_name in page
    assert case.borrower.name not in page
    assert case.borrower.phone not in page
    assert "9 days past due · M1" in page
    assert f"{case.overdue_amount:,.2f}" in page
    assert "answered 0 of 3 today" in page
    assert "until 22:00" in page


def test_the_call_button_is_shut_at_night_and_says_why(case, collector, monkeypatch) -> None:
    monkeypatch.setattr(business_date, "now", lambda: at("22:10"))

    page = collector.get(BENCH).content.decode()

    assert "Quiet hours: contact is allowed from 08:00 to 22:00." in page
    assert 'data-key="c" disabled' in page


def test_an_empty_queue_says_what_to_do(collector) -> None:
    page = collector.get(BENCH).content.decode()

    assert "Your queue is empty" in page
    assert reverse("collections:promises") in page and f"{BENCH}?whose=all" in page

    page = collector.get(f"{BENCH}?whose=assigned&stage=M1").content.decode()
    assert "No case matches this filter" in page and "Clear the filter" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("whose=all", True),
        ("whose=assigned", False),
        ("whose=escalated", False),
        ("stage=M1", True),
        ("status=hold", False),
        ("least=1", True),
        ("least=999999", False),
        ("order=amount", True),
        ("order=nonsense&stage=nonsense", True),
    ],
)
def test_filters_narrow_the_queue_and_nonsense_is_ignored(case, collector, query: str, shown: bool) -> None:
    page = collector.get(f"{BENCH}?{query}").content.decode()

    assert ("queue-row" in page) is shown


def test_pages_of_the_queue_follow_each_other_without_gap_or_repeat(collector, monkeypatch) -> None:
    monkeypatch.setattr("debt_collections.web.workbench.ROWS", 2)
    made = {CaseFactory().public_id for _ in range(5)}
    seen, address = [], f"{BENCH}?whose=all"
    while address:
        response = collector.get(address)
        seen += [row.public_id for row in response.context["page"].items]
        address = response.context["page"].next_url

    assert len(seen) == 5
    assert set(seen) == made


def test_the_case_file_tells_stages_promises_and_story(case, promise, collector) -> None:
    collector.post(reverse("collections:log", args=[case.public_id]), outcome(case, note="salary is late"))

    page = collector.get(reverse("collections:case", args=[case.public_id])).content.decode()

    assert "salary is late" in page
    assert "Case opened" in page
    assert "100.00" in page


def test_an_unknown_case_or_verb_is_not_found(case, collector) -> None:
    assert collector.get(reverse("collections:case", args=["case_none"])).status_code == 404
    assert collector.get(reverse("collections:act", args=[case.public_id, "erase"])).status_code == 404
    assert collector.get(f"{BENCH}?case=case_none").status_code == 404


# --- what a form does -----------------------------------------------------------------------------------------------
def test_save_and_next_stores_the_outcome_and_brings_the_next_case(collector) -> None:
    first, second = CaseFactory(loan__principal=Decimal("90000.00")), CaseFactory()

    response = collector.post(
        reverse("collections:log", args=[first.public_id]), outcome(first, note="rings", query="order=amount")
    )

    assert response["Location"] == f"{BENCH}?order=amount&case={second.public_id}"
    assert ContactAttempt.objects.get().note == "rings"
    second.refresh_from_db()
    assert second.claimed_by.username == "wang"


def test_the_number_that_would_be_called_is_chosen_already(case, collector) -> None:
    phone = case.borrower.contact_points.get(kind="mobile")
    ContactPointFactory(borrower=case.borrower, kind="email", value="ada@example.com")

    page = collector.get(reverse("collections:case", args=[case.public_id])).content.decode()

    assert f'<option value="{phone.pk}" selected>' in page


def test_a_promise_is_taken_with_the_call(case, collector) -> None:
    due = LATE + timedelta(days=3)
    data = outcome(case, outcome="promise", promise_amount="450.00", promise_due_on=due, promise_method="transfer")

    collector.post(reverse("collections:log", args=[case.public_id]), data)

    promise = Promise.objects.get()
    assert (promise.amount, promise.due_on, promise.method) == (Decimal("450.00"), due, "transfer")


def test_a_refusal_stands_beside_its_field_and_what_was_typed_stays(case, collector) -> None:
    data = outcome(
        case,
        outcome="promise",
        promise_amount="450.00",
        promise_due_on=LATE + timedelta(days=60),
        note="long story",
    )

    response = collector.post(reverse("collections:log", args=[case.public_id]), data)

    page = response.content.decode()
    assert response.status_code == 422
    assert "id_promise_due_on-error" in page
    assert "long story" in page
    assert not ContactAttempt.objects.exists()


def test_a_double_click_stores_one_contact(case, collector) -> None:
    data = outcome(case)
    for _click in range(2):
        collector.post(reverse("collections:log", args=[case.public_id]), data)

    assert ContactAttempt.objects.count() == 1


def test_calling_shows_the_whole_number_once(case, collector) -> None:
    point = case.borrower.contact_points.get(kind="mobile")

    page = collector.post(reverse("collections:dial", args=[case.public_id]), {"contact_point": point.pk})

    assert f"tel:{point.value}" in page.content.decode()
    assert point.value not in collector.get(BENCH).content.decode()


def test_no_outcome_is_chosen_before_the_collector_chooses_one(case, collector) -> None:
    page = collector.get(BENCH + f"?case={case.public_id}")

    assert page.context["form"]["outcome"].value() is None
    assert (
        collector.post(
            reverse("collections:log", args=[case.public_id]), outcome(case, outcome="", note="no answer")
        ).status_code
        == 422
    )
    assert not ContactAttempt.objects.exists()


def test_calling_a_strangers_number_shows_nothing(case, collector) -> None:
    other = CaseFactory().borrower.contact_points.get(kind="mobile")

    response = collector.post(reverse("collections:dial", args=[case.public_id]), {"contact_point": other.pk})

    assert response.status_code == 302
    assert other.value not in collector.get(response["Location"]).content.decode()


def test_the_team_lead_hands_over_ticked_cases_or_all_that_match(client, signed_in, staff_member) -> None:
    lead, zhao = signed_in(client, "team_lead"), staff_member("collector", username="zhao")
    ticked, other = CaseFactory(), CaseFactory()
    address = reverse("collections:assign")

    lead.post(address, {"case": [ticked.pk], "assigned_to": zhao.pk, "query": "whose=all"})
    assert set(zhao.assigned_cases.all()) == {ticked}
    lead.post(address, {"everything": "1", "assigned_to": zhao.pk, "query": "whose=all"})
    assert set(zhao.assigned_cases.all()) == {ticked, other}
    lead.post(address, {"case": [ticked.pk], "assigned_to": "", "query": "whose=all"})
    assert set(zhao.assigned_cases.all()) == {other}


@pytest.mark.parametrize("whose", ["mine", "all"])
def test_of_more_than_are_handed_over_at_once_those_go_first_that_are_shown_first(
    client, signed_in, staff_member, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    lead, zhao = signed_in(client, "team_lead"), staff_member("collector", username="zhao")
    CaseFactory()
    urgent = CaseFactory(loan__principal=Decimal("90000.00"))
    monkeypatch.setattr(workbench, "COUNTED_AT_MOST", 1)

    lead.post(reverse("collections:assign"), {"everything": "1", "assigned_to": zhao.pk, "query": f"whose={whose}"})

    assert set(zhao.assigned_cases.all()) == {urgent}


def test_a_promise_is_cancelled_with_a_reason_only(case, promise, collector) -> None:
    address = reverse("collections:cancel_promise", args=[promise.pk])

    collector.post(address, {"reason": ""})
    promise.refresh_from_db()
    assert promise.status == "pending"

    collector.post(address, {"reason": "amount was misheard"})
    promise.refresh_from_db()
    assert (promise.status, promise.cancel_reason) == ("cancelled", "amount was misheard")


# --- what a page costs ----------------------------------------------------------------------------------------------
def test_the_bench_costs_the_same_for_two_cases_as_for_nine(collector) -> None:
    _many(2, collector)
    with CaptureQueriesContext(connection) as for_two:
        collector.get(f"{BENCH}?whose=all")
    _many(7, collector)
    with CaptureQueriesContext(connection) as for_nine:
        collector.get(f"{BENCH}?whose=all")

    assert len(for_nine) == len(for_two)
    assert len(for_nine) <= 34


def test_the_list_of_promises_costs_the_same_for_one_as_for_six(collector, staff_member) -> None:
    zhao = staff_member("collector", username="zhao")
    address = reverse("collections:promises")

    def promise_one() -> None:
        PromiseFactory(amount=Decimal("10.00"), due_on=LATE, by=zhao)

    promise_one()
    collector.get(address)
    with CaptureQueriesContext(connection) as for_one:
        collector.get(address)
    for _ in range(5):
        promise_one()
    with CaptureQueriesContext(connection) as for_six:
        collector.get(address)

    assert len(for_six) == len(for_one) <= 16


@pytest.mark.parametrize(("language", "shown"), [("en", "1,000+ cases"), ("zh-hans", "1,000+ 件")])
def test_a_long_queue_is_counted_to_a_thousand(
    collector: Client, monkeypatch: pytest.MonkeyPatch, language: str, shown: str
) -> None:
    monkeypatch.setattr(workbench, "count_capped", lambda _cases, parts: Counted(1001))
    collector.cookies["django_language"] = language

    assert shown in " ".join(collector.get(BENCH).content.decode().split())


def _many(count: int, collector: Client) -> None:
    for _ in range(count):
        ContactAttemptFactory(outcome="answered", by=UserFactory(username="zhao"))
    collector.get(BENCH)
