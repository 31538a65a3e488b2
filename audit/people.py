"""People, their roles and their passwords: one asks, another agrees; who is made inactive is so at once."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from audit.approvals import kinds
from audit.changes_by_two import Declared, Many
from audit.events import record
from core.errors import NotAllowed
from core.writing import listed
from staff.apart import require_together
from staff.models import User
from staff.roles import ROLES, role_label

KIND = "power.person"
_NO_PASSWORD = "!"  # how Django begins a password with which nobody can sign in, as of programs


class RolesHoldBothEnds(NotAllowed):
    """With these roles one person would ask for what they decide."""

    code = "roles_hold_both_ends"
    message = _("Nobody holds both ends: with the roles %(roles)s one person would ask for “%(act)s” and decide on it.")


def refuse_both_ends(obj: models.Model, many: Many) -> None:
    """Raise RolesApart where nobody holds the new roles together, RolesHoldBothEnds where they ask for what they decide.
    Roles held before are not asked."""
    groups = many.get("groups")
    if groups is None:
        return
    names = sorted(str(group) for group in groups)
    if obj.pk is not None and names == sorted(Group.objects.filter(user=obj.pk).values_list("name", flat=True)):
        return
    require_together(names)
    rights: set[str] = set().union(*(ROLES.get(name, set()) for name in names))
    for kind in kinds():
        if kind.permission in rights and rights & set(kind.asked_with):
            raise RolesHoldBothEnds(roles=listed(role_label(name) for name in names), act=kind.label)


class SuperuserByShellOnly(NotAllowed):
    """A superuser has every right at once; nobody is made one by asking."""

    code = "superuser_by_shell_only"
    field = "is_superuser"
    message = _("Nobody is made a superuser here. Give a role; superusers are made on the server (createsuperuser).")


class RightsByRoleOnly(NotAllowed):
    """A right given to one person stands in no table that anybody reviews."""

    code = "rights_by_role_only"
    message = _("Rights are given by roles, never to one person alone.")


def refuse_change(obj: models.Model, many: Many) -> None:
    """What no account may become, whoever asks and whoever agrees.

    Raises SuperuserByShellOnly, RightsByRoleOnly, RolesApart, RolesHoldBothEnds.
    """
    assert isinstance(obj, User)
    if obj.is_superuser and not User.objects.filter(pk=obj.pk, is_superuser=True).exists():
        raise SuperuserByShellOnly()
    if list(many.get("user_permissions", ())):
        raise RightsByRoleOnly()
    refuse_both_ends(obj, many)


def nobody_else_yet(obj: models.Model, by: User) -> bool:
    """Whether the first administrator of an empty house makes its second person. Who ever had an account counts."""
    if obj.pk is not None:
        return False
    return not User.objects.exclude(pk=by.pk).exclude(password__startswith=_NO_PASSWORD).exists()


@transaction.atomic
def make_inactive(*, person_id: int, reason: str) -> User:
    """Shut somebody out at once; letting them in again takes two."""
    person = User.objects.select_for_update().get(pk=person_id)
    if person.is_active:
        person.is_active = False
        person.save(update_fields=["is_active"])
        record("made_inactive", person, reason=reason)
    return person


def declared() -> Declared:
    """How accounts change."""
    return Declared(
        model=User,
        code=KIND,
        label=_("Account, roles or password of a person"),
        sealed=("password",),
        refuse=refuse_change,
        alone=nobody_else_yet,
        asked_with=("staff.add_user", "staff.change_user"),
    )
