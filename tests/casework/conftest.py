from collections.abc import Iterator

import pytest

from casework.kinds import TaskKind
from tests.casework.kinds import declared


@pytest.fixture
def kind() -> Iterator[TaskKind]:
    with declared() as kind:
        yield kind
