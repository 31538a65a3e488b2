"""`./dev up`: from a clone to a running system, and back to nothing when it ends."""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import secrets
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devtools import environment
from devtools.embedded import Services, services
from devtools.foreground import run
from devtools.home import REPOSITORY, Home, Stop, home_from_environment
from devtools.known_tables import refuse_tables_of_another_version
from devtools.processes import tail, wait_until
from devtools.programs import Program, end_leftovers, remember

MANAGE = str(REPOSITORY / "manage.py")


def say(text: str) -> None:
    print(text, flush=True)


def up(arguments: list[str]) -> int:
    began = time.monotonic()
    options = _options(arguments)
    environment.ensure()
    home = home_from_environment()
    home.make()
    with only_run(home):
        if end_leftovers(home):
            say("Ended what a killed run had left running.")
        check_port(options.port)
        say("Starting PostgreSQL and Valkey …")
        with services(home) as found:
            refuse_tables_of_another_version(found)
            found.environment.setdefault("DEMO", "off" if options.empty else "on")
            prepare(found, demo=not options.empty)
            _serve(found, options.port, began)
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev up", description="Start everything and keep it running.")
    parser.add_argument("--port", type=int, default=8000, help="where the pages answer (8000)")
    parser.add_argument("--empty", action="store_true", help="no demo data; leads to the first administrator")
    return parser.parse_args(arguments)


@contextmanager
def only_run(home: Home) -> Iterator[None]:
    """One `./dev up` for a data folder; the lock falls with the process, however it ends."""
    with open(home.run / "up.lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            port = home.note("run/up").get("port", "?")
            raise Stop(
                f"Loandesk already runs from {home.root}: http://127.0.0.1:{port}/\n"
                "End that run first, or set LOANDESK_HOME to another folder for a second one."
            ) from None
        yield


def check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as refusal:
            raise Stop(
                f"Port {port} cannot be used ({refusal.strerror}): another program holds it.\n"
                f"End that program, or choose another port: ./dev up --port {port + 1}"
            ) from None


def prepare(found: Services, *, demo: bool) -> None:
    """Tables, static files, and at the first start the data to look at."""
    _manage(found, "Bringing the tables up to date …", "migrate", "--verbosity", "0")
    _collect_static(found)
    note = f"start-{hashlib.sha256(found.environment['DATABASE_URL'].encode()).hexdigest()[:8]}"
    if demo and not found.home.note(note).get("demo"):
        _manage(found, "Loading the demo by running the real engine over the past months (once) …", "load_demo")
        found.home.keep(note, {"demo": True})


def _manage(found: Services, doing: str, *command: str) -> None:
    say(doing)
    code = run_manage(found.environment, *command)
    if code:
        raise Stop(f"./dev manage {' '.join(command)} ended with code {code}; what it said is above.")


def run_manage(settings: dict[str, str], *command: str) -> int:
    """How the command ended. Ctrl-C goes to the command first, and from there on to this run."""
    code = run([str(environment.python()), MANAGE, *command], settings)
    if code in {-signal.SIGINT, 128 + signal.SIGINT}:
        raise KeyboardInterrupt
    return code


def _collect_static(found: Services) -> None:
    """Only when a file changed: the fingerprint is of names, sizes and times, and of the installed packages."""
    mark = fingerprint(static_folders(REPOSITORY)) + environment.wanted()
    collected = Path(found.environment["STATIC_ROOT"]) / "staticfiles.json"
    if found.home.note("static-files").get("mark") == mark and collected.exists():
        return
    _manage(found, "Collecting static files …", "collectstatic", "--no-input", "--clear", "--verbosity", "0")
    found.home.keep("static-files", {"mark": mark})


def static_folders(repository: Path) -> list[Path]:
    """Where static files come from. What is hidden is none of it: the data folder with what was collected lies there."""
    found = [repository / "static", *repository.glob("*/static"), *repository.glob("collections/*/static")]
    return [folder for folder in found if not folder.relative_to(repository).parts[0].startswith(".")]


def fingerprint(folders: list[Path]) -> str:
    seen = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                facts = path.stat()
                seen.update(f"{path.relative_to(folder)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def programs(found: Services, port: int) -> list[Program]:
    python = str(environment.python())
    celery = [python, "-m", "celery", "-A", "config"]
    settings = {**found.environment, "PYTHONUNBUFFERED": "1"}
    commands = {
        "web": [python, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--preload",
                "--threads", "4", "--timeout", "120", "--graceful-timeout", "10", "--access-logfile", "-"],
        "worker": [*celery, "worker", "-Q", "celery,night", "--concurrency", "2", "--loglevel", "INFO",
                   "--without-mingle", "--without-gossip"],
        "beat": [*celery, "beat", "--loglevel", "INFO", "--pidfile", ""],
    }  # fmt: skip
    return [Program(name, command, settings, found.home) for name, command in commands.items()]


def _serve(found: Services, port: int, began: float) -> None:
    found.environment["FIRST_ADMIN_TOKEN"] = token = secrets.token_urlsafe(18)
    running = web, *behind = programs(found, port)
    address = f"http://127.0.0.1:{port}"
    try:
        say("Starting the web server, the worker and beat …")
        web.start()
        remember(found.home, [web], port)
        if not wait_until(lambda: answers(f"{address}/healthz"), seconds=60, step=0.2):
            raise Stop(f"The web server does not answer. Its log ends with:\n{tail(web.log, 25)}")
        for program in behind:  # after the first page: all of them read the same code, and two processors are few
            program.start()
        remember(found.home, running, port)
        _announce(found, address, token, time.monotonic() - began)
        _watch(found, running, port)
    except KeyboardInterrupt:
        say("\nEnding everything …")
    finally:
        for program in reversed(running):
            program.ask_to_end()
        for program in reversed(running):
            program.finish()
        (found.home.root / "run/up.json").unlink(missing_ok=True)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _announce(found: Services, address: str, token: str, seconds: float) -> None:
    embedded = {server.label for server in found.servers}
    say(f"\nLoandesk answers on {address}/ (after {seconds:.1f} s)\n")
    settings = {**found.environment, "FIRST_ADMIN_TOKEN": token}
    run_manage(settings, "sign_ins", "--address", address)
    say("What runs: gunicorn (pages and API), a Celery worker, Celery beat,")
    say(f"  PostgreSQL {'(embedded)' if 'PostgreSQL' in embedded else '(DATABASE_URL)'},"
        f" Redis {'(embedded Valkey)' if 'Valkey' in embedded else '(REDIS_URL)'}")  # fmt: skip
    say(f"  data and logs in {found.home.root}")
    say("Ctrl-C ends it.")


def _watch(found: Services, running: list[Program], port: int) -> None:
    while True:
        time.sleep(1)
        for label in found.supervise():
            say(f"{label} had stopped and was started again.")
        lines = [line for program in running if (line := program.supervise())]
        for line in lines:
            print(line, file=sys.stderr, flush=True)
        if lines:
            remember(found.home, running, port)
