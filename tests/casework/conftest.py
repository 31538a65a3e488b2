from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from casework.kinds import TaskKind
from tests.casework.kinds import declared


@pytest.fixture
def kind() -> Iterator[TaskKind]:
    with declared() as kind:
        yield kind


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in which evidence is kept, and nothing else."""
    own = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path)},
    }
    with override_settings(STORAGES={**settings.STORAGES, "evidence": own}):
        yield tmp_path
