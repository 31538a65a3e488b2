"""Conditions that must not stand without somebody who looks after them: a night that failed, a payment nobody matched.

An upper app declares for a kind of task two queries: of which objects it is true, and for which of them it is settled, and
how. ``look`` raises a task for each of the first that has none and ends those of the second, each by one statement: no use
case has to think of it, whatever fell or was forgotten meanwhile is found by the next look, and a look that finds nothing
new writes nothing. A task whose object is in neither stays as it is: a night that runs again is not closed yet.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import JSONField, QuerySet, TextField, Value
from django.db.models.functions import Cast

from casework.causes import one_spelling_sql
from casework.kinds import TaskKind, declare
from casework.models import ClosedBy, Task
from casework.raising import embedded, raise_for

Rows = Callable[[date], QuerySet[Any, Any]]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Condition:
    """Of which objects it is true on a business date (``told_as``), and of which it is settled (``settled_as``): None where
    nothing but a person ends it.

    ``once`` is for what has happened and stays so: a person who ended the task has dealt with it.
    """

    kind: TaskKind
    stands: Rows
    settled: Rows | None
    once: bool = False


class Looked(NamedTuple):
    """How many tasks were raised, and how many ended."""

    raised: int
    ended: int


_conditions: dict[str, Condition] = {}


def declare_condition(kind: TaskKind, stands: Rows, *, settled: Rows | None, once: bool = False) -> None:
    """Make the kind known, when a task of it must be open, and by what it ends.

    Raises ValueError where nothing could end a task for good.
    """
    if settled is None and not once:
        raise ValueError(f"task kind {kind.code}: what no fact ends, a person must be able to end for good")
    _conditions[kind.code] = Condition(declare(kind), stands, settled, once)


def told_as(rows: QuerySet[Any], *, label: str, cause: Any = "", facts: Any = None, priority: int = 50) -> Any:
    """``rows`` in the columns of ``raise_for``; ``label`` is the field people know them by, ``facts`` is JSON."""
    from_field = {"subject_id": Cast("pk", TextField()), "subject_label": Cast(label, TextField())}
    told = Value({}, JSONField()) if facts is None else facts
    return rows.order_by().values(**from_field, cause=_text(cause), facts=told, priority=Value(priority))


def settled_as(rows: QuerySet[Any], *, outcome: Any, still: Any = None) -> Any:
    """``rows`` whose tasks end, each with its ``outcome``: a code of the kind's, or an expression that gives one.

    ``still`` is the cause for which it stands all the same, NULL where it stands for none.
    """
    still = Value(None, TextField()) if still is None else still
    return rows.order_by().values(subject_id=Cast("pk", TextField()), ended_as=_text(outcome), stands_for=still)


def _text(told: Any) -> Any:
    return Value(told, TextField()) if isinstance(told, str) else told


def look(now: datetime, *, on: date) -> dict[str, Looked]:
    """Look at every condition on the business date ``on``; what changed, by the code of the kind.

    Each kind by itself: one that fails stops no other. Raises what the first of them raised, after the last.
    """
    changed: dict[str, Looked] = {}
    failed: list[Exception] = []
    for condition in list(_conditions.values()):
        try:
            found = _look_at(condition, on, now)
        except Exception as error:  # whatever is wrong with one kind, the others are looked at
            _log.exception("looking for tasks of the kind %s failed", condition.kind.code)
            failed.append(error)
            continue
        if any(found):
            changed[condition.kind.code] = found
    if failed:
        raise failed[0]
    return changed


@transaction.atomic
def _look_at(condition: Condition, on: date, at: datetime) -> Looked:
    ended = 0 if condition.settled is None else _end_settled(condition.kind, condition.settled(on), at)
    rows = condition.stands(on)
    return Looked(raise_for(condition.kind.code, rows, once=condition.once, goes_on=True, now=at), ended)


# An outcome that the kind has not ends nothing: the task stays, and is seen.
_END = f"""
UPDATE casework_task t
   SET status = 'done', closed_at = %(at)s, closed_how = %(how)s, outcome = r.outcome, closing_note = ''
  FROM ({{rows}}) r
 WHERE t.status = 'open' AND t.kind = %(kind)s AND r.object_id = t.object_id AND r.outcome = ANY(%(outcomes)s)
   AND t.cause IS DISTINCT FROM {one_spelling_sql("r.still")}
"""


def _end_settled(kind: TaskKind, settled: QuerySet[Any, Any], at: datetime) -> int:
    key = settled.model._meta.pk
    waiting = Task.objects.open().filter(kind=kind.code)
    # Of the objects only those are read of which a task waits: most of what was ever settled is long past.
    rows = settled.filter(pk__in=waiting.values_list(Cast("object_id", key), flat=True))
    inner, given = embedded(rows)
    told: dict[str, Any] = {
        "at": at,
        "how": ClosedBy.FACT.value,
        "outcomes": [outcome.code for outcome in kind.outcomes],
        "kind": kind.code,
    }
    columns = "subject_id::text AS object_id, ended_as::text AS outcome, stands_for::text AS still"
    with connection.cursor() as cursor:
        cursor.execute(_END.format(rows=f"SELECT {columns} FROM ({inner}) q"), {**given, **told})
        return int(cursor.rowcount)
