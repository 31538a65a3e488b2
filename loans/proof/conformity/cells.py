"""What a check says: the cells of a case that came out differently (pure)."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One figure that is not as published: its name within the case, what is published, what the engine makes of it."""

    cell: str
    expected: Any
    actual: Any
