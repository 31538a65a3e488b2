"""How late money is worked: the stage of a case, how urgent it is, what to do next, what the evidence suggests.

Pure: values in, values out. Every number comes from effective-dated rules; `priority` is whole-number arithmetic, so
the SQL of the nightly review gives the same score to the point (a test compares the two).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

# The stage of a borrower whose late loans are all written off: the claim goes on, the books no longer carry it.
RECOVERY = "recovery"


class NextAction(StrEnum):
    """The one sensible next act on a case."""

    WAIT = "wait"
    CHECK_PROMISE = "check_promise"
    FIND_CONTACT = "find_contact"
    ANSWER_DISPUTE = "answer_dispute"
    OFFER_EXTENSION = "offer_extension"
    REMIND = "remind"
    CALL = "call"
    DEMAND = "demand"
    PROPOSE_WRITE_OFF = "propose_write_off"
    RECOVER = "recover"


@dataclass(frozen=True, slots=True)
class PriorityRule:
    """How points are given: for the stage, for money, for days and for promises broken; each part is capped."""

    stage_points: Mapping[str, int]
    amount_per_point: Decimal
    amount_points_most: int
    days_per_point: int
    days_points_most: int
    broken_promise_points: int
    broken_promises_most: int

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> PriorityRule:
        return cls(
            stage_points={stage: int(points) for stage, points in data["stage_points"].items()},
            amount_per_point=Decimal(data["amount_per_point"]),
            amount_points_most=int(data["amount_points_most"]),
            days_per_point=int(data["days_per_point"]),
            days_points_most=int(data["days_points_most"]),
            broken_promise_points=int(data["broken_promise_points"]),
            broken_promises_most=int(data["broken_promises_most"]),
        )


@dataclass(frozen=True, slots=True)
class PromiseRule:
    """How far ahead a promise may reach, when it is kept, and when it is broken but not held against the person."""

    longest_days: int
    kept_share: Decimal
    mostly_paid_share: Decimal

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> PromiseRule:
        return cls(int(data["longest_days"]), Decimal(data["kept_share"]), Decimal(data["mostly_paid_share"]))

    def latest_day(self, taken_on: date) -> date:
        return taken_on + timedelta(days=self.longest_days)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a case when somebody asks what to do: newest outcome first."""

    stage: str
    outcomes: Sequence[str] = ()
    broken_promises: int = 0
    promise_due_on: date | None = None
    on_hold: bool = False
    dialable_numbers: int = 1


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A reason for being late that the evidence points to. People decide; `unwilling` is never suggested."""

    reason: str
    facts: int


def priority(
    rule: PriorityRule, *, stage: str, overdue_amount: Decimal, days_past_due: int, broken_promises: int
) -> int:
    """Points of urgency: more money, more days or more broken promises never give fewer."""
    money = min(int(overdue_amount // rule.amount_per_point), rule.amount_points_most)
    days = min(days_past_due // rule.days_per_point, rule.days_points_most)
    broken = min(broken_promises, rule.broken_promises_most) * rule.broken_promise_points
    return rule.stage_points.get(stage, 0) + money + days + broken


def next_action(evidence: Evidence, *, on: date, stage_actions: Mapping[str, str], failed_in_a_row: int) -> NextAction:
    """What to do now; a promise or a rest goes before the routine of the stage."""
    if evidence.on_hold:
        return NextAction.WAIT
    if evidence.promise_due_on is not None:
        return NextAction.WAIT if evidence.promise_due_on > on else NextAction.CHECK_PROMISE
    if is_unreachable(evidence, failed_in_a_row):
        return NextAction.FIND_CONTACT
    last = evidence.outcomes[0] if evidence.outcomes else ""
    if last == "dispute":
        return NextAction.ANSWER_DISPUTE
    if last == "hardship" and evidence.stage != RECOVERY:
        return NextAction.OFFER_EXTENSION
    return NextAction(stage_actions.get(evidence.stage, NextAction.CALL))


def is_unreachable(evidence: Evidence, failed_in_a_row: int) -> bool:
    """Nothing left to dial, or so many failures in a row that the number itself is in doubt."""
    failed = ("no_answer", "unreachable", "wrong_number")
    newest = list(evidence.outcomes[:failed_in_a_row])
    return evidence.dialable_numbers == 0 or (
        len(newest) == failed_in_a_row and all(outcome in failed for outcome in newest)
    )


def suggest_reason(evidence: Evidence, *, failed_in_a_row: int) -> Suggestion:
    """The most telling reason with the number of facts behind it; `unknown` when nothing speaks."""
    said = [(reason, evidence.outcomes.count(reason)) for reason in ("dispute", "hardship")]
    reason, facts = max(said, key=lambda pair: pair[1])
    if facts:
        return Suggestion(reason, facts)
    if is_unreachable(evidence, failed_in_a_row):
        return Suggestion("lost_contact", max(failed_in_a_row if evidence.outcomes else 0, 1))
    if evidence.outcomes and evidence.outcomes[0] == "promise" and not evidence.broken_promises:
        return Suggestion("forgot", 1)
    return Suggestion("unknown", 0)
