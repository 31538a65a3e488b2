"""`./dev mutate`: small faults are put into the pure rooms, one at a time, to see whether a test notices.

A tool of our own: mutmut, the nearest, draws no seeded sample, chooses tests by the function they call rather than by the
expression they reach, and knows equivalent mutants only as comments in the code.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devtools.home import REPOSITORY, Stop
from devtools.mutation.equivalents import Key, read_equivalents, stale
from devtools.mutation.exchange import KILLED, SURVIVED, Answer, Found, Request, answer_to
from devtools.mutation.modules import chosen
from devtools.mutation.mutants import mutants_of
from devtools.mutation.report import EQUIVALENT, Outcome, Report, tallied

THRESHOLD = 90.0  # per cent of the faults of a module that tests must notice
SECONDS = 6.0  # of tests for one mutant
PATIENCE = 5.0  # seconds
WITHOUT_PROGRAMS = "not machine and not browser"


@dataclass(frozen=True, slots=True)
class Wanted:
    modules: dict[str, Path]
    mutants: int
    seed: int
    threshold: float
    as_json: bool


def read_arguments(arguments: Sequence[str]) -> Wanted:
    """Raises Stop for a module that is not pure."""
    parser = argparse.ArgumentParser(prog="./dev mutate", description=__doc__, allow_abbrev=False)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="a pure module or package; all for every one")
    parser.add_argument("--mutants", type=int, default=60, help="how many are drawn of each module")
    parser.add_argument("--seed", type=int, default=1, help="another draw")
    parser.add_argument("--threshold", type=float, default=THRESHOLD, help="per cent each module must reach")
    parser.add_argument("--json", action="store_true", help="the last line is JSON")
    given = parser.parse_args(arguments)
    return Wanted(chosen(given.modules), given.mutants, given.seed, given.threshold, given.json)


def mutated(wanted: Wanted, start: Callable[[Path], int]) -> Report:
    """Try the mutants; ``start`` runs the warm process on the file that tells it what to try."""
    folders = sorted({f"tests/{module.split('.')[0]}" for module in wanted.modules} | {"tests/loans"})
    command = ["-p", "no:xdist", "--capture=sys", "-qq", "-m", WITHOUT_PROGRAMS, *folders]
    return reported(wanted, ask(wanted, command, start), read_equivalents())


def ask(wanted: Wanted, pytest: list[str], start: Callable[[Path], int]) -> Answer:
    """What the warm process answers. Raises Stop when it ended without an answer."""
    with tempfile.TemporaryDirectory(prefix="ld-mutants-") as folder:
        asked = Path(folder) / "request.json"
        Request(
            modules={name: str(path) for name, path in wanted.modules.items()},
            mutants=wanted.mutants,
            seed=wanted.seed,
            seconds=SECONDS,
            patience=PATIENCE,
            processes=os.cpu_count() or 1,
            pytest=pytest,
        ).write(asked)
        if code := start(asked):
            raise Stop(f"The tests could not be run (they ended with {code}); no mutant was tried.")
        return Answer.read(answer_to(asked))


def reported(wanted: Wanted, answer: Answer, reasons: Mapping[Key, str]) -> Report:
    """What was answered, in the light of what is known to be equivalent."""
    outcomes = [_outcome(found, wanted.modules[found.module], reasons) for found in answer.found]
    places = {module: n for n, module in enumerate(wanted.modules)}
    outcomes.sort(key=lambda outcome: (places[outcome.key[0]], outcome.line))
    known = {mutant.key for name, path in wanted.modules.items() for mutant in mutants_of(path.read_text(), name)}
    killed = {outcome.key for outcome in outcomes if outcome.became == KILLED}
    return Report(
        tallies=tallied(list(wanted.modules), outcomes),
        outcomes=outcomes,
        threshold=wanted.threshold,
        stale=stale(reasons, known, killed, wanted.modules),
        red=answer.red,
    )


def _outcome(found: Found, path: Path, reasons: Mapping[Key, str]) -> Outcome:
    key = found.module, found.function, found.change
    became = EQUIVALENT if found.became == SURVIVED and key in reasons else found.became
    file = path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path
    return Outcome(key, file.as_posix(), found.line, became)
