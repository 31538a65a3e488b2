"""What a channel is: it takes a text and an address, and later may tell what became of it.

A message may be handed over twice when a worker dies between the gateway's answer and our commit, so every handing over
carries the same ``key`` and gateways that know keys send once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

DELIVERED, FAILED, WRONG_NUMBER = "delivered", "failed", "wrong_number"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way out. ``attempt`` counts from one."""

    key: str
    address: str
    subject: str
    body: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A message the gateway took and has not reported on."""

    provider_reference: str
    address: str
    attempt: int
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a gateway says became of a message. A failure is permanent unless the phone was only out of reach."""

    provider_reference: str
    outcome: str
    at: datetime
    permanent: bool = True
    detail: str = ""


class TryLater(Exception):
    """The gateway could not take the message now."""


class Undeliverable(Exception):
    """The gateway says this address does not exist."""


class MessageRefused(Exception):
    """The gateway takes other messages for this address, and will never take this one: too long, or worded so."""


class ChannelAdapter(Protocol):
    """One way out."""

    def send(self, outgoing: Outgoing) -> str:
        """Hand over; gives the gateway's reference. Raises TryLater, Undeliverable or MessageRefused."""

    def receipts(self, awaiting: Sequence[Awaiting], now: datetime) -> Iterable[Receipt]:
        """What the gateway has to say by now about messages it took; nothing for ways that never report."""


def adapter_for(channel: str) -> ChannelAdapter:
    """The adapter set for a channel; a channel without one is simulated."""
    module = settings.MESSAGING_CHANNELS.get(channel, "messaging.channels.simulator")
    return cast(ChannelAdapter, import_string(f"{module}.CHANNEL"))
