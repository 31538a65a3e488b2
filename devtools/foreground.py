"""One program of the application in the foreground, sharing the keyboard and the screen with this one."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from pathlib import Path

from devtools.processes import die_with_parent


def run(command: list[str], settings: dict[str, str], *, folder: Path | None = None) -> int:
    """How the program ended. Ctrl-C reaches it from the terminal itself; we wait until it has tidied up."""
    child = subprocess.Popen(command, env=settings, cwd=folder, preexec_fn=die_with_parent)
    try:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                with contextlib.suppress(ProcessLookupError):
                    child.send_signal(signal.SIGINT)
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
