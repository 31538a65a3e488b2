"""How long evidence is kept, by the dated rule ``evidence_retention``, and wiping what nobody may keep any longer.

The years count from the day it was received, or from the day the last thing that needs it came to its end where that is
later (``casework.ending``); what something needs that still runs is not wiped. The row stays.
"""

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.events import record
from casework import keeping
from casework.ending import count_from, versions_of
from casework.evidence_kinds import KINDS
from casework.models import Evidence, EvidenceUpload, EvidenceUploadPart, UploadStatus
from casework.raising import raise_task, settle
from core.dates import add_months
from core.errors import DomainError
from core.rules import rule

RULE = "evidence_retention"
NOT_WIPED = "evidence.not_wiped"
ORPHANS_AFTER = timedelta(days=1)
_AT_ONCE = 500
# So many may be lost to machines that stopped, however little is kept.
_A_FEW_LOST = 20
log = logging.getLogger(__name__)


class StorageOfAnother(DomainError):
    """Most of what lies in the storage is known to no row here: it is, or was, the storage of another database."""

    code = "storage_of_another"
    status = 503
    message = _(
        "Of the files in the storage of evidence %(lost)s belong to no row and %(known)s do. Nothing was removed: see that "
        "no other database keeps its evidence there."
    )


def years_of(kind: str, on: date) -> int:
    """For how many years evidence of the kind is kept, by the rule of the day. Raises RuleMissing."""
    told = rule(RULE, on)
    return int(told.get("by_kind", {}).get(kind, told["years"]))


def kept_until(evidence: Evidence, on: date) -> date | None:
    """Until when it is kept as things stand on the day; None while something that needs it runs, or is held."""
    begins = count_from([evidence])[evidence.pk]
    return None if begins is None else add_months(begins, 12 * years_of(evidence.kind, on))


def wipe_what_is_due(on: date, *, now: datetime) -> int:
    """Wipe all evidence whose time is over on the day and that no hold keeps; returns how many. A repeat does nothing."""
    wiped = 0
    for kind in KINDS:
        cutoff = add_months(on, -12 * years_of(kind, on))
        after = 0
        while batch := _candidates(kind, cutoff, after):
            begins = count_from(batch)
            due = [row for row in batch if (day := begins[row.pk]) is not None and day <= cutoff]
            wiped += sum(_wipe_or_tell(evidence, on, now) for evidence in due)
            after = batch[-1].pk
    return wiped


def _candidates(kind: str, cutoff: date, after: int) -> list[Evidence]:
    rows = Evidence.objects.kept().filter(kind=kind, received_on__lte=cutoff, pk__gt=after)
    return list(rows.order_by("pk")[:_AT_ONCE])


def _wipe_or_tell(evidence: Evidence, on: date, now: datetime) -> bool:
    """Wipe it; one that cannot be wiped is somebody's task until a later night can, and keeps no other from its end."""
    try:
        return _wipe(evidence, on, now)
    except Exception as failure:  # each storage has errors of its own
        log.exception("evidence not wiped", extra={"evidence": evidence.public_id})
        facts = {"since": on.isoformat(), "error": type(failure).__name__}
        try:
            raise_task(NOT_WIPED, evidence, facts=facts, now=now)
        except Exception:  # also where nobody can be told, the others are wiped
            log.exception("nobody told of evidence that was not wiped", extra={"evidence": evidence.public_id})
        return False


def _wipe(evidence: Evidence, on: date, now: datetime) -> bool:
    """The bytes last, once everything else of it went well: a row that says it is kept has its bytes, and one whose bytes
    cannot be removed says so. Where the machine stops right then, the next night finds the row as it was and comes again.

    All versions are locked: whoever holds, replaces or attaches one at the moment is waited for, and seen.
    """
    with transaction.atomic():
        chain = versions_of([evidence.pk])[evidence.pk]
        rows = {row.pk: row for row in Evidence.objects.filter(pk__in=chain).order_by("pk").select_for_update()}
        row = rows[evidence.pk]
        until = kept_until(row, on)
        if row.wiped_on is not None or until is None or until > on:
            return False
        Evidence.objects.filter(pk=row.pk).update(wiped_on=on, name="", storage_key="")
        record("wiped", row)
        settle(NOT_WIPED, row, outcome="wiped", fact=on.isoformat(), now=now)
        keeping.drop(row.storage_key)
    return True


def forget_unfinished(now: datetime) -> int:
    """Forget uploads in parts that nobody finished within the days of the rule ``evidence_limits``; returns how many."""
    days = int(rule("evidence_limits", now.date())["unfinished_days"])
    old = EvidenceUpload.objects.filter(status=UploadStatus.OPEN, started_at__lt=now - timedelta(days=days))
    count = 0
    for key in list(old.values_list("pk", flat=True)):
        with transaction.atomic():
            upload = EvidenceUpload.objects.select_for_update().filter(pk=key, status=UploadStatus.OPEN).first()
            if upload is None:
                continue
            forget(upload)
            count += 1
    return count


def forget(upload: EvidenceUpload) -> None:
    """Forget an open upload, its name and its parts. Its row is locked."""
    drop_parts(upload)
    upload.status, upload.name = UploadStatus.FORGOTTEN, ""
    upload.save(update_fields=["status", "name"])


def drop_parts(upload: EvidenceUpload) -> None:
    """Forget the parts of an upload, and their bytes once that is certain."""
    keys = list(upload.parts.values_list("storage_key", flat=True))
    upload.parts.all().delete()
    transaction.on_commit(partial(_drop_all, keys))


def _drop_all(keys: Iterable[str]) -> list[Exception]:
    """Remove what lies under the keys; what failed keeps no other, and is found again as belonging to no row."""
    failed: list[Exception] = []
    for key in keys:
        try:
            keeping.drop(key)
        except Exception as failure:  # each storage has errors of its own
            log.exception("sealed file not removed")
            failed.append(failure)
    return failed


def drop_orphans() -> int:
    """Remove what lies in the storage for a day and belongs to no row, as after a machine stopped; returns how many.

    Raises StorageOfAnother, removing nothing, where more lies there that belongs to no row than what does; and, in the
    end, the first error of the storage.
    """
    lost: list[str] = []
    known, keys = 0, keeping.older_than(timezone.now() - ORPHANS_AFTER)
    while batch := list(islice(keys, _AT_ONCE)):
        owned = set(Evidence.objects.filter(storage_key__in=batch).values_list("storage_key", flat=True))
        owned |= set(EvidenceUploadPart.objects.filter(storage_key__in=batch).values_list("storage_key", flat=True))
        known += len(owned)
        lost += [key for key in batch if key not in owned]
    if len(lost) > max(known, _A_FEW_LOST):
        raise StorageOfAnother(lost=len(lost), known=known)
    failed = _drop_all(lost)
    if lost:
        log.warning("sealed files without a row were removed", extra={"count": len(lost) - len(failed)})
    if failed:
        raise failed[0]
    return len(lost)
