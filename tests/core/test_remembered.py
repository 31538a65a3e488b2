"""Sums that pages share are read once in a while, and each time where the cache is gone."""

from typing import Any
from unittest.mock import patch

from redis.exceptions import ConnectionError as NobodyThere

from core import remembered as room
from core.remembered import remembered


def test_it_is_read_once() -> None:
    read = iter([{"loans": "3"}, {"loans": "4"}])

    assert [remembered("tests:sums", lambda: next(read), seconds=60) for _ in range(2)] == [{"loans": "3"}] * 2


def test_without_the_cache_it_is_read_each_time() -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise NobodyThere

    read = iter([1, 2])
    with patch.object(room.cache, "get", gone), patch.object(room.cache, "set", gone):
        assert [remembered("tests:sums", lambda: next(read), seconds=60) for _ in range(2)] == [1, 2]
