"""Which acts a loan knows now, by what they are about: open, or closed with the reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.writing import listed
from loans.events.act_kinds import ActKind, Group, act_kinds
from loans.models import Loan, LoanStatus
from staff.roles import role_label, roles_with

TITLES: dict[Group, str | Promise] = {
    Group.MONEY: gettext_lazy("Money"),
    Group.CHARGES: gettext_lazy("Charges"),
    Group.TERMS: gettext_lazy("Terms"),
    Group.HELP: gettext_lazy("Help"),
    Group.LOSS: gettext_lazy("Loss"),
}


@dataclass(frozen=True, slots=True)
class Offered:
    """A kind of act; ``why_not`` is empty where it can be done."""

    kind: ActKind
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class OfferedGroup:
    title: str | Promise
    acts: Sequence[Offered]


def groups_for(loan: Loan, has_perm: Callable[[str], bool]) -> list[OfferedGroup]:
    """All kinds in their groups, in the order they are declared."""
    offered = [Offered(kind, why_not(loan, kind, has_perm)) for kind in act_kinds()]
    groups = [OfferedGroup(TITLES[group], [act for act in offered if act.kind.group is group]) for group in Group]
    return [group for group in groups if group.acts]


def why_not(loan: Loan, kind: ActKind, has_perm: Callable[[str], bool]) -> str:
    """The missing right first, then the state of the loan; empty where the door is open."""
    if not has_perm(kind.permission):
        roles = listed(role_label(code) for code in roles_with(kind.permission))
        facts = {"permission": kind.permission, "roles": roles}
        return _("Needs the permission %(permission)s (%(roles)s).") % facts
    if loan.status in kind.states:
        return ""
    words = " / ".join(str(LoanStatus(state).label) for state in kind.states)
    return _("Only for a loan that is %(states)s; this one is %(status)s.") % {
        "states": words,
        "status": loan.get_status_display(),
    }
