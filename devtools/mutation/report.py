"""What became of the mutants: a table by module, the survivors, and one line for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from devtools.mutation.equivalents import Key
from devtools.mutation.exchange import KILLED, NOT_REACHED, SURVIVED

EQUIVALENT = "equivalent"
COLUMNS = (KILLED, SURVIVED, EQUIVALENT, NOT_REACHED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A mutant and what became of it, one of ``COLUMNS``."""

    key: Key
    file: str
    line: int
    became: str

    @property
    def told(self) -> str:
        _module, function, change = self.key
        return f"{self.file}:{self.line} {function}: {change}" + (" (reached by no test)" if self.missed else "")

    @property
    def missed(self) -> bool:
        return self.became == NOT_REACHED


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of one module."""

    module: str
    counts: dict[str, int]

    @property
    def per_cent(self) -> float | None:
        """Killed of all that are faults; None where there is no fault to make."""
        faults = sum(self.counts.values()) - self.counts[EQUIVALENT]
        return 100 * self.counts[KILLED] / faults if faults else None


@dataclass(frozen=True, slots=True)
class Report:
    """``stale``: entries of the file of equivalents that hold no more. ``red``: tests that fail without any mutant."""

    tallies: list[Tally]
    outcomes: list[Outcome]
    threshold: float
    stale: Sequence[Key] = ()
    red: Sequence[str] = ()
    below: list[str] = field(init=False)

    def __post_init__(self) -> None:
        short = [x.module for x in self.tallies if x.per_cent is not None and x.per_cent < self.threshold]
        object.__setattr__(self, "below", short)

    @property
    def ended(self) -> int:
        """The code to end with: all modules reach the threshold, no entry is stale, and no test was red before."""
        return 1 if self.below or self.stale or self.red else 0

    def lines(self) -> list[str]:
        width = max((len(tally.module) for tally in self.tallies), default=0)
        head = f"{'':{width}}" + "".join(f"{name:>13}" for name in (*COLUMNS, "per cent"))
        told = [head, *(self._row(tally, width) for tally in self.tallies)]
        survivors = [outcome.told for outcome in self.outcomes if outcome.became in (SURVIVED, NOT_REACHED)]
        told += ["", "Survivors", *survivors] if survivors else ["", "No survivors."]
        if self.stale:
            told += ["", "Stale entries of equivalent_mutants.toml: the mutant is gone, or a test kills it"]
            told += [" ".join(key) for key in self.stale]
        if self.red:
            told += ["", "Red without any mutant, therefore left out", *self.red]
        if self.below:
            told += ["", f"Under {self.threshold:g} %: {', '.join(self.below)}"]
        return told

    def _row(self, tally: Tally, width: int) -> str:
        counts = "".join(f"{tally.counts[name]:>13}" for name in COLUMNS)
        score = "–" if tally.per_cent is None else f"{tally.per_cent:.0f}"
        return f"{tally.module:{width}}{counts}{score:>13}"

    def as_json(self) -> str:
        """The last line for programs."""
        modules = {
            tally.module: {**tally.counts, "per_cent": None if tally.per_cent is None else round(tally.per_cent, 1)}
            for tally in self.tallies
        }
        survivors = [outcome.told for outcome in self.outcomes if outcome.became in (SURVIVED, NOT_REACHED)]
        return json.dumps(
            {
                "modules": modules,
                "survivors": survivors,
                "stale": [" ".join(key) for key in self.stale],
                "red": list(self.red),
                "below": self.below,
            },
            ensure_ascii=False,
        )


def tallied(modules: Sequence[str], outcomes: Sequence[Outcome]) -> list[Tally]:
    counts: Mapping[str, dict[str, int]] = {module: dict.fromkeys(COLUMNS, 0) for module in modules}
    for outcome in outcomes:
        counts[outcome.key[0]][outcome.became] += 1
    return [Tally(module, counts[module]) for module in modules]
