"""Holds: days on which a loan is charged or reminded of less."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from loans.account.account import Account
from loans.account.changes.base import Change
from loans.account.changes.holds import HoldEnded, HoldPlaced
from loans.account.interest import STOPS_INTEREST, Stops
from loans.acts.authority import beyond
from loans.events.act_kinds import INTEREST_FORGONE, LATE_INTEREST_FREED, ActKind, Group, register
from loans.events.act_parameters import Parameter, Sort
from loans.models import Loan


class HoldFollowsBalance(DomainError):
    code = "hold_follows_balance"
    message = _("The interest of loan %(number)s follows what is outstanding; hold late interest or messages only.")


def _refuse(loan: Loan, _account: Account, change: Change) -> None:
    assert isinstance(change, HoldPlaced)
    if loan.recalculates and change.stops in STOPS_INTEREST:
        raise HoldFollowsBalance(number=loan.number)


def _of_failed_notice(values: Mapping[str, Any]) -> bool:
    """It protects the borrower: only the night and staff place and end it."""
    return values.get("stops") == Stops.NOTICE


_STOPS = Parameter(
    name="stops",
    sort=Sort.CHOICE,
    label=_("What stops"),
    choices=(
        (Stops.LATE_INTEREST.value, _("late interest")),
        (Stops.NOTICE.value, _("late interest, until a failed notice is made good")),
        (Stops.INTEREST.value, _("interest")),
        (Stops.MESSAGES.value, _("messages")),
        (Stops.EVERYTHING.value, _("interest, late interest and messages")),
    ),
)

HOLD_PLACED = register(
    ActKind(
        code="hold_placed",
        for_partners=True,
        staff_only=_of_failed_notice,
        label=_("Place a hold"),
        hint=_("From the chosen day to its last day, both included, nothing of this kind is charged or sent."),
        permission="loans.change_terms",
        change=HoldPlaced,
        refuse=_refuse,
        beyond_authority=beyond("hold_placed"),
        measures=(LATE_INTEREST_FREED, INTEREST_FORGONE),
        group=Group.HELP,
        parameters=(_STOPS, Parameter(name="until", sort=Sort.DATE, label=_("Last day"))),
        figures=(("days_held", _("Days held")), ("interest_freed", _("Interest given up"))),
        tells_borrower=False,
    )
)

HOLD_ENDED = register(
    ActKind(
        code="hold_ended",
        for_partners=True,
        staff_only=_of_failed_notice,
        label=_("End a hold early"),
        hint=_("The chosen day is the first one no longer held."),
        permission="loans.change_terms",
        change=HoldEnded,
        group=Group.HELP,
        parameters=(_STOPS,),
        tells_borrower=False,
    )
)
