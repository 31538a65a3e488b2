"""Who acts, why, through which door: carried beside the call so that every record of a change can name it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of the running call. ``channel`` is web, api, admin, task, cli or system."""

    actor: Any = None
    reason: str = ""
    request_id: str = ""
    channel: str = "system"


_current: ContextVar[Context] = ContextVar("loandesk_context", default=Context())  # noqa: B039 (frozen)


def current() -> Context:
    """The context of the running call; an empty system context outside any."""
    return _current.get()


@contextmanager
def acting(**changes: Any) -> Iterator[Context]:
    """Run the block under a changed context: ``with acting(actor=user, reason="salary day"): …``."""
    token = _current.set(replace(_current.get(), **changes))
    try:
        yield _current.get()
    finally:
        _current.reset(token)
