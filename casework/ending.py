"""When the time of evidence begins to count: the day on which the last thing that needs it came to its end.

Evidence is needed by what it is about, by whatever it is attached to, and by its versions: one chain of them is kept as
a whole, so that what a court or a colleague sees of it is never a part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

from django.db import connection

from casework.models import Evidence, EvidenceHold, EvidenceLink
from casework.subjects import ends_of

Object = tuple[str, str]

_CHAINS = """
WITH RECURSIVE chain(root, id) AS (
    SELECT id, id FROM casework_evidence WHERE id = ANY(%s)
    UNION
    SELECT c.root, n.id
      FROM chain c
      JOIN casework_evidence v ON v.id = c.id
      CROSS JOIN LATERAL (
          SELECT v.replaces_id AS id WHERE v.replaces_id IS NOT NULL
          UNION ALL SELECT e.id FROM casework_evidence e WHERE e.replaces_id = v.id
      ) n
)
SELECT root, id FROM chain
"""


def versions_of(keys: Collection[int]) -> dict[int, set[int]]:
    """Of each evidence all versions of it, itself too: older and newer ones."""
    found: dict[int, set[int]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_CHAINS, [list(keys)])
        for root, key in cursor.fetchall():
            found[root].add(key)
    return dict(found)


def count_from(rows: Iterable[Evidence]) -> dict[int, date | None]:
    """Of each the day from which its years count; None while something runs that needs it, or a hold stands on a version."""
    chains = versions_of([row.pk for row in rows])
    keys = {key for chain in chains.values() for key in chain}
    received, needed = _needed_by(keys)
    held = set(
        EvidenceHold.objects.filter(evidence__in=keys, lifted_on__isnull=True).values_list("evidence", flat=True)
    )
    ends = _ends({found for objects in needed.values() for found in objects})
    found: dict[int, date | None] = {}
    for root, chain in chains.items():
        days = [received[key] for key in chain] + [ends.get(thing, date.min) for key in chain for thing in needed[key]]
        found[root] = None if held & chain or None in days else max(day for day in days if day is not None)
    return found


def _needed_by(keys: set[int]) -> tuple[dict[int, date], dict[int, set[Object]]]:
    """Of each the day it was received, and what it is about or attached to."""
    received: dict[int, date] = {}
    needed: dict[int, set[Object]] = defaultdict(set)
    about = Evidence.objects.filter(pk__in=keys).values_list("pk", "received_on", "object_type", "object_id")
    for key, on, object_type, object_id in about:
        received[key] = on
        needed[key].add((object_type, object_id))
    links = (
        EvidenceLink.objects.standing().filter(evidence__in=keys).values_list("evidence", "object_type", "object_id")
    )
    for key, object_type, object_id in links:
        needed[key].add((object_type, object_id))
    return received, needed


def _ends(objects: set[Object]) -> dict[Object, date | None]:
    by_type: dict[str, set[str]] = defaultdict(set)
    for object_type, object_id in objects:
        by_type[object_type].add(object_id)
    return {
        (object_type, key): end
        for object_type, keys in by_type.items()
        for key, end in ends_of(object_type, keys).items()
    }
