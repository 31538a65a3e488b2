"""The first person of an empty system, made once by whoever holds the token printed at the start."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid, NotAllowed
from staff.models import User

_LOCK = 7_310_001


class AdministratorExists(NotAllowed):
    code = "administrator_exists"
    message = _("This system already has an administrator. Sign in, or ask that person for an account.")


class PasswordTooWeak(Invalid):
    code = "password_too_weak"
    message = _("%(reasons)s")


def wanted() -> bool:
    """Whether nobody can administer this system yet: no superuser and nobody with the role administrator."""
    administers = Q(is_superuser=True) | Q(groups__name="administrator", is_staff=True)
    return not User.objects.filter(administers, is_active=True).exists()


@transaction.atomic
def create_first_administrator(*, username: str, password: str, display_name: str = "") -> User:
    """Two people who open the page at the same time: one becomes administrator, the other is told so.

    Administrators configure and see no money, the first one like all others: a superuser is made from the shell only.
    Raises AdministratorExists, PasswordTooWeak.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if not wanted():
        raise AdministratorExists()
    user = User(username=username, display_name=display_name, is_staff=True)
    _check_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    user.groups.add(Group.objects.get(name="administrator"))
    return user


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as refusal:
        raise PasswordTooWeak(field="password", reasons=" ".join(refusal.messages)) from None
