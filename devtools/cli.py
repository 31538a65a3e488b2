"""The commands of `./dev`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from devtools import bench_libraries, catalogues, environment, pytest_arguments, test_database
from devtools.embedded import alone, services, throw_away_services
from devtools.foreground import run
from devtools.home import REPOSITORY, Home, Stop, home_from_environment
from devtools.known_tables import refuse_tables_of_another_version
from devtools.measuring.rooms import SAVING, measured
from devtools.mutation import command as mutation
from devtools.processes import orderly_end
from devtools.programs import end_leftovers
from devtools.template_lines import lay_out
from devtools.up import only_run, up

NOT_TRANSLATED = (".venv", "vendor", "tests", "benchmarks", "devtools")
COVERAGE = "--coverage"
BENCHES_WITHOUT_SERVERS = ("schedules",)

USAGE = """Loandesk on one machine

  ./dev up [--port N] [--empty]   everything needed, then the web server, worker and beat; Ctrl-C ends it
  ./dev test [pytest arguments]   the test suite on throw-away servers; --coverage: what it runs of each room
  ./dev mutate [MODULE…]          small faults in the pure rooms, to see whether a test notices each
  ./dev manage COMMAND …          a Django management command
  ./dev lint                      ruff, mypy, Import Linter, the lines of the templates; what mends each
  ./dev templates                 lay out the lines of the templates
  ./dev messages                  gather the sentences to translate, compile the Chinese ones and name those that
                                  wait for a translation (needs gettext)
  ./dev bench NAME                a benchmark of benchmarks/, on throw-away servers where it needs them
  ./dev reset                     stop the servers of the data folder and remove it

