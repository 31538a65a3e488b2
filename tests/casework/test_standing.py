"""Conditions that must not stand without somebody: raised for each object of which they are true, ended afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet, Value
from django.utils import timezone

from borrowers.models import Borrower
from casework import kinds, standing, tasks, working
from casework.models import ClosedBy, Task, TaskStatus
from casework.raising import raise_task
from casework.standing import declare_condition, settled_as, told_as
from core import business_date
from tests.borrowers.factories import BorrowerFactory
from tests.casework.kinds import CALL_BACK
from tests.casework.looking import look
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
MONDAY = timezone.make_aware(datetime(2026, 9, 14, 10))


@pytest.fixture
def condition() -> Iterator[str]:
    """That a borrower reads English."""

    def rows(_on: date) -> QuerySet[Any, Any]:
        found = Borrower.objects.filter(language="en")
        return told_as(found, label="number", cause=Value("100 %"), priority=CALL_BACK.priority)

    def settled(_on: date) -> QuerySet[Any, Any]:
        return settled_as(Borrower.objects.filter(language="zh-hans"), outcome="reached")

    before = dict(standing._conditions)
    standing._conditions.clear()
    declare_condition(CALL_BACK, rows, settled=settled)
    yield CALL_BACK.code
    del kinds._kinds[CALL_BACK.code]
    standing._conditions.clear()
    standing._conditions.update(before)


def test_raised_once_while_it_is_true_and_ended_when_it_is_not(condition: str) -> None:
    one, other = BorrowerFactory(language="en"), BorrowerFactory(language="en")
    BorrowerFactory(language="zh-hans")
    assert look(MONDAY) == {condition: (2, 0)}
    assert look(MONDAY) == {}
    Borrower.objects.filter(pk=one.pk).update(language="zh-hans")
    assert look(MONDAY) == {condition: (0, 1)}
    ended = Task.objects.get(object_id=str(one.pk))
    assert (ended.status, ended.closed_how, ended.outcome) == (TaskStatus.DONE, ClosedBy.FACT, "reached")
    assert Task.objects.open().get().object_label == other.number
    Borrower.objects.filter(pk=one.pk).update(language="en")
    assert look(MONDAY) == {condition: (1, 0)}
    assert Task.objects.filter(object_id=str(one.pk)).count() == 2


def test_what_is_neither_true_nor_settled_stays(condition: str) -> None:
    borrower = BorrowerFactory(language="en")
    look(MONDAY)
    Borrower.objects.filter(pk=borrower.pk).update(language="fr")
    assert look(MONDAY) == {} and Task.objects.get().is_open


def test_an_outcome_that_the_kind_has_not_ends_nothing(condition: str) -> None:
    def settled(_on: date) -> QuerySet[Any, Any]:
        return settled_as(Borrower.objects.all(), outcome="vanished")

    borrower = BorrowerFactory(language="en")
    look(MONDAY)
    Borrower.objects.filter(pk=borrower.pk).update(language="fr")
    declare_condition(CALL_BACK, standing._conditions[condition].stands, settled=settled)
    assert look(MONDAY) == {} and Task.objects.get().is_open


def test_the_cause_that_still_stands_does_not_end(condition: str) -> None:
    """A new attempt settles the task of the one before, and not its own."""
    borrower = BorrowerFactory(language="en")
    old, _new = raise_task(condition, borrower, cause="1", now=MONDAY)
    look(MONDAY)

    def settled(_on: date) -> QuerySet[Any, Any]:
        return settled_as(Borrower.objects.all(), outcome="reached", still=Value("100 %"))

    declare_condition(CALL_BACK, standing._conditions[condition].stands, settled=settled)
    assert look(MONDAY) == {condition: (0, 1)}
    old.refresh_from_db()
    assert not old.is_open and Task.objects.open().get().cause == "100 %"


def test_one_kind_that_fails_stops_no_other(condition: str) -> None:
    def broken(_on: date) -> QuerySet[Any, Any]:
        raise RuntimeError("broken query")

    other = replace(CALL_BACK, code="test.a_broken")
    working_one = standing._conditions.pop(condition)
    declare_condition(other, broken, settled=broken)
    standing._conditions[condition] = working_one  # the broken one is looked at first
    BorrowerFactory(language="en")
    try:
        with pytest.raises(RuntimeError, match="broken query"):
            look(MONDAY)
    finally:
        del kinds._kinds[other.code]
    assert Task.objects.get().kind == condition


def test_ending_it_while_its_reason_stands_buys_no_time(condition: str) -> None:
    borrower, officer = BorrowerFactory(language="en"), UserFactory(roles=["officer"])
    look(MONDAY)
    first, later = Task.objects.get(), MONDAY + timedelta(hours=7)
    working.drop(task_id=first.pk, reason="Later", by=officer, now=later)
    assert look(later) == {condition: (1, 0)}
    second = Task.objects.open().get()
    assert (second.soon_at, second.due_at, second.escalates_at) == (first.soon_at, first.due_at, first.escalates_at)
    assert second.ranked_at == first.ranked_at and second.raised_at == later
    # One that its fact ended is over: what comes after it has all its time.
    Borrower.objects.filter(pk=borrower.pk).update(language="zh-hans")
    look(later)
    Borrower.objects.filter(pk=borrower.pk).update(language="en")
    look(later)
    assert Task.objects.open().get().due_at > first.due_at


def test_the_business_date_says_which_conditions_hold_and_the_wall_when(
    condition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    days: list[date] = []

    def noted(on: date) -> QuerySet[Any, Any]:
        days.append(on)
        return told_as(Borrower.objects.all(), label="number")

    declare_condition(CALL_BACK, noted, settled=standing._conditions[condition].settled)
    BorrowerFactory(language="en")
    business_date.move_to(date(2026, 9, 11))
    monkeypatch.setattr(timezone, "localtime", lambda *_given, **_named: MONDAY)
    assert tasks.look() == 1
    assert days == [date(2026, 9, 11)] and Task.objects.get().raised_at == MONDAY
