"""The kinds of request there are: what takes two people, who may ask, who may decide, from what on.

Upper apps declare them in their ``four_eyes.py``. With the dated rule ``two_people`` they are the one table of it, shown on
the page Two people.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from audit.models import Approval
from core.rules import rule

Handler = Callable[[Approval, date], None]
Threshold = Callable[[date], str | Decimal | None]
RULE = "two_people"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What approving would do: in words (label and value, in English), and its size as an amount where it has one."""

    words: dict[str, str]
    amount: Decimal | None = None


class Group(StrEnum):
    """What changes direction: money, a fact about a person that bars them from loans, or who may do what by which rule."""

    MONEY = "money"
    PERSON = "person"
    POWER = "power"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What approving does (``handler``), who may (``permission``), and how it reads (``label``).

    ``asked_with`` are the rights with any of which one may ask: no role holds one of them together with ``permission``.
    ``threshold(on)`` says from which amount, in currency units, or from what in words, a second person is needed on a day;
    None, or no threshold, is always.

    ``outcome`` tries what the handler does and takes it back: where it is declared, a request is only carried out as it was
    shown. ``on_reject`` follows a refusal, and an expiry too: nobody agreed. ``confirmed`` follows a review that says that
    deciding alone in an emergency was right: from then on two agreed. ``undoes``: it takes back what was
    done, and pages put it behind the others.
    """

    code: str
    handler: Handler
    permission: str
    label: Any
    group: Group = Group.MONEY
    asked_with: tuple[str, ...] = ()
    threshold: Threshold | None = None
    on_reject: Handler | None = None
    outcome: Callable[[Approval, date], Outcome] | None = None
    confirmed: Handler | None = None
    undoes: bool = False

    def from_what(self, on: date) -> str | Decimal | None:
        """Above which amount, or from what in words, it takes two people on ``on``; None for always."""
        return self.threshold(on) if self.threshold is not None else amount_from(self.code, on)


_kinds: dict[str, Kind] = {}


def register(
    code: str,
    handler: Handler,
    *,
    permission: str,
    label: Any,
    on_reject: Handler | None = None,
    outcome: Callable[[Approval, date], Outcome] | None = None,
    group: Group = Group.MONEY,
    asked_with: str | tuple[str, ...] = (),
    threshold: Threshold | None = None,
    confirmed: Handler | None = None,
    undoes: bool = False,
) -> None:
    """Declare a kind of approval; called from AppConfig.ready of the app that owns the change."""
    _kinds[code] = Kind(
        code=code,
        handler=handler,
        permission=permission,
        label=label,
        on_reject=on_reject,
        outcome=outcome,
        group=group,
        asked_with=(asked_with,) if isinstance(asked_with, str) else asked_with,
        threshold=threshold,
        confirmed=confirmed,
        undoes=undoes,
    )


def kind_of(approval: Approval) -> Kind:
    """The declared kind of ``approval``."""
    return _kinds[approval.kind]


def rights_to_ask(code: str) -> tuple[str, ...]:
    """With which rights, any of them, a request of the kind is made."""
    return _kinds[code].asked_with if code in _kinds else ()


def kinds() -> list[Kind]:
    """All declared kinds."""
    return list(_kinds.values())


def asking_rights(permission: str) -> frozenset[str]:
    """The rights with which people ask for what ``permission`` decides."""
    return frozenset(right for kind in _kinds.values() if kind.permission == permission for right in kind.asked_with)


def amount_from(code: str, on: date) -> Decimal | None:
    """The amount, in currency units, above which a kind takes two people by the rule ``two_people``; None for always."""
    most = rule(RULE, on).get("amount_from", {}).get(code)
    return Decimal(most) if most is not None and Decimal(most) > 0 else None


def needs_two(code: str, amount: Decimal, on: date) -> bool:
    """Whether ``amount``, in currency units, takes two people on ``on``; a kind that the rule does not name always does."""
    most = amount_from(code, on)
    return most is None or amount > most
