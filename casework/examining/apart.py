"""Files are read in a process of their own: one that takes too much is ended, and the web process stays as it was."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore, Thread, Timer
from typing import IO

from django.conf import settings
from django.utils.translation import gettext

from casework.examining import refusals
from casework.examining.content import ContentType
from casework.examining.limits import MEGABYTE, Limits
from casework.examining.refusals import EvidenceBusy, EvidenceRefused, EvidenceUnreadable
from casework.examining.work import NO_SUCH_PAGE, Bounds, Order, Outcome, Work

_ROOT = str(Path(__file__).resolve().parent.parent.parent)
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from casework.examining.child import main; main()"
# What is drawn is never this large; a process that goes on telling is ended.
MOST_TOLD = 400 * MEGABYTE
# Each may take all the memory it is allowed. Whoever looks at a file with many slow pages keeps nobody from taking one in.
_AT_ONCE = BoundedSemaphore(3)
_DRAWN_AT_ONCE = BoundedSemaphore(2)
_REFUSALS: dict[str, type[EvidenceRefused]] = {
    found.code: found
    for found in vars(refusals).values()
    if isinstance(found, type) and issubclass(found, EvidenceRefused)
}


def bounds() -> Bounds:
    """What the settings let one process use."""
    return Bounds(
        cpu_seconds=settings.EVIDENCE_CPU_SECONDS,
        memory=settings.EVIDENCE_MEMORY_MB * MEGABYTE,
        seconds=settings.EVIDENCE_SECONDS,
    )


def rewritten(data: bytes, limits: Limits) -> tuple[bytes, int]:
    """As ``kept_pdf``. Raises EvidenceUnreadable and EvidenceBusy beside what that raises."""
    outcome = _apart(Order(Work.REWRITE, ContentType.PDF, limits), data)
    return outcome.data, outcome.pages


def redrawn(data: bytes, found: ContentType, limits: Limits) -> bytes:
    """As ``pictures.redrawn``. Raises EvidenceUnreadable and EvidenceBusy beside what that raises."""
    return _apart(Order(Work.REDRAW, found, limits), data).data


def page_picture(data: bytes, content_type: str, page: int) -> bytes:
    """As ``drawing.page_picture``. Raises EvidenceUnreadable and EvidenceBusy beside what that raises."""
    with _turn(_DRAWN_AT_ONCE):
        return _apart(Order(Work.DRAW, ContentType(content_type), page=page), data).data


@contextmanager
def _turn(at_once: BoundedSemaphore) -> Iterator[None]:
    """Waits no longer than one file may take, so that slow ones do not hold up all that the web process does.

    Raises EvidenceBusy.
    """
    if not at_once.acquire(timeout=bounds().seconds):
        raise EvidenceBusy
    try:
        yield
    finally:
        at_once.release()


def _apart(order: Order, data: bytes) -> Outcome:
    with _turn(_AT_ONCE):
        outcome = _outcome(order, data)
    if outcome.code == NO_SUCH_PAGE:
        raise IndexError(order.page)
    if outcome.code:
        context = {name: gettext(value) if value else "" for name, value in outcome.context.items()}
        raise _REFUSALS.get(outcome.code, EvidenceUnreadable)(**context)
    return outcome


def _outcome(order: Order, data: bytes) -> Outcome:
    allowed = bounds()
    child = subprocess.Popen(
        [sys.executable, "-I", "-c", _PROGRAM, _ROOT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"LC_ALL": "C.UTF-8"},  # no key of ours is near the file
        cwd="/",
        start_new_session=True,
    )
    with child:
        assert child.stdin is not None and child.stdout is not None
        timer = Timer(allowed.seconds, child.kill)
        timer.start()
        feeder = Thread(target=_feed, args=(child.stdin, order.as_words(allowed), data))
        feeder.start()
        try:
            told = child.stdout.read(MOST_TOLD + 1)
            if len(told) > MOST_TOLD:
                child.kill()
        finally:
            ended = child.wait()
            timer.cancel()
            feeder.join()
    if ended != 0:
        raise EvidenceUnreadable
    try:
        return Outcome.of(told)
    except (ValueError, TypeError):
        raise EvidenceUnreadable from None


def _feed(pipe: IO[bytes], *parts: bytes) -> None:
    """A process that has ended takes nothing more; why it ended is seen by how."""
    try:
        with pipe:
            for part in parts:
                pipe.write(part)
    except (BrokenPipeError, ValueError):
        return
