"""Changes of configuration and of people that two people make: one asks, another agrees, then the row changes.

An app declares a model (``declare``); from then on a change of its rows is a request that holds the new values, shows them
beside the old ones, and writes them by ``full_clean`` and ``save`` once a second person agreed. Sealed values, such as a
password, are kept under encryption and never shown.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.deletion import ProtectedError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit import approvals
from audit.approvals import Group, ReasonMissing
from audit.models import Approval
from core.context import acting
from core.encryption import decrypt, encrypt
from core.errors import DomainError, Invalid
from core.fields import EncryptedTextField
from staff.models import User

PERMISSION = "audit.approve_power"
SEALED = "•••"
Many = Mapping[str, Iterable[models.Model]]
_log = logging.getLogger(__name__)


class NothingChanges(Invalid):
    code = "nothing_changes"
    message = _("Nothing would change: there is nothing to ask for.")


class ChangedMeanwhile(DomainError):
    code = "changed_meanwhile"
    message = _("%(what)s was changed since this was asked for. Reject it, and ask again from what stands now.")


class ChangeGone(DomainError):
    code = "change_gone"
    message = _("%(what)s is no longer there: reject this request.")


class ChangeInvalid(Invalid):
    code = "change_invalid"
    message = _("This cannot be stored: %(problems)s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A model whose rows two people change.

    ``asked_with`` are the rights with which one asks; ``sealed`` fields are never shown. ``refuse(obj, many)`` raises a
    named refusal, when it is asked for and again when it is done; ``refuse_deletion(obj)`` the same of a row that would go.
    ``write(obj, by, agreed_by)`` stores a row otherwise than
    by saving it; ``after`` follows whatever was stored, as forgetting what a process keeps. ``alone(by)`` says that there
    is nobody yet who could agree.
    """

    model: type[models.Model]
    code: str
    label: str | Promise
    asked_with: tuple[str, ...]
    sealed: Collection[str] = ()
    refuse: Callable[[models.Model, Many], None] | None = None
    refuse_deletion: Callable[[Any], None] | None = None
    write: Callable[[Any, User, User | None], None] | None = None
    after: Callable[[], None] | None = None
    alone: Callable[[models.Model, User], bool] | None = None


_declared: dict[type[models.Model], Declared] = {}


def declare(found: Declared) -> None:
    """Have two people change the rows of a model; called when Django starts."""
    _declared[found.model] = found
    approvals.register(
        found.code,
        _agreed,
        permission=PERMISSION,
        label=found.label,
        group=Group.POWER,
        asked_with=found.asked_with,
    )


def declared() -> list[Declared]:
    """Every declared model."""
    return list(_declared.values())


def declared_for(model: type[models.Model]) -> Declared:
    """How rows of ``model`` change."""
    return _declared[model]


@transaction.atomic
def ask(
    obj: models.Model, *, reason: str, by: User, on: date, many: Many | None = None, delete: bool = False
) -> Approval | None:
    """Ask for ``obj`` as it now stands in memory to be stored, with its many-to-many values ``many``, or deleted.

    None where there is nobody yet who could agree, so that it was done at once. Raises NothingChanges, ChangeInvalid,
    ReasonMissing, ApprovalAlreadyPending and what the declaration refuses.
    """
    if not reason.strip():
        raise ReasonMissing()
    found = declared_for(type(obj))
    stored = type(obj)._default_manager.filter(pk=obj.pk).first() if obj.pk is not None else None
    given = many or {}
    if not delete:
        _require_valid(obj, found, given)
    elif found.refuse_deletion is not None:
        found.refuse_deletion(obj)
    change = _change(obj, stored, given, found, delete=delete)
    if not delete and stored is not None and not change.values and not change.many:
        raise NothingChanges()
    if found.alone is not None and found.alone(obj, by):
        _log.warning(
            "power_change_alone", extra={"what": found.code, "by": by.pk, "object": str(obj), "reason": reason}
        )
        with acting(actor=by, reason=reason):
            _store(obj, {name: [row.pk for row in rows] for name, rows in given.items()}, found, by, None)
        return None
    return approvals.request(
        kind=found.code,
        obj=obj,
        key="" if stored is not None else change.key,
        payload=change.payload(delete=delete, is_new=stored is None),
        before=change.before,
        after=change.after,
        reason=reason,
        requested_by=by,
        on=on,
    )


@dataclass(frozen=True, slots=True)
class _Change:
    """What moves: values by column and keys by many-to-many field, as stored and as shown."""

    values: dict[str, Any]
    was: dict[str, Any]
    many: dict[str, list[Any]]
    many_were: dict[str, list[Any]]
    sealed: frozenset[str]
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def key(self) -> str:
        """The name of a wish for a row that is not there yet: the same wish twice is one."""
        text = json.dumps([self.values, self.many], sort_keys=True, default=str)
        return f"new {hashlib.sha256(text.encode()).hexdigest()[:40]}"

    def payload(self, *, delete: bool, is_new: bool) -> dict[str, Any]:
        hidden = {name: self.values[name] for name in self.values if name in self.sealed}
        return {
            "action": "delete" if delete else "add" if is_new else "change",
            "values": {name: value for name, value in self.values.items() if name not in self.sealed},
            "was": {name: value for name, value in self.was.items() if name not in self.sealed},
            "was_sealed": _seal({name: value for name, value in self.was.items() if name in self.sealed}),
            "sealed": _seal(hidden),
            "many": self.many,
            "many_were": self.many_were,
        }


def _seal(values: Mapping[str, Any]) -> str:
    return encrypt(json.dumps(values)) if values else ""


