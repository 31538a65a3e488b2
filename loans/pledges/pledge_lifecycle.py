"""The states of a pledged policy and the steps between them."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.lifecycle import Lifecycle
from loans.models import PledgeStatus, PolicyPledge

_PLEDGED, _WARNED, _NOTIFIED = PledgeStatus.PLEDGED, PledgeStatus.WARNED, PledgeStatus.LAPSE_NOTIFIED
_LAPSED, _REINSTATED, _RELEASED = PledgeStatus.LAPSED, PledgeStatus.REINSTATED, PledgeStatus.RELEASED


class PledgeTransitionRefused(DomainError):
    code = "pledge_transition_refused"
    message = _("Policy %(number)s is “%(status)s” and cannot become “%(to)s”.")


class PledgeNotInState(DomainError):
    code = "pledge_not_in_state"
    message = _("Policy %(number)s is “%(status)s”; this needs one that is: %(allowed)s.")


PLEDGES = Lifecycle(
    model=PolicyPledge,
    states=PledgeStatus,
    begins=frozenset({_PLEDGED}),
    steps={
        _PLEDGED: frozenset({_WARNED, _NOTIFIED, _RELEASED}),
        _WARNED: frozenset({_WARNED, _PLEDGED, _NOTIFIED, _RELEASED}),  # warned again: of a higher level
        _NOTIFIED: frozenset({_PLEDGED, _WARNED, _LAPSED, _RELEASED}),
        _LAPSED: frozenset({_REINSTATED}),
        _REINSTATED: frozenset({_WARNED, _NOTIFIED, _RELEASED}),
        _RELEASED: frozenset(),
    },
    step_refused=PledgeTransitionRefused,
    not_in_state=PledgeNotInState,
    named_by="masked_number",
)

require = PLEDGES.require
advance = PLEDGES.advance
