"""The log as a page: found by anybody allowed, read in words, paged without counting, and quick however long."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from core.context import acting
from staff.models import User
from tests.audit.factories import AuditEventFactory
from tests.loans.factories import LoanFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def compliance(client: Client, signed_in: Any) -> Client:
    return signed_in(client, "compliance")


@pytest.fixture
def wang_li(staff_member: Any) -> User:
    return staff_member("collector", display_name="王丽")


@pytest.fixture
def chen_bo(staff_member: Any) -> User:
    return staff_member("checker", display_name="Chen Bo")


def write(
    actor: User, action: str, about: User, *, reason: str = "", request_id: str = "", **changes: Any
) -> AuditEvent:
    return AuditEventFactory(actor=actor, action=action, obj=about, reason=reason, request_id=request_id, **changes)


def listed(client: Client, **filters: str) -> list[AuditEvent]:
    answer = client.get("/app/audit/", filters)
    assert answer.status_code == 200
    return [row["event"] for row in answer.context["rows"]]


class TestList:
    def test_the_newest_comes_first(self, compliance: Client, wang_li: User, chen_bo: User) -> None:
        older = write(wang_li, "revealed", chen_bo)
        newer = write(wang_li, "exported", chen_bo)

        events = listed(compliance)

        assert events.index(newer) < events.index(older)

    def test_it_is_filtered_by_person(self, compliance: Client, wang_li: User, chen_bo: User) -> None:
        hers = write(wang_li, "revealed", chen_bo)
        write(chen_bo, "revealed", wang_li)

        assert listed(compliance, actor=str(wang_li.pk)) == [hers]

    def test_it_is_filtered_by_action_and_type(self, compliance: Client, wang_li: User, chen_bo: User) -> None:
        reveal = write(wang_li, "revealed", chen_bo)
        write(wang_li, "exported", chen_bo)

        assert listed(compliance, action="revealed", object_type="staff.user") == [reveal]
        assert listed(compliance, action="revealed", object_type="audit.approval") == []

    def test_it_is_filtered_by_request(self, compliance: Client, wang_li: User, chen_bo: User) -> None:
        hit = write(wang_li, "revealed", chen_bo, request_id="req_searched_for")
        write(wang_li, "revealed", chen_bo, request_id="req_another_one")

        assert listed(compliance, request_id="req_searched_for") == [hit]

    def test_it_is_filtered_by_days_both_included(self, compliance: Client, wang_li: User, chen_bo: User) -> None:
        event = write(wang_li, "revealed", chen_bo)
        today = timezone.localdate().isoformat()

        assert event in listed(compliance, first=today, last=today)
        assert listed(compliance, last="2020-01-01") == []
        assert listed(compliance, first="2999-01-01") == []

    def test_text_finds_the_object_and_the_reason(self, compliance: Client, wang_li: User, chen_bo: User) -> None:
        by_reason = write(wang_li, "revealed", chen_bo, reason="salary day moved")
        by_object = write(chen_bo, "revealed", wang_li)

        assert listed(compliance, text="Salary") == [by_reason]
        assert by_object in listed(compliance, text="collector")

    def test_text_finds_words_within_a_reason_in_any_language_and_the_beginning_of_a_number(
        self, compliance: Client, wang_li: User, chen_bo: User
    ) -> None:
        early = write(wang_li, "revealed", chen_bo, reason="客户要求提前还款")
        late = write(wang_li, "revealed", chen_bo, reason="Asked to PAY later")
        write(wang_li, "revealed", chen_bo, reason="100%_sure")
        loan = LoanFactory()

        assert listed(compliance, text="还款") == listed(compliance, text="提前还款") == [early]
        assert listed(compliance, text="pay") == [late]
        assert not listed(compliance, text="1%_s")
        for text in (loan.number, loan.number.lower().replace("-", " "), loan.number[:-1]):
            assert loan.number in {event.object_label for event in listed(compliance, text=text)}, text

    def test_a_wrong_date_is_shown_and_hides_nothing(self, compliance: Client, wang_li: User, chen_bo: User) -> None:
        event = write(wang_li, "revealed", chen_bo)

        answer = compliance.get("/app/audit/", {"first": "yesterday"})

        assert "form-error" in answer.content.decode()
        assert event in [row["event"] for row in answer.context["rows"]]

    def test_when_nothing_fits_the_page_offers_the_way_back(self, compliance: Client) -> None:
        page = compliance.get("/app/audit/", {"request_id": "req_never"}).content.decode()

        assert "No event fits" in page
        assert "Clear the filter" in page

    def test_paging_shows_each_once_and_keeps_the_filter(
        self, compliance: Client, wang_li: User, chen_bo: User
    ) -> None:
        written = [write(wang_li, "revealed", chen_bo) for _n in range(60)]

        first = compliance.get("/app/audit/", {"action": "revealed"})
        second = compliance.get(first.context["page"].next_url)

        seen = [row["event"].pk for answer in (first, second) for row in answer.context["rows"]]
        assert seen == [event.pk for event in reversed(written)]

    def test_fifty_rows_cost_as_many_queries_as_five(
        self, compliance: Client, wang_li: User, chen_bo: User, django_assert_max_num_queries: Any
    ) -> None:
        for _n in range(50):
            write(wang_li, "changed", chen_bo, before={"theme": "auto"}, after={"theme": "dark"})

        # Session, person, rights (2), roles, people in the filter, events; the frame's own counts come on top.
        with django_assert_max_num_queries(20) as counted:
            compliance.get("/app/audit/")
        about_events = [query for query in counted.captured_queries if "audit_auditevent" in query["sql"]]
        assert len(about_events) == 1


class TestDetail:
    def test_a_change_is_told_in_labels_and_words(self, compliance: Client, wang_li: User) -> None:
        with acting(actor=wang_li, reason="eyes hurt", request_id="req_dark_theme"):
            wang_li.theme = "dark"
            wang_li.save()
        event = AuditEvent.objects.latest("id")

        page = compliance.get(f"/app/audit/{event.pk}/").content.decode()

        assert "Like my device" in page
        assert "Dark" in page
        assert "eyes hurt" in page
        assert "req_dark_theme" in page

    def test_one_steps_to_the_change_before_and_after(self, compliance: Client, wang_li: User, chen_bo: User) -> None:
        one, two, three = (write(wang_li, "revealed", chen_bo) for _n in range(3))

        context = compliance.get(f"/app/audit/{two.pk}/").context

        assert (context["earlier"], context["later"]) == (one, three)

    def test_what_the_same_request_did_stands_below(self, compliance: Client, wang_li: User, chen_bo: User) -> None:
        one = write(wang_li, "revealed", chen_bo, request_id="req_both")
        two = write(wang_li, "exported", chen_bo, request_id="req_both")

        others = compliance.get(f"/app/audit/{one.pk}/").context["others"]

        assert [row["event"] for row in others] == [two]

    def test_an_event_that_is_not_there_is_not_found(self, compliance: Client) -> None:
        assert compliance.get("/app/audit/999999999/").status_code == 404

    def test_an_event_of_an_app_that_is_gone_can_still_be_read(self, compliance: Client) -> None:
        event = AuditEvent.objects.create(
            at=timezone.now(),
            channel="web",
            action="melted",
            object_type="gone.thing",
            object_id="1",
            after={"heat": "9.50"},
        )

        page = compliance.get(f"/app/audit/{event.pk}/").content.decode()

        assert "gone.thing" in page
        assert "Heat" in page
