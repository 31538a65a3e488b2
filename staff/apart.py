"""Which roles nobody holds together: who decides on loans pays nothing out, who configures moves no money.

The role table says what a role may do; what its rights come to is said here once, for every door. PostgreSQL keeps the pairs
that follow from it (``law/roles_apart.sql``; ``tests/staff/test_roles_apart.py`` holds both to each other).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import NotAllowed
from staff.roles import LABELS, ROLES, role_label


class Part(StrEnum):
    """What somebody has in hand."""

    DECIDES = "decides"
    PAYS = "pays"
    CONFIGURES = "configures"
    MOVES = "moves"


_PAYS = frozenset({"loans.disburse_loan", "loans.refund_overpayment"})
RIGHTS_OF: Mapping[Part, frozenset[str]] = {
    Part.DECIDES: frozenset(
        {"loans.decide_application", "loans.approve_second", "loans.override_gate", "risk.approve_limit"}
    ),
    Part.PAYS: _PAYS,
    Part.CONFIGURES: frozenset(
        {
            "core.add_rule",
            "core.change_calendar",
            "staff.change_user",
            "loans.change_accountmapping",
            "loans.design_product",
            "risk.change_gradepolicy",
            "risk.change_scorecard",
            "partners.manage_apiclient",
        }
    ),
    Part.MOVES: _PAYS | {"loans.record_repayment", "loans.reverse_repayment", "loans.import_payments"},
}
APART: Mapping[tuple[Part, Part], str | Promise] = {
    (Part.DECIDES, Part.PAYS): _("decides on loans and pays them out"),
    (Part.CONFIGURES, Part.MOVES): _("configures and moves money"),
}


class RolesApart(NotAllowed):
    """One person would hold what two must."""

    code = "roles_apart"
    field = "groups"
    message = _("Nobody holds both %(one)s and %(other)s: one person %(why)s. Give one of them to somebody else.")


class RightsApart(NotAllowed):
    """A right that is lent would put together what two people must hold."""

    code = "rights_apart"
    message = _("With %(permission)s one person %(why)s. Choose somebody else.")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two roles that nobody holds together, by their codes, and why."""

    one: str
    other: str
    why: str | Promise

    @property
    def labels(self) -> tuple[str, str]:
        return role_label(self.one), role_label(self.other)


def why_apart(rights: Collection[str]) -> str | Promise | None:
    """Why nobody holds these rights together; None where somebody may."""
    parts = {part for part, needed in RIGHTS_OF.items() if needed & set(rights)}
    return next((why for (one, other), why in APART.items() if one in parts and other in parts), None)


def pairs() -> Iterator[Pair]:
    """Every two roles of the table that nobody holds together."""
    for one, other in combinations(LABELS, 2):
        why = why_apart(ROLES[one] | ROLES[other])
        if why is not None:
            yield Pair(one, other, why)


def require_together(roles: Collection[str]) -> None:
    """Raise RolesApart where one person may not hold these roles, by their codes, together."""
    for pair in pairs():
        if pair.one in roles and pair.other in roles:
            one, other = pair.labels
            raise RolesApart(one=one, other=other, why=pair.why)
