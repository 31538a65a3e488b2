"""Which modules are tried: pure ones only, as the contract "pure" of `.importlinter` lists them."""

from __future__ import annotations

import configparser
from collections.abc import Sequence
from pathlib import Path

from devtools.home import REPOSITORY, Stop

# Where a fault costs somebody money first; what ``./dev mutate`` tries when it is not told otherwise.
FIRST = (
    "loans.account.arrears",
    "loans.account.changes.replanning",
    "loans.schedules.amortisation",
    "loans.account.recalculation",
    "loans.account.interest",
    "loans.account.late_interest",
    "loans.account.allocation",
    "core.day_counts",
    "risk.scorecards.scorecard",
    "risk.policy.policy",
    "loans.account.replay",
    "loans.rates.apr",
    "loans.schedules.due_dates",
    "messaging.contact_guard",
    "core.working_days",
    "core.money",
)
SOURCES = (".", "collections")


def pure_rooms(root: Path = REPOSITORY) -> list[str]:
    """The rooms the contract names: modules, and packages with all they hold."""
    contracts = configparser.ConfigParser()
    contracts.read_string((root / ".importlinter").read_text())
    return contracts["importlinter:contract:pure"]["source_modules"].split()


def chosen(names: Sequence[str], root: Path = REPOSITORY) -> dict[str, Path]:
    """The modules meant by ``names`` with their files: a module, a package for all it holds, ``all`` for all pure rooms.

    Raises Stop for a name that is none, or lies in no pure room.
    """
    rooms = pure_rooms(root)
    found: dict[str, Path] = {}
    for name in names or FIRST:
        wanted = rooms if name == "all" else [name]
        if not all(any(f"{part}.".startswith(f"{room}.") for room in rooms) for part in wanted):
            raise Stop(f"{name} lies in no pure room; those are: {', '.join(rooms)} (.importlinter, contract pure)")
        for part in wanted:
            found |= _files(part, root)
    return found


def _files(name: str, root: Path) -> dict[str, Path]:
    for source in SOURCES:
        place = (root / source).joinpath(*name.split("."))
        if place.with_suffix(".py").exists():
            return {name: place.with_suffix(".py")}
        if place.is_dir():
            inside = [path for path in sorted(place.rglob("*.py")) if path.name != "__init__.py"]
            return {".".join(path.with_suffix("").relative_to(root / source).parts): path for path in inside}
    raise Stop(f"There is no module {name}.")
