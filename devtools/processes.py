"""Processes: who is alive, ending them politely, and remembering them across a killed run.

A process is known by its number together with its start time, because numbers are used again.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")  # Linux has it; elsewhere `ps` is asked
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Known:
    """One process of this machine at one time."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Known:
        return cls(pid, started_at(pid))

    def alive(self) -> bool:
        return bool(self.started) and started_at(self.pid) == self.started

    def signal(self, number: int, *, group: bool = False) -> None:
        if self.alive():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                (os.killpg if group else os.kill)(self.pid, number)


def started_at(pid: int) -> str:
    """When the process began, or "" when there is none (a zombie counts as none)."""
    if (PROC / "self/stat").exists():
        try:
            fields = (PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in "ZX" else fields[19]
    answer = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True).stdout
    return "" if answer.startswith("Z") else answer.strip()[5:].strip()


def command_of(pid: int) -> str:
    try:
        return (PROC / f"{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True).stdout


def wait_until(done: Callable[[], bool], *, seconds: float, step: float = 0.05) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(step)
    return True


def end(process: Known, *, polite: int = signal.SIGTERM, seconds: float = 10, group: bool = False) -> None:
    """Ask first, then insist."""
    process.signal(polite, group=group)
    if not wait_until(lambda: not process.alive(), seconds=seconds):
        process.signal(signal.SIGKILL, group=group)
        wait_until(lambda: not process.alive(), seconds=5)


def die_with_parent() -> None:
    """Run in a new child: when the parent is killed, the kernel ends this process too (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def orderly_end() -> Iterator[None]:
    """SIGTERM and SIGHUP end a run the way Ctrl-C does, so that everything started is stopped again."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
