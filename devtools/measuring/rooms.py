"""`./dev test --coverage`: which lines and branches the tests run, by room."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devtools.home import REPOSITORY

SOURCES = (
    *("core", "staff", "audit", "partners", "casework", "ledger", "borrowers", "messaging", "loans", "risk"),
    *("collections/debt_collections", "operations", "desk", "config", "devtools"),
)
BY_WING = "loans"
SAVING = "devtools.measuring.saving"  # a plugin of pytest
STARTS = Path(__file__).resolve().parent  # with the sitecustomize.py
CONFIGURATION = """[run]
branch = true
parallel = true
data_file = {folder}/data
disable_warnings = module-not-imported, no-data-collected
source =
{sources}
omit =
    */migrations/*
    */devtools/measuring/sitecustomize.py
[report]
exclude_also =
    if TYPE_CHECKING:
    @overload
    \\.\\.\\.$
"""


@dataclass(frozen=True, slots=True)
class Room:
    """What of a room was run: ``branches`` are the ways out of its decisions."""

    name: str
    lines: int = 0
    lines_run: int = 0
    branches: int = 0
    branches_run: int = 0

    @property
    def per_cent(self) -> float:
        """Of lines and branches together; a room with neither is whole."""
        whole = self.lines + self.branches
        return 100 * (self.lines_run + self.branches_run) / whole if whole else 100.0

    def plus(self, summary: Mapping[str, int]) -> Room:
        return Room(
            self.name,
            self.lines + summary["num_statements"],
            self.lines_run + summary["covered_lines"],
            self.branches + summary["num_branches"],
            self.branches_run + summary["covered_branches"],
        )


@contextmanager
def measured(python: Sequence[str], root: Path = REPOSITORY) -> Iterator[dict[str, str]]:
    """Settings under which every Python process is measured; the table of the rooms is printed at the end."""
    with tempfile.TemporaryDirectory(prefix="ld-coverage-") as name:
        folder = Path(name)
        sources = "\n".join(f"    {root / source}" for source in SOURCES)
        rules = folder / "rules"
        rules.write_text(CONFIGURATION.format(folder=folder, sources=sources))
        path = [str(STARTS), os.environ.get("PYTHONPATH", "")]
        yield {"COVERAGE_PROCESS_START": str(rules), "PYTHONPATH": os.pathsep.join(filter(None, path))}
        report = folder / "report.json"
        for command in (["combine", "--quiet"], ["json", "--quiet", "-o", str(report)]):
            tool = [*python, "-m", "coverage", command[0], f"--rcfile={rules}", *command[1:]]
            if subprocess.run(tool, cwd=root, check=False).returncode:
                return
        print("\n".join(table(json.loads(report.read_text()), root)), flush=True)


def table(report: Mapping[str, Mapping[str, Mapping[str, Mapping[str, int]]]], root: Path = REPOSITORY) -> list[str]:
    """The rooms of a report of coverage.py, and the whole."""
    rooms: dict[str, Room] = {}
    whole = Room("all")
    for name, file in report["files"].items():
        room = room_of(Path(name), root)
        rooms[room] = rooms.get(room, Room(room)).plus(file["summary"])
        whole = whole.plus(file["summary"])
    width = max(map(len, [*rooms, whole.name]))
    head = f"{'':{width}}{'lines':>9}{'not run':>9}{'branches':>10}{'not taken':>11}{'per cent':>10}"
    return [head, *(_row(rooms[name], width) for name in sorted(rooms)), _row(whole, width)]


def room_of(path: Path, root: Path = REPOSITORY) -> str:
    """The app, and in lending its wing."""
    parts = (path.relative_to(root) if path.is_absolute() else path).with_suffix("").parts
    if parts[0] == "collections":
        return parts[1]
    return "/".join(parts[:2]) if parts[0] == BY_WING and len(parts) > 2 else parts[0]


def _row(room: Room, width: int) -> str:
    missed, untaken = room.lines - room.lines_run, room.branches - room.branches_run
    return f"{room.name:{width}}{room.lines:>9}{missed:>9}{room.branches:>10}{untaken:>11}{room.per_cent:>10.1f}"
