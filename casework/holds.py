"""Legal hold: one person sets it, two lift it; while it stands nothing wipes the evidence. Reasons are read by more people
than see the evidence, so that personal numbers in them are masked."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit import approvals
from audit.approvals import ReasonMissing
from audit.events import record
from audit.models import Approval
from casework import keeping
from casework.models import Evidence, EvidenceHold
from casework.personal_numbers import masked
from core.errors import DomainError
from core.strict import require_plain
from staff.models import User

LIFT = "evidence.lift_hold"
HOLD, AGREE = "casework.hold_evidence", "casework.lift_evidence_hold"


class EvidenceWiped(DomainError):
    code = "evidence_wiped"
    message = _("This evidence was wiped on %(on)s: only its hashes are left.")


class EvidenceNotHeld(DomainError):
    code = "evidence_not_held"
    message = _("No legal hold stands on this evidence.")


def standing(evidence: Evidence) -> EvidenceHold | None:
    """The hold that stands."""
    return EvidenceHold.objects.filter(evidence=evidence, lifted_on__isnull=True).select_related("set_by").first()


@transaction.atomic
def put_under_hold(*, evidence_id: int, reason: str, by: User, on: date) -> EvidenceHold:
    """Keep the evidence from being wiped; one that stands stays as it is. Raises ReasonMissing, EvidenceWiped,
    EvidenceMissing: what is not there cannot be held."""
    if not reason.strip():
        raise ReasonMissing
    reason = masked(require_plain(reason, field="reason", lines=True))
    evidence = Evidence.objects.select_for_update().get(pk=evidence_id)
    if evidence.wiped_on is not None:
        raise EvidenceWiped(on=evidence.wiped_on.isoformat())
    hold = standing(evidence)
    if hold is None:
        keeping.require_there(evidence.storage_key)
        hold = EvidenceHold.objects.create(evidence=evidence, reason=reason, set_on=on, set_by=by)
        record("held", evidence, reason=reason, actor=by)
    return hold


@transaction.atomic
def ask_to_lift(*, evidence_id: int, reason: str, by: User, on: date) -> Approval:
    """Ask a second person to lift the hold. Raises EvidenceNotHeld, and what ``audit.approvals.request`` raises."""
    reason = masked(require_plain(reason, field="reason", lines=True))
    evidence = Evidence.objects.select_for_update().get(pk=evidence_id)
    hold = standing(evidence)
    if hold is None:
        raise EvidenceNotHeld
    return approvals.request(
        kind=LIFT,
        obj=evidence,
        reason=reason,
        requested_by=by,
        on=on,
        payload={"hold": hold.pk},
        before={"reason": hold.reason, "set_on": hold.set_on.isoformat(), "set_by": str(hold.set_by)},
    )


def lift(approval: Approval, on: date) -> None:
    """What agreeing does. Raises EvidenceNotHeld where it was lifted meanwhile."""
    hold = EvidenceHold.objects.select_for_update().filter(pk=approval.payload["hold"], lifted_on__isnull=True).first()
    if hold is None:
        raise EvidenceNotHeld
    hold.lifted_on, hold.lifted_by, hold.lift_asked_by = on, approval.decided_by, approval.requested_by
    hold.save(update_fields=["lifted_on", "lifted_by", "lift_asked_by"])
    record("hold_lifted", hold.evidence, reason=approval.reason, actor=approval.decided_by)
