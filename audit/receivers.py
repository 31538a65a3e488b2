"""Acts that leave no history row by themselves: coming, going, being locked out, and changes of roles."""

from __future__ import annotations

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import m2m_changed
from django.dispatch import receiver

from audit.events import record
from staff.models import User


@receiver(user_logged_in, dispatch_uid="audit.signed_in")
def _signed_in(*, user: User, **_signal: object) -> None:
    record("signed_in", user, actor=user)


@receiver(user_logged_out, dispatch_uid="audit.signed_out")
def _signed_out(*, user: User | None, **_signal: object) -> None:
    if user is not None:
        record("signed_out", user, actor=user)


@receiver(user_locked_out, dispatch_uid="audit.locked_out")
def _locked_out(*, username: str | None, **_signal: object) -> None:
    user = User.objects.filter(username=username or "").first()
    if user is not None:
        record("locked_out", user)


@receiver(m2m_changed, sender=User.groups.through, dispatch_uid="audit.roles_changed")
def _roles_changed(*, instance: Any, action: str, reverse: bool, **_signal: object) -> None:
    """A many-to-many change has no history row; the roles before are kept on the object until the change is done."""
    if reverse:
        return
    roles = sorted(instance.groups.values_list("name", flat=True))
    if action.startswith("pre_"):
        instance.roles_before = roles
    elif roles != (before := getattr(instance, "roles_before", [])):
        record("changed", instance, before={"roles": before}, after={"roles": roles})
