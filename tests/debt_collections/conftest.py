"""A clock that stands at noon of the late day, and a case."""

from datetime import datetime

import pytest

from core import business_date
from debt_collections.models import Case
from tests.debt_collections.factories import LATE, CaseFactory, at


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Pages ask the clock; these tests hold it, so that they pass at night too."""
    monkeypatch.setattr(business_date, "current", lambda: LATE)
    monkeypatch.setattr(business_date, "now", lambda: at("12:00"))
    return at("12:00")


@pytest.fixture
def case() -> Case:
    return CaseFactory()
