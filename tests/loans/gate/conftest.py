"""The doors of the gate: what leads to one takes half a second to live through, and many tests try the same one."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from core import kept
from tests import worlds
from tests.loans.gate.doors import DOORS, Door


@dataclass(frozen=True, slots=True)
class Prepared:
    """A door and what it is tried with: just before the act."""

    door: Door
    at: Any


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one door stand together, so that what leads to it is lived through once."""
    places = [place for place, item in enumerate(items) if _door_of(item)]
    by_door = sorted((items[place] for place in places), key=lambda item: list(DOORS).index(_door_of(item)))
    for place, item in zip(places, by_door, strict=True):
        items[place] = item


def _door_of(item: pytest.Item) -> str:
    called = getattr(item, "callspec", None)
    return called.params.get("_lived_once", "") if called else ""


@pytest.fixture(scope="module")
def _lived_once(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Prepared]:
    door = DOORS[request.param]
    with worlds.shared(django_db_blocker):
        yield Prepared(door, door.prepare())
        kept.forget()


@pytest.fixture
def prepared(_lived_once: Prepared) -> Prepared:
    """By the name of the door (`@pytest.mark.parametrize("_lived_once", …, indirect=True)`); untouched by other tests."""
    return replace(_lived_once, at=deepcopy(_lived_once.at))
