"""The team of the demo: one person a role, with the names of the pictures. Their password is told by ``./dev up``."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

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
# Who shows the whole life of a loan needs every right but the administrator's.
GUIDE = "guide"


def hire_team() -> dict[str, User]:
    """The team by role, made where it is not there yet. The guide has all roles."""
    password = make_password(settings.DEMO_PASSWORD)  # hashed once: each hash costs a good part of a second
    return {member.role if member.username != GUIDE else GUIDE: _hire(member, password) for member in TEAM}


def _hire(member: Member, password: str) -> User:
    user, new = User.objects.get_or_create(
        username=member.username,
        defaults={
            "display_name": member.display_name,
            "language": member.language,
            "is_staff": member.role == "administrator",
            "password": password,
        },
    )
    if new:
        roles = [role.role for role in TEAM] if member.username == GUIDE else [member.role]
        user.groups.set(Group.objects.filter(name__in=roles))
    return user
