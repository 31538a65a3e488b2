"""What a message says may be old by the time it is sent, so whoever knows what it is about is asked again.

A message is queued in the night, or waits for the morning, for a gateway, for a free place in the day. Meanwhile money
comes, more time is given, an act is undone. Upper apps register a reader for the wordings they queue, in a module
``before_sending.py`` that is imported when Django starts; this app knows nothing of loans.

A reader is asked twice: when a batch is claimed, in that transaction, and for each message once more just before it is
handed over, because a batch takes its time. It waits for changes in flight (it locks what it reads, ``FOR SHARE``), so
that whatever was recorded before a message leaves is known to it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from messaging.models import Message, Since

WORDS: dict[str, str | Promise] = dict(Since.choices)


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a message's matter: it says ``context`` now, or nothing at all where that is None. ``why`` is kept."""

    why: Since
    context: Mapping[str, Any] | None = None

    @property
    def is_dropped(self) -> bool:
        return self.context is None


Reader = Callable[[Sequence[Message], datetime], Mapping[int, Read]]

_readers: dict[str, Reader] = {}


def register(template_codes: Collection[str], reader: Reader) -> None:
    """Ask ``reader`` before a message of these wordings is sent. It returns, by id, only messages that changed."""
    _readers.update(dict.fromkeys(template_codes, reader))


def reread(messages: Sequence[Message], now: datetime) -> dict[int, Read]:
    """Which of ``messages`` say something else by ``now``, or nothing; in few queries, however many messages."""
    asked: dict[Reader, list[Message]] = defaultdict(list)
    for message in messages:
        reader = _readers.get(message.template_code)
        if reader is not None:
            asked[reader].append(message)
    found: dict[int, Read] = {}
    for reader, mine in asked.items():
        found.update(reader(mine, now))
    return found


def is_read_again(message: Message) -> bool:
    """Whether somebody knows what the message is about."""
    return message.template_code in _readers


def changed(message: Message, **now: Any) -> Read | None:
    """The message with the variables ``now`` in place of those queued; None where it says the same."""
    context = {**message.context, **now}
    return None if context == message.context else Read(Since.FIGURE_CHANGED, context)


def subject_of(message: Message) -> tuple[str, str]:
    """What the message is about, as its key names it: the kind and the id."""
    kind, _colon, rest = message.dedupe_key.partition("/again/")[0].partition(":")
    return kind, rest.partition(":")[0]
