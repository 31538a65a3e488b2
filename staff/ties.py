"""Who made whose account: noted whenever somebody makes an account for another person, gives it roles or sets its password.

Receivers write it for every door (``staff/receivers.py``), from who acts and who agreed; a shell and a migration act as
nobody and leave no tie.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from core.context import current
from staff.models import AccountTie, User


@dataclass(frozen=True, slots=True)
class Agreement:
    """Who agreed to what runs; ``emergency`` is the request that they decided alone, without a second person."""

    by: User
    emergency: int | None = None


_agreement: ContextVar[Agreement | None] = ContextVar("loandesk_agreement", default=None)


@contextmanager
def agreed(by: User, *, emergency: int | None = None) -> Iterator[None]:
    """Run the block as agreed to by a second person: accounts made in it were not made by one person alone, unless the
    request ``emergency`` was decided alone and no review says yet that it was right."""
    token = _agreement.set(Agreement(by, emergency))
    try:
        yield
    finally:
        _agreement.reset(token)


def tie(account: User, what: AccountTie.What) -> None:
    """Note that whoever acts made ``account``, gave it roles or set its password; nothing where people do it themselves."""
    by, agreement = current().actor, _agreement.get()
    if agreement is not None and agreement.emergency is not None and by == account:
        by = agreement.by  # what one asked for oneself was done by who alone decided on it
    if isinstance(by, User) and by.pk is not None and by != account:
        AccountTie.objects.create(
            account=account,
            by=by,
            agreed_by=agreement.by if agreement else None,
            emergency=agreement.emergency if agreement else None,
            what=what,
        )
