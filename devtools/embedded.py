"""Which database and which broker this run uses: those of DATABASE_URL and REDIS_URL, or the embedded ones.

Several runs may share the embedded servers (`./dev up` beside `./dev manage …`). Each user holds a shared lock on one
file; the kernel drops it when the run ends, however it ends, and the last one out stops the servers.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from devtools.home import Home, Stop
from devtools.servers import Postgres, Server, Valkey

THROW_AWAY = "ld-test-"


@dataclass
class Services:
    home: Home
    environment: dict[str, str]
    servers: list[Server] = field(default_factory=list)

    def supervise(self) -> list[str]:
        """Start again what has fallen; returns the names of what was started."""
        fallen = [server for server in self.servers if not server.alive()]
        for server in fallen:
            with _doorway(self.home):
                server.ensure()
        return [server.label for server in fallen]


@contextmanager
def services(home: Home, *, throw_away: bool = False, durable: bool = True) -> Iterator[Services]:
    """The environment of the application with its servers running; the embedded ones are started when needed."""
    home.make()
    database, broker = Postgres(home, durable=durable), Valkey(home, durable=durable)
    own_database = throw_away or not os.environ.get("DATABASE_URL")
    own_broker = throw_away or not os.environ.get("REDIS_URL")
    own: list[Server] = [*([database] if own_database else []), *([broker] if own_broker else [])]
    found = Services(home, _environment(home), own)
    if own_database:
        found.environment["DATABASE_URL"] = database.url
    if own_broker:
        found.environment["REDIS_URL"] = broker.url
    with open(home.run / "users", "w") as users:
        try:
            with _doorway(home):
                home.make()  # a run that has just left may have taken the empty socket folder with it
                fcntl.flock(users, fcntl.LOCK_SH)
                for server in own:
                    server.ensure()
            yield found
        finally:
            _leave(home, users.fileno(), own)


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """The embedded servers stopped, and nobody able to start or use them meanwhile."""
    with open(home.run / "users", "w") as users, _doorway(home):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Stop(f"Another ./dev still uses {home.root}. End it first.") from None
        for server in (Valkey(home), Postgres(home)):
            server.stop_leftover()
        yield


def _leave(home: Home, users: int, own: list[Server]) -> None:
    with _doorway(home):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return  # somebody else still works here
        for server in reversed(own):
            server.stop()
        with contextlib.suppress(OSError):
            home.sockets.rmdir()


@contextmanager
def _doorway(home: Home) -> Iterator[None]:
    """Starting and stopping, one run at a time."""
    with open(home.run / "doorway", "w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield


def _environment(home: Home) -> dict[str, str]:
    """What the settings read. What the caller has set stands; the rest suits one machine without HTTPS."""
    defaults = {
        **home.secrets(),
        "HTTPS": "off",
        "STATIC_ROOT": str(home.static),
        "MEDIA_ROOT": str(home.root / "files"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    return {**defaults, **os.environ, "PYTHONPATH": ""}


def sweep(folder: Path) -> int:
    """Remove what killed runs left behind, servers included: the folders whose lock nobody holds any more."""
    swept = 0
    for root in folder.glob(f"{THROW_AWAY}*"):
        home = Home(root)
        if root.stat().st_uid != os.getuid() or not (home.run / "users").exists():
            continue
        with contextlib.suppress(Stop, OSError), alone(home):
            shutil.rmtree(root, ignore_errors=True)
            shutil.rmtree(home.sockets, ignore_errors=True)
            swept += 1
    return swept


@contextmanager
def throw_away_services(*, durable: bool = False, database: Path | None = None) -> Iterator[Services]:
    """Servers for one run, in a folder of their own that is removed with everything in it.

    `database` is a stopped server's data folder to begin with a copy of.
    """
    sweep(Path(tempfile.gettempdir()))
    root = Path(tempfile.mkdtemp(prefix=THROW_AWAY))
    home = Home(root)
    if database:
        shutil.copytree(database, home.postgres, copy_function=shutil.copy)
    try:
        with services(home, throw_away=True, durable=durable) as found:
            yield found
    finally:
        shutil.rmtree(root, ignore_errors=True)
        shutil.rmtree(home.sockets, ignore_errors=True)
