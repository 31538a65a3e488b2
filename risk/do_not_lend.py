"""The do-not-lend list: one person puts somebody on it, at once; two take them off. Each time with a reason, and no rule
ever does."""

from datetime import date
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override

from audit import approvals
from audit.approvals import ReasonMissing
from audit.models import Approval
from borrowers.models import Borrower
from core.context import acting
from core.errors import DomainError
from risk.models import DoNotLendEntry
from staff.models import User

LIFT = "risk.do_not_lend_lift"
AGREE_TO_LIFT = "risk.lift_do_not_lend"
WHY, ON_LIST = gettext_noop("why on the list"), gettext_noop("on the do-not-lend list")


class DoNotLendReason(models.TextChoices):
    """Why somebody gets no loan."""

    FRAUD = "fraud", _("Proved fraud")
    WILFUL_DEFAULT = "wilful_default", _("Would not pay although able")
    THREATS = "threats", _("Threatened staff")
    OWN_WISH = "own_wish", _("Asked not to be lent to")


class NotListed(DomainError):
    code = "not_listed"
    message = _("This borrower is not on the do-not-lend list.")


@transaction.atomic
def put_on(*, borrower_id: int, reason: str, note: str, on: date, by: User) -> DoNotLendEntry:
    """Put the borrower on the list. Somebody who is on it stays on it as first written."""
    if not note.strip():
        raise ReasonMissing(field="note")
    Borrower.objects.locked(borrower_id)  # what binds the house for the person now comes before it, or not at all
    with acting(actor=by, reason=note):
        entry, _created = DoNotLendEntry.objects.get_or_create(
            borrower_id=borrower_id,
            lifted_on=None,
            defaults={"reason_code": DoNotLendReason(reason), "note": note, "listed_on": on, "listed_by": by},
        )
    return entry


@transaction.atomic
def ask_to_take_off(*, borrower_id: int, reason: str, on: date, by: User) -> Approval:
    """Ask a second person to agree that the borrower is taken off; until then they stay on the list.

    Raises NotListed, ReasonMissing, ApprovalAlreadyPending.
    """
    if not reason.strip():
        raise ReasonMissing()
    Borrower.objects.locked(borrower_id)
    entry = _standing(borrower_id)
    return approvals.request(
        kind=LIFT,
        obj=entry,
        before=_in_words(entry),
        after={"lifted_on": on.isoformat()},
        reason=reason,
        requested_by=by,
        on=on,
    )


def taking_off_agreed(approval: Approval, on: date) -> None:
    """The second person agreed. Raises NotListed where the entry asked about was lifted meanwhile."""
    borrower_id = DoNotLendEntry.objects.values_list("borrower_id", flat=True).get(pk=approval.object_id)
    Borrower.objects.locked(borrower_id)
    entry = _standing(borrower_id)
    if str(entry.pk) != approval.object_id:
        raise NotListed()
    entry.lifted_on, entry.lift_agreed_by = on, approval.decided_by
    with acting(actor=approval.decided_by, reason=approval.reason):
        entry.save(update_fields=["lifted_on", "lift_agreed_by"])


def bar(borrower_id: int) -> str:
    """That the borrower is on the list, in words that a request keeps; empty where they are not."""
    return ON_LIST if DoNotLendEntry.objects.filter(borrower_id=borrower_id, lifted_on=None).exists() else ""


def _in_words(entry: DoNotLendEntry) -> dict[str, Any]:
    known = entry.reason_code in DoNotLendReason.values
    with override("en"):
        why = str(DoNotLendReason(entry.reason_code).label) if known else entry.reason_code
    return {WHY: why, "note": entry.note, "listed_on": entry.listed_on.isoformat(), "listed_by": entry.listed_by_id}


def _standing(borrower_id: int) -> DoNotLendEntry:
    standing = DoNotLendEntry.objects.select_for_update(of=("self",)).select_related("borrower")
    entry = standing.filter(borrower_id=borrower_id, lifted_on=None).first()
    if entry is None:
        raise NotListed()
    return entry
