"""A fixed window a minute for each client, told in the RateLimit fields of every answer (IETF draft 11)."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.exceptions import Throttled

from partners.models import ApiClient

WINDOW_SECONDS = 60
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of the running window."""

    limit: int
    remaining: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"default";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"default";r={self.remaining};t={self.reset_seconds}',
        }


def count_request(client: ApiClient, at: datetime) -> Allowance:
    """Count one request. ``remaining`` below zero means it was one too many."""
    window, into = divmod(int(at.timestamp()), WINDOW_SECONDS)
    used = _increment(f"partners:rate:{client.pk}:{window}")
    return Allowance(client.requests_per_minute, client.requests_per_minute - used, WINDOW_SECONDS - into)


def refuse_excess(allowance: Allowance) -> None:
    if allowance.remaining < 0:
        raise Throttled(wait=allowance.reset_seconds)


def _increment(name: str) -> int:
    """Without its cache the API goes on answering: a limit is a courtesy, a repayment is not."""
    try:
        return _counted(name)
    except (RedisError, ValueError):
        log.warning("requests are not counted: the cache does not answer")
        return 0


def _counted(name: str) -> int:
    try:
        return cache.incr(name)
    except ValueError:  # the first of its window
        return 1 if cache.add(name, 1, timeout=2 * WINDOW_SECONDS) else cache.incr(name)
