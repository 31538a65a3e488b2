"""Who can be tried in a demo: the first person of each role, and whoever holds every role."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _

from staff.models import User
from staff.roles import LABELS


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One way to sign in. All share ``settings.DEMO_PASSWORD``, which is no secret in a demo."""

    username: str
    name: str
    role: str


def demo_people() -> list[DemoPerson]:
    """The people by role, every role first; nobody outside a demo."""
    if not settings.DEMO:
        return []
    active = User.objects.filter(is_active=True)
    everything = active.alias(roles=Count("groups")).filter(roles=len(LABELS))
    people = [DemoPerson(user.username, user.label, _("Every role")) for user in everything]
    for role, label in LABELS.items():
        user = active.filter(groups__name=role).order_by("pk").first()
        if user is not None:
            people.append(DemoPerson(user.username, user.label, str(label)))
    return people
