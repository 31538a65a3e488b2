"""Conditions that must not stand without somebody: raised for each object of which they are true, ended afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from django.db.models import QuerySet, Value
from django.utils import timezone

from borrowers.models import Borrower
from casework import kinds, standing
from casework.models import ClosedBy, Task, TaskStatus
from casework.standing import declare_condition, look, told_as
from tests.borrowers.factories import BorrowerFactory
from tests.casework.kinds import CALL_BACK

pytestmark = pytest.mark.django_db
MONDAY = timezone.make_aware(datetime(2026, 9, 14, 10))


@pytest.fixture
def condition() -> Iterator[str]:
    """That a borrower reads English."""

    def rows(_on: date) -> QuerySet[Any, Any]:
        found = Borrower.objects.filter(language="en")
        return told_as(found, label="number", cause=Value("100 %"), priority=CALL_BACK.priority)

    before = dict(standing._conditions)
    standing._conditions.clear()
    declare_condition(CALL_BACK, rows, outcome="reached")
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


def test_an_outcome_that_the_kind_has_not_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="no outcome"):
        declare_condition(CALL_BACK, lambda _on: Borrower.objects.none(), outcome="vanished")
