"""The team of the demo: one person a role, with the names of the pictures. Their password is told by ``./dev up``."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import connection, transaction

from core.context import acting
from staff.models import User


@dataclass(frozen=True, slots=True)
class Member:
    username: str
    display_name: str
    role: str
    language: str = "en"


TEAM = (
    Member("sun.jie", "Sun Jie", "officer"),
    Member("liu.yang", "Liu Yang", "underwriter"),
    Member("chen.bo", "Chen Bo", "checker"),
    Member("zhou.ting", "Zhou Ting", "operations"),
    Member("wang.li", "Wang Li", "collector"),
    Member("li.na", "Li Na", "team_lead"),
    Member("zhao.min", "Zhao Min", "risk_analyst"),
    Member("he.qiang", "He Qiang", "finance"),
    Member("xu.fang", "Xu Fang", "compliance"),
    Member("ma.jun", "Ma Jun", "administrator"),
    Member("guide", "Tour guide", "officer"),
)
# Who shows the whole life of a loan holds every role.
GUIDE = "guide"
_TOGETHER = "SELECT set_config('loandesk.roles_together', %s, true)"


def hire_team() -> dict[str, User]:
    """The team by role, made where it is not there yet. The guide has all roles.

    The house made them, not whoever is signed in: accounts that one person made do not count as two.
    """
    known = {user.username: user for user in User.objects.filter(username__in=[member.username for member in TEAM])}
    missing = [member for member in TEAM if member.username not in known]
    if missing:
        password = make_password(settings.DEMO_PASSWORD)  # hashed once: each hash costs a good part of a second
        with acting(actor=None, channel="system"):
            known |= {member.username: _hire(member, password) for member in missing}
    return {GUIDE if member.username == GUIDE else member.role: known[member.username] for member in TEAM}


def _hire(member: Member, password: str) -> User:
    user = User.objects.create(
        username=member.username,
        display_name=member.display_name,
        language=member.language,
        is_staff=member.role == "administrator",
        password=password,
    )
    roles = [role.role for role in TEAM] if member.username == GUIDE else [member.role]
    with every_role_together():
        user.groups.set(Group.objects.filter(name__in=roles))
    return user


@contextmanager
def every_role_together() -> Iterator[None]:
    """Let one person hold roles that are kept apart: the guide of a demo, who shows the whole life of a loan alone."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TOGETHER, ["on"])
        yield
        cursor.execute(_TOGETHER, ["off"])
