"""Who works on what: assigning in bulk, putting off, and handing out the next best case to one collector only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.context import acting
from core.errors import DomainError, Invalid
from core.pages import beyond
from core.rows import Parameters
from core.rules import rule
from debt_collections.lifecycle import in_hand, start_of, tell
from debt_collections.models import Case, EventKind, mine_and_nobodys
from debt_collections.recording import context_parameters, history_sql
from staff.models import User


class AssigneeCannotWork(DomainError):
    code = "assignee_cannot_work"
    message = _("%(person)s may not work on cases. Give them the role collector first.")


class NothingChosen(Invalid):
    code = "no_case_chosen"
    field = "case"
    message = _("Choose at least one open case.")


class PutOffTooLong(Invalid):
    code = "put_off_too_long"
    field = "until"
    message = _("Put a case off to a day from %(earliest)s to %(latest)s. For longer, pause it with a reason.")


class CaseTaken(DomainError):
    code = "case_taken"
    message = _("%(person)s is working on this case until %(until)s.")


_URGENT_FIRST = ("-priority", "-id")

_ASSIGN = f"""
WITH chosen AS (
    SELECT id, assigned_to_id FROM collections_case
     WHERE id = ANY(%(ids)s) AND closed_on IS NULL AND assigned_to_id IS DISTINCT FROM %(to)s
     ORDER BY id FOR UPDATE
),
assigned AS (
    UPDATE collections_case SET assigned_to_id = %(to)s, claimed_by_id = NULL, claimed_until = NULL
     WHERE id IN (SELECT id FROM chosen)
    RETURNING *
),
told AS (
    INSERT INTO collections_caseevent (case_id, kind, "on", at, by_id, before, after, note)
    SELECT id, '{EventKind.ASSIGNED}', %(on)s, now(), %(who)s, '', %(name)s, %(why)s FROM assigned
),
recorded AS ({history_sql(Case, "assigned", "~")})
SELECT count(*) FROM assigned
"""


@transaction.atomic
def assign(*, case_ids: Sequence[int], assigned_to: User | None, on: date, by: User, note: str = "") -> int:
    """Give open cases to one collector, or to nobody (None); how many changed hands. One statement for any number."""
    if not case_ids:
        raise NothingChosen()
    if assigned_to is not None and not assigned_to.has_perm("collections.work_case"):
        raise AssigneeCannotWork(person=str(assigned_to))
    with acting(actor=by), connection.cursor() as cursor:
        parameters: Parameters = {
            "ids": list(case_ids),
            "to": assigned_to.pk if assigned_to is not None else None,
            "name": str(assigned_to)[:80] if assigned_to is not None else "",
            "on": on,
        }
        cursor.execute(_ASSIGN, parameters | context_parameters(note))
        return int(cursor.fetchone()[0])


@transaction.atomic
def snooze(*, case_id: int, until: date, on: date, by: User, note: str = "") -> Case:
    """Put a case off to a later day. Raises PutOffTooLong."""
    case = in_hand(case_id, by)
    latest = on + timedelta(days=rule("collections_work", on)["snooze_days_most"])
    if not on < until <= latest:
        raise PutOffTooLong(earliest=(on + timedelta(days=1)).isoformat(), latest=latest.isoformat())
    case.next_action_at, case.claimed_by, case.claimed_until = start_of(until), None, None
    with acting(actor=by, reason=note):
        case.save(update_fields=["next_action_at", "claimed_by", "claimed_until"])
    tell(case, EventKind.SNOOZED, on=on, by=by, after=until.isoformat(), note=note)
    return case


@transaction.atomic
def claim_next(
    *,
    collector: User,
    now: datetime,
    on: date,
    stage: str = "",
    leaving: int | None = None,
    passing: Case | None = None,
) -> Case | None:
    """The most urgent free case but ``leaving``, locked to ``collector`` for a while; None when nothing is left to do.

    Whoever is ``passing`` a case gets the one after it, and at the end of the queue the first one again, so that each has
    its turn. Two collectors asking at once get two cases: a row one is taking is skipped by the other. What the collector
    had in hand is given back.
    """
    free = Case.objects.workable(now=now).not_in_hand(collector, now=now).order_by(*_URGENT_FIRST)
    if stage:
        free = free.filter(stage=stage)
    left = leaving if passing is None else passing.pk
    if left is not None:
        free = free.exclude(pk=left)
    free = free.select_for_update(skip_locked=True, of=("self",))
    case = None
    if passing is not None:
        case = _most_urgent(beyond(free, _URGENT_FIRST, [passing.priority, passing.pk]), collector)
    case = case or _most_urgent(free, collector)
    give_back(collector=collector)
    if case is not None:
        until = now + timedelta(minutes=rule("collections_work", on)["claim_minutes"])
        Case.objects.filter(pk=case.pk).update(claimed_by=collector, claimed_until=until)
        case.claimed_by, case.claimed_until = collector, until
    return case


def _most_urgent(free: QuerySet[Case], collector: User) -> Case | None:
    mine, nobodys = (free.filter(part) for part in mine_and_nobodys(collector))
    case = mine.first()
    # Of nobody's only what is more urgent: held just to be compared, it would be missing where others ask.
    above = nobodys if case is None else beyond(nobodys, ("priority", "id"), [case.priority, case.pk])
    return above.first() or case


def give_back(*, collector: User) -> None:
    """Let go of whatever the collector had claimed."""
    Case.objects.filter(claimed_by=collector).update(claimed_by=None, claimed_until=None)


def refuse_if_taken(case: Case, person: User, now: datetime) -> None:
    """Raises CaseTaken when somebody else has the case in hand."""
    if case.is_claimed_by_other(person, now):
        raise CaseTaken(person=str(case.claimed_by), until=f"{case.claimed_until:%H:%M}")
