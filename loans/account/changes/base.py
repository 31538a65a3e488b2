"""What every change of a running loan is: a day, and what it does to the account (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from loans.account.account import Account
from loans.account.allocation import Allocation


@dataclass(frozen=True, slots=True)
class Effect:
    """The account afterwards; how money was divided, where there was money; and figures worth telling or booking.

    ``credit`` is how a credit balance was divided over what is owed once more: no change gives it, ``replay.apply`` does
    after every one. ``lapsed``: what the change rested on is no longer so; a replay takes the stored act back by itself.
    """

    account: Account
    allocation: Allocation | None = None
    figures: Mapping[str, Decimal] = field(default_factory=dict)
    credit: Allocation | None = None
    lapsed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """Money, or a credit, that was taken back on ``on`` after it had been counted."""

    on: date
    amount: Decimal


@runtime_checkable
class Change(Protocol):
    """One change. ``on`` is the day it counts from; ``source`` the stored row, None while it is only wished for.

    Besides these two its fields are its parameters: their names are those of ``ActKind.parameters``.
    """

    @property
    def on(self) -> date: ...

    @property
    def source(self) -> Any: ...

    def apply(self, account: Account) -> Effect:
        """The account after this change. Raises EventImpossible when the account does not allow it.

        A stored change (``source`` set) is applied again whenever something earlier comes to light: where it then has
        less to act on, it acts on what there is.
        """
        ...


class EventImpossible(Invalid):
    """The account does not allow the event. Subclasses say why, each by a code of its own.

    It is the one refusal that applying an event raises, on every road: for a new event, and in a replay for one that was
    possible until something earlier came to light. Whatever else is raised there is a fault of the program.
    """

    code = "event_impossible"


class LaterEventImpossible(EventImpossible):
    """A stored event refuses because of what came to light before it; ``cause`` is the code of its own refusal."""

    code = "act_not_possible"
    message = _("Later events rest on the account as it was then: %(why)s")


class TermsDoNotAllow(EventImpossible):
    """No schedule or day count can be made of the terms as the event would leave them; ``why`` says what is wrong."""

    code = "terms_do_not_allow"
    message = _("The terms of this loan do not allow it: %(why)s")
