"""What somebody finds who sees tasks, evidence and notes for the first time: where to go, what is what, what to do next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import translation

from borrowers.models import Borrower
from casework import holds, notes
from casework.kinds import TaskKind
from casework.models import Task
from casework.raising import raise_task
from core import business_date
from loans.models import Loan
from loans.task_kinds import EVIDENCE_WANTED
from staff.models import User
from tests.borrowers.factories import BorrowerFactory
from tests.casework.factories import AbsenceFactory
from tests.casework.papers import kept
from tests.loans.factories import LoanFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
INBOX = "/app/tasks/"


def signed(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def words(client: Client, address: str) -> str:
    """The page with every run of blanks as one."""
    return " ".join(client.get(address, follow=True).content.decode().split())


@pytest.fixture
def loan() -> Loan:
    return LoanFactory(active=True)


def asked(loan: Loan, **given: object) -> Task:
    return raise_task("loan.follow_up", loan, facts={"what": "Look"}, now=business_date.now(), **given)[0]


def test_a_task_says_what_it_is_about_and_leads_there(loan: Loan) -> None:
    task, client = asked(loan), signed(UserFactory(roles=["operations"]))
    page = words(client, task.get_absolute_url())
    assert f'<a class="btn" href="{loan.get_absolute_url()}"> Go to: Loan </a>' in page
    assert f'<dd>Loan <a href="{loan.get_absolute_url()}">{loan.number}</a></dd>' in page
    assert " nobody yet " in page and "40 of 100" in page


def test_one_way_to_end_is_chosen_already_and_several_are_not(kind: TaskKind, loan: Loan) -> None:
    person = UserFactory(roles=["officer", "collector"], username="reader")
    mention = raise_task(
        "note.mention", _noted(loan.borrower), facts={"who": "Li"}, owner=person, now=business_date.now()
    )[0]
    assert 'value="read"' in words(signed(person), mention.get_absolute_url())
    form = signed(person).get(mention.get_absolute_url()).context["finish"]
    assert form["outcome"].value() == "read"
    other = raise_task(kind.code, loan.borrower, facts={"since": "9"}, now=business_date.now())[0]
    assert signed(person).get(other.get_absolute_url()).context["finish"]["outcome"].value() is None


def _noted(borrower: Borrower) -> notes.Note:
    return notes.write(borrower, "Called", by=UserFactory(roles=["team_lead"]), now=business_date.now())


def test_an_inbox_empty_for_its_kind_says_so_and_leads_to_the_others(loan: Loan) -> None:
    asked(loan)
    page = words(signed(UserFactory(roles=["operations"])), f"{INBOX}?tab=team&kind=payout.refused")
    assert "No task of this kind here" in page and "You have no task" not in page
    assert 'href="?tab=team"' in page


def test_kinds_called_alike_are_told_apart() -> None:
    offered = dict(signed(UserFactory(roles=["operations"])).get(INBOX).context["kinds"])
    assert len(set(offered.values())) == len(offered)
    assert offered["loan.partner_request"] == "Request of a partner · Loan"
    assert offered["payout.refused"] == "Payout refused"


def test_what_one_did_stands_in_the_navigation_at_once(loan: Loan) -> None:
    task, client = asked(loan), signed(UserFactory(roles=["operations"]))
    assert client.get(INBOX).context["nav_counts"]["tasks"] == ""
    refused = client.post(f"{task.get_absolute_url()}finish", {"finish-outcome": ""})
    assert refused.status_code == 422
    client.post(f"{task.get_absolute_url()}take")
    assert client.get(INBOX).context["nav_counts"]["tasks"] == "1"


def test_my_day_tells_of_tasks_and_leads_to_those_that_are_late_first(loan: Loan) -> None:
    operations = UserFactory(roles=["operations"])
    page = words(signed(operations), "/app/")
    assert "My tasks" in page and "0 in my teams" in page and 'href="/app/tasks/?tab=team"' in page
    asked(loan, owner=operations)
    client = signed(UserFactory(roles=["operations"]))
    assert "1 in my teams" in words(client, "/app/")
    late = raise_task(
        "loan.follow_up", loan, cause="b", facts={"what": "b"}, now=business_date.now() - timedelta(days=30)
    )
    page = words(signed(UserFactory(roles=["operations"])), "/app/")
    assert late[1] and "1 late, mine or my teams'" in page.replace("&#x27;", "'")
    assert 'href="/app/tasks/?tab=late"' in page


@pytest.mark.parametrize("shape", [str, str.lower, lambda number: number.replace("-", " ")])
def test_a_task_is_found_by_its_number_by_who_sees_it(loan: Loan, shape: type[str]) -> None:
    task = asked(loan)
    found = signed(UserFactory(roles=["operations"])).get("/app/search", {"q": shape(task.number)})
    assert (found.status_code, found.url) == (302, task.get_absolute_url())
    assert signed(UserFactory(roles=["collector"])).get("/app/search", {"q": shape(task.number)}).status_code == 200


@pytest.mark.parametrize("text", ["@Wang 请看", "@fang please", "@lead.w", "@Wang Fang"])
def test_a_name_like_one_is_offered_as_it_is_mentioned(text: str) -> None:
    lead = UserFactory(roles=["team_lead"], username="lead.wang", display_name="Wang Fang")
    UserFactory(username="wang.gone", display_name="Wang Gone", is_active=False)
    borrower = BorrowerFactory(registered_by=lead)
    refused = signed(lead).post(f"/app/papers/borrower/{borrower.number}/note", {"note-text": text})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Did you mean @lead.wang (Wang Fang)?" in page and "wang.gone" not in page


@pytest.mark.parametrize("text", ["@lead.wang请看", "请 @lead.wang，今天办", "，@lead.wang。"])
def test_chinese_goes_on_after_a_name_without_a_blank(text: str) -> None:
    lead = UserFactory(roles=["team_lead"], username="lead.wang")
    notes.write(BorrowerFactory(), text, by=UserFactory(roles=["team_lead"]), now=business_date.now())
    assert Task.objects.get(kind="note.mention").owner == lead


def test_a_name_in_chinese_is_mentioned_whole() -> None:
    lead = UserFactory(roles=["team_lead"], username="li娜")
    UserFactory(roles=["team_lead"], username="li")
    notes.write(BorrowerFactory(), "@li娜 看", by=UserFactory(roles=["team_lead"]), now=business_date.now())
    assert Task.objects.get(kind="note.mention").owner == lead


def test_the_task_of_a_mention_is_about_what_the_note_is_about_and_reading_it_is_told() -> None:
    lead = UserFactory(roles=["team_lead"], username="lead.wang")
    borrower = BorrowerFactory()
    note = notes.write(borrower, "@lead.wang", by=UserFactory(roles=["team_lead"]), now=business_date.now())
    task, client = Task.objects.get(), signed(lead)
    assert task.object_label == borrower.number
    page = words(client, task.get_absolute_url())
    assert f'Note <a href="/app/notes/{note.public_id}/">{borrower.number}</a>' in page
    assert "Noted that you have read it." in words_after(client, f"/app/notes/{note.public_id}/read")
    assert "Noted that you have read it." not in words_after(client, f"/app/notes/{note.public_id}/read")


def words_after(client: Client, address: str) -> str:
    return " ".join(client.post(address, follow=True).content.decode().split())


def test_who_asked_to_lift_a_hold_is_told_and_who_may_agree_is_led_there() -> None:
    borrower, compliance = BorrowerFactory(), UserFactory(roles=["compliance"])
    evidence = kept(borrower)
    on = business_date.current()
    holds.put_under_hold(evidence_id=evidence.pk, reason="A court asks", by=compliance, on=on)
    holds.ask_to_lift(evidence_id=evidence.pk, reason="It is over", by=compliance, on=on)
    checker = signed(UserFactory(roles=["checker"]))
    page = words(checker, evidence.get_absolute_url())
    assert "Waits for a second person: Lifting a legal hold" in page and "/app/approvals/#approval-" in page
    with translation.override("zh-hans"):
        assert "设立人" in checker.get("/app/approvals/", headers={"Accept-Language": "zh-hans"}).content.decode()


def test_nobody_is_offered_to_cover_for_themselves_and_everybody_sees_their_own_absence() -> None:
    absence = AbsenceFactory(first_day=business_date.current() + timedelta(days=1))
    page = signed(absence.person).get(f"{INBOX}absences/")
    offered = set(page.context["form"].fields["cover"].queryset)
    assert absence.person not in offered and absence.cover in offered
    assert list(page.context["page"].items) == [absence]


def test_the_admin_calls_kinds_and_teams_by_their_words(loan: Loan) -> None:
    asked(loan)
    page = signed(UserFactory(is_superuser=True, is_staff=True)).get("/admin/casework/task/").content.decode()
    assert "Follow up a loan" in page and "Operations" in page and "loan.follow_up" not in page


def test_evidence_that_came_is_no_money_in_chinese() -> None:
    with translation.override("zh-hans"):
        assert str(EVIDENCE_WANTED.outcomes[0].label) == "已收到"
