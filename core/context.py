"""Who acts, why, through which door: carried beside the call so that every record of a change can name it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias, TypedDict, Unpack

from core.strict import require_plain

if TYPE_CHECKING:  # the settings read this room before there are models
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    Actor: TypeAlias = AbstractBaseUser | AnonymousUser | None


class Changes(TypedDict, total=False):
    """What a block may be run under; what is left out stays as it is."""

    actor: Actor
    reason: str
    request_id: str
    channel: str


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of the running call. ``channel`` is web, api, admin, task, cli or system."""

    actor: Actor = None
    reason: str = ""
    request_id: str = ""
    channel: str = "system"

    @property
    def actor_id(self) -> int | None:
        """The number of the person who acts; None for the system and for somebody who is not signed in."""
        return None if self.actor is None else self.actor.pk


_current: ContextVar[Context] = ContextVar("loandesk_context", default=Context())  # noqa: B039 (frozen)


def current() -> Context:
    """The context of the running call; an empty system context outside any."""
    return _current.get()


@contextmanager
def acting(**changes: Unpack[Changes]) -> Iterator[Context]:
    """Run the block under a changed context: ``with acting(actor=user, reason="salary day"): …``.

    A reason goes on record and into papers: raises TextNotPlain where it holds a sign that nobody sees.
    """
    if "reason" in changes:
        require_plain(changes["reason"], field="reason", lines=True)
    token = _current.set(replace(_current.get(), **changes))
    try:
        yield _current.get()
    finally:
        _current.reset(token)


def acting_for(person: Actor, *, reason: str = "") -> AbstractContextManager[Context]:
    """Run the block as done by ``person`` for ``reason``; None and ``""`` leave whoever acts, and why, as they are."""
    changes: Changes = {}
    if person is not None:
        changes["actor"] = person
    if reason:
        changes["reason"] = reason
    return acting(**changes)
