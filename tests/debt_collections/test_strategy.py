"""Strategy is pure: urgency never falls when things get worse, and the evidence is read the same way every time."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debt_collections.strategy import (
    RECOVERY,
    Evidence,
    NextAction,
    PriorityRule,
    PromiseRule,
    Suggestion,
    next_action,
    priority,
    suggest_reason,
)

ON = date(2026, 6, 15)
RULE = PriorityRule.from_data(
    {
        "stage_points": {"M1": 10, "M2": 20, "M3": 30, "recovery": 5},
        "amount_per_point": "100.00",
        "amount_points_most": 40,
        "days_per_point": 3,
        "days_points_most": 30,
        "broken_promise_points": 8,
        "broken_promises_most": 3,
    }
)
ACTIONS = {"M1": "remind", "M2": "call", "recovery": "recover"}
money = st.decimals(min_value=0, max_value=1_000_000, places=2)
days = st.integers(min_value=0, max_value=2000)
broken = st.integers(min_value=0, max_value=20)


def points(amount: Decimal = Decimal(0), late: int = 0, lies: int = 0, stage: str = "M1") -> int:
    return priority(RULE, stage=stage, overdue_amount=amount, days_past_due=late, broken_promises=lies)


@given(amount=money, more=money, late=days, lies=broken)
def test_more_money_never_makes_a_case_less_urgent(amount: Decimal, more: Decimal, late: int, lies: int) -> None:
    assert points(amount + more, late, lies) >= points(amount, late, lies)


@given(amount=money, late=days, longer=days, lies=broken)
def test_more_days_never_make_a_case_less_urgent(amount: Decimal, late: int, longer: int, lies: int) -> None:
    assert points(amount, late + longer, lies) >= points(amount, late, lies)


@given(amount=money, late=days, lies=broken, more=broken)
def test_more_broken_promises_never_make_a_case_less_urgent(amount: Decimal, late: int, lies: int, more: int) -> None:
    assert points(amount, late, lies + more) >= points(amount, late, lies)


@given(amount=money, late=days, lies=broken)
def test_no_part_of_the_score_can_drown_the_others(amount: Decimal, late: int, lies: int) -> None:
    assert 10 <= points(amount, late, lies) <= 10 + 40 + 30 + 3 * 8


def test_points_are_given_for_whole_steps() -> None:
    assert points(Decimal("450.72"), 31, 1, "M2") == 20 + 4 + 10 + 8
    assert points(Decimal("99.99"), 2, 0) == 10


def test_an_unknown_stage_has_no_points_of_its_own() -> None:
    assert points(stage="M9") == 0


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence("M1"), NextAction.REMIND),
        (Evidence("M2"), NextAction.CALL),
        (Evidence("M9"), NextAction.CALL),
        (Evidence("M2", on_hold=True), NextAction.WAIT),
        (Evidence("M2", promise_due_on=ON + timedelta(days=1)), NextAction.WAIT),
        (Evidence("M2", promise_due_on=ON), NextAction.CHECK_PROMISE),
        (Evidence("M2", dialable_numbers=0), NextAction.FIND_CONTACT),
        (Evidence("M2", outcomes=["no_answer"] * 3), NextAction.FIND_CONTACT),
        (Evidence("M2", outcomes=["no_answer"] * 2), NextAction.CALL),
        (Evidence("M2", outcomes=["no_answer", "answered", "no_answer"]), NextAction.CALL),
        (Evidence("M2", outcomes=["dispute"]), NextAction.ANSWER_DISPUTE),
        (Evidence("M2", outcomes=["hardship"]), NextAction.OFFER_EXTENSION),
        (Evidence(RECOVERY, outcomes=["hardship"]), NextAction.RECOVER),
    ],
)
def test_the_next_act_follows_from_the_evidence(evidence: Evidence, expected: NextAction) -> None:
    assert next_action(evidence, on=ON, stage_actions=ACTIONS, failed_in_a_row=3) == expected


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence("M1"), Suggestion("unknown", 0)),
        (Evidence("M1", outcomes=["promise"]), Suggestion("forgot", 1)),
        (Evidence("M1", outcomes=["hardship", "answered", "hardship"]), Suggestion("hardship", 2)),
        (Evidence("M1", outcomes=["dispute", "dispute", "hardship"]), Suggestion("dispute", 2)),
        (Evidence("M1", outcomes=["no_answer", "unreachable", "wrong_number"]), Suggestion("lost_contact", 3)),
        (Evidence("M1", dialable_numbers=0), Suggestion("lost_contact", 1)),
        (Evidence("M1", outcomes=["refused"] * 5, broken_promises=4), Suggestion("unknown", 0)),
    ],
)
def test_a_reason_is_suggested_by_facts(evidence: Evidence, expected: Suggestion) -> None:
    assert suggest_reason(evidence, failed_in_a_row=3) == expected


@given(
    outcomes=st.lists(st.sampled_from(["promise", "answered", "hardship", "dispute", "refused", "no_answer"])),
    lies=broken,
)
def test_no_evidence_whatever_calls_a_person_unwilling(outcomes: list[str], lies: int) -> None:
    evidence = Evidence("M3", outcomes=outcomes, broken_promises=lies)

    assert suggest_reason(evidence, failed_in_a_row=3).reason != "unwilling"


def test_a_promise_reaches_so_many_days_and_no_further() -> None:
    rule = PromiseRule.from_data({"longest_days": 14, "kept_share": "1.00", "mostly_paid_share": "0.80"})

    assert rule.latest_day(ON) == date(2026, 6, 29)
