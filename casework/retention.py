"""How long evidence is kept, by the dated rule ``evidence_retention``, and wiping what nobody may keep any longer.

The years count from the day it was received, or from the day what it is about came to its end where that is later; about
what still runs nothing is wiped. The row stays, with its hashes.
"""

import logging
from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial
from itertools import islice

from django.db import transaction
from django.utils import timezone

from audit.events import record
from casework import keeping
from casework.evidence_kinds import KINDS
from casework.models import Evidence, EvidenceHold, EvidenceUpload, EvidenceUploadPart, UploadStatus
from casework.raising import raise_task, settle
from casework.subjects import ends_of
from core import business_date
from core.dates import add_months
from core.rules import rule

RULE = "evidence_retention"
NOT_WIPED = "evidence.not_wiped"
ORPHANS_AFTER = timedelta(days=1)
_AT_ONCE = 500
log = logging.getLogger(__name__)


def years_of(kind: str, on: date) -> int:
    """For how many years evidence of the kind is kept, by the rule of the day. Raises RuleMissing."""
    told = rule(RULE, on)
    return int(told.get("by_kind", {}).get(kind, told["years"]))


def kept_until(evidence: Evidence, on: date) -> date | None:
    """Until when it is kept as things stand on the day; None while what it is about runs."""
    ends = ends_of(evidence.object_type, [evidence.object_id])
    end = ends.get(evidence.object_id, evidence.received_on)
    if end is None:
        return None
    return add_months(max(end, evidence.received_on), 12 * years_of(evidence.kind, on))


def wipe_what_is_due(on: date) -> int:
    """Wipe all evidence whose time is over on the day and that no hold keeps; returns how many. A repeat does nothing."""
    wiped = 0
    for kind in KINDS:
        cutoff = add_months(on, -12 * years_of(kind, on))
        after = 0
        while batch := _candidates(kind, cutoff, after):
            wiped += sum(_wipe_or_tell(evidence, on) for evidence in _over(batch, cutoff))
            after = batch[-1].pk
    return wiped


def _candidates(kind: str, cutoff: date, after: int) -> list[Evidence]:
    held = EvidenceHold.objects.filter(lifted_on__isnull=True).values("evidence")
    rows = Evidence.objects.kept().filter(kind=kind, received_on__lte=cutoff, pk__gt=after).exclude(pk__in=held)
    return list(rows.order_by("pk")[:_AT_ONCE])


def _over(batch: Iterable[Evidence], cutoff: date) -> Iterable[Evidence]:
    by_type: dict[str, list[Evidence]] = {}
    for evidence in batch:
        by_type.setdefault(evidence.object_type, []).append(evidence)
    for object_type, rows in by_type.items():
        ends = ends_of(object_type, {evidence.object_id for evidence in rows})
        for evidence in rows:
            end = ends.get(evidence.object_id, evidence.received_on)
            if end is not None and end <= cutoff:
                yield evidence


def _wipe_or_tell(evidence: Evidence, on: date) -> bool:
    """Wipe it; one that cannot be wiped is somebody's task until a later night can, and keeps no other from its end."""
    try:
        return _wipe(evidence, on)
    except Exception as failure:  # each storage has errors of its own
        log.exception("evidence not wiped", extra={"evidence": evidence.public_id})
        raise_task(NOT_WIPED, evidence, facts={"since": on.isoformat(), "error": type(failure).__name__})
        return False


def _wipe(evidence: Evidence, on: date) -> bool:
    """The bytes first: where the machine stops in between, the next night finds the row as it was and comes again."""
    with transaction.atomic():
        row = Evidence.objects.select_for_update().get(pk=evidence.pk)
        if row.wiped_on is not None or EvidenceHold.objects.filter(evidence=row, lifted_on__isnull=True).exists():
            return False
        keeping.drop(row.storage_key)
        Evidence.objects.filter(pk=row.pk).update(wiped_on=on, name="", storage_key="")
        record("wiped", row, after={"sha256": row.sha256_sent})
        settle(NOT_WIPED, row, outcome="wiped", fact=on.isoformat())
    return True


def forget_unfinished(on: date) -> int:
    """Forget uploads in parts that nobody finished within the days of the rule ``evidence_limits``; returns how many."""
    days = int(rule("evidence_limits", on)["unfinished_days"])
    old = EvidenceUpload.objects.filter(
        status=UploadStatus.OPEN, started_at__lt=business_date.now() - timedelta(days=days)
    )
    count = 0
    for key in list(old.values_list("pk", flat=True)):
        with transaction.atomic():
            upload = EvidenceUpload.objects.select_for_update().filter(pk=key, status=UploadStatus.OPEN).first()
            if upload is None:
                continue
            drop_parts(upload)
            upload.status, upload.name = UploadStatus.FORGOTTEN, ""
            upload.save(update_fields=["status", "name"])
            count += 1
    return count


def drop_parts(upload: EvidenceUpload) -> None:
    """Forget the parts of an upload, and their bytes once that is certain."""
    keys = list(upload.parts.values_list("storage_key", flat=True))
    upload.parts.all().delete()
    transaction.on_commit(partial(_drop_all, keys))


def _drop_all(keys: Iterable[str]) -> None:
    for key in keys:
        keeping.drop(key)


def drop_orphans() -> int:
    """Remove what lies in the storage for a day and belongs to no row, as after a machine stopped; returns how many."""
    count, keys = 0, keeping.older_than(timezone.now() - ORPHANS_AFTER)
    while batch := list(islice(keys, _AT_ONCE)):
        known = set(Evidence.objects.filter(storage_key__in=batch).values_list("storage_key", flat=True))
        known |= set(EvidenceUploadPart.objects.filter(storage_key__in=batch).values_list("storage_key", flat=True))
        lost = [key for key in batch if key not in known]
        _drop_all(lost)
        count += len(lost)
    if count:
        log.warning("sealed files without a row were removed", extra={"count": count})
    return count
