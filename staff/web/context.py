"""What the frame of every page knows about the person."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from staff.models import User
from staff.roles import role_label, roles_of


def person(request: HttpRequest) -> dict[str, object]:
    user: object = getattr(request, "user", None)
    return {
        "demo": settings.DEMO,
        # Lazy: fragments and the API draw no frame and should not pay for it.
        "person_role": SimpleLazyObject(lambda: _role_of(user)) if isinstance(user, User) else "",
    }


def _role_of(user: User) -> str:
    roles = roles_of(user)
    return role_label(roles[0]) if roles else ""
