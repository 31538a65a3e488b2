"""Settings come only from the environment. A missing or malformed one stops the start with its name and an example."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


class SettingMissing(ImproperlyConfigured):
    def __init__(self, name: str, example: str) -> None:
        super().__init__(f"The setting {name} is missing. Set it in the environment, for example: {name}={example}")


class SettingMalformed(ImproperlyConfigured):
    def __init__(self, name: str, why: str, example: str) -> None:
        super().__init__(f"The setting {name} cannot be used: {why}. Example: {name}={example}")


def text(name: str, *, example: str, default: str | None = None) -> str:
    """The value as it stands; without a default the setting must be there and must not be empty."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise SettingMissing(name, example)
    return default


def flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    word = value.strip().lower()
    if word not in TRUE | FALSE:
        raise SettingMalformed(name, f"{value!r} is neither on nor off", "on")
    return word in TRUE


def number(name: str, *, default: int, least: int = 0) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if not value.isdecimal() or int(value) < least:
        raise SettingMalformed(name, f"{value!r} is not a whole number of at least {least}", str(default))
    return int(value)


def words(name: str, *, example: str, default: list[str] | None = None) -> list[str]:
    """A list separated by commas."""
    value = text(name, example=example, default=None if default is None else ",".join(default))
    return [word.strip() for word in value.split(",") if word.strip()]


def mapping(name: str, *, example: str) -> dict[str, Any]:
    """An object of JSON; empty where the setting is not there."""
    value = os.environ.get(name, "").strip()
    if not value:
        return {}
    try:
        found = json.loads(value)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SettingMalformed(name, "it is no object of JSON", example)
    return found


def secret(name: str, *, example: str, least: int = 32) -> str:
    value = text(name, example=example)
    if len(value) < least:
        raise SettingMalformed(name, f"it has {len(value)} characters, at least {least} are needed", example)
    return value


def address(name: str, *, example: str, schemes: set[str], default: str | None = None) -> SplitResult:
    value = text(name, example=example, default=default)
    parts = _split(name, value, example)
    if parts.scheme not in schemes:
        known = ", ".join(sorted(schemes))
        raise SettingMalformed(name, f"its scheme {parts.scheme!r} is not one of {known}", example)
    return parts


def database(name: str) -> dict[str, Any]:
    """PostgreSQL only: its constraints and triggers carry part of the rules."""
    example = "postgresql://loandesk:password@db.example:5432/loandesk"
    parts = address(name, example=example, schemes={"postgresql", "postgres"})
    query = dict(parse_qsl(parts.query))
    database_name = unquote(parts.path.lstrip("/"))
    if not database_name:
        raise SettingMalformed(name, "it names no database", example)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database_name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or query.pop("port", "")),
        "OPTIONS": query,
    }


def redis(name: str) -> tuple[str, str]:
    """The address as the cache and as Celery spell it (they differ for a Unix socket)."""
    example = "redis://redis.example:6379/0"
    parts = address(name, example=example, schemes={"redis", "rediss", "unix"})
    url = text(name, example=example)
    if parts.scheme != "unix":
        return url, url
    socket, number_ = parts.path, dict(parse_qsl(parts.query)).get("db", "0")
    return url, f"redis+socket://{socket}?virtual_host={number_}"


def email(name: str, *, default: str) -> dict[str, object]:
    example = "smtp://user:password@mail.example:587/?tls=1"
    parts = address(name, example=example, schemes={"smtp", "smtps", "console"}, default=default)
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if not parts.hostname:
        raise SettingMalformed(name, "it names no host", example)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": dict(parse_qsl(parts.query)).get("tls") == "1",
        "EMAIL_TIMEOUT": 20,
    }


def secrets(name: str, *, example: str, least: int = 32) -> list[str]:
    """Secret keys separated by commas, oldest first: the last one seals, all of them open."""
    found = words(name, example=example)
    for place, key in enumerate(found, start=1):
        if len(key) < least:
            raise SettingMalformed(name, f"key {place} has {len(key)} characters, at least {least} are needed", example)
    return found


def _split(name: str, value: str, example: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port  # reading the port is what checks it
    except ValueError as refusal:
        raise SettingMalformed(name, str(refusal), example) from None
    return parts
