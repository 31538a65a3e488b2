"""The end-of-day pages: where the books stand, closing by hand, failures with their retry."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from core import business_date
from operations import tasks
from operations.end_of_day import close_day
from operations.models import EndOfDayRun, LongJob
from tests.operations.nights import MONDAY, Night, marks

SignIn = Callable[..., Client]


@pytest.fixture
def night(db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Night:
    settings.END_OF_DAY_CHUNK_SIZE = 10
    business_date.move_to(MONDAY)
    return Night(monkeypatch).of(accrue=(1, 25), remind=(3, 12))


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> Callable[[date], None]:
    """`today(MONDAY)`: what the calendar of the wall says."""

    def set_today(on: date) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda value=None: on)

    return set_today


def test_the_page_shows_the_business_date_and_how_far_it_is_behind(
    night: Night, client: Client, signed_in: SignIn, today: Callable[[date], None]
) -> None:
    today(MONDAY + timedelta(days=3))

    page = signed_in(client, "operations").get("/app/end-of-day/").content.decode()

    assert "2026-06-15" in page
    assert "3 days behind" in page
    assert "No day has been closed yet" in page


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_button_closes_the_day_and_shows_the_run(
    client: Client, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, today: Callable[[date], None]
) -> None:
    business_date.move_to(MONDAY)
    Night(monkeypatch).of(accrue=(1, 25))
    today(MONDAY)

    answer = signed_in(client, "operations").post("/app/end-of-day/close", follow=True)

    assert answer.redirect_chain[-1][0] == "/app/end-of-day/2026-06-15/"
    assert "closed" in answer.content.decode()
    assert business_date.current() == MONDAY + timedelta(days=1)
    run = EndOfDayRun.objects.get()
    assert run.requested_by is not None
    assert run.requested_by.username == "operations"


def test_a_day_ahead_of_the_calendar_has_no_button_and_is_refused(
    night: Night, client: Client, signed_in: SignIn, today: Callable[[date], None]
) -> None:
    today(MONDAY - timedelta(days=1))
    signed_in(client, "operations")

    assert "ahead of the calendar" in client.get("/app/end-of-day/").content.decode()
    page = client.post("/app/end-of-day/close", follow=True).content.decode()

    assert "lies in the future" in page
    assert marks(MONDAY) == []


def test_a_failure_is_shown_with_its_error_and_a_retry(night: Night, client: Client, signed_in: SignIn) -> None:
    night.fail_in(("accrue", 10))
    close_day()

    page = signed_in(client, "operations").get("/app/end-of-day/2026-06-15/").content.decode()

    assert page.count("accrue from 10 is broken") == 1
    assert "The day stays open" in page and "Retry what failed" in page
    assert 'hx-trigger="every 1s"' not in page
    assert "/app/end-of-day/2026-06-15/" in client.get("/app/").content.decode()

    page = signed_in(client, "compliance").get("/app/end-of-day/2026-06-15/").content.decode()
    assert "Retry what failed" not in page and "operations.close_day" in page


def test_a_run_under_way_is_polled_and_a_finished_one_is_not(night: Night, client: Client, signed_in: SignIn) -> None:
    run = close_day()
    signed_in(client, "operations")
    address = "/app/end-of-day/2026-06-15/progress"

    over = client.get(address)
    assert "every 1s" not in over.content.decode() and over["HX-Refresh"] == "true"  # the business date has moved
    EndOfDayRun.objects.filter(pk=run.pk).update(status=EndOfDayRun.Status.RUNNING)
    answer = client.get(address)
    part = answer.content.decode()

    assert "every 1s" in part and "HX-Refresh" not in answer
    assert "<html" not in part
    assert "5 of 5 parts done" in part


@pytest.mark.parametrize("address", ["/app/end-of-day/2026-06-14/", "/app/end-of-day/2026-13-40/"])
def test_a_day_that_was_never_closed_is_not_found(
    night: Night, client: Client, signed_in: SignIn, address: str
) -> None:
    assert signed_in(client, "operations").get(address).status_code == 404


def test_looking_and_closing_need_their_rights(night: Night, client: Client, signed_in: SignIn) -> None:
    assert client.get("/app/end-of-day/").status_code == 302
    signed_in(client, "collector")
    assert client.get("/app/end-of-day/").status_code == 403
    signed_in(client, "compliance")
    assert client.get("/app/end-of-day/").status_code == 200
    assert client.post("/app/end-of-day/close").status_code == 403
    assert client.post("/app/end-of-day/catch-up").status_code == 403


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_catch_up_button_closes_all_missed_days(
    client: Client, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, today: Callable[[date], None]
) -> None:
    business_date.move_to(MONDAY)
    Night(monkeypatch).of(accrue=(1, 5))
    today(MONDAY + timedelta(days=3))
    signed_in(client, "operations")

    client.post("/app/end-of-day/catch-up")

    assert business_date.current() == MONDAY + timedelta(days=3)
    job = LongJob.objects.get(kind="catch_up")
    assert (job.status, job.done, job.total) == (LongJob.Status.DONE, 3, 3)
    over = client.get(f"/app/end-of-day/jobs/{job.pk}")
    assert "Done" in over.content.decode() and over["HX-Refresh"] == "true"


def test_the_schedule_is_quiet_while_somebody_else_closes(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**_arguments: object) -> None:
        raise tasks.AlreadyClosing

    monkeypatch.setattr(tasks.end_of_day, "close_due", busy)

    assert tasks.close_due_days() == 0


def test_the_list_of_nights_costs_the_same_for_many(
    night: Night, client: Client, signed_in: SignIn, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for _day in range(5):
        close_day()
    signed_in(client, "operations")
    client.get("/app/end-of-day/")

    with django_assert_max_num_queries(14):  # type: ignore[attr-defined]
        client.get("/app/end-of-day/")
