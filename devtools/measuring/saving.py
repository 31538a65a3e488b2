"""A plugin of pytest: what was measured is kept when the tests are done.

A worker of a parallel run is not given the time to end as Python wishes when the machine is busy, and what it measured
would be lost with it.
"""

import coverage


def pytest_sessionfinish() -> None:
    measured = coverage.Coverage.current()
    if measured is not None:
        measured.save()
