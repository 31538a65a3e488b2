"""Factories of tasks and absences.

`TaskFactory()` asks for a decision without software; `TaskFactory(owner=li)` is with somebody.
"""

from datetime import date, timedelta
from typing import Any

import factory
from django.db.models import Model
from factory.django import DjangoModelFactory

from casework import absences
from casework.models import Absence, Task
from casework.raising import raise_task
from core import business_date
from loans.task_kinds import HUMAN_REVIEW
from staff.models import User
from tests.loans.factories import ON, ApplicationFactory
from tests.staff.factories import UserFactory


class TaskFactory(DjangoModelFactory[Task]):
    """An open task about a new application."""

    class Meta:
        model = Task

    about = factory.SubFactory(ApplicationFactory, wants_person=True)
    facts = factory.LazyFunction(lambda: {"asked_on": ON.isoformat()})

    @classmethod
    def _create(cls, model_class: type[Task], *args: Any, about: Model, **given: Any) -> Task:
        return raise_task(HUMAN_REVIEW.code, about, **{"now": business_date.now(), **given})[0]


class AbsenceFactory(DjangoModelFactory[Absence]):
    """An officer is away for three days, and another one covers."""

    class Meta:
        model = Absence

    person = factory.SubFactory(UserFactory, roles=["officer"])
    cover = factory.SubFactory(UserFactory, roles=["officer"])
    first_day = ON
    last_day = factory.LazyAttribute(lambda absence: absence.first_day + timedelta(days=2))

    @classmethod
    def _create(cls, model_class: type[Absence], *args: Any, person: User, first_day: date, **given: Any) -> Absence:
        return absences.plan(person=person, first_day=first_day, by=person, on=first_day, **given)
