"""Nights of the test suite: steps that leave a mark for every id, and ways to interrupt them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import psycopg
import pytest
from django.db import connection

from operations import coordinator, end_of_day
from operations.models import LongJob
from operations.steps import Counts, Step
from tests.operations.factories import LongJobFactory

MONDAY = date(2026, 6, 15)
TUESDAY = date(2026, 6, 16)
WEDNESDAY = date(2026, 6, 17)


class Killed(BaseException):
    """What SIGKILL looks like from inside: nothing gets to clean up."""


class Night:
    """A step table of invented steps. Each chunk marks its ids in the database; marks tell what was really kept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.chunks_run = 0
        self.disturb: Callable[[str, int], None] = lambda code, lo: None

    def of(self, **ids: tuple[int, int]) -> "Night":
        """``of(accrue=(1, 7), remind=(1, 3))``: the steps with their id ranges, in order."""
        steps = tuple(Step(code, code, self._marking(code), lambda ends=ends: ends) for code, ends in ids.items())
        self.monkeypatch.setattr(end_of_day, "STEPS", steps)
        return self

    def _marking(self, code: str) -> Callable[[int, int, date], Counts]:
        def mark(lo: int, hi: int, on: date) -> Counts:
            self.chunks_run += 1
            LongJobFactory(kind=f"{on}", argument=f"{code} {lo}-{hi}")
            self.disturb(code, lo)
            return {"loans": hi - lo, "note": "fine"}

        return mark

    def kill_in_chunk(self, number: int) -> None:
        """The process dies in the ``number``-th chunk from now, after its effects and before its checkpoint."""
        last = self.chunks_run + number

        def disturb(code: str, lo: int) -> None:
            if self.chunks_run == last:
                raise Killed

        self.disturb = disturb

    def fail_in(self, *places: tuple[str, int]) -> None:
        """These chunks raise an ordinary error every time, until ``recover``."""

        def disturb(code: str, lo: int) -> None:
            if (code, lo) in places:
                raise ValueError(f"{code} from {lo} is broken")

        self.disturb = disturb

    def recover(self) -> None:
        self.disturb = lambda code, lo: None


def marks(on: date) -> list[str]:
    """What the steps of a night have left behind, in order."""
    return list(LongJob.objects.filter(kind=f"{on}").order_by("id").values_list("argument", flat=True))


@contextmanager
def somebody_else_closes() -> Iterator[None]:
    """Another connection holds the one place of the coordinator."""
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory"), parameters.pop("context")
    with psycopg.connect(**parameters) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [coordinator.LOCK])
        yield
        # Said aloud: a connection that is only closed may let go of its lock a moment later.
        other.execute("SELECT pg_advisory_unlock(%s)", [coordinator.LOCK])
