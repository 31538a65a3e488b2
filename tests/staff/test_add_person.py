"""The first people of a house are made from the shell, where nobody's hand is recorded on their account."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from staff.models import AccountTie, User

pytestmark = pytest.mark.django_db


def test_a_person_made_by_the_shell_is_tied_to_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "orange-river-29")
    call_command("add_person", "xu.fang", "--role", "compliance", "--name", "Xu Fang")

    made = User.objects.get(username="xu.fang")
    assert ([group.name for group in made.groups.all()], made.is_staff) == (["compliance"], False)
    assert made.check_password("orange-river-29")
    assert not AccountTie.objects.exists()
    assert "person_added_by_shell" in caplog.text


def test_a_weak_password_makes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "1234")
    with pytest.raises(CommandError):
        call_command("add_person", "xu.fang", "--role", "compliance")
    assert not User.objects.exists()
