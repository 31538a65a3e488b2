"""Telling leads of what nobody did in time, and raising it to the top of the inbox, all by one statement."""

from datetime import datetime

from django.db import connection

from casework.kinds import kinds

# Ten working days of age: above everything of its own priority, and still below what is both older and riskier.
RAISED_BY_HOURS = 80

_ESCALATE = """
WITH late AS (
    SELECT t.id FROM casework_task t
     WHERE t.status = 'open' AND t.escalated_at IS NULL AND t.escalates_at <= %(now)s AND t.kind = ANY(%(kinds)s)
     ORDER BY t.id FOR UPDATE SKIP LOCKED),
told AS (
    UPDATE casework_task t
       SET escalated_at = %(now)s, escalated_to = k.role, ranked_at = t.ranked_at - make_interval(hours => %(hours)s)
      FROM late, unnest(%(kinds)s::text[], %(roles)s::text[]) AS k (kind, role)
     WHERE t.id = late.id AND k.kind = t.kind
 RETURNING t.id, t.owner_id)
INSERT INTO casework_taskevent (task_id, at, what, by_id, from_owner_id, to_owner_id, note)
SELECT id, %(now)s, 'escalated', NULL, owner_id, owner_id, '' FROM told
"""


def escalate_late(now: datetime) -> int:
    """Escalate every open task whose hour has come by the clock on the wall; returns how many. A repeat does nothing."""
    declared = kinds()
    if not declared:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _ESCALATE,
            {
                "now": now,
                "hours": RAISED_BY_HOURS,
                "kinds": [kind.code for kind in declared],
                "roles": [kind.escalates_to for kind in declared],
            },
        )
        return int(cursor.rowcount)
