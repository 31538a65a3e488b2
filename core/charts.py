"""A line chart as a value: what its lines are, and the table that says the same to whoever sees no picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

from core.choices import Tone

FEWEST_STEPS = 2

# The colours a line may have: the tokens of the pages that say something.
ACCENT = "accent"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, the token of its colour, and a figure for each step."""

    name: str
    colour: Tone | str
    figures: Sequence[Decimal]


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines over steps (days, months), oldest first, and the table below them.

    ``before`` and ``after`` stand beside each figure ("¥", "%"). ``from_zero``: the axis begins at nothing, for shares.
    ``too_few`` is said instead of a picture of fewer than two steps.
    """

    code: str
    description: str | Promise
    steps: Sequence[str]
    lines: Sequence[Line]
    headings: Sequence[str | Promise]
    rows: Sequence[Sequence[str]]
    too_few: str | Promise
    before: str = ""
    after: str = ""
    from_zero: bool = False

    @property
    def is_drawable(self) -> bool:
        return len(self.steps) >= FEWEST_STEPS

    @property
    def data(self) -> dict[str, Any]:
        """For the page's script: figures as text, since JSON numbers are floats."""
        lines = [
            {"name": str(line.name), "colour": str(line.colour), "figures": [str(figure) for figure in line.figures]}
            for line in self.lines
        ]
        return {
            "steps": list(self.steps),
            "lines": lines,
            "before": self.before,
            "after": self.after,
            "fromZero": self.from_zero,
        }
