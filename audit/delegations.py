"""A right to decide, lent to a named person until a date: asked for by who holds it, agreed to by a third person.

It ends by itself. Through it nobody decides on what either side of it asked for, and whoever also asks with what the right
decides is lent nothing (``audit.deciding`` holds to both at every decision).
"""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit import approvals
from audit.approvals import Group, ReasonMissing
from audit.deciding import require_other_hand, same_account
from audit.kinds import RULE, asking_rights, kinds
from audit.models import Approval, Delegation
from core.context import acting_for
from core.errors import DomainError, Invalid, NotAllowed
from core.rules import rule
from staff.apart import RightsApart, why_apart
from staff.models import User
from staff.rights import rights_of

KIND = "power.delegation"
ASK = "audit.delegate"


class RightNotHeld(NotAllowed):
    code = "right_not_held"
    message = _("You do not hold the right %(permission)s yourself: nobody lends what was lent to them.")


class RightNotLent(Invalid):
    code = "right_not_lent"
    field = "permission"
    message = _("%(permission)s decides on no request: only rights to decide are lent.")


class DelegateAsksWithIt(NotAllowed):
    code = "delegate_asks_with_it"
    field = "given_to"
    message = _("%(person)s asks for what %(permission)s decides, and nobody holds both ends. Choose somebody else.")


class DelegationTooLong(Invalid):
    code = "delegation_too_long"
    field = "ends_on"
    message = _("A right is lent from today and for %(most)s days at most.")


class DelegateUnfit(Invalid):
    code = "delegate_unfit"
    field = "given_to"
    message = _("A right is lent to another person who is active.")


def rights_to_lend(person: User) -> list[str]:
    """The rights to decide that ``person`` holds by roles, in the order of the kinds they decide."""
    held = rights_of([person.pk])[person.pk]
    return list(dict.fromkeys(kind.permission for kind in kinds() if kind.permission in held))


def most_days(on: date) -> int:
    """For how many days a right is lent at most."""
    return int(rule(RULE, on)["delegation_most_days"])


@transaction.atomic
def ask(*, permission: str, given_by: User, given_to: User, ends_on: date, reason: str, on: date) -> Approval:
    """Ask for ``permission`` to be lent from the business date ``on`` through ``ends_on``.

    Raises RightNotLent, RightNotHeld, DelegateUnfit, RightsApart, DelegateAsksWithIt, DelegationTooLong, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing()
    if not on <= ends_on <= on + timedelta(days=most_days(on)):
        raise DelegationTooLong(most=most_days(on))
    _require_lendable(permission, given_by, given_to)
    with acting_for(given_by, reason=reason):
        lent = Delegation.objects.create(
            permission=permission, given_by=given_by, given_to=given_to, starts_on=on, ends_on=ends_on, reason=reason
        )
    return approvals.request(
        kind=KIND,
        obj=lent,
        key=str(lent.pk),  # told by its words, not by its number
        after={"permission": permission, "given_to": str(given_to), "ends_on": ends_on.isoformat()},
        reason=reason,
        requested_by=given_by,
        on=on,
    )


def _require_lendable(permission: str, given_by: User, given_to: User) -> None:
    if permission not in {kind.permission for kind in kinds()}:
        raise RightNotLent(permission=permission)
    rights = rights_of([given_by.pk, given_to.pk])
    if permission not in rights[given_by.pk]:
        raise RightNotHeld(permission=permission)
    if same_account(given_to.pk, given_by.pk) or not User.objects.filter(pk=given_to.pk, is_active=True).exists():
        raise DelegateUnfit()
    why = why_apart(rights[given_to.pk] | {permission})
    if why is not None and why_apart(rights[given_to.pk]) is None:
        raise RightsApart(permission=permission, why=why, field="given_to")
    if rights[given_to.pk] & asking_rights(permission):
        raise DelegateAsksWithIt(person=str(given_to), permission=permission)


def _agreed(approval: Approval, on: date) -> None:
    lent = Delegation.objects.select_for_update().get(pk=approval.object_id)
    _require_lendable(lent.permission, lent.given_by, lent.given_to)
    if lent.ends_on < on:
        raise DelegationTooLong(most=most_days(on))
    require_other_hand(approval.decided_by, {lent.given_by_id, lent.given_to_id}, ThirdPersonNeeded(), on)
    lent.agreed_by = approval.decided_by
    lent.save()


class ThirdPersonNeeded(NotAllowed):
    code = "third_person_needed"
    message = _(
        "The right is lent between you, or accounts tied to yours, and somebody else: a third person must agree."
    )


class DelegationOver(DomainError):
    code = "delegation_over"
    message = _("This delegation is over already.")


@transaction.atomic
def take_back(*, delegation_id: int, by: User, on: date) -> Delegation:
    """End a delegation before its day: who gave it, who has it, or who agrees to such. Raises DelegationOver, NotAllowed."""
    lent = Delegation.objects.select_for_update().get(pk=delegation_id)
    if lent.ended_on is not None:
        raise DelegationOver()
    theirs = same_account(by.pk, lent.given_by_id) or same_account(by.pk, lent.given_to_id)
    if not theirs and "audit.approve_power" not in rights_of([by.pk])[by.pk]:
        raise NotAllowed()
    lent.ended_on = on
    with acting_for(by):
        lent.save()
    return lent


def declare_request() -> None:
    """Tell of the request; called when Django starts."""
    approvals.register(
        KIND,
        _agreed,
        permission="audit.approve_power",
        label=_("Right to decide, lent until a date"),
        group=Group.POWER,
        asked_with=ASK,
    )
