"""How many random stories are told: many where a story is arithmetic, fewer where each one is a life in PostgreSQL."""

import os

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

ORDINARY, NIGHTLY = 200, 5000
# HYPOTHESIS_PROFILE=nightly tells many more stories than a change has to wait for.
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ordinary")
BY_NIGHT = PROFILE == "nightly"


def use() -> None:
    """By day no story draws on the constants of the code, which are those of whatever modules happen to be loaded: the same
    ones are told whichever tests run, and a number in one module changes none about another. By night they do.

    Hypothesis has no setting for it; ``tests/test_examples.py`` holds that this does it.
    """
    if not BY_NIGHT:
        providers.HypothesisProvider._local_constants = providers.Constants()  # type: ignore[assignment]


def lives(ordinary: int) -> settings:
    """Settings of a property that needs the database: ``ordinary`` examples by day, all of a larger profile by night."""
    told = settings.default.max_examples
    return settings(
        max_examples=told if told > ORDINARY else min(told, ordinary),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        deadline=None,
    )
