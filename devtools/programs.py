"""The programs of `./dev up` that must keep running: one that ends is started again, later each time it fails fast."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from devtools.home import REPOSITORY, Home
from devtools.processes import Known, die_with_parent, end

HEALTHY_AFTER = 30.0  # seconds of running after which a fall counts as the first again
LONGEST_PAUSE = 30.0


def pause_before(falls: int) -> float:
    """Seconds to wait before the next start: 1, 2, 4 … up to half a minute."""
    return min(2.0 ** max(falls - 1, 0), LONGEST_PAUSE)


@dataclass
class Program:
    name: str
    command: list[str]
    settings: dict[str, str]
    home: Home
    falls: int = 0
    _popen: subprocess.Popen[bytes] | None = None
    _started: float = 0.0
    _start_at: float = field(default=0.0)

    @property
    def log(self) -> Path:
        return self.home.logs / f"{self.name}.log"

    @property
    def pid(self) -> int:
        return self._popen.pid if self._popen else 0

    def start(self) -> None:
        with open(self.log, "ab") as log:
            self._popen = subprocess.Popen(
                self.command,
                env=self.settings,
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches only ./dev, which then ends everything in order
                preexec_fn=die_with_parent,
            )
        self._started, self._start_at = time.monotonic(), 0.0

    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def supervise(self) -> str:
        """One look: "" when all is well or waiting, else a line about what happened."""
        if self.running():
            return ""
        now = time.monotonic()
        if self._start_at and now >= self._start_at:
            self.start()
            return f"{self.name} started again"
        if self._start_at or self._popen is None:
            return ""
        self.falls = 1 if now - self._started > HEALTHY_AFTER else self.falls + 1
        self._start_at = now + pause_before(self.falls)
        wait = pause_before(self.falls)
        return (
            f"{self.name} ended with code {self._popen.returncode}; starting it again in {wait:.0f} s (log: {self.log})"
        )

    def ask_to_end(self) -> None:
        if self._popen is not None and self.running():
            self._popen.send_signal(signal.SIGTERM)

    def finish(self, seconds: float = 15) -> None:
        if self._popen is not None:
            end(Known.of(self._popen.pid), seconds=seconds, group=True)
            self._popen.wait()


def remember(home: Home, programs: list[Program], port: int) -> None:
    known = [Known.of(program.pid) for program in programs]
    home.keep("run/up", {"port": port, "programs": [[process.pid, process.started] for process in known]})


def end_leftovers(home: Home) -> int:
    """Programs of a run that was killed and could not end them; how many there were."""
    left = [Known(int(pid), str(started)) for pid, started in home.note("run/up").get("programs", [])]
    alive = [process for process in left if process.alive()]
    for process in alive:
        end(process, seconds=10, group=True)
    (home.root / "run/up.json").unlink(missing_ok=True)
    return len(alive)
