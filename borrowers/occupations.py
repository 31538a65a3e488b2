"""What a borrower lives from: stated, changed with a trace, and never guessed.

Some lenders may not lend to students. So whoever says that somebody is one is believed at once, and whoever says that they
are one no longer makes a claim: it names what shows it, and a second person agrees.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit import approvals
from audit.context import acting_for
from audit.models import Approval, ApprovalStatus
from borrowers.models import Borrower, Occupation, PartnerFile
from core.errors import DomainError, Invalid
from staff.models import User

STUDIES_ENDED = "borrower.studies_ended"
STUDENT = Occupation.STUDENT.value


class OccupationUnknown(Invalid):
    """Not one of the occupations."""

    code = "occupation_unknown"
    field = "occupation"
    message = _("“%(occupation)s” is not one of the occupations.")


class StudentEvidenceMissing(Invalid):
    """Who is recorded as a student stays one until a second person has seen what shows otherwise."""

    code = "student_evidence_missing"
    field = "occupation_evidence"
    message = _(
        "A student is recorded here. Say what shows that the studies have ended and where it is kept; a second person "
        "agrees to it, and until then nothing changes."
    )


class OccupationClaimWaits(DomainError):
    """One claim at a time of each partner, and of the house."""

    code = "occupation_claim_waits"
    field = "occupation"
    message = _("A change of this occupation waits for a second person already.")


class NoStudent(DomainError):
    """Nothing is left to agree to."""

    code = "borrower_not_student"
    message = _("%(number)s is not recorded as a student any more. Reject this request.")


def require_occupation(occupation: str) -> None:
    """Raises OccupationUnknown; empty says that it is not known."""
    if occupation and occupation not in Occupation.values:
        raise OccupationUnknown(occupation=occupation)


@transaction.atomic
def state_occupation(
    *,
    borrower_id: int,
    occupation: str,
    on: date,
    evidence: str = "",
    file: PartnerFile | None = None,
    changed_by: User | None = None,
) -> Borrower | Approval:
    """What the borrower lives from, from now on; what was stated before stays in the history.

    Of a student another occupation is asked for: the request that waits for a second person is returned, with ``file`` the
    file of the partner that claims it. Raises OccupationUnknown, StudentEvidenceMissing, OccupationClaimWaits.
    """
    require_occupation(occupation)
    borrower = Borrower.objects.locked(borrower_id)
    if borrower.occupation == occupation:
        return borrower
    if borrower.occupation == STUDENT:
        return _claim(borrower, occupation, on, evidence, file, changed_by)
    borrower.occupation = occupation
    with acting_for(changed_by, reason=evidence):
        borrower.save()
    return borrower


def _claim(
    borrower: Borrower, occupation: str, on: date, evidence: str, file: PartnerFile | None, by: User | None
) -> Approval:
    if not evidence.strip():
        raise StudentEvidenceMissing
    # Each partner claims in its own file, so that none learns of what another or the house claims.
    whose = file or borrower
    waits = approvals.waiting(STUDIES_ENDED, whose, reason=evidence, requested_by=by, on=on)
    if waits is not None and waits.payload["occupation"] == occupation:
        return waits
    try:
        return approvals.request(
            kind=STUDIES_ENDED,
            obj=whose,
            payload={"occupation": occupation, "borrower": borrower.pk, "file": file.pk if file else None},
            before={"occupation": borrower.occupation},
            after={"occupation": occupation},
            reason=evidence,
            requested_by=by,
            on=on,
        )
    except approvals.ApprovalAlreadyPending as waits_already:
        raise OccupationClaimWaits from waits_already


def studies_ended(approval: Approval, _on: date) -> None:
    """The second person agreed; the partner that claimed it sees it in its file. Raises NoStudent."""
    borrower = Borrower.objects.locked(approval.payload["borrower"])
    if borrower.occupation != STUDENT:
        raise NoStudent(number=borrower.number)
    borrower.occupation, borrower.occupation_agreed_by = approval.payload["occupation"], approval.decided_by
    with acting_for(approval.decided_by, reason=approval.reason):
        borrower.save()
        for file in PartnerFile.objects.filter(pk=approval.payload["file"]):
            file.occupation = borrower.occupation
            file.save()


def claims_of(ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """What is claimed of each of ``ids`` and waits for a second person, the oldest first: ``occupation``, and the ``file``
    of the partner that claims it, if one does. One statement."""
    waiting = Approval.objects.filter(
        kind=STUDIES_ENDED, status=ApprovalStatus.PENDING, payload__borrower__in=list(ids)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for payload in waiting.order_by("id").values_list("payload", flat=True):
        found.setdefault(payload["borrower"], []).append(payload)
    return found
