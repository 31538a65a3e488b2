"""What every change of a running loan is: a day, and what it does to the account (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from core.errors import Invalid
from loans.account.account import Account
from loans.account.allocation import Allocation


@dataclass(frozen=True, slots=True)
class Effect:
    """The account afterwards; how money was divided, where there was money; and figures worth telling or booking."""

    account: Account
    allocation: Allocation | None = None
    figures: Mapping[str, Decimal] = field(default_factory=dict)


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
        """The account after this change. Raises ChangeRefused when the account does not allow it.

        A stored change (``source`` set) is applied again whenever something earlier comes to light: where it then has
        less to act on, it acts on what there is.
        """
        ...


class ChangeRefused(Invalid, ValueError):
    """The account does not allow the change: subclasses say why. A ValueError, so that a replay knows it as a refusal."""

    code = "change_refused"
