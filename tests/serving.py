"""Which requests the live server is answering, so that a test ends only when the last of them has.

A page asks on its own (previews while typing, progress): closing it does not stop what the server has begun, and a
request that still writes while the tables are emptied brings rows, or a deadlock, to the next test.
"""

from __future__ import annotations

import threading
from typing import Any

from django.core.signals import request_finished, request_started

LONGEST = 60  # seconds


class Serving:
    def __init__(self) -> None:
        self._threads: set[threading.Thread] = set()
        self._changed = threading.Condition()
        request_started.connect(self._started)
        request_finished.connect(self._finished)

    def wait_until_idle(self) -> None:
        with self._changed:
            idle = self._changed.wait_for(lambda: not any(thread.is_alive() for thread in self._threads), LONGEST)
            self._threads.clear()
        assert idle, f"the server was still answering {LONGEST} seconds after the page was closed"

    def _started(self, **_: Any) -> None:
        if threading.current_thread() is not threading.main_thread():  # the test's own client
            with self._changed:
                self._threads.add(threading.current_thread())

    def _finished(self, **_: Any) -> None:
        with self._changed:
            self._threads.discard(threading.current_thread())
            self._changed.notify_all()
