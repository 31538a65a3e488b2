"""What `./dev mutate` and the warm process it starts tell each other, as files of JSON in one folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

KILLED, SURVIVED, NOT_REACHED = "killed", "survived", "not reached"


@dataclass(frozen=True, slots=True)
class Request:
    """``modules`` by name with their files; ``seconds`` of the processor are spent on one mutant at the most. What
    takes more than ``patience`` of them beside three times what its tests took without it hangs: it counts as killed."""

    modules: dict[str, str]
    mutants: int
    seed: int
    seconds: float
    patience: float
    processes: int
    pytest: list[str]

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Request:
        return cls(**json.loads(path.read_text()))


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a mutant; ``tests`` tried it of all that ``reached`` it."""

    module: str
    function: str
    change: str
    line: int
    became: str
    tests: int
    reached: int


@dataclass(frozen=True, slots=True)
class Answer:
    """``red``: tests that failed without any mutant, and so tried none."""

    found: list[Found]
    red: list[str]

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Answer:
        told = json.loads(path.read_text())
        return cls([Found(**found) for found in told["found"]], told["red"])


def answer_to(request: Path) -> Path:
    """Where the answer to the request of this file is."""
    return request.with_name("answer.json")
