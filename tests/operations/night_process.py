"""A coordinator or a worker of its own, which stands still in the middle of a chunk when a test orders it.

``python -m tests.operations.night_process`` closes the business day; ``celery -A tests.operations.night_process worker``
helps. The file NIGHT_ORDERS may hold "worker step lo" or "coordinator step lo": when one comes to that chunk it takes the
order away, writes its number into the pipe NIGHT_TOLD with everything of the chunk written and nothing committed, and waits
there until somebody ends it. A coordinator leaves a step with an order for a worker alone until the order is taken.
"""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from select import select
from typing import Any

import django

import config.celery

django.setup()

from django.conf import settings  # noqa: E402

from operations import chunks, end_of_day, hands, steps  # noqa: E402
from operations.steps import Counts, Step  # noqa: E402

app = config.celery.app
settings.CELERY_TASK_ALWAYS_EAGER = False  # as on a server: the settings of the tests are for one process
ROLE = "coordinator" if __name__ == "__main__" else "worker"
ORDERS, TOLD = Path(os.environ["NIGHT_ORDERS"]), Path(os.environ["NIGHT_TOLD"])


_work_along = hands._work_along


def _order() -> str:
    return ORDERS.read_text() if ORDERS.exists() else ""


def _wait_for_worker(run: Any, step: Step, *rest: Any) -> None:
    while _order().startswith(f"worker {step.code} "):
        select([], [], [], 0.01)
    _work_along(run, step, *rest)


def _obeying(step: Step) -> Step:
    def work(lo: int, hi: int, on: date) -> Counts:
        counts = step.function(lo, hi, on)
        if _order() == f"{ROLE} {step.code} {lo}":
            ORDERS.unlink()
            TOLD.write_text(f"{os.getpid()}\n")
            signal.pause()
        return counts

    function: Callable[[int, int, date], Counts] = work
    return replace(step, function=function)


steps.STEPS = tuple(_obeying(step) for step in steps.STEPS)
end_of_day.STEPS = chunks.STEPS = steps.STEPS  # type: ignore[attr-defined]

if __name__ == "__main__":
    hands._work_along = _wait_for_worker
    print(end_of_day.close_day().status)
