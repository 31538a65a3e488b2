"""Emergencies without a review, much personal data seen, evidence that does not let itself be wiped: somebody's task."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit import breaking_glass
from audit.models import AuditEvent
from audit.reveals import RevealQuotaReached, Why
from borrowers.privacy import reveal
from casework import clock, keeping, opening, retention, working
from casework.models import Task
from casework.people import NewOwnerUnfit
from core import business_date
from staff.models import User
from tests.audit.test_broken_glass_ties import made_under_glass
from tests.audit.test_reveals import allow
from tests.borrowers.factories import BorrowerFactory, LinFactory
from tests.casework.looking import look
from tests.casework.papers import kept
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
Make = Callable[..., User]


def noon(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on, time(12)))


def test_an_emergency_without_a_review_past_its_day_until_it_is_reviewed(staff_member: Make) -> None:
    on = business_date.current()
    _account, broken = made_under_glass(staff_member("administrator"), staff_member("checker"), "officer")
    assert look(noon(on)) == {}
    assert look(noon(on + timedelta(days=1)))["glass.unreviewed"] == (1, 0)
    assert Task.objects.get().team == "compliance"
    assert look(noon(on)) == {} and Task.objects.get().is_open  # a longer time by rule is no review
    breaking_glass.review(broken_id=broken.pk, by=UserFactory(roles=["compliance"]), on=on, objects=True, note="No")
    assert look(noon(on + timedelta(days=1)))["glass.unreviewed"] == (0, 1)


def test_who_goes_on_beyond_the_quota_is_one_task_a_day_that_only_a_person_ends(staff_member: Make) -> None:
    allow(per_hour=2, alarm_above_hour=1)
    officer, borrower = staff_member("officer"), LinFactory()
    asked = {"borrower_id": borrower.pk, "field": "phone", "why": Why.CALL, "revealed_by": officer}
    reveal(**asked)
    assert look() == {}
    reveal(**asked)
    assert look()["reveals.unusual"] == (1, 0)
    for _time in range(3):
        with pytest.raises(RevealQuotaReached):
            reveal(**asked)
    assert AuditEvent.objects.filter(action="reveal_refused", actor=officer).count() == 1
    assert look() == {}
    lawyer = UserFactory(roles=["compliance"])
    working.finish(
        task_id=Task.objects.get().pk, outcome="work", note="A day of calls", by=lawyer, now=business_date.now()
    )
    assert look() == {} and Task.objects.count() == 1


def test_who_saw_too_much_does_not_look_into_it_themselves(client: Client) -> None:
    allow(per_hour=1)
    lawyer, other, evidence = (
        UserFactory(roles=["compliance"]),
        UserFactory(roles=["compliance"]),
        kept(BorrowerFactory()),
    )
    opening.open_evidence(evidence, why=Why.LEGAL, note="", by=lawyer)
    with pytest.raises(RevealQuotaReached):
        opening.open_evidence(evidence, why=Why.LEGAL, note="", by=lawyer)
    look()
    task = Task.objects.get(kind="reveals.unusual")
    for act in (
        lambda: working.take(task_id=task.pk, by=lawyer, now=clock.now()),
        lambda: working.finish(task_id=task.pk, outcome="work", note="Mine", by=lawyer, now=clock.now()),
        lambda: working.drop(task_id=task.pk, reason="Mine", by=lawyer, now=clock.now()),
        lambda: working.hand_over(task_id=task.pk, to=other, by=lawyer, note="Yours", now=clock.now()),
    ):
        with pytest.raises(working.TaskAboutOneself):
            act()
    client.force_login(lawyer)
    page = client.get(task.get_absolute_url()).content.decode()
    assert 'name="finish-outcome"' not in page and f"{task.get_absolute_url()}take" not in page
    assert client.post(f"{task.get_absolute_url()}take", follow=True).status_code == 200
    assert working.take(task_id=task.pk, by=other, now=clock.now()).owner == other
    with pytest.raises(NewOwnerUnfit):
        working.hand_over(task_id=task.pk, to=lawyer, by=other, note="Yours", now=clock.now())


def test_what_is_refused_at_the_door_of_evidence_is_on_record_too(staff_member: Make) -> None:
    allow(per_hour=1)
    officer, evidence = staff_member("officer"), kept(BorrowerFactory())
    opening.open_evidence(evidence, why=Why.LEGAL, note="", by=officer)
    with pytest.raises(RevealQuotaReached):
        opening.open_evidence(evidence, why=Why.LEGAL, note="", by=officer)
    assert AuditEvent.objects.filter(action="reveal_refused", actor=officer).count() == 1


def test_evidence_that_cannot_be_wiped_until_a_later_night_wipes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, other = (kept(BorrowerFactory(), on=date(2026, 6, 1), kind="other") for _n in range(2))
    key, drop = stuck.storage_key, keeping.drop

    def refuses(wanted: str) -> None:
        if wanted == key:
            raise PermissionError("the bucket is locked")
        drop(wanted)

    monkeypatch.setattr(keeping, "drop", refuses)
    for _night in range(2):
        retention.wipe_what_is_due(date(2031, 6, 1), now=clock.now())
    other.refresh_from_db()
    task = Task.objects.get(kind="evidence.not_wiped")
    assert other.wiped_on and task.object_id == str(stuck.pk) and task.facts["error"] == "PermissionError"
    monkeypatch.setattr(keeping, "drop", drop)
    assert retention.wipe_what_is_due(date(2031, 6, 2), now=clock.now()) == 1
    task.refresh_from_db()
    assert (task.outcome, task.closing_note) == ("wiped", "2031-06-02")