def _opened(token: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(decrypt(token)) if token else {}
    return values


def _fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """Every column; also a key that people give, such as the code of a calendar."""
    return [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]


def _plain(field: models.Field[Any, Any], obj: models.Model) -> Any:
    """A value as JSON keeps it."""
    value = field.value_from_object(obj)
    if value is None or isinstance(value, bool | int | str | dict | list):
        return str(value) if isinstance(value, str) else value
    return field.value_to_string(obj)


def _change(obj: models.Model, stored: models.Model | None, many: Many, found: Declared, *, delete: bool) -> _Change:
    change = _Change({}, {}, {}, {}, _sealed_of(found), {}, {})
    for field in _fields(found.model):
        now = None if delete else _plain(field, obj)
        was = _plain(field, stored) if stored is not None else None
        if now == was or (stored is None and now in ("", None)):
            continue
        change.values[field.attname], change.was[field.attname] = now, was
        _show(change, field, obj, stored, delete=delete)
    for name, rows in many.items():
        wanted = {row.pk: str(row) for row in rows}
        held = {row.pk: str(row) for row in getattr(stored, name).all()} if stored is not None else {}
        if wanted.keys() != held.keys():
            change.many[name], change.many_were[name] = sorted(wanted), sorted(held)
            change.before[name], change.after[name] = sorted(held.values()), sorted(wanted.values())
    return change


def _sealed_of(found: Declared) -> frozenset[str]:
    encrypted = {field.attname for field in _fields(found.model) if isinstance(field, EncryptedTextField)}
    return frozenset({*found.sealed, *encrypted})


def _show(
    change: _Change, field: models.Field[Any, Any], obj: models.Model, stored: models.Model | None, *, delete: bool
) -> None:
    before = _shown(change, field, stored) if stored is not None else None
    after = None if delete else _shown(change, field, obj)
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            if before.get(key) != after.get(key):
                name = f"{field.name} · {key}"
                change.before[name], change.after[name] = before.get(key), after.get(key)
        return
    change.before[field.name], change.after[field.name] = before, after


def _shown(change: _Change, field: models.Field[Any, Any], obj: models.Model) -> Any:
    if field.attname in change.sealed:
        return SEALED
    related = getattr(obj, field.name) if field.is_relation else None
    return str(related) if related is not None else _plain(field, obj)


def _require_valid(obj: models.Model, found: Declared, many: Many) -> None:
    if found.refuse is not None:
        found.refuse(obj, many)
    try:
        # Who writes a row otherwise also sees to what must be unique.
        obj.full_clean(validate_unique=found.write is None, validate_constraints=found.write is None)
    except ValidationError as problem:
        raise ChangeInvalid(problems=" ".join(problem.messages)) from problem


def _agreed(approval: Approval, _on: date) -> None:
    """Write what was asked for, as the row stands where it stood when it was asked."""
    found = next(row for row in _declared.values() if row.code == approval.kind)
    asked = approval.payload
    obj = found.model() if asked["action"] == "add" else _locked(found, approval)
    if asked["action"] == "delete":
        _delete(obj, found, approval)
        return
    names = {field.attname: field for field in _fields(found.model)}
    for name, value in {**asked["values"], **_opened(asked["sealed"])}.items():
        field = names[name]
        setattr(obj, name, value if value is None or isinstance(field, models.JSONField) else field.to_python(value))
    many = {name: _rows(found.model, name, keys) for name, keys in asked["many"].items()}
    _require_valid(obj, found, many if many or asked["action"] == "add" else _held(obj, found))
    assert approval.requested_by is not None and approval.decided_by is not None  # people ask and people agree
    with acting(actor=approval.requested_by, reason=approval.reason):
        _store(obj, asked["many"], found, approval.requested_by, approval.decided_by)


def _locked(found: Declared, approval: Approval) -> models.Model:
    obj = found.model._default_manager.select_for_update().filter(pk=approval.object_id).first()
    if obj is None:
        raise ChangeGone(what=approval.object_label)
    was = {**approval.payload["was"], **_opened(approval.payload["was_sealed"])}
    moved = any(_plain(field, obj) != was[field.attname] for field in _fields(found.model) if field.attname in was)
    for name, keys in approval.payload["many_were"].items():
        moved = moved or sorted(getattr(obj, name).values_list("pk", flat=True)) != keys
    if moved:
        raise ChangedMeanwhile(what=approval.object_label)
    return obj


def _rows(model: type[models.Model], name: str, keys: Collection[Any]) -> list[models.Model]:
    related = model._meta.get_field(name).related_model
    assert isinstance(related, type)
    return list(related._default_manager.filter(pk__in=keys))


def _held(obj: models.Model, found: Declared) -> Many:
    return {field.name: list(getattr(obj, field.name).all()) for field in found.model._meta.many_to_many}


def _delete(obj: models.Model, found: Declared, approval: Approval) -> None:
    if found.refuse_deletion is not None:
        found.refuse_deletion(obj)
    try:
        with acting(actor=approval.requested_by, reason=approval.reason):
            obj.delete()
    except ProtectedError as refusal:
        raise ChangeInvalid(problems=str(refusal.args[0])) from refusal
    _follow(found)


def _store(
    obj: models.Model, many: Mapping[str, Collection[Any]], found: Declared, by: User, agreed_by: User | None
) -> None:
    if found.write is not None:
        found.write(obj, by, agreed_by)
    else:
        obj.save()
    for name, keys in many.items():
        getattr(obj, name).set(keys)
    _follow(found)


def _follow(found: Declared) -> None:
    if found.after is not None:
        found.after()
        transaction.on_commit(found.after)