The data folder is .loandesk/ here, or LOANDESK_HOME. DATABASE_URL and REDIS_URL replace the embedded servers.
"""


def main(arguments: list[str]) -> int:
    commands: dict[str, Callable[[list[str]], int]] = {
        "up": up, "test": test, "mutate": mutate, "manage": manage, "lint": lint, "bench": bench, "reset": reset,
        "messages": messages, "templates": templates,
    }  # fmt: skip
    name, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if name not in commands:
        print(USAGE)
        return 0 if name in {"help", "-h", "--help"} else 2
    try:
        with orderly_end():
            return commands[name](rest)
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def manage(arguments: list[str]) -> int:
    environment.ensure()
    with services(home_from_environment()) as found:
        refuse_tables_of_another_version(found)
        return run([*_python(), str(REPOSITORY / "manage.py"), *arguments], found.environment)


def test(arguments: list[str]) -> int:
    rest = [argument for argument in arguments if argument != COVERAGE]
    pytest_arguments.refuse_what_is_not_there(rest, REPOSITORY)
    environment.ensure()
    home = home_from_environment()
    database = test_database.prepared(home)
    with throw_away_services(database=database) as found, _coverage(COVERAGE in arguments) as measuring:
        settings = {
            **found.environment, **measuring, "DJANGO_SETTINGS_MODULE": "config.testing", **_compiled_once(home),
        }  # fmt: skip
        if database:
            settings["TEST_DATABASE_TEMPLATE"] = test_database.NAME
        keeping = ["-p", SAVING] if measuring else []
        workers = pytest_arguments.workers(rest, REPOSITORY)
        command = [*_python(), "-m", "pytest", "--reuse-db", *keeping, *workers, *rest]
        return run(command, settings, folder=REPOSITORY)


def _compiled_once(home: Home) -> dict[str, str]:
    """What the workers and the processes they start compile is kept, beside no source, whatever is said of it elsewhere:
    half of the time of collecting the tests goes into rewriting their assertions."""
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(home.bytecode)}


def _coverage(wanted: bool) -> AbstractContextManager[dict[str, str]]:
    return measured(_python()) if wanted else nullcontext({})


def mutate(arguments: list[str]) -> int:
    """The code is 1 when a module stays under the threshold, or the file of equivalents holds what is not true any more."""
    wanted = mutation.read_arguments(arguments)
    environment.ensure()
    with throw_away_services() as found:
        settings = {
            **found.environment, "DJANGO_SETTINGS_MODULE": "config.testing", "HYPOTHESIS_PROFILE": "mutation",
        }  # fmt: skip
        warm = [*_python(), "-m", "devtools.mutation.warm"]
        report = mutation.mutated(wanted, lambda asked: run([*warm, str(asked)], settings, folder=REPOSITORY))
    print("\n".join(report.lines()), flush=True)
    if wanted.as_json:
        print(report.as_json())
    return report.ended


def lint(arguments: list[str]) -> int:
    """Every check is made even when an earlier one fails, so that one run shows all there is to mend."""
    _no_arguments("lint", arguments)
    environment.ensure()
    checks = {
        "ruff check": ["-m", "ruff", "check", "."],
        "ruff format": ["-m", "ruff", "format", "--check", "."],
        "mypy": ["-m", "mypy", "--no-error-summary", "."],
        "Import Linter": [str(environment.folder() / "bin" / "lint-imports"), "--no-logo"],
    }
    failed = []
    for name, command in checks.items():
        print(f"{name} …", flush=True)
        if run([*_python(), *command], _offline(), folder=REPOSITORY):
            failed.append(name)
    print("templates …", flush=True)
    if complaints := lay_out(REPOSITORY / "templates", check=True):
        print(*complaints, sep="\n")
        failed.append("templates")
    print("\n".join(_to_mend(failed)) or "All clean.")
    return 1 if failed else 0


def _to_mend(failed: list[str]) -> list[str]:
    """What is not clean, and the command that mends it where there is one."""
    ruff = _short(environment.folder() / "bin" / "ruff")
    by = {
        "ruff check": f"{ruff} check --fix .   (the rest by hand)",
        "ruff format": f"{ruff} format .",
        "templates": "./dev templates   (lines that are still too long by hand)",
    }
    width = max(map(len, failed), default=0)
    told = [f"  {name:{width}}  mend: {by.get(name, 'by hand, as told above')}" for name in failed]
    return [f"Not clean: {', '.join(failed)}", *told] if failed else []


def templates(arguments: list[str]) -> int:
    """Lay out every template; what is still too long has to be cut by hand."""
    _no_arguments("templates", arguments)
    complaints = lay_out(REPOSITORY / "templates", check=False)
    print("\n".join(complaints) or "All templates are laid out.")
    return 1 if complaints else 0


def messages(arguments: list[str]) -> int:
    """Bring the catalogue in line with the code, and tell what waits for a translation."""
    _no_arguments("messages", arguments)
    environment.ensure()
    if not shutil.which("xgettext"):
        raise Stop("xgettext is not on this machine: install Debian's package gettext.")
    ignored = [word for name in NOT_TRANSLATED for word in ("--ignore", name)]
    gather = ["-m", "django", "makemessages", "-l", "zh_Hans", "--no-obsolete", "--no-location", *ignored]
    code = run([*_python(), *gather], _offline(), folder=REPOSITORY)
    folder = REPOSITORY / "locale" / "zh_Hans" / "LC_MESSAGES"
    code = code or run(["msgfmt", "--check-format", "-o", "django.mo", "django.po"], dict(os.environ), folder=folder)
    if not code:
        print("\n".join(catalogues.report(REPOSITORY)))
    return code


def bench(arguments: list[str]) -> int:
    known = sorted(path.stem for path in (REPOSITORY / "benchmarks").glob("[a-z]*.py"))
    if not arguments or arguments[0] not in known:
        raise Stop(f"./dev bench NAME, where NAME is one of: {', '.join(known) or '(there are none)'}")
    environment.ensure()
    command = [*_python(), "-m", f"benchmarks.{arguments[0]}", *arguments[1:]]
    if arguments[0] in BENCHES_WITHOUT_SERVERS:
        libraries = bench_libraries.ensured(home_from_environment())
        return run(command, {**_offline(), bench_libraries.FOLDER_VARIABLE: str(libraries)}, folder=REPOSITORY)
    with throw_away_services(durable=True) as found:
        manage_py = [*_python(), str(REPOSITORY / "manage.py")]
        code = run([*manage_py, "migrate", "--verbosity", "0"], found.environment)
        return code or run(command, found.environment, folder=REPOSITORY)


def reset(arguments: list[str]) -> int:
    _no_arguments("reset", arguments)  # a mistyped word must not cost a database
    home = home_from_environment()
    if not home.root.exists():
        print(f"There is nothing at {home.root}.")
        return 0
    if not (home.run / "doorway").exists() and any(home.root.iterdir()):
        raise Stop(f"{home.root} does not look like a data folder of ./dev; nothing was removed.")
    home.make()
    with only_run(home), alone(home):
        end_leftovers(home)
        shutil.rmtree(home.root)
        shutil.rmtree(home.sockets, ignore_errors=True)
    print(f"Removed {home.root}.")
    return 0


def _no_arguments(command: str, arguments: list[str]) -> None:
    if arguments:
        raise Stop(f"./dev {command} takes no arguments; nothing was done.\n\n{USAGE}")


def _python() -> list[str]:
    return [str(environment.python())]


def _short(path: Path) -> Path:
    """As somebody who stands in the repository types it."""
    return path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path


def _offline() -> dict[str, str]:
    """For tools that read the code but need no server."""
    folders = f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'collections'}"
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "config.testing", "PYTHONPATH": folders}
