"""A gateway that is not there but behaves like one: it is busy, loses receipts, repeats them, and knows dead numbers.

What happens is decided by the last four digits of the address (for e-mail, of the part before the @), so that a demo, a
partner's test and our own tests can ask for each misfortune by number:

====  ==========================================================================================
9001  busy twice, then takes the message
9002  takes it, then reports that the number does not exist
9003  takes it, then reports that somebody else has the number
9004  the phone is switched off at the first attempt, the second arrives
9005  reports the delivery three times
9006  never reports
9007  refuses the number at once
9008  reports six hours late
====  ==========================================================================================

Every other number receives after ``MESSAGING_SIMULATOR_SECONDS``.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings

from messaging.channels.base import (
    DELIVERED,
    FAILED,
    WRONG_NUMBER,
    Awaiting,
    Outgoing,
    Receipt,
    TryLater,
    Undeliverable,
)

BUSY_TWICE, DEAD, SOMEBODY_ELSE, SWITCHED_OFF = "9001", "9002", "9003", "9004"
REPEATS, SILENT, REFUSED, LATE = "9005", "9006", "9007", "9008"
_LATE_BY = timedelta(hours=6)


class Simulator:
    """The default way out for every channel."""

    def send(self, outgoing: Outgoing) -> str:
        ending = _ending(outgoing.address)
        if ending == BUSY_TWICE and outgoing.attempt <= 2:
            raise TryLater("the gateway is busy")
        if ending == REFUSED:
            raise Undeliverable("the gateway does not know this number")
        return f"sim-{outgoing.key}"

    def receipts(self, awaiting: Sequence[Awaiting], now: datetime) -> Iterable[Receipt]:
        for message in awaiting:
            reported_at = message.sent_at + _delay(message)
            if reported_at <= now:
                yield from _reports(message, reported_at)


def _reports(message: Awaiting, at: datetime) -> Iterable[Receipt]:
    ending, reference = _ending(message.address), message.provider_reference
    if ending == SILENT:
        return
    if ending == DEAD:
        yield Receipt(reference, FAILED, at, detail="number does not exist")
    elif ending == SOMEBODY_ELSE:
        yield Receipt(reference, WRONG_NUMBER, at, detail="somebody else answered")
    elif ending == SWITCHED_OFF and message.attempt == 1:
        yield Receipt(reference, FAILED, at, permanent=False, detail="phone switched off")
    else:
        for _time in range(3 if ending == REPEATS else 1):
            yield Receipt(reference, DELIVERED, at)


def _delay(message: Awaiting) -> timedelta:
    if _ending(message.address) == LATE:
        return _LATE_BY
    return timedelta(seconds=settings.MESSAGING_SIMULATOR_SECONDS)


def _ending(address: str) -> str:
    return address.partition("@")[0][-4:]


CHANNEL = Simulator()
