"""What takes two people, and who holds which right: read from the declared kinds, the role table and today's rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count
from django.utils.translation import gettext as _

from audit.kinds import RULE, Group, Kind, kinds
from core.rules import rule, rule_versions
from staff.models import User
from staff.roles import LABELS, ROLES, role_label, roles_with


@dataclass(frozen=True, slots=True)
class Right:
    """A right with the roles that carry it, in words."""

    code: str
    roles: list[str]


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of request as the page tells it; ``amount`` or ``words`` say from what on, neither means always."""

    code: str
    label: str
    group: Group
    amount: Decimal | None
    words: str
    ask: list[Right]
    decide: Right
    undoes: bool


def rows(on: date) -> list[Row]:
    """Every kind in the order of group and label, those that undo last, as the rules of the business date ``on`` have it."""
    return sorted((_row(kind, on) for kind in kinds()), key=lambda row: (row.group, row.undoes, row.label, row.code))


def _row(kind: Kind, on: date) -> Row:
    from_what = kind.from_what(on)
    return Row(
        code=kind.code,
        label=str(kind.label),
        group=kind.group,
        amount=from_what if isinstance(from_what, Decimal) else None,
        words=from_what if isinstance(from_what, str) else "",
        ask=[_right(code) for code in kind.asked_with],
        decide=_right(kind.permission),
        undoes=kind.undoes,
    )


def _right(code: str) -> Right:
    return Right(code, [role_label(role) for role in roles_with(code)])


@dataclass(frozen=True, slots=True)
class InForce:
    """The version of the rule ``two_people`` that holds on a day."""

    since: date
    accounts_made_within_days: int
    accounts_of_a_pair_within_days: int
    delegation_most_days: int


def in_force(on: date) -> InForce:
    """What the rule says on ``on``, and since when. Raises RuleMissing."""
    data = rule(RULE, on)
    since = next(day for day, _data in rule_versions(RULE) if day <= on)
    names = ("accounts_made_within_days", "accounts_of_a_pair_within_days", "delegation_most_days")
    return InForce(since, *(int(data[name]) for name in names))


@dataclass(frozen=True, slots=True)
class Line:
    """One right of the matrix: who holds it, by the roles in their order, and what is asked for and decided with it."""

    code: str
    name: str
    held: list[bool]
    asks: list[str]
    decides: list[str]


def matrix() -> list[Line]:
    """Role × right × two-person rule, from the role table and the declared kinds; names of rights in one statement."""
    codes = sorted({right for rights in ROLES.values() for right in rights})
    names = names_of_rights()
    asks, decides = (
        _by_right(kinds(), lambda kind: kind.asked_with),
        _by_right(kinds(), lambda kind: (kind.permission,)),
    )
    return [
        Line(
            code=code,
            name=names.get(code, ""),
            held=[code in ROLES[role] for role in LABELS],
            asks=asks.get(code, []),
            decides=decides.get(code, []),
        )
        for code in codes
    ]


def names_of_rights() -> Mapping[str, str]:
    found = Permission.objects.order_by().values_list(
        "content_type__app_label", "content_type__model", "codename", "name"
    )
    return {f"{app}.{codename}": _name(app, model, codename, name) for app, model, codename, name in found}


def _name(app: str, model: str, codename: str, name: str) -> str:
    """What Django names by itself is put together anew, so that it is told in the reader's language."""
    usual = {"view": _("See: %(what)s"), "add": _("Add: %(what)s"), "change": _("Change: %(what)s")}
    usual["delete"] = _("Delete: %(what)s")
    action, _line, about = codename.partition("_")
    if action not in usual or about != model:
        return _(name)
    kept = apps.all_models.get(app, {}).get(model)
    return usual[action] % {"what": kept._meta.verbose_name if kept else model}


def _by_right(declared: Collection[Kind], rights_of: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind in declared:
        for right in rights_of(kind):
            found.setdefault(right, []).append(str(kind.label))
    return {right: sorted(set(labels)) for right, labels in found.items()}


@dataclass(frozen=True, slots=True)
class BothEnds:
    """Somebody who, by several roles, may ask for something and decide on it; never on their own request."""

    person: User
    acts: list[str]


def people_with_both_ends() -> list[BothEnds]:
    """Active people whose roles together hold both ends of some kind, by name. One statement."""
    several = User.objects.filter(is_active=True).annotate(roles=ArrayAgg("groups__name"), n=Count("groups"))
    found = []
    for person in several.filter(n__gt=1).order_by("display_name", "username"):
        rights: set[str] = set().union(*(ROLES.get(role, set()) for role in person.roles))
        acts = [str(kind.label) for kind in kinds() if kind.permission in rights and rights & set(kind.asked_with)]
        if acts:
            found.append(BothEnds(person, acts))
    return found
