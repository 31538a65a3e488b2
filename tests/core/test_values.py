"""A changed copy of a frozen value is what ``dataclasses.replace`` makes."""

from dataclasses import dataclass, replace

import pytest

from core.values import changed


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0
    name: str = ""


def test_a_copy_with_changes_equals_what_replace_makes() -> None:
    point = Point(1, 2, "a")

    assert changed(point, y=5) == replace(point, y=5) == Point(1, 5, "a")
    assert changed(point) == point and changed(point) is not point
    assert point == Point(1, 2, "a")


def test_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        changed(Point(1), z=3)
