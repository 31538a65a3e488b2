"""Mutants that a person judged to be no fault, each with the reason: `devtools/equivalent_mutants.toml`.

An entry names module, function and change, as a survivor is reported; it so outlives that lines move. One whose mutant
is gone, or is killed by a test after all, is stale and reported.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

from devtools.home import REPOSITORY, Stop

FILE = REPOSITORY / "devtools" / "equivalent_mutants.toml"

Key = tuple[str, str, str]  # module, function, change


def read_equivalents(path: Path = FILE) -> dict[Key, str]:
    """The reason of each. Raises Stop for an entry that is not complete or stands there twice."""
    reasons: dict[Key, str] = {}
    for entry in tomllib.loads(path.read_text()).get("equivalent", []):
        missing = {"module", "function", "change", "why"} - {name for name, text in entry.items() if text}
        if missing:
            raise Stop(f"{path.name}: an entry without {', '.join(sorted(missing))}: {entry}")
        key = entry["module"], entry["function"], entry["change"]
        if key in reasons:
            raise Stop(f"{path.name}: twice the same mutant: {' '.join(key)}")
        reasons[key] = entry["why"]
    return reasons


def stale(reasons: Iterable[Key], known: set[Key], killed: set[Key], modules: Iterable[str]) -> list[Key]:
    """The entries for ``modules`` whose mutant is not ``known`` any more, or was ``killed``."""
    looked_at = set(modules)
    return [key for key in reasons if key[0] in looked_at and (key not in known or key in killed)]
