"""How many random stories are told: many where a story is arithmetic, fewer where each one is a life in PostgreSQL."""

import os

from hypothesis import HealthCheck, settings

ORDINARY, NIGHTLY = 200, 5000
# HYPOTHESIS_PROFILE=nightly tells many more stories than a change has to wait for.
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ordinary")
BY_NIGHT = PROFILE == "nightly"


def lives(ordinary: int) -> settings:
    """Settings of a property that needs the database: ``ordinary`` examples by day, all of a larger profile by night."""
    told = settings.default.max_examples
    return settings(
        max_examples=told if told > ORDINARY else min(told, ordinary),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        deadline=None,
    )
