"""Notes: written once, corrected by a further one, sealed where they hold numbers, and a task for whom they mention."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client

from audit.models import AuditEvent
from borrowers.models import Borrower
from casework import clock, notes, working
from casework.models import Note, Task, TaskStatus
from core import business_date
from core.strict import TextNotPlain
from staff.models import User
from tests.borrowers.factories import BorrowerFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
WITH_NUMBERS = "Call 13812341234, ID 11010519491231002X"


@pytest.fixture
def lead() -> User:
    return UserFactory(roles=["team_lead"], username="lead.wang", display_name="Wang Fang")


@pytest.fixture
def borrower(lead: User) -> Borrower:
    return BorrowerFactory(registered_by=lead)


def page_of(borrower: Borrower) -> str:
    return f"/app/papers/borrower/{borrower.number}/"


def signed(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_the_story_of_a_note(borrower: Borrower, lead: User) -> None:
    client = signed(lead)
    assert client.post(f"{page_of(borrower)}note", {"note-text": " "}).status_code == 422
    client.post(f"{page_of(borrower)}note", {"note-text": "First <b>line</b>\r\nSecond line"})
    first = Note.objects.get()
    page = client.get(page_of(borrower)).content.decode()
    assert "First &lt;b&gt;line&lt;/b&gt;<br>Second line" in page and "Wang Fang" in page
    client.post(f"{page_of(borrower)}note", {"note-text": "It was the third line", "note-corrects": first.public_id})
    page = client.get(page_of(borrower)).content.decode()
    assert page.index("It was the third line") < page.index("Second line") and "corrected later" in page
    again = client.post(f"{page_of(borrower)}note", {"note-text": "No, fourth", "note-corrects": first.public_id})
    assert again.status_code == 409 and "corrected already" in again.content.decode()
    assert client.get(f"/app/notes/{first.public_id}/")["Location"].endswith(f"#{first.public_id}")


@pytest.mark.parametrize("statement", ["UPDATE casework_note SET text = 'x'", "DELETE FROM casework_note"])
def test_a_note_stays_as_it_was_written(borrower: Borrower, lead: User, statement: str) -> None:
    notes.write(borrower, "Words", by=lead, now=business_date.now())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_no_personal_number_stands_in_clear(borrower: Borrower, lead: User) -> None:
    note = notes.write(borrower, WITH_NUMBERS, by=lead, now=business_date.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(n)::text FROM casework_note n")
        (row,) = cursor.fetchone()
    assert "13812341234" not in row and "11010519491231002X" not in row and "138****1234" in note.text
    assert note.text[:20] not in row  # a note tells of a person also where it holds no number
    client = signed(lead)
    page = client.get(page_of(borrower)).content.decode()
    assert "138****1234" in page and "13812341234" not in page
    address = f"/app/notes/{note.public_id}/reveal"
    assert client.post(address, {"reason": ""}).status_code == 422
    assert not AuditEvent.objects.filter(action="revealed").exists()
    shown = client.post(address, {"reason": "call"})
    assert WITH_NUMBERS in shown.content.decode() and "no-store" in shown["Cache-Control"]
    event = AuditEvent.objects.get(action="revealed")
    assert (event.actor, event.object_type, event.reason) == (lead, "casework.note", "call")
    assert signed(UserFactory(roles=["risk_analyst"])).post(address, {"reason": "call"}).status_code == 403


def test_a_mention_is_a_task_until_it_is_read(borrower: Borrower, lead: User) -> None:
    other = UserFactory(roles=["compliance"], username="chen")
    note = notes.write(
        borrower, "Please look, @lead.wang. Also @chen; mail a@chen.example stays.", by=other, now=business_date.now()
    )
    tasks = Task.objects.filter(kind="note.mention")
    assert {(task.owner, task.cause, task.is_open) for task in tasks} == {
        (lead, str(lead.pk), True),
        (other, str(other.pk), True),
    }
    client = signed(lead)
    assert "Read a note that mentions you" in client.get("/app/tasks/").content.decode()
    assert "I have read it" in client.get(page_of(borrower)).content.decode()
    client.post(f"/app/notes/{note.public_id}/read")
    assert "I have read it" not in client.get(page_of(borrower)).content.decode()
    mine = Task.objects.get(owner=lead)
    assert (mine.status, mine.outcome, mine.closed_how) == (TaskStatus.DONE, "read", "fact")
    assert Task.objects.get(owner=other).is_open


def test_a_mention_ends_by_whoever_has_it_by_whatever_name(borrower: Borrower, lead: User) -> None:
    chen, other = (UserFactory(roles=["compliance"], username=name) for name in ("chen", "wu"))
    note = notes.write(borrower, "Please look, @chen", by=lead, now=clock.now())
    working.hand_over(task_id=Task.objects.get().pk, to=other, by=chen, note="Yours", now=clock.now())
    assert (
        notes.mark_read(note, by=chen, now=clock.now()) == 0 and notes.mark_read(note, by=other, now=clock.now()) == 1
    )
    again = notes.write(borrower, "And this, @chen", by=lead, now=clock.now())
    User.objects.filter(pk=chen.pk).update(username="chen.wei")
    assert notes.mark_read(again, by=User.objects.get(pk=chen.pk), now=clock.now()) == 1


def test_reading_the_correction_is_reading_the_note(borrower: Borrower, lead: User) -> None:
    chen = UserFactory(roles=["compliance"], username="chen")
    first = notes.write(borrower, "@chen see", by=lead, now=clock.now())
    second = notes.write(borrower, "@chen see this", by=lead, corrects=first, now=clock.now())
    assert notes.mark_read(second, by=chen, now=clock.now()) == 2 and not Task.objects.open().exists()


def test_who_does_not_exist_or_does_not_see_is_not_mentioned(borrower: Borrower, lead: User) -> None:
    UserFactory(roles=["officer"], username="far.officer")
    UserFactory(roles=["team_lead"], username="gone", is_active=False)
    for name in ("nobody", "gone"):
        with pytest.raises(notes.MentionUnknown):
            notes.write(borrower, f"Look @{name}", by=lead, now=business_date.now())
    with pytest.raises(notes.MentionBlind):
        notes.write(borrower, "Look @far.officer", by=lead, now=business_date.now())
    with pytest.raises(TextNotPlain):
        notes.write(borrower, "a\u202eb", by=lead, now=business_date.now())
    with pytest.raises(notes.NoteTooLong):
        notes.write(borrower, "x" * 4001, by=lead, now=business_date.now())
    assert not Note.objects.exists() and not Task.objects.exists()


def test_what_one_does_not_see_is_not_there(borrower: Borrower, lead: User) -> None:
    note = notes.write(borrower, "Words", by=lead, now=business_date.now())
    stranger = signed(UserFactory(roles=["officer"]))
    assert stranger.get(page_of(borrower)).status_code == 404
    assert stranger.get(f"{page_of(borrower)}card").status_code == 404
    assert stranger.post(f"{page_of(borrower)}note", {"note-text": "x"}).status_code == 404
    for address in (f"/app/notes/{note.public_id}/", f"/app/notes/{note.public_id}/reveal"):
        assert stranger.get(address).status_code == 404
    assert stranger.post(f"/app/notes/{note.public_id}/read").status_code == 404
    assert Note.objects.count() == 1
