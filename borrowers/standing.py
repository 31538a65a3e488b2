"""What decides whether business with a person is possible at all: that somebody saw who they are, and that they live."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext, gettext_noop, pgettext
from django.utils.translation import gettext_lazy as _

from audit import approvals
from audit.approvals import ReasonMissing
from audit.context import acting_for
from audit.deciding import require_other_hand
from audit.models import Approval, ApprovalStatus
from borrowers.likeness import Likeness, alike_people, likenesses
from borrowers.models import Borrower, BorrowerStatus, IdentityKind
from core.errors import DomainError, NotAllowed
from core.lifecycle import Lifecycle
from staff.models import User

LIVES = "borrower.lives"
# The right with which a second person agrees that what bars a borrower from loans no longer does.
CONFIRM = "borrowers.confirm_facts"
ALIKE = "borrower.identity_of_alike"
# Who agrees that somebody is another person than the borrower they are like: who confirms identities does not hold it.
CONFIRM_ALIKE = "risk.lift_do_not_lend"
LIKE, TWO_BECAUSE = gettext_noop("like"), gettext_noop("why they are two people")


class RegistrarConfirms(NotAllowed):
    code = "registrar_confirms"
    message = _("You or an account tied to yours registered this borrower. Another person must confirm the identity.")


class IdentityProvedByNumber(DomainError):
    code = "identity_proved_by_number"
    message = _("A resident ID proves itself by its number: nothing has to be confirmed.")


class BorrowerLikeAnother(DomainError):
    """One person alone does not say that somebody is another person than the borrower they are like."""

    code = "borrower_like_another"
    field = "two_people_because"
    message = _(
        "This person is like %(others)s. If they are two people, say why and what shows it; a second person agrees, and "
        "until then the identity is not confirmed."
    )


class BorrowerLikeBarred(DomainError):
    """Name and birth date are those of somebody who is barred from loans: nobody agrees that they are two people."""

    code = "borrower_like_barred"
    message = _(
        "This person has the name and the birth date of somebody who is barred from loans: %(others)s. The identity is not "
        "confirmed while that stands."
    )


class BorrowerLikeSince(DomainError):
    """The request does not show everybody whom the borrower is like by now."""

    code = "borrower_like_since"
    message = _(
        "Since this was asked for, the borrower became like somebody whom the request does not show. Reject it; asked for "
        "again, the request shows all of them."
    )


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
def confirm_identity(
    *, borrower_id: int, evidence: str, on: date, by: User, two_people_because: str = ""
) -> Borrower | Approval:
    """Somebody other than who registered the borrower saw the document; ``evidence`` says which and where it is kept.

    Of a borrower who is like another one a second person is asked, with ``two_people_because``, and the request that waits
    is returned. Raises RegistrarConfirms, AccountsNotIndependent (the account that registered may be in the same hand),
    IdentityProvedByNumber, ReasonMissing, BorrowerLikeAnother, BorrowerLikeBarred, ApprovalAlreadyPending.
    """
    if not evidence.strip():
        raise ReasonMissing(field="evidence")
    borrower = Borrower.objects.locked(borrower_id)
    if borrower.identity_kind == IdentityKind.CN_RESIDENT_ID:
        raise IdentityProvedByNumber()
    require_other_hand(by, borrower.registered_by_id, RegistrarConfirms(), on)
    if alike := likenesses(borrower):
        return _ask_about_alike(borrower, alike, evidence, two_people_because, on, by)
    return _confirm(borrower, evidence, on, by)


def _confirm(borrower: Borrower, evidence: str, on: date, by: User | None) -> Borrower:
    borrower.identity_confirmed_on, borrower.identity_confirmed_by = on, by
    with acting_for(by, reason=evidence):
        borrower.save()
    return borrower


def _ask_about_alike(
    borrower: Borrower, alike: list[Likeness], evidence: str, because: str, on: date, by: User
) -> Approval:
    _refuse_barred(alike)
    if not because.strip():
        raise BorrowerLikeAnother(others=_in_words(alike))
    return approvals.request(
        kind=ALIKE,
        obj=borrower,
        payload={"evidence": evidence, "others": [one.other.pk for one in alike]},
        after={LIKE: [f"{one.other.number} {one.other.masked_name}: {'; '.join(one.by + one.bars)}" for one in alike]}
        | {TWO_BECAUSE: because},
        reason=evidence,
        requested_by=by,
        on=on,
    )


def _refuse_barred(alike: list[Likeness]) -> None:
    if barred := [one for one in alike if one.is_barred_person]:
        raise BorrowerLikeBarred(others=_in_words(barred))


def _in_words(alike: list[Likeness]) -> str:
    """Each with number, masked name, by what they are alike, and what bars them."""
    said = []
    for one in alike:
        by, bars = (
            pgettext("between phrases", ", ").join(gettext(word) for word in words) for words in (one.by, one.bars)
        )
        words = {"number": one.other.number, "name": one.other.masked_name, "by": by, "bars": bars}
        said.append(
            gettext("%(number)s %(name)s (same %(by)s; barred from loans: %(bars)s)") % words
            if bars
            else gettext("%(number)s %(name)s (same %(by)s)") % words
        )
    return pgettext("between phrases", ", ").join(said)


def alike_agreed(approval: Approval, on: date) -> None:
    """The second person agreed that they are two people: the identity is confirmed, as who asked saw it.

    Raises RegistrarConfirms, AccountsNotIndependent, BorrowerLikeBarred, BorrowerLikeSince.
    """
    borrower = Borrower.objects.locked(int(approval.object_id))
    if approval.decided_by is None:
        raise RegistrarConfirms
    require_other_hand(approval.decided_by, borrower.registered_by_id, RegistrarConfirms(), on)
    alike = likenesses(borrower)
    _refuse_barred(alike)
    if not {one.other.pk for one in alike} <= set(approval.payload["others"]):
        raise BorrowerLikeSince
    _confirm(borrower, approval.payload["evidence"], on, approval.requested_by)


def look_again(borrower: Borrower, *, by: User | None) -> list[Borrower]:
    """A document, a name or a mobile of ``borrower`` has come: of whoever is like somebody that their confirmation did not
    weigh, the identity is to be confirmed anew, by two. Returns them. The caller is in a transaction.

    Held are those that no number proves, confirmed or not: a confirmation beside this sees the other, or is seen here.
    """
    alike = alike_people(borrower)
    if not alike:
        return []
    pairs = Borrower.objects.filter(pk__in={borrower.pk, *alike}, identity_kind=IdentityKind.OTHER)
    opened = []
    for file in pairs.select_for_update(no_key=True).order_by("pk"):
        others = alike if file.pk == borrower.pk else {borrower.pk}
        if file.identity_confirmed_on is not None and not others <= _weighed(file, others):
            file.identity_confirmed_on = file.identity_confirmed_by = None
            with acting_for(
                by, reason=f"like {borrower.number}" if file.pk != borrower.pk else "like another borrower"
            ):
                file.save()
            opened.append(file)
    return opened


def _weighed(file: Borrower, others: set[int]) -> set[int]:
    """Those of ``others`` of whom two people agreed that ``file`` is somebody else, whichever of both was confirmed."""
    agreed = Approval.objects.filter(kind=ALIKE, object_type="borrowers.borrower", status=ApprovalStatus.APPROVED)
    own = agreed.filter(object_id=str(file.pk)).values_list("payload__others", flat=True)
    theirs = agreed.filter(object_id__in=[str(number) for number in others], payload__others__contains=file.pk)
    said_of_them = {int(number) for number in theirs.values_list("object_id", flat=True)}
    return {number for numbers in own for number in numbers} | said_of_them


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
