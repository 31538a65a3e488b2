"""What these tests share: the demo keeps evidence, which is forgotten with them."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings


@pytest.fixture(scope="session", autouse=True)
def _evidence_in_memory() -> Iterator[None]:
    own = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "evidence": own}):
        yield
