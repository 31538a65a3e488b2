"""Raising tasks, and ending them by the fact they waited for. Whoever raises the same again raises nothing.

One open task a kind, subject and cause: PostgreSQL keeps it so. ``raise_task`` is for one, ``raise_for`` for any number by
one statement; ``settle`` and ``settle_for`` end what a fact has settled.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from casework.causes import one_spelling, one_spelling_sql
from casework.clock import in_office
from casework.kinds import TaskKind, kind_named
from casework.models import ClosedBy, Task, TaskEvent, TaskStatus, What
from casework.people import held
from casework.personal_numbers import masked
from casework.subjects import label_of
from casework.timing import ranked_at, times_of
from casework.words import kept_words
from core.context import current
from core.errors import Invalid
from core.identifiers import next_number, sequence_of
from core.strict import require_plain
from staff.models import User

PREFIX = "TK"


class TaskSubjectWrong(Invalid):
    code = "task_subject_wrong"
    field = "kind"
    message = _("%(kind)s is about %(about)s, not about %(given)s.")


class TaskPriorityWrong(Invalid):
    code = "task_priority_wrong"
    field = "priority"
    message = _("A priority is a whole number from 0 to 100.")


class TaskTeamUnknown(Invalid):
    code = "task_team_unknown"
    field = "team"
    message = _("Choose one of the teams that do tasks of this kind.")


class TaskFactPersonal(Invalid):
    code = "task_fact_personal"
    field = "facts"
    message = _("%(name)s holds a number by which a person is known. Name the object instead: its page shows the rest.")


@transaction.atomic
def raise_task(
    kind: str,
    subject: models.Model,
    *,
    cause: str = "",
    facts: Mapping[str, str] | None = None,
    priority: int | None = None,
    priority_reason: str = "",
    team: str = "",
    owner: User | None = None,
    now: datetime,
) -> tuple[Task, bool]:
    """The open task of ``kind`` about ``subject`` for ``cause``, and whether it is new.

    One that is open stays as it is, but rises where the new ``priority`` (0 to 100; the kind's own where None) is higher.
    ``facts`` are filled into the kind's words: plain text, no personal data. Raises TaskKindUnknown, TaskSubjectWrong,
    TaskPriorityWrong, TaskTeamUnknown, TaskCauseTooLong, TaskFactPersonal, NewOwnerUnfit, TextNotPlain, WordsTooLong,
    RuleMissing.
    """
    declared = _declared(kind, subject._meta.label_lower)
    wanted, reason = _priority(declared, priority), kept_words(priority_reason, field="priority_reason", most=200)
    at = in_office(now)
    named = {
        "kind": kind,
        "object_type": declared.about,
        "object_id": str(subject.pk),
        "cause": one_spelling(cause),
    }
    told, owned_by = _facts(facts or {}), _team(declared, team)
    owner = None if owner is None else held(owner)
    # Whoever else raises it at the moment makes it first, or ends it before it is held here: then it is looked for anew.
    while (standing := Task.objects.open().filter(**named).select_for_update().first()) is None:
        times = times_of(kind, at)
        new = Task(
            **named,
            number=next_number(PREFIX, at.date()),
            object_label=label_of(subject),
            facts=told,
            priority=wanted,
            priority_reason=reason,
            team=owned_by,
            teams=list(declared.teams),
            owner=owner,
            raised_at=at,
            raised_on=at.date(),
            raised_by=_person(),
            ranked_at=ranked_at(at, wanted),
            soon_at=times.soon_at,
            due_at=times.due_at,
            escalates_at=times.escalates_at,
        )
        Task.objects.bulk_create([new], ignore_conflicts=True)
        made = Task.objects.filter(number=new.number).select_related("owner").first()
        if made is not None:
            return made, True
    _rise(standing, wanted, reason, at)
    return standing, False


def _rise(task: Task, priority: int, reason: str, at: datetime) -> None:
    if priority <= task.priority:
        return
    # By the points alone: what escalation or age before it gave the task stays.
    task.ranked_at = ranked_at(task.ranked_at, priority - task.priority)
    task.priority, task.priority_reason = priority, reason
    task.save(update_fields=["priority", "priority_reason", "ranked_at"])
    TaskEvent.objects.create(task=task, at=at, what=What.RAISED_AGAIN, by=_person(), note=reason)


# ``{rows}`` has a row a subject; those that have their task already are left out before anything is written, and their
# task rises where it is more urgent by now. What a person ended although its reason stands goes on with the hours and the
# age that it had, where %(goes_on)s: ending it buys no time.
_RAISE = f"""
WITH r AS MATERIALIZED (
    SELECT q.object_id::text, left(q.object_label::text, 120) AS object_label,
           {one_spelling_sql("q.cause::text")} AS cause, q.facts::jsonb AS facts,
           least(greatest(q.priority::int, 0), 100) AS priority
      FROM ({{rows}}) q),
higher AS (
    SELECT t.id, w.priority
      FROM (SELECT object_id, cause, max(priority) AS priority FROM r GROUP BY object_id, cause) w
      JOIN casework_task t ON t.object_id = w.object_id AND t.cause = w.cause
     WHERE t.status = 'open' AND t.kind = %(kind)s AND t.object_type = %(about)s AND t.priority < w.priority
     ORDER BY t.id FOR UPDATE OF t),
risen AS (
    UPDATE casework_task t
       SET priority = h.priority, priority_reason = %(reason)s,
           ranked_at = t.ranked_at - make_interval(hours => h.priority - t.priority)
      FROM higher h WHERE t.id = h.id AND t.status = 'open' AND t.priority < h.priority
 RETURNING t.id),
told AS (
    INSERT INTO casework_taskevent (task_id, at, what, by_id, from_owner_id, to_owner_id, note)
    SELECT id, %(at)s, 'raised_again', %(by)s, NULL, NULL, %(note)s FROM risen)
INSERT INTO casework_task (number, kind, object_type, object_id, object_label, cause, facts, status, priority,
       priority_reason, team, teams, raised_at, raised_on, raised_by_id, ranked_at, soon_at, due_at, escalates_at,
       escalated_to, steps_done, closed_how, outcome, closing_note)
SELECT %(prefix)s || lpad(n.value::text, greatest(6, length(n.value::text)), '0'),
       %(kind)s, %(about)s, w.object_id, w.object_label, w.cause, w.facts, 'open', w.priority,
       %(reason)s, %(team)s, %(teams)s, %(at)s, %(on)s, %(by)s,
       least(b.ranked_at, %(at)s - make_interval(hours => w.priority)),
       coalesce(b.soon_at, %(soon)s), coalesce(b.due_at, %(due)s), coalesce(b.escalates_at, %(escalates)s),
       '', '{{{{}}}}', '', '', ''
  FROM (SELECT r.* FROM r
         WHERE NOT EXISTS (SELECT FROM casework_task t
                            WHERE (t.status = 'open' OR (%(once)s AND t.closed_how = 'person')) AND t.kind = %(kind)s
                              AND t.object_type = %(about)s AND t.object_id = r.object_id AND t.cause = r.cause)) w
  LEFT JOIN LATERAL (
       SELECT p.* FROM (SELECT t.closed_how, t.ranked_at, t.soon_at, t.due_at, t.escalates_at
                          FROM casework_task t
                         WHERE %(goes_on)s AND t.kind = %(kind)s AND t.object_type = %(about)s
                           AND t.object_id = w.object_id AND t.cause = w.cause
                         ORDER BY t.id DESC LIMIT 1) p
        WHERE p.closed_how = 'person') b ON true
 CROSS JOIN LATERAL (SELECT nextval(%(sequence)s) AS value WHERE w.object_id IS NOT NULL) n
    ON CONFLICT (object_type, object_id, kind, cause) WHERE status = 'open' DO NOTHING
"""


@transaction.atomic
def raise_for(
    kind: str,
    rows: QuerySet[Any],
    *,
    priority_reason: str = "",
    team: str = "",
    once: bool = False,
    goes_on: bool = False,
    now: datetime,
) -> int:
    """Raise a task of ``kind`` for each of ``rows`` that has none: one statement, however many; returns how many are new.

    ``rows`` is a ``values()`` query with the columns ``subject_id``, ``subject_label``, ``cause``, ``facts`` (an object)
    and ``priority``. Open tasks rise as with ``raise_task``. With ``once`` nothing is raised again for a subject and cause
    whose task a person has ended; with ``goes_on`` the reason never went away: a task that a person ended before goes on
    with its hours. Raises as ``raise_task`` does.
    """
    declared = kind_named(kind)
    reason = kept_words(priority_reason, field="priority_reason", most=200)
    at = in_office(now)
    times = times_of(kind, at)
    inner, given = embedded(rows)
    columns = "subject_id AS object_id, subject_label AS object_label, cause, facts, priority"
    person = _person()
    with connection.cursor() as cursor:
        cursor.execute(
            _RAISE.format(rows=f"SELECT {columns} FROM ({inner}) q"),
            {
                **given,
                "prefix": f"{PREFIX}-{at.year}-",
                "kind": kind,
                "about": declared.about,
                "reason": reason,
                "note": TaskEvent._meta.get_field("note").get_prep_value(reason),
                "team": _team(declared, team),
                "teams": list(declared.teams),
                "at": at,
                "on": at.date(),
                "by": None if person is None else person.pk,
                "soon": times.soon_at,
                "due": times.due_at,
                "escalates": times.escalates_at,
                "once": once,
                "goes_on": goes_on,
                "sequence": sequence_of(PREFIX),
            },
        )
        return int(cursor.rowcount)


def embedded(rows: QuerySet[Any, Any]) -> tuple[str, dict[str, Any]]:
    """The SQL of ``rows`` with named parameters, and their values, to stand inside a statement of ours."""
    sql, params = rows.query.sql_with_params()
    given = {f"p{place}": value for place, value in enumerate(params)}
    return sql.replace("%%", "%%%%") % tuple(f"%({name})s" for name in given), given


def settle(
    kind: str, subject: models.Model, *, outcome: str, fact: str, cause: str | None = None, now: datetime
) -> int:
    """End the open tasks of ``kind`` about ``subject`` (for ``cause``, or for any): what they waited for has happened.

    ``outcome`` is one of the kind's, ``fact`` says what happened, in a few words or a number. Returns how many ended.
    """
    rows = Task.objects.open().about(subject).filter(kind=kind)
    rows = rows if cause is None else rows.filter(cause=one_spelling(cause))
    return settle_for(kind, rows, outcome=outcome, fact=fact, now=now)


def settle_for(kind: str, tasks: QuerySet[Task], *, outcome: str, fact: str, now: datetime) -> int:
    """The same of all ``tasks``, which are of ``kind``, by one statement. Raises ValueError for an outcome it has not."""
    if kind_named(kind).outcome(outcome) is None:
        raise ValueError(f"task kind {kind} has no outcome {outcome}")
    return tasks.filter(status=TaskStatus.OPEN, kind=kind).update(
        status=TaskStatus.DONE,
        closed_at=in_office(now),
        closed_how=ClosedBy.FACT,
        outcome=outcome,
        closing_note=masked(fact)[:500],
    )


def _declared(kind: str, about: str) -> TaskKind:
    declared = kind_named(kind)
    if declared.about != about:
        raise TaskSubjectWrong(kind=kind, about=declared.about, given=about)
    return declared


def _priority(kind: TaskKind, given: int | None) -> int:
    if given is None:
        return kind.priority
    if not 0 <= given <= 100:
        raise TaskPriorityWrong()
    return given


def _team(kind: TaskKind, given: str) -> str:
    if given and given not in {*kind.teams, kind.escalates_to}:
        raise TaskTeamUnknown()
    return given or kind.teams[0]


def _facts(given: Mapping[str, str]) -> dict[str, str]:
    for name, value in given.items():
        require_plain(str(value), field="facts")
        if masked(str(value)) != str(value):
            raise TaskFactPersonal(name=name)
    return dict(given)


def _person() -> User | None:
    actor = current().actor
    return actor if isinstance(actor, User) else None
