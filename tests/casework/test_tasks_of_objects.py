"""Each object shows its open tasks, and people raise one about what they see: once, in plain words, for who sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from casework import asking, working
from casework.kinds import kinds, kinds_people_raise
from casework.models import Task
from casework.raising import raise_task
from casework.subjects import SubjectNotFound, subjects
from core import business_date
from loans.models import IncomingPayment
from staff.models import User
from staff.reaches import REACHES, Reach
from tests.borrowers.factories import BorrowerFactory
from tests.casework.kinds import declared
from tests.debt_collections.factories import CaseFactory
from tests.loans.factories import ApplicationFactory, BankFileFactory, DisbursementFactory, LoanFactory
from tests.operations.factories import EndOfDayRunFactory, VerificationFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


def signed(*roles: str) -> tuple[Client, User]:
    client, user = Client(), UserFactory(roles=roles)
    client.force_login(user)
    return client, user


def incoming() -> IncomingPayment:
    BankFileFactory()
    return IncomingPayment.objects.get()


# Of each kind of object people raise tasks about: how one is made, and what its address calls it.
OBJECTS: dict[str, tuple[Callable[[], Any], str, str]] = {
    "borrowers.borrower": (BorrowerFactory, "borrower", "number"),
    "loans.loan": (lambda: LoanFactory(active=True), "loan", "number"),
    "loans.application": (ApplicationFactory, "application", "number"),
    "collections.case": (CaseFactory, "case", "public_id"),
    "loans.incomingpayment": (incoming, "incoming-payment", "pk"),
}


def test_every_kind_that_people_raise_is_walked_here_and_for_teams_that_see_all_of_its_objects() -> None:
    by_people = [kind for kind in kinds() if kind.people_raise]
    assert {kind.about for kind in by_people} == OBJECTS.keys() <= {subject.object_type for subject in subjects()}
    for kind in by_people:
        assert {REACHES[team] for team in (*kind.teams, kind.escalates_to)} == {Reach.EVERYTHING}, kind.code


@pytest.mark.parametrize("about", OBJECTS)
def test_raised_on_the_page_of_its_object_and_shown_there(about: str) -> None:
    make, word, named_by = OBJECTS[about]
    found = make()
    name, kind = getattr(found, named_by), kinds_people_raise(about)[0]
    client, _user = signed("operations", "team_lead")
    card, page = f"/app/papers/{word}/{name}/card", f"/app/tasks/about/{word}/{name}/"
    assert card in client.get(found.get_absolute_url()).content.decode()
    empty = client.get(card, headers={"HX-Request": "true"}).content.decode()
    assert "No task is open." in empty and f'href="{page}#ask"' in empty
    sent = {"kind": kind.code, "what": "Ring  the branch", "team": kind.teams[0], "urgent_because": "The court asks"}
    told = client.post(page, sent, follow=True).content.decode()
    task = Task.objects.get()
    assert f"{task.number} is raised: it waits for" in told and "Asked for: Ring the branch" in told
    assert (task.object_type, task.team, task.priority) == (about, kind.teams[0], asking.URGENT)
    shown = client.get(card, headers={"HX-Request": "true"}).content.decode()
    assert f'href="/app/tasks/{task.number}/"' in shown and "On track" in shown and "nobody has it" in shown
    assert found.get_absolute_url() in client.get(task.get_absolute_url()).content.decode()
    again = client.post(page, {**sent, "what": "ring the branch "}, follow=True).content.decode()
    assert f"it is task {task.number}" in again and Task.objects.count() == 1
    other = client.post(page, {**sent, "what": "Send the letter"}, follow=True)
    assert other.status_code == 200 and Task.objects.count() == 2


def test_the_owner_and_the_state_stand_on_the_card() -> None:
    loan, (client, user) = LoanFactory(active=True), signed("operations")
    task = asking.ask_for("loan.follow_up", loan, what="Look", team="operations", by=user, now=business_date.now())[0]
    working.take(task_id=task.pk, by=user, now=business_date.now())
    card = f"/app/papers/loan/{loan.number}/card"
    assert str(user) in client.get(card).content.decode()
    working.finish(task_id=task.pk, outcome="done", note="Looked", by=user, now=business_date.now())
    assert task.number not in client.get(card).content.decode()
    assert task.number in client.get(f"/app/tasks/about/loan/{loan.number}/").content.decode()


def test_what_belongs_to_an_object_is_shown_with_it() -> None:
    order = DisbursementFactory()
    task = raise_task(
        "payout.refused", order, facts={"amount": "1", "currency": "CNY", "code": "AC04"}, now=business_date.now()
    )[0]
    client, _user = signed("operations")
    loan = order.loan
    for word, name in (
        ("loan", loan.number),
        ("application", loan.application.number),
        ("borrower", loan.borrower.number),
    ):
        assert task.number in client.get(f"/app/papers/{word}/{name}/card").content.decode(), word
    other = LoanFactory(active=True)
    assert task.number not in client.get(f"/app/papers/loan/{other.number}/card").content.decode()


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("night.failed", lambda: EndOfDayRunFactory(failed=True)),
        ("books.differ", lambda: VerificationFactory(done=True, found=3)),
    ],
)
def test_nights_and_verifications_show_theirs(kind: str, make: Callable[[], Model]) -> None:
    found = make()
    task = raise_task(kind, found, now=business_date.now())[0]
    client, _user = signed("operations", "finance")
    assert task.number in client.get(found.get_absolute_url()).content.decode()  # type: ignore[attr-defined]


def test_tasks_of_other_teams_are_not_shown() -> None:
    loan, asker = LoanFactory(active=True), UserFactory(roles=["operations"])
    task = asking.ask_for("loan.follow_up", loan, what="Look", team="finance", by=asker, now=business_date.now())[0]
    underwriter, _user = signed("underwriter", "administrator")
    page = underwriter.get(f"/app/tasks/about/loan/{loan.number}/")
    assert page.status_code == 200 and task.number not in page.content.decode()
    assert task.number not in underwriter.get(f"/app/papers/loan/{loan.number}/card").content.decode()


def test_about_what_somebody_does_not_see_they_ask_for_nothing() -> None:
    loan = LoanFactory(active=True, borrower__registered_by=UserFactory(roles=["officer"]))
    client, stranger = signed("officer")
    sent = {"kind": "loan.follow_up", "what": "Look", "team": "operations", "urgent_because": ""}
    for answer in (client.get, lambda address: client.post(address, sent)):
        assert answer(f"/app/tasks/about/loan/{loan.number}/").status_code == 404
    with pytest.raises(SubjectNotFound):
        asking.ask_for("loan.follow_up", loan, what="Look", team="operations", by=stranger, now=business_date.now())
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"what": ""}, "what", "This field is required"),
        ({"what": "x" * 121}, "what", "at most 120"),
        ({"what": "Ring 13812341234"}, "what", "Leave identity, card and phone numbers out"),
        ({"urgent_because": "Card 4111 1111 1111 1111"}, "urgent_because", "Leave identity"),
        ({"team": "officer"}, "team", "Select a valid choice"),
        ({"kind": "payout.refused"}, "kind", "Select a valid choice"),
    ],
)
def test_refused_on_the_field_that_is_wrong(given: dict[str, str], field: str, words: str) -> None:
    loan, (client, _user) = LoanFactory(active=True), signed("operations")
    sent = {"kind": "loan.follow_up", "what": "Look", "team": "operations", "urgent_because": ""}
    answer = client.post(f"/app/tasks/about/loan/{loan.number}/", {**sent, **given})
    assert answer.status_code == 422 and words in str(answer.context["form"].errors[field])
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"kind": "payout.refused"}, asking.TaskNotByPeople),
        ({"team": "officer"}, asking.TaskTeamUnknown),
        ({"what": " "}, asking.TaskWordsMissing),
        ({"what": "x" * 121}, asking.TaskWordsMissing),
        ({"what": "Card 4111 1111 1111 1111"}, asking.TaskWordsPersonal),
    ],
)
def test_the_rule_behind_every_door(given: dict[str, str], refusal: type[Exception]) -> None:
    loan, user = LoanFactory(active=True), UserFactory(roles=["operations"])
    asked = {"kind": "loan.follow_up", "what": "Look", "team": "operations", **given}
    with pytest.raises(refusal):
        asking.ask_for(asked.pop("kind"), loan, by=user, now=business_date.now(), **asked)  # type: ignore[arg-type]


def test_where_people_raise_nothing_no_form_stands() -> None:
    client, user = signed("operations")
    with declared() as kind:
        task = raise_task(kind.code, BorrowerFactory(), facts={"since": "9"}, owner=user, now=business_date.now())[0]
        page = client.get(f"/app/tasks/about/task/{task.number}/").content.decode()
        assert "Raise it" not in page and "Nobody was asked for anything" in page
        assert client.post(f"/app/tasks/about/task/{task.number}/", {"what": "x"}).status_code == 404


def test_more_tasks_cost_no_more_statements() -> None:
    loan, (client, user) = LoanFactory(active=True), signed("operations")
    addresses = [f"/app/papers/loan/{loan.number}/card", f"/app/tasks/about/loan/{loan.number}/"]

    def asked(address: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(address, headers={"HX-Request": "true"}).status_code == 200
        return len(found)

    for address in addresses:
        asked(address)
    few = [asked(address) for address in addresses]
    for number in range(8):
        asking.ask_for(
            "loan.follow_up", loan, what=f"Step {number}", team="operations", by=user, now=business_date.now()
        )
    Task.objects.update(owner=user, raised_on=business_date.current())
    assert [asked(address) for address in addresses] == few
    assert max(few) <= 8
