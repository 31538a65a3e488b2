"""Puts a stored before/after into words: field labels instead of columns, choices instead of codes, sealed data sealed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit.models import Approval
from core.fields import EncryptedTextField
from core.writing import listed

_AMOUNT = re.compile(r"^(-?)(\d+)(\.\d{2})$")
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one change, as a person reads it."""

    label: str
    before: str
    after: str


def changes_of(record: Any, people: dict[int, str] | None = None) -> list[Change]:
    """The changed fields of an event or approval (anything with object_type, before, after)."""
    model = model_of(record.object_type)
    keys = [key for key in {**record.before, **record.after} if key != "id"]
    names = people or {}
    return [
        Change(
            _label(model, key),
            _words(model, key, record.before.get(key), names),
            _words(model, key, record.after.get(key), names),
        )
        for key in keys
    ]


def outcome_of(approval: Approval) -> list[Change]:
    """What approving would do: as it was shown before something changed, beside as it would come out now."""
    before, after = dict(approval.outcome_before), dict(approval.outcome)
    return [
        Change(_label(None, key), _words(None, key, before.get(key), {}), _words(None, key, after.get(key), {}))
        for key in {**after, **before}
    ]


def people_in(records: Iterable[Any]) -> dict[int, str]:
    """Names of all staff that the changes of these records point at, in one query."""
    user_model = get_user_model()
    wanted: set[int] = set()
    for record in records:
        model = model_of(record.object_type)
        for part in (record.before, record.after):
            wanted |= {v for k, v in part.items() if isinstance(v, int) and _points_at(model, k) is user_model}
    if not wanted:
        return {}
    return {user.pk: str(user) for user in user_model.objects.filter(pk__in=wanted)}


def model_of(object_type: str) -> type[models.Model] | None:
    """The model behind "loans.loan"; None when the app that wrote it is gone."""
    try:
        return apps.get_model(object_type)
    except (LookupError, ValueError):
        return None


def type_label(object_type: str) -> str:
    model = model_of(object_type)
    return capfirst(str(model._meta.verbose_name)) if model else object_type


def _field(model: type[models.Model] | None, key: str) -> Any:
    if model is None:
        return None
    try:
        return model._meta.get_field(key.removesuffix("_id") if key != "id" else key)
    except FieldDoesNotExist:
        return None


def _points_at(model: type[models.Model] | None, key: str) -> Any:
    field = _field(model, key)
    return field.related_model if field is not None and field.is_relation else None


def _label(model: type[models.Model] | None, key: str) -> str:
    field = _field(model, key)
    name = getattr(field, "verbose_name", None)
    if name:
        return capfirst(_(str(name)))
    return capfirst(" · ".join(_(part) for part in key.replace("_", " ").split(" · ")))


def _words(model: type[models.Model] | None, key: str, value: Any, people: dict[int, str]) -> str:
    field = _field(model, key)
    if value is None or value == "":
        return ""
    if isinstance(field, EncryptedTextField):
        return _("sealed")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field is not None and field.is_relation and isinstance(value, str | list):
        return _plain(value)  # a request names what it points at
    if field is not None and field.is_relation:
        return people.get(value, f"#{value}") if field.related_model is get_user_model() else f"#{value}"
    if key.endswith("rate") and _NUMBER.match(str(value)):
        return f"{Decimal(str(value)) * 100:.2f} %"
    choices = dict(field.flatchoices) if field is not None and getattr(field, "flatchoices", None) else {}
    if isinstance(value, str) and value in choices:
        return str(choices[value])
    # What no field describes a request says in words of the catalogue.
    return _plain(_(value) if field is None and isinstance(value, str) else value)


def _plain(value: object) -> str:
    if isinstance(value, list):
        return listed(_plain(part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(part)}" for key, part in value.items())
    text = f"{value:.2f}" if isinstance(value, float) else str(value)
    found = _AMOUNT.match(text)
    return f"{found[1]}{int(found[2]):,}{found[3]}" if found else text
