"""What decides whether business with a person is possible at all: that somebody saw who they are, and that they live."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit import approvals
from audit.approvals import ReasonMissing
from audit.context import acting_for
from audit.deciding import require_other_hand
from audit.models import Approval
from borrowers.models import Borrower, BorrowerStatus, IdentityKind
from core.errors import DomainError, NotAllowed
from core.lifecycle import Lifecycle
from staff.models import User

LIVES = "borrower.lives"
# The right with which a second person agrees that what bars a borrower from loans no longer does.
CONFIRM = "borrowers.confirm_facts"


class RegistrarConfirms(NotAllowed):
    code = "registrar_confirms"
    message = _("You or an account tied to yours registered this borrower. Another person must confirm the identity.")


class IdentityProvedByNumber(DomainError):
    code = "identity_proved_by_number"
    message = _("A resident ID proves itself by its number: nothing has to be confirmed.")


class BorrowerStepRefused(DomainError):
    code = "borrower_step_refused"
    message = _("%(number)s is “%(status)s”: this cannot become “%(to)s”.")


BORROWERS = Lifecycle(
    model=Borrower,
    states=BorrowerStatus,
    begins=frozenset({BorrowerStatus.ACTIVE, BorrowerStatus.ERASED}),  # erasing is no step of a page yet
    steps={
        BorrowerStatus.ACTIVE: frozenset({BorrowerStatus.DECEASED}),
        BorrowerStatus.DECEASED: frozenset({BorrowerStatus.ACTIVE}),
        BorrowerStatus.ERASED: frozenset(),
    },
    step_refused=BorrowerStepRefused,
)


@transaction.atomic
def confirm_identity(*, borrower_id: int, evidence: str, on: date, by: User) -> Borrower:
    """Somebody other than who registered the borrower saw the document; ``evidence`` says which and where it is kept.

    Raises RegistrarConfirms, AccountsNotIndependent (the account that registered may be in the same hand),
    IdentityProvedByNumber, ReasonMissing.
    """
    if not evidence.strip():
        raise ReasonMissing(field="evidence")
    borrower = Borrower.objects.locked(borrower_id)
    if borrower.identity_kind == IdentityKind.CN_RESIDENT_ID:
        raise IdentityProvedByNumber()
    require_other_hand(by, borrower.registered_by_id, RegistrarConfirms(), on)
    borrower.identity_confirmed_on, borrower.identity_confirmed_by = on, by
    with acting_for(by, reason=evidence):
        borrower.save()
    return borrower


@transaction.atomic
def record_death(*, borrower_id: int, evidence: str, by: User) -> Borrower:
    """The borrower has died: nothing more is lent. Raises ReasonMissing, BorrowerStepRefused."""
    if not evidence.strip():
        raise ReasonMissing(field="evidence")
    with acting_for(by):
        return BORROWERS.advance(Borrower.objects.locked(borrower_id), BorrowerStatus.DECEASED, reason=evidence)


@transaction.atomic
def ask_that_lives(*, borrower_id: int, evidence: str, on: date, by: User) -> Approval:
    """Ask a second person to agree that the death was recorded by mistake; until then nothing is lent.

    Raises ReasonMissing, BorrowerStepRefused, ApprovalAlreadyPending.
    """
    if not evidence.strip():
        raise ReasonMissing(field="evidence")
    borrower = Borrower.objects.locked(borrower_id)
    BORROWERS.require_step(borrower, BorrowerStatus.ACTIVE)
    return approvals.request(
        kind=LIVES,
        obj=borrower,
        before={"status": borrower.status},
        after={"status": BorrowerStatus.ACTIVE.value},
        reason=evidence,
        requested_by=by,
        on=on,
    )


def lives_agreed(approval: Approval, _on: date) -> None:
    """The second person agreed that the borrower lives. Raises BorrowerStepRefused."""
    borrower = Borrower.objects.locked(int(approval.object_id))
    with acting_for(approval.decided_by):
        BORROWERS.advance(borrower, BorrowerStatus.ACTIVE, reason=approval.reason, life_agreed_by=approval.decided_by)
