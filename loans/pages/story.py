"""What happened, as a page tells it: events of any kind in one order, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline: what, in words; by whom and when below it."""

    at: datetime
    title: str
    text: str = ""
    note: str = ""
    tone: str = "info"
    kind: str = "money"
    folded: tuple["Event", ...] = ()


def newest_first(events: Sequence[Event]) -> list[Event]:
    """The story, newest first; what machines sent in a row is folded into one line."""
    story: list[Event] = []
    for kind, run in groupby(sorted(events, key=lambda event: event.at, reverse=True), key=lambda event: event.kind):
        together = list(run)
        story += [_folded(together)] if kind == "message" and len(together) > 1 else together
    return story


def _folded(messages: list[Event]) -> Event:
    title = _("%(n)d messages") % {"n": len(messages)}
    tone = "attention" if any(message.tone == "attention" for message in messages) else "info"
    return Event(at=messages[0].at, title=title, tone=tone, kind="message", folded=tuple(messages))
