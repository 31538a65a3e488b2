"""What a refusal leaves on record: the transaction is taken back, and then the refusal writes down that it was one."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

from core.errors import DomainError

_inside: ContextVar[bool] = ContextVar("loandesk_inside_whole", default=False)


@contextmanager
def whole() -> Iterator[None]:
    """One transaction, as a block or a decorator. A refusal takes everything back; what it leaves on record
    (``DomainError.leave_behind``) is written once the outermost such block has ended."""
    outermost = not _inside.get()
    token = _inside.set(True)
    try:
        with transaction.atomic():
            yield
    except DomainError as refusal:
        if outermost:
            refusal.leave_behind()
        raise
    finally:
        _inside.reset(token)
