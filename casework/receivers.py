"""What happens to people elsewhere and has a meaning for their tasks."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import m2m_changed
from django.dispatch import receiver

from casework.leaving import give_back_what_is_not_theirs
from core import business_date
from staff.models import User


@receiver(m2m_changed, sender=User.groups.through, dispatch_uid="casework.roles_changed")
def _roles_changed(*, instance: Any, action: str, reverse: bool, **_signal: object) -> None:
    if not reverse and action in {"post_remove", "post_clear"}:
        give_back_what_is_not_theirs(User.objects.get(pk=instance.pk), business_date.now())
