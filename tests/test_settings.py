"""Settings come from the environment and fail with a name and an example; the production set is clean."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys

import pytest
import yaml
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import env
from tests.places import ROOT

PRODUCTION = {
    "SECRET_KEY": "f3k9-" * 12,
    "DATA_ENCRYPTION_KEYS": "an-older-key-of-enough-characters-1,a-newer-key-of-enough-characters-2",
    "DATA_INDEX_KEY": "an-index-key-of-enough-characters-3",
    "API_KEY_PEPPER": "a-pepper-of-enough-characters-4-and-more",
    "DATABASE_URL": "postgresql://loandesk:secret@db.example:5433/loandesk?sslmode=require",
    "REDIS_URL": "redis://redis.example:6379/0",
    "ALLOWED_HOSTS": "loandesk.example",
}


def start(changes: dict[str, str | None], *command: str) -> subprocess.CompletedProcess[str]:
    """manage.py as a server would start it: nothing but the given settings."""
    wanted = {**PRODUCTION, **changes}
    settings = {name: value for name, value in wanted.items() if value is not None}
    compiled = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": sys.pycache_prefix or ""}
    given = {**settings, "PATH": os.environ["PATH"], **compiled}
    return subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=given, capture_output=True, text=True, check=False
    )


@pytest.mark.long
def test_the_production_settings_pass_djangos_deployment_check() -> None:
    checked = start({}, "check", "--deploy", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


@pytest.mark.parametrize("name", [name for name in PRODUCTION if name != "ALLOWED_HOSTS"])
def test_a_missing_setting_stops_the_start_with_its_name_and_an_example(name: str) -> None:
    refused = start({name: None}, "check")
    assert refused.returncode != 0
    last_line = refused.stderr.strip().splitlines()[-1]
    assert f"The setting {name} is missing" in last_line
    assert f"{name}=" in last_line


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("DATABASE_URL", "mysql://root@db/loandesk", "'mysql' is not one of postgres, postgresql"),
        ("DATABASE_URL", "postgresql://db.example/", "it names no database"),
        ("DATABASE_URL", "postgresql://db.example:port/loandesk", "Port could not be cast"),
        ("REDIS_URL", "amqp://mq.example", "'amqp' is not one of redis, rediss, unix"),
        ("SECRET_KEY", "short", "it has 5 characters, at least 50 are needed"),
        ("DATA_ENCRYPTION_KEYS", f"{'k' * 32},short", "key 2 has 5 characters, at least 32 are needed"),
        ("HTTPS", "maybe", "'maybe' is neither on nor off"),
        ("HSTS_SECONDS", "-1", "'-1' is not a whole number of at least 0"),
        ("EMAIL_URL", "smtp:///", "it names no host"),
    ],
)
def test_a_malformed_setting_is_refused_with_the_reason(
    name: str, value: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    readers = {
        "DATABASE_URL": lambda: env.database(name),
        "REDIS_URL": lambda: env.redis(name),
        "SECRET_KEY": lambda: env.secret(name, example="x", least=50),
        "DATA_ENCRYPTION_KEYS": lambda: env.secrets(name, example="x"),
        "HTTPS": lambda: env.flag(name, default=True),
        "HSTS_SECONDS": lambda: env.number(name, default=1),
        "EMAIL_URL": lambda: env.email(name, default="console://"),
    }
    with pytest.raises(ImproperlyConfigured, match=name) as refusal:
        readers[name]()
    assert part in str(refusal.value)
    assert "Example:" in str(refusal.value)


def test_the_readme_names_every_setting() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config" / "settings.py").read_text()))
    told = set(re.findall(r"`([A-Z_]+)`", (ROOT / "README.md").read_text()))
    assert read - told == set()


def test_no_setting_stands_twice() -> None:
    module = ast.parse((ROOT / "config" / "settings.py").read_text())
    set_here = [target.id for node in module.body if isinstance(node, ast.Assign)
                for target in node.targets if isinstance(target, ast.Name)]  # fmt: skip
    listed = [*settings.MIDDLEWARE, "", *settings.INSTALLED_APPS]

    assert [name for name in set_here if set_here.count(name) > 1] == []
    assert [name for name in listed if listed.count(name) > 1] == []


def test_the_compose_file_passes_every_required_setting() -> None:
    passed = yaml.safe_load((ROOT / "compose.yaml").read_text())["x-application"]["environment"]
    assert set(PRODUCTION) <= set(passed)


def test_the_secrets_beside_the_compose_file_go_neither_into_the_image_nor_into_git() -> None:
    assert all(".env" in (ROOT / name).read_text().split() for name in (".dockerignore", ".gitignore"))


def test_the_database_address_is_read_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://loan%40desk:p%2Fw@db.example:5433/loans?sslmode=require")
    assert env.database("DATABASE_URL") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "loans",
        "USER": "loan@desk",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_database_behind_a_unix_socket_is_named_by_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://loandesk@/loandesk?host=/run/pg")
    found = env.database("DATABASE_URL")
    assert (found["HOST"], found["PORT"], found["OPTIONS"]) == ("/run/pg", "", {})


def test_a_broker_behind_a_unix_socket_is_spelled_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "unix:///run/valkey.sock?db=3")
    assert env.redis("REDIS_URL") == ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3")


def test_mail_settings_follow_their_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtp://mei:word@mail.example:2525/?tls=1")
    found = env.email("EMAIL_URL", default="console://")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("mail.example", 2525, True)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("mei", "word")
