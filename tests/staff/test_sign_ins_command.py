"""What the start prints about getting in."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from staff.models import User

pytestmark = pytest.mark.django_db


def printed() -> str:
    out = StringIO()
    call_command("sign_ins", address="http://127.0.0.1:8001", stdout=out)
    return out.getvalue()


def test_an_empty_system_shows_the_way_to_the_first_administrator(settings: Any) -> None:
    settings.FIRST_ADMIN_TOKEN = "the-token-of-this-start"
    assert "http://127.0.0.1:8001/welcome/?token=the-token-of-this-start" in printed()


def test_a_demo_shows_its_people_by_role(settings: Any, staff_member: Callable[..., User]) -> None:
    staff_member("collector", username="collector")
    staff_member("administrator", username="boss", superuser=True)
    text = printed()
    assert settings.DEMO_PASSWORD in text
    assert [line.split()[-1] for line in text.splitlines()[1:] if line] == ["collector", "boss"]


def test_a_system_in_earnest_tells_nothing(settings: Any, staff_member: Callable[..., User]) -> None:
    settings.DEMO = False
    settings.FIRST_ADMIN_TOKEN = "the-token-of-this-start"
    staff_member("administrator", username="boss", superuser=True)
    assert printed() == ""
