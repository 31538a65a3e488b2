"""The states of a pledged policy: one table, one mutator that raises, one history row a move."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.context import acting, current
from core.errors import DomainError
from loans.models import PledgeStatus, PolicyPledge

_PLEDGED, _WARNED, _NOTIFIED = PledgeStatus.PLEDGED, PledgeStatus.WARNED, PledgeStatus.LAPSE_NOTIFIED
_LAPSED, _REINSTATED, _RELEASED = PledgeStatus.LAPSED, PledgeStatus.REINSTATED, PledgeStatus.RELEASED

TRANSITIONS: dict[str, frozenset[str]] = {
    _PLEDGED: frozenset({_WARNED, _NOTIFIED, _RELEASED}),
    _WARNED: frozenset({_WARNED, _PLEDGED, _NOTIFIED, _RELEASED}),  # warned again: of a higher level
    _NOTIFIED: frozenset({_PLEDGED, _WARNED, _LAPSED, _RELEASED}),
    _LAPSED: frozenset({_REINSTATED}),
    _REINSTATED: frozenset({_WARNED, _NOTIFIED, _RELEASED}),
    _RELEASED: frozenset(),
}


class PledgeTransitionRefused(DomainError):
    code = "pledge_transition_refused"
    message = _("Policy %(number)s is “%(status)s” and cannot become “%(target)s”.")


class PledgeNotInState(DomainError):
    code = "pledge_not_in_state"
    message = _("Policy %(number)s is “%(status)s”; this needs one that is: %(allowed)s.")


def require(pledge: PolicyPledge, *allowed: str) -> None:
    """Raise PledgeNotInState unless the pledge is in one of the ``allowed`` states."""
    if pledge.status not in allowed:
        names = ", ".join(str(PledgeStatus(status).label) for status in allowed)
        raise PledgeNotInState(number=pledge.masked_number, status=pledge.get_status_display(), allowed=names)


def advance(pledge: PolicyPledge, to: str, *, reason: str = "", **facts: Any) -> None:
    """Move the locked pledge to ``to`` and set the facts that belong to the move. Raises PledgeTransitionRefused."""
    if to not in TRANSITIONS[pledge.status]:
        raise PledgeTransitionRefused(
            number=pledge.masked_number, status=pledge.get_status_display(), target=PledgeStatus(to).label
        )
    changes: dict[str, Any] = {"status": PledgeStatus(to), **facts}
    for name, value in changes.items():
        setattr(pledge, name, value)
    with acting(reason=reason or current().reason):
        pledge.save(update_fields=list(changes))
