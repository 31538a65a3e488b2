"""The score: a table of points, read out with its reasons (pure).

A card is data: characteristics with bands, each worth points, and the grades by points. Points are scaled so that 20 more
double the odds of repayment and 600 stand for 50:1. A trained card is another table of the same shape, or another class
with the same ``score``. Reasons say where most points were lost against the best band: four at most, none without a loss.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from risk.features.profile import ApplicantProfile

MOST_REASONS = 4


@dataclass(frozen=True, slots=True)
class ScoreReason:
    """A characteristic, the points lost on it, and what was known."""

    code: str
    points_lost: int
    value: str


@dataclass(frozen=True, slots=True)
class Score:
    """The result."""

    points: int
    grade: str
    reasons: tuple[ScoreReason, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """Points for values below ``below`` (None: for all that is left) or equal to ``equals``."""

    points: int
    below: Decimal | None = None
    equals: bool | None = None

    def holds(self, value: Any) -> bool:
        if self.equals is not None:
            return value is self.equals
        return self.below is None or value < self.below


@dataclass(frozen=True, slots=True)
class Characteristic:
    """One fact with its bands in order; ``missing`` points where it is not known. ``group`` merges related reasons."""

    code: str
    bands: tuple[Band, ...]
    missing: int
    group: str

    @property
    def best(self) -> int:
        return max(band.points for band in self.bands)

    def points_for(self, value: object) -> int:
        if value is None:
            return self.missing
        return next((band.points for band in self.bands if band.holds(value)), self.missing)


@dataclass(frozen=True, slots=True)
class PointsTable:
    """A scorecard as a table of points."""

    characteristics: tuple[Characteristic, ...]
    grades: tuple[tuple[str, int], ...]

    def score(self, profile: ApplicantProfile) -> Score:
        """Points, grade and reasons for ``profile``."""
        values = {item.code: getattr(profile, item.code) for item in self.characteristics}
        points = {item.code: item.points_for(values[item.code]) for item in self.characteristics}
        total = sum(points.values())
        return Score(total, self.grade_of(total), self._reasons(points, values))

    def grade_of(self, points: int) -> str:
        """The best grade whose floor the points reach; the last grade takes the rest."""
        return next((grade for grade, floor in self.grades if points >= floor), self.grades[-1][0])

    def _reasons(self, points: dict[str, int], values: dict[str, object]) -> tuple[ScoreReason, ...]:
        lost: dict[str, int] = {}
        said: dict[str, str] = {}
        for item in self.characteristics:
            lost[item.group] = lost.get(item.group, 0) + item.best - points[item.code]
            said.setdefault(item.group, _in_words(values[item.code]))
        # sorted() is stable, so equal losses keep the order of the card.
        ranked = sorted(lost, key=lambda group: -lost[group])
        return tuple(ScoreReason(group, lost[group], said[group]) for group in ranked[:MOST_REASONS] if lost[group] > 0)


def read_card(data: dict[str, Any]) -> PointsTable:
    """The card in ``data``. Raises ValueError naming what is wrong with it."""
    known = set(ApplicantProfile.__dataclass_fields__) | {"debt_share"}
    characteristics = []
    for entry in data["characteristics"]:
        if entry["code"] not in known:
            raise ValueError(f"the card scores {entry['code']}, which no profile has")
        bands = tuple(_band(band) for band in entry["bands"])
        characteristics.append(
            Characteristic(entry["code"], bands, entry["missing"], entry.get("group", entry["code"]))
        )
    grades = tuple((grade, floor) for grade, floor in data["grades"])
    if list(grades) != sorted(grades, key=lambda pair: -pair[1]):
        raise ValueError("grades must stand in falling order of points")
    return PointsTable(tuple(characteristics), grades)


def _band(entry: dict[str, Any]) -> Band:
    below = entry.get("below")
    return Band(entry["points"], None if below is None else Decimal(str(below)), entry.get("equals"))


def _in_words(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value).lower()
