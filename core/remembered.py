"""What pages may show a little late is read once in a while for all processes; without the cache, each time."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django.core.cache import cache
from redis.exceptions import RedisError

T = TypeVar("T")


def remembered(key: str, read: Callable[[], T], *, seconds: float) -> T:
    """What ``read`` gave at most ``seconds`` ago, to whichever process."""
    with suppress(RedisError):
        found: T | None = cache.get(key)
        if found is not None:
            return found
    found = read()
    with suppress(RedisError):
        cache.set(key, found, seconds)
    return found


def forget(key: str) -> None:
    """Have it read anew the next time it is asked for."""
    with suppress(RedisError):
        cache.delete(key)
