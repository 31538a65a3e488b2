"""Which of a borrower's contact points a message goes to."""

from collections.abc import Iterable

from borrowers.models import ContactKind, ContactPoint, ContactState
from messaging.models import Channel

CHANNEL_OF_KIND = {
    ContactKind.MOBILE: Channel.SMS,
    ContactKind.EMAIL: Channel.EMAIL,
    ContactKind.PUSH: Channel.PUSH,
    ContactKind.WECHAT: Channel.WECHAT,
}
_ORDER = list(Channel)


def best_address(points: Iterable[ContactPoint], *, channel: str, wanted_id: int | None = None) -> ContactPoint | None:
    """The one asked for, while it works; else the wanted channel, primary and verified first; else any other way.

    A number that proved wrong or dead is never chosen: the message falls to the next one that still works.
    """
    usable = [point for point in points if point.is_usable]
    return min(usable, key=lambda point: _rank(point, channel, wanted_id), default=None)


def channel_of(point: ContactPoint) -> Channel:
    """The channel that reaches a contact point."""
    return CHANNEL_OF_KIND[ContactKind(point.kind)]


def _rank(point: ContactPoint, channel: str, wanted_id: int | None) -> tuple[bool, bool, int, bool, bool, int]:
    way = channel_of(point)
    verified = point.state == ContactState.VERIFIED
    return (point.pk != wanted_id, way != channel, _ORDER.index(way), not verified, not point.is_primary, point.pk)
