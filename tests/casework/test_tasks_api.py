"""Tasks over the API: asked of partners, asked for by partners, and done by programs of the house."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from borrowers.consents import withdraw_consent
from borrowers.models import Consent
from casework import clock, working
from casework.models import EvidenceLink, Task, TaskEvent, TaskStatus, What
from casework.raising import raise_task
from casework.tasks import look as look_for_tasks
from core import business_date
from loans.models import Application, Loan
from loans.task_kinds import EVIDENCE_WANTED
from partners.keys import revoke_key
from partners.models import ApiClient, ApiKey
from partners.scopes import SCOPES
from tests.api.conftest import TODAY
from tests.api.town import applied, brought_evidence, lent
from tests.casework.looking import look
from tests.casework.papers import kept
from tests.loans.factories import ProductVersionFactory
from tests.loans.test_task_kinds import noon
from tests.partners.factories import Caller, CallerFactory
from tests.partners.test_problems import assert_problem
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
HOUSE = sorted(SCOPES)
PRIVATE = "Lin is in hospital"
COMPLAINT = {"kind": "loan.partner_complaint", "words": "The borrower paid twice, call 13812341234."}
REQUEST = {"kind": "application.partner_request", "words": "Please decide today."}


@pytest.fixture
def lilac(db: None) -> Caller:
    business_date.move_to(TODAY)
    return CallerFactory(client__name="Lilac Phones")


@pytest.fixture
def harbour(lilac: Caller) -> Caller:
    return CallerFactory(client__name="Harbour Pay")


@pytest.fixture
def house(lilac: Caller) -> Caller:
    """A program of the lender."""
    return CallerFactory(client__name="House", scopes=HOUSE)


@pytest.fixture
def application(lilac: Caller) -> dict[str, Any]:
    return applied(lilac, ProductVersionFactory().product)


def asked(application: dict[str, Any]) -> Task:
    """Somebody asks the partner for evidence, urgently, and notes why."""
    about = Application.objects.get(public_id=application["id"])
    task, _new = raise_task(
        EVIDENCE_WANTED.code,
        about,
        facts={"what": "income of May"},
        priority=90,
        priority_reason=PRIVATE,
        now=business_date.now(),
    )
    by, to = UserFactory(roles=["underwriter"], username="wei"), UserFactory(roles=["underwriter"])
    working.hand_over(
        task_id=task.pk,
        to=to,
        by=working.take(task_id=task.pk, by=by, now=business_date.now()).owner or by,
        note=PRIVATE,
        now=business_date.now(),
    )
    return task


# Of partners -----------------------------------------------------------------------------------------------------------


def test_a_partner_sees_what_is_asked_and_nothing_of_the_house(lilac: Caller, application: dict[str, Any]) -> None:
    task = asked(application)
    (row,) = lilac.ask("/tasks").json()["data"]
    assert row == lilac.ask(f"/tasks/{task.public_id}").json()
    assert set(row) == {
        "object", "id", "number", "kind", "about", "asked", "steps", "due_at", "state", "raised_at", "livemode"
    }  # fmt: skip
    assert (row["number"], row["about"], row["state"]) == (task.number, application["id"], "open")
    assert row["asked"] == "Further evidence is needed for this application: income of May."
    assert row["steps"] == ["Bring the evidence", "Say what it shows, or why there is none"]
    assert PRIVATE not in str(row) and "wei" not in str(row)


def test_kinds_that_are_not_for_partners_are_not_there(lilac: Caller, application: dict[str, Any]) -> None:
    about = Application.objects.get(public_id=application["id"])
    hidden, _new = raise_task("application.human_review", about, now=business_date.now())
    assert lilac.ask("/tasks").json()["data"] == []
    assert_problem(lilac.ask(f"/tasks/{hidden.public_id}"), 404, "not_found")


def test_another_partner_finds_nothing(harbour: Caller, application: dict[str, Any], lilac: Caller) -> None:
    task = asked(application)
    assert harbour.ask("/tasks").json()["data"] == []
    assert_problem(harbour.ask(f"/tasks/{task.public_id}"), 404, "not_found")
    assert_problem(harbour.send(f"/tasks/{task.public_id}/answer", {"note": "x"}), 404, "not_found")
    refused = assert_problem(harbour.send("/tasks", {**REQUEST, "about": application["id"]}), 422, "reference_unknown")
    assert refused["errors"][0]["pointer"] == "/about"


def test_answered_with_evidence_until_the_team_has_looked(lilac: Caller, application: dict[str, Any]) -> None:
    task, paper = asked(application), brought_evidence(lilac, application["id"]).json()["id"]
    body = {"note": "The payslip of May.", "evidence": [paper]}
    first = lilac.send(f"/tasks/{task.public_id}/answer", body, key="once")
    assert first.status_code == 200 and first.json()["state"] == "answered", first.content
    again = lilac.send(f"/tasks/{task.public_id}/answer", body, key="once")
    assert again.content == first.content and again["Idempotent-Replayed"] == "true"
    event = TaskEvent.objects.get(what=What.ANSWERED)
    assert (event.note, event.by.api_client.name) == ("The payslip of May.", "Lilac Phones")
    assert EvidenceLink.objects.get().object_id == str(task.pk)
    task.refresh_from_db()
    assert task.status == TaskStatus.OPEN
    working.finish(
        task_id=task.pk, outcome="received", note="It fits", by=task.owner or UserFactory(), now=business_date.now()
    )
    assert lilac.ask(f"/tasks/{task.public_id}").json()["state"] == "ended"
    assert_problem(lilac.send(f"/tasks/{task.public_id}/answer", body), 409, "task_ended")
    assert [len(lilac.ask(f"/tasks?status={word}").json()["data"]) for word in ("open", "ended")] == [0, 1]


def test_an_answer_that_cannot_be_taken_is_refused_by_name(
    lilac: Caller, harbour: Caller, application: dict[str, Any]
) -> None:
    task = asked(application)
    theirs = kept(Application.objects.get(public_id=application["id"]))
    address = f"/tasks/{task.public_id}/answer"
    unknown = assert_problem(
        lilac.send(address, {"note": "x", "evidence": [theirs.public_id]}), 422, "evidence_unknown"
    )
    assert unknown["errors"][0]["pointer"] == "/evidence/0"
    extra = assert_problem(lilac.send(address, {"note": "x", "owner": "me"}), 422, "validation_failed")
    assert extra["errors"][0]["pointer"] == "/owner"
    assert_problem(lilac.send(address, {"note": " "}), 422, "validation_failed")
    assert_problem(lilac.send(address, {"note": "x"}, key=""), 400, "idempotency_key_missing")
    assert not TaskEvent.objects.filter(what=What.ANSWERED).exists() and not EvidenceLink.objects.exists()


def test_a_complaint_is_one_task_however_often_it_is_sent(lilac: Caller) -> None:
    loan = lent(lilac, ProductVersionFactory().product)
    body = {**COMPLAINT, "about": loan["id"]}
    first = lilac.send("/tasks", body, key="complaint-1")
    assert first.status_code == 201, first.content
    assert first["Location"].endswith(f"/tasks/{first.json()['id']}")
    again = lilac.send("/tasks", body, key="complaint-1")
    assert again.content == first.content and Task.objects.count() == 1
    assert lilac.send("/tasks", body, key="complaint-2").json()["id"] != first.json()["id"]
    task = Task.objects.get(public_id=first.json()["id"])
    assert (task.team, task.object_id) == ("compliance", str(Loan.objects.get(public_id=loan["id"]).pk))
    event = task.events.get()
    assert event.note == "The borrower paid twice, call 138****1234." and event.sealed_note == COMPLAINT["words"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT json_agg(t) FROM casework_task t)::text,"
                       " (SELECT json_agg(e) FROM casework_taskevent e)::text")  # fmt: skip
        assert "13812341234" not in str(cursor.fetchone())
    assert_problem(lilac.send(f"/tasks/{task.public_id}/answer", {"note": "And?"}), 403, "task_not_answered")


def test_what_a_partner_may_not_raise(lilac: Caller, application: dict[str, Any]) -> None:
    about = {"about": application["id"]}
    for kind, status, code in (
        ("application.human_review", 403, "task_kind_not_raised"),
        ("loan.partner_request", 422, "task_subject_wrong"),
        ("nothing.such", 422, "task_kind_unknown"),
    ):
        assert_problem(lilac.send("/tasks", {"kind": kind, "words": "x", **about}), status, code)
    extra = assert_problem(lilac.send("/tasks", {**REQUEST, **about, "priority": 100}), 422, "validation_failed")
    assert extra["errors"][0]["pointer"] == "/priority"
    assert not Task.objects.exists()


def test_of_a_shared_borrower_each_partner_sees_its_own_requests_by_its_own_handle(lilac: Caller) -> None:
    loan = lent(lilac, ProductVersionFactory().product)
    handle = loan["borrower"] if isinstance(loan["borrower"], str) else loan["borrower"]["id"]
    body = {"kind": "borrower.partner_request", "about": handle, "words": "Call her."}
    made = lilac.send("/tasks", body)
    assert made.status_code == 201 and made.json()["about"] == handle, made.content
    reader = CallerFactory(client__name="River Bureau", scopes=["tasks:read", "portfolio:read"])
    assert len(reader.ask("/tasks").json()["data"]) == 1
    other = CallerFactory(client__name="Harbour Pay")
    assert other.ask("/tasks").json()["data"] == []


def test_who_is_told_of_a_person_no_more_sees_no_task_about_them(lilac: Caller, application: dict[str, Any]) -> None:
    task = asked(application)
    assert len(lilac.ask("/tasks").json()["data"]) == 1
    consent = Consent.objects.get(purpose="third_party")
    withdraw_consent(consent_id=consent.pk, at=consent.given_at + timedelta(days=1))
    assert lilac.ask("/tasks").json()["data"] == []
    assert_problem(lilac.ask(f"/tasks/{task.public_id}"), 404, "not_found")


def test_a_paper_that_is_valid_no_longer_is_asked_for_until_a_newer_one_comes(lilac: Caller) -> None:
    loan = lent(lilac, ProductVersionFactory().product)
    about = Loan.objects.get(public_id=loan["id"])
    client = ApiKey.objects.get(client__name="Lilac Phones").client
    paper = kept(about, client=client, by=client.acts_as, expires_on=TODAY)
    kept(about, expires_on=TODAY + timedelta(days=9))
    assert "evidence.expired" not in look(noon(TODAY))
    tomorrow = noon(TODAY + timedelta(days=1))
    assert look(tomorrow)["evidence.expired"] == (1, 0)
    (row,) = lilac.ask("/tasks").json()["data"]
    assert (row["kind"], row["about"]) == ("evidence.expired", paper.public_id)
    kept(about, client=client, by=client.acts_as, replaces=paper)
    assert look(tomorrow)["evidence.expired"] == (0, 1)
    assert lilac.ask("/tasks").json()["data"][0]["state"] == "ended"


# Of programs of the house ------------------------------------------------------------------------------------------------


def wanted(application: dict[str, Any], **given: Any) -> dict[str, Any]:
    facts = {"what": "income of May"}
    return {"kind": "application.evidence_wanted", "subject": application["id"], "facts": facts, **given}


def test_raised_twice_it_is_one_task_and_rises(house: Caller, application: dict[str, Any]) -> None:
    first = house.send("/house_tasks", wanted(application, cause="income"))
    assert first.status_code == 201, first.content
    again = house.send("/house_tasks", wanted(application, cause="income", priority=90, priority_reason="today"))
    assert again.json()["id"] == first.json()["id"] and (again.json()["priority"], Task.objects.count()) == (90, 1)
    assert house.send("/house_tasks", wanted(application, cause="debts")).json()["id"] != first.json()["id"]
    by_number = wanted(application, subject=Application.objects.get().number, cause="income")
    assert house.send("/house_tasks", by_number).json()["id"] == first.json()["id"]


def test_of_two_that_take_it_one_gets_it(house: Caller, application: dict[str, Any]) -> None:
    other = CallerFactory(client__name="Second program", scopes=HOUSE)
    task = house.send("/house_tasks", wanted(application)).json()["id"]
    assert house.send(f"/house_tasks/{task}/take").json()["owner"] == Task.objects.get().owner.username
    assert house.send(f"/house_tasks/{task}/take").status_code == 200
    assert_problem(other.send(f"/house_tasks/{task}/take"), 409, "task_taken")
    finish = {"outcome": "received", "note": "By post."}
    assert_problem(other.send(f"/house_tasks/{task}/finish", finish), 403, "task_of_another")
    assert house.send(f"/house_tasks/{task}/give_back").json()["owner"] is None
    assert other.send(f"/house_tasks/{task}/take").status_code == 200
    assert_problem(other.send(f"/house_tasks/{task}/finish", {**finish, "outcome": "x"}), 422, "task_outcome_unknown")
    ended = other.send(f"/house_tasks/{task}/finish", finish, key="end")
    assert (ended.json()["status"], ended.json()["outcome"]) == ("done", "received")
    assert other.send(f"/house_tasks/{task}/finish", finish, key="end").content == ended.content
    assert_problem(other.send(f"/house_tasks/{task}/drop", {"reason": "x"}), 409, "task_ended")


@pytest.mark.django_db(transaction=True)
def test_two_that_take_it_at_once(lilac: Caller) -> None:
    application = applied(lilac, ProductVersionFactory().product)
    programs = [CallerFactory(client__name=name, scopes=HOUSE) for name in ("One", "Two", "Three")]
    task = programs[0].send("/house_tasks", wanted(application)).json()["id"]
    gate, found = threading.Barrier(3), list[int]()

    def take(program: Caller) -> None:
        gate.wait()
        found.append(program.send(f"/house_tasks/{task}/take").status_code)
        connections.close_all()

    threads = [threading.Thread(target=take, args=(program,)) for program in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [200, 409, 409] and TaskEvent.objects.filter(what=What.TAKEN).count() == 1


def test_what_is_for_people_is_not_for_programs(house: Caller, application: dict[str, Any]) -> None:
    about = Application.objects.get()
    task, _new = raise_task("application.human_review", about, now=business_date.now())
    assert house.ask("/house_tasks").json()["data"] == []
    for act in ("take", "drop"):
        assert_problem(house.send(f"/house_tasks/{task.public_id}/{act}", {"reason": "x"}
                                  if act == "drop" else None), 404, "not_found")  # fmt: skip
    refused = house.send("/house_tasks", {"kind": "application.human_review", "subject": about.public_id})
    assert_problem(refused, 403, "task_kind_for_people")
    with pytest.raises(working.TaskNotFound):
        working.take(
            task_id=task.pk, by=ApiKey.objects.get(client__name="House").client.acts_as, now=business_date.now()
        )


def test_a_key_of_a_partner_is_no_program_of_the_house(lilac: Caller, application: dict[str, Any]) -> None:
    task = asked(application)
    Task.objects.filter(pk=task.pk).update(owner=None)
    assert_problem(lilac.send(f"/house_tasks/{task.public_id}/take"), 404, "not_found")
    assert_problem(lilac.send("/house_tasks", wanted(application)), 422, "reference_unknown")
    with pytest.raises(working.TaskNotFound):
        working.take(
            task_id=task.pk, by=ApiKey.objects.get(client__name="Lilac Phones").client.acts_as, now=business_date.now()
        )
    asleep = CallerFactory(client__name="Asleep", scopes=HOUSE, read_only=True)
    assert_problem(asleep.send("/house_tasks", wanted(application)), 403, "missing_scope")


def test_what_a_program_tells_wrongly_is_refused_by_name(house: Caller, application: dict[str, Any]) -> None:
    for changes, pointer in (
        ({"facts": {"who": "Lin"}}, "/facts/who"),
        ({"team": "checker"}, "/team"),
        ({"priority": 101}, "/priority"),
        ({"subject": "app_none"}, "/subject"),
        ({"kind": "nothing.such"}, "/kind"),
    ):
        answer = house.send("/house_tasks", wanted(application, **changes))
        assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer, answer.content
    made = house.send("/house_tasks", wanted(application, facts={"what": "call 13812341234"})).json()
    assert "13812341234" not in made["told"] and Task.objects.count() == 1


@pytest.mark.parametrize("how", ["revoked", "expired", "suspended", "read only", "fewer scopes"])
def test_what_a_program_has_goes_back_once_it_may_do_none(house: Caller, application: dict[str, Any], how: str) -> None:
    task = house.send("/house_tasks", wanted(application)).json()["id"]
    house.send(f"/house_tasks/{task}/take")
    look_for_tasks()
    assert Task.objects.get().owner is not None
    key = ApiKey.objects.filter(client__name="House")
    match how:
        case "revoked":
            revoke_key(key_id=key.get().pk, at=timezone.now())
        case "expired":
            key.update(expires_at=timezone.now())
        case "suspended":
            ApiClient.objects.filter(name="House").update(status="suspended")
        case "read only":
            key.update(read_only=True)
        case _:
            key.update(scopes=["tasks:write"])
    look_for_tasks()
    assert Task.objects.get().owner is None
    assert TaskEvent.objects.latest("id").what == What.RETURNED
    assert working.take(task_id=Task.objects.get().pk, by=UserFactory(roles=["underwriter"]), now=clock.now()).owner


def test_another_key_of_the_program_keeps_its_tasks(house: Caller, application: dict[str, Any]) -> None:
    task = house.send("/house_tasks", wanted(application)).json()["id"]
    house.send(f"/house_tasks/{task}/take")
    CallerFactory(client__name="House", scopes=HOUSE)
    revoke_key(key_id=ApiKey.objects.filter(client__name="House").earliest("id").pk, at=timezone.now())
    look_for_tasks()
    assert Task.objects.get().owner is not None


def test_a_cause_holds_no_number_of_a_person(house: Caller, application: dict[str, Any]) -> None:
    made = [house.send("/house_tasks", wanted(application, cause="Call 138 0013 8000")).json() for _time in range(2)]
    assert made[0]["id"] == made[1]["id"] and made[0]["cause"] == "call 138****8000"


def test_the_list_of_tasks_costs_as_much_for_many_as_for_one(
    lilac: Caller, application: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    for n in range(6):
        raise_task(EVIDENCE_WANTED.code, Application.objects.get(), cause=str(n), now=business_date.now())
    with django_assert_max_num_queries(12):
        assert len(lilac.ask("/tasks?limit=5").json()["data"]) == 5
