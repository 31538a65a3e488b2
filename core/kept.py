"""Values that are read at every call and change a few times a year, kept in the process for a minute.

They are handed out as they are, not as copies (which Django's local cache makes by pickling, at a price that shows in every
payment): whoever gets one must not change it.
"""

from collections.abc import Callable
from time import monotonic
from typing import TypeVar, cast

Value = TypeVar("Value")
_SECONDS = 60
_kept: dict[str, tuple[float, object]] = {}


def kept(key: str, read: Callable[[], Value]) -> Value:
    """The value of ``key``, read anew when it was read more than a minute ago."""
    known = _kept.get(key)
    now = monotonic()
    if known is None or now - known[0] > _SECONDS:
        known = _kept[key] = (now, read())
    return cast(Value, known[1])


def forget() -> None:
    """Drop everything, after an edit and between tests; other processes follow within a minute."""
    _kept.clear()
