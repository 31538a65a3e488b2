"""What is handed on to pytest by `./dev test`: which words are paths, and in how many workers they run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from devtools.home import Stop

MOST_WORKERS = 8  # each has a browser and a web server of its own
# Options after which a word stands on its own. After any other one it may be that option's value.
ALONE = {
    "--co", "--collect-only", "--create-db", "--exitfirst", "--failed-first", "--ff", "--fixtures", "--last-failed",
    "--lf", "--new-first", "--nf", "--pdb", "--quiet", "--reuse-db", "--setup-show", "--showlocals", "--stepwise",
    "--sw", "--trace", "--verbose",
}  # fmt: skip
SHORT_ALONE = re.compile(r"-[hlqsvx]+|-[knmopWr].+")  # flags like -xq, and options that carry their value: -n4


def refuse_what_is_not_there(arguments: list[str], folder: Path) -> None:
    """Raises Stop where a path is not in ``folder``: pytest would say so only after servers and database are ready."""
    missing = [word for word in _paths(arguments) if not there(word, folder)]
    if missing:
        raise Stop(f"There is no {' and no '.join(missing)} in {folder}; no test was run.")


def workers(arguments: list[str], folder: Path) -> list[str]:
    """The whole suite runs a worker a core and one more, since each waits for its browser, servers and processes by turns;
    a part of it runs in one process, which starts sooner and can be debugged.

    Never by file (`--dist loadfile`): each worker must run the tests that need what migrations seeded before those
    that empty the tables, and only the plain distribution keeps pytest-django's order. Handed out a few at
    a time: the last tests are the longest, and a worker that had kept many of them would end alone.
    """
    whole = not any(there(argument, folder) for argument in arguments)
    chosen = any(argument.startswith(("-n", "--numprocesses", "--pdb")) for argument in arguments)
    if not whole or chosen:
        return []
    return ["-n", str(min((os.cpu_count() or 1) + 1, MOST_WORKERS)), "--maxschedchunk", "4"]


def there(word: str, folder: Path) -> bool:
    """Whether the word is a path, with or without the name of a test behind it."""
    return (folder / word.split("::")[0]).exists()


def _paths(arguments: list[str]) -> Iterator[str]:
    for before, word in pairwise(["", *arguments]):
        if not word.startswith(("-", "@")) and _stands_alone(before):
            yield word


def _stands_alone(before: str) -> bool:
    return not before.startswith("-") or before in ALONE or "=" in before or bool(SHORT_ALONE.fullmatch(before))
