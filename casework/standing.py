"""Conditions that must not stand without somebody who looks after them: a night that failed, a payment nobody matched.

An upper app declares for a kind of task the query of the objects of which it is true. ``look`` raises a task for each that
has none and ends those of which it is true no longer, each by one statement: no use case has to think of it, whatever fell
or was forgotten meanwhile is found by the next look, and a look that finds nothing new writes nothing.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import JSONField, QuerySet, TextField, Value
from django.db.models.functions import Cast

from casework.kinds import TaskKind, declare
from casework.models import ClosedBy
from casework.raising import embedded, raise_for
from core import business_date

Rows = Callable[[date], QuerySet[Any, Any]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Condition:
    """Of which objects it is true on a business date: a query as ``raise_for`` takes it; and with which outcome a task
    about it ends once it is not: empty where nothing but a person ends it.

    ``once`` is for what has happened and stays so: a person who ended the task has dealt with it.
    """

    kind: TaskKind
    rows: Rows
    outcome: str
    once: bool = False


class Looked(NamedTuple):
    """How many tasks were raised, and how many ended."""

    raised: int
    ended: int


_conditions: dict[str, Condition] = {}


def declare_condition(kind: TaskKind, rows: Rows, *, outcome: str, once: bool = False) -> None:
    """Make the kind known, and the condition under which a task of it must be open.

    Raises ValueError for an outcome that the kind has not, and where nothing could end a task.
    """
    if outcome and kind.outcome(outcome) is None:
        raise ValueError(f"task kind {kind.code} has no outcome {outcome}")
    if not outcome and not once:
        raise ValueError(f"task kind {kind.code}: what no fact ends, a person must be able to end for good")
    _conditions[kind.code] = Condition(declare(kind), rows, outcome, once)


def told_as(rows: QuerySet[Any], *, label: str, cause: Any = "", facts: Any = None, priority: int = 50) -> Any:
    """``rows`` in the columns of ``raise_for``; ``label`` is the field people know them by, ``facts`` is JSON."""
    from_field = {"subject_id": Cast("pk", TextField()), "subject_label": Cast(label, TextField())}
    told = Value({}, JSONField()) if facts is None else facts
    cause = Value(cause, TextField()) if isinstance(cause, str) else cause
    return rows.order_by().values(**from_field, cause=cause, facts=told, priority=Value(priority))


def look(now: datetime | None = None) -> dict[str, Looked]:
    """Look at every condition; what changed, by the code of the kind.

    Each kind by itself: one that fails stops no other. Once all were looked at the first failure is raised again.
    """
    at = now or business_date.now()
    changed: dict[str, Looked] = {}
    failures: list[Exception] = []
    for condition in list(_conditions.values()):
        try:
            found = _look_at(condition, at)
        except Exception as failure:  # whatever it is, the others are looked at first
            log.exception("condition not looked at", extra={"kind": condition.kind.code})
            failures.append(failure)
            continue
        if any(found):
            changed[condition.kind.code] = found
    if failures:
        raise failures[0]
    return changed


@transaction.atomic
def _look_at(condition: Condition, at: datetime) -> Looked:
    rows = condition.rows(at.date())
    raised = raise_for(condition.kind.code, rows, once=condition.once, now=at)
    return Looked(raised, _end_others(condition, rows, at) if condition.outcome else 0)


_END = """
UPDATE casework_task t
   SET status = 'done', closed_at = %(at)s, closed_how = %(how)s, outcome = %(outcome)s, closing_note = ''
 WHERE t.status = 'open' AND t.kind = %(kind)s
   AND NOT EXISTS (SELECT FROM ({rows}) r WHERE r.subject_id = t.object_id AND r.cause = t.cause)
"""


def _end_others(condition: Condition, rows: QuerySet[Any, Any], at: datetime) -> int:
    inner, given = embedded(rows)
    told: dict[str, Any] = {
        "at": at,
        "how": ClosedBy.FACT.value,
        "outcome": condition.outcome,
        "kind": condition.kind.code,
    }
    with connection.cursor() as cursor:
        cursor.execute(_END.format(rows=f"SELECT subject_id::text, cause::text FROM ({inner}) q"), {**given, **told})
        return int(cursor.rowcount)
