"""Who made whose account: noted whenever somebody makes an account for another person, gives it roles or sets its password.

Receivers write it for every door (``staff/receivers.py``), from who acts and who agreed; a shell and a migration act as
nobody and leave no tie.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from core.context import current
from staff.models import AccountTie, User

_agreed_by: ContextVar[User | None] = ContextVar("loandesk_agreed_by", default=None)


@contextmanager
def agreed(by: User) -> Iterator[None]:
    """Run the block as agreed to by a second person: accounts made in it were not made by one person alone."""
    token = _agreed_by.set(by)
    try:
        yield
    finally:
        _agreed_by.reset(token)


def tie(account: User, what: AccountTie.What) -> None:
    """Note that whoever acts made ``account``, gave it roles or set its password; nothing where people do it themselves."""
    by = current().actor
    if isinstance(by, User) and by.pk not in {None, account.pk}:
        AccountTie.objects.create(account=account, by=by, agreed_by=_agreed_by.get(), what=what)
