"""The door guard: a page or action names the right it needs, a refusal names it back together with who has it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from staff.models import User
from staff.roles import roles_with
from staff.visibility import require_seen

View = Callable[..., HttpResponseBase]


class MissingPermission(PermissionDenied):
    """Refused for want of one right. The 403 page reads `permission` and `roles`."""

    def __init__(self, permission: str) -> None:
        super().__init__(_("This needs the permission %(permission)s.") % {"permission": permission})
        self.permission = permission
        self.roles = roles_with(permission)


def person(request: HttpRequest) -> User:
    """Who is signed in; for views that a guard has let through."""
    user = request.user
    assert isinstance(user, User), "this view is not guarded"
    return user


def check(user: User | AnonymousUser, permission: str) -> None:
    if not user.has_perm(permission):
        raise MissingPermission(permission)


def require(permission: str) -> Callable[[View], View]:
    """Guard a function view: visitors are sent to sign in, people without the right are told which one is missing, and
    what is not theirs to see is not there (``staff.visibility``)."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            check(request.user, permission)
            require_seen(request.user, kwargs)
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return guard
