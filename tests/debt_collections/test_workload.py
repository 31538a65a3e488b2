"""Who works on what: the next best case belongs to one collector, and many cases change hands in one statement."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from debt_collections import cases, workload
from debt_collections.models import Case, CaseEvent
from tests.debt_collections.factories import LATE, CaseFactory, at

NOON = at("12:00")


@pytest.fixture
def wang(staff_member):
    return staff_member("collector", username="wang")


@pytest.fixture
def zhao(staff_member):
    return staff_member("collector", username="zhao")


def take(collector: Any, **more: Any) -> Case | None:
    return cases.claim_next(collector=collector, now=more.pop("now", NOON), on=LATE, **more)


@pytest.mark.django_db
def test_the_most_urgent_case_comes_first_and_belongs_to_whoever_took_it(wang) -> None:
    CaseFactory(loan__principal=Decimal("3000.00"))
    urgent = CaseFactory(loan__principal=Decimal("90000.00"))

    case = take(wang)

    assert case == urgent
    case.refresh_from_db()
    assert (case.claimed_by, case.claimed_until) == (wang, at("12:20"))


@pytest.mark.django_db
def test_a_claimed_case_is_not_given_to_another_until_the_claim_runs_out(wang, zhao) -> None:
    case = CaseFactory()
    take(wang)

    assert take(zhao) is None
    assert take(zhao, now=at("12:20")) == case


@pytest.mark.django_db
def test_taking_the_next_gives_back_the_one_before(wang, zhao) -> None:
    first, second = CaseFactory(loan__principal=Decimal("90000.00")), CaseFactory()
    take(wang)

    assert take(wang, leaving=first.pk) == second
    assert take(zhao) == first


@pytest.mark.django_db
def test_who_passes_cases_over_sees_each_in_its_turn_and_begins_again(wang, zhao) -> None:
    sums = ("36000.00", "24000.00", "12000.00", "6000.00")
    first, second, theirs, last = (CaseFactory(loan__principal=Decimal(principal)) for principal in sums)
    cases.assign(case_ids=[second.pk], assigned_to=wang, on=LATE, by=zhao)
    cases.assign(case_ids=[theirs.pk], assigned_to=zhao, on=LATE, by=zhao)
    shown = take(wang)

    turns = [shown := take(wang, passing=shown) for _turn in range(4)]

    assert turns == [second, last, first, second]
    assert take(zhao) == first, "what wang passed over is free"


@pytest.mark.django_db
def test_who_passes_the_only_case_over_is_told_that_nothing_else_waits(wang) -> None:
    only = take(wang) or CaseFactory()

    assert take(wang, passing=only) is None


@pytest.mark.django_db
def test_cases_that_rest_are_put_off_or_belong_to_another_are_not_handed_out(wang, zhao) -> None:
    resting, put_off, others = CaseFactory(), CaseFactory(), CaseFactory()
    cases.hold(case_id=resting.pk, reason="abroad", until=LATE, on=LATE, by=wang)
    cases.snooze(case_id=put_off.pk, until=LATE + timedelta(days=1), on=LATE, by=wang)
    cases.assign(case_ids=[others.pk], assigned_to=zhao, on=LATE, by=wang)

    assert take(wang) is None
    assert take(wang, now=at("09:00", LATE + timedelta(days=1))) == put_off
    assert take(zhao) == others


@pytest.mark.django_db
def test_only_cases_of_the_chosen_stage_are_handed_out(wang) -> None:
    CaseFactory()

    assert take(wang, stage="M3") is None
    assert take(wang, stage="M1") is not None


@pytest.mark.django_db
@pytest.mark.parametrize("days", [0, 15])
def test_putting_off_to_today_or_too_far_is_refused(wang, days: int) -> None:
    with pytest.raises(workload.PutOffTooLong):
        cases.snooze(case_id=CaseFactory().pk, until=LATE + timedelta(days=days), on=LATE, by=wang)


@pytest.mark.django_db
def test_many_cases_change_hands_in_a_fixed_number_of_statements(wang, zhao) -> None:
    few = [CaseFactory().pk for _ in range(2)]
    many = few + [CaseFactory().pk for _ in range(4)]
    with CaptureQueriesContext(
        connection,
    ) as for_two:
        assert cases.assign(case_ids=few, assigned_to=zhao, on=LATE, by=wang, note="illness of Wang") == 2
    with CaptureQueriesContext(connection) as for_six:
        assert cases.assign(case_ids=many, assigned_to=zhao, on=LATE, by=wang) == 4

    assert len(for_six) <= len(for_two)
    assert Case.objects.filter(assigned_to=zhao).count() == 6
    row = Case.objects.get(pk=few[0]).history.latest()
    assert (row.history_user, row.history_change_reason, row.assigned_to) == (wang, "illness of Wang", zhao)
    assert CaseEvent.objects.filter(kind="assigned").count() == 6


@pytest.mark.django_db
def test_a_person_without_the_right_is_given_no_case(wang, staff_member) -> None:
    with pytest.raises(workload.AssigneeCannotWork):
        cases.assign(case_ids=[CaseFactory().pk], assigned_to=staff_member("officer"), on=LATE, by=wang)
    with pytest.raises(workload.NothingChosen):
        cases.assign(case_ids=[], assigned_to=wang, on=LATE, by=wang)


@pytest.mark.django_db(transaction=True)
def test_two_collectors_taking_next_at_once_get_two_cases(staff_member) -> None:
    made = {CaseFactory().pk for _ in range(6)}
    people = [staff_member("collector", username=f"collector-{n}") for n in range(6)]

    taken = _at_once([lambda person=person: take(person) for person in people])

    assert {case.pk for case in taken} == made


@pytest.mark.django_db(transaction=True)
def test_a_case_somebody_is_just_taking_is_skipped_and_not_waited_for(staff_member) -> None:
    second, first = CaseFactory(), CaseFactory(loan__principal=Decimal("90000.00"))
    zhao = staff_member("collector", username="zhao")

    def take_impatiently() -> Case | None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '3s'")
        return take(zhao)

    with transaction.atomic():
        Case.objects.select_for_update().get(pk=first.pk)
        taken = _at_once([take_impatiently])

    assert taken == [second]


@pytest.mark.django_db(transaction=True)
def test_a_case_somebody_compared_with_his_own_is_free_for_the_others(staff_member) -> None:
    wang, zhao = (staff_member("collector", username=name) for name in ("wang", "zhao"))
    nobodys, mine = CaseFactory(), CaseFactory(loan__principal=Decimal("90000.00"))
    Case.objects.filter(pk=mine.pk).update(assigned_to=wang)

    with transaction.atomic():
        assert take(wang) == mine
        assert _at_once([lambda: take(zhao)]) == [nobodys]


@pytest.mark.django_db
def test_what_is_nobodys_comes_before_what_is_mine_where_it_is_more_urgent(wang) -> None:
    Case.objects.filter(pk=CaseFactory().pk).update(assigned_to=wang)
    urgent = CaseFactory(loan__principal=Decimal("90000.00"))

    assert take(wang) == urgent


def _at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Run all calls in threads of their own, starting together; an error in one fails the test."""
    start, results, errors = threading.Barrier(len(calls)), [], []

    def run(call: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=20)
            results.append(call())
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not errors
    return results
