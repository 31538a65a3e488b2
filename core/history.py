"""History of everything a person can change: who, when, why, through which door and in which request."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, models
from django.utils import timezone
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

from core import rows, sending
from core.context import current
from core.partitions import require_month
from core.rows import SqlValue


class ContextualHistory(models.Model):
    """Columns added to every historical table."""

    request_id = models.CharField(max_length=64, blank=True, default="", db_index=False)
    channel = models.CharField(max_length=12, blank=True, default="system")

    class Meta:
        abstract = True


class KnownManager(HistoryManager):
    """The manager behind ``history``, built once a model; the library would build its class anew at every access."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class: Any, class_name: str | None = None) -> Any:
        return super().from_queryset(queryset_class, class_name)


class ContextualRecords(HistoricalRecords):
    """Writes the history row of every save and deletion by SQL put together once a model.

    The library would make an object of the row and have the ORM compile its insert each time: a sixth of what a loan
    took from application to payment. The signals around a row it wrote are not sent.
    """

    def create_historical_record(self, instance: models.Model, history_type: str, using: str | None = None) -> None:
        circumstances = _circumstances(
            history_type,
            at=getattr(instance, "_history_date", None),
            actor=getattr(self.get_history_user(instance), "pk", None),
            reason=self.get_change_reason_for_object(instance, history_type, using),
        )
        history = getattr(instance, self.manager_name).model
        kept = [
            circumstances[name] if (name := field.attname) in circumstances else getattr(instance, name)
            for field in rows.written(history).fields
        ]
        with connection.cursor() as cursor:
            cursor.execute(rows.inserting(rows.written(history)), rows.as_stored(rows.written(history), kept))


def tracked(**options: Any) -> HistoricalRecords:
    """The history declaration used by every tracked model: ``history = tracked()``."""
    return ContextualRecords(bases=[ContextualHistory], history_manager=KnownManager, **options)


def insert_tracked(row: models.Model) -> None:
    """Insert a new row and its first history row in one statement; the history copies what was stored.

    Where its number was taken ahead (``core.sending.take_numbers``) the statement waits as ``core.sending.later`` does.
    """
    model, circumstances = type(row), _circumstances("+")
    number = sending.number_ahead(rows.sequence_of(model))
    if number is None:
        sql = _insertion_with_history(model, tuple(circumstances))
        values = [*rows.new_values(row), *circumstances.values()]
        rows.stored(row, sending.execute(sql, values).fetchone()[0])
    else:
        rows.stored(row, number)
        insertion, copied = _insertion_later(model, tuple(circumstances))
        values = [*rows.values_of(row, rows.every(model), add=True), *circumstances.values()]
        sending.later(insertion, values, copied=copied)


def update_tracked(row: models.Model, names: Iterable[str]) -> None:
    """Write the fields ``names`` of a stored row, and its history row, in one statement; the history copies what is
    stored. Raises ObjectDoesNotExist for a row that is not there."""
    fields = rows.chosen(type(row), tuple(names))
    circumstances = _circumstances("~")
    changed = sending.execute(
        _update_with_history(type(row), fields, tuple(circumstances)),
        [*rows.values_of(row, fields), row.pk, *circumstances.values()],
    )
    if changed.rowcount != 1:
        raise ObjectDoesNotExist(f"{row._meta.label} {row.pk} is not stored")


@cache
def _insertion_with_history(model: Any, circumstances: tuple[str, ...]) -> str:
    return _with_history(model, rows.inserting(rows.written(model)), circumstances)


@cache
def _update_with_history(model: Any, fields: rows.Fields, circumstances: tuple[str, ...]) -> str:
    return _with_history(model, rows.updating(fields), circumstances)


@cache
def _insertion_later(model: Any, circumstances: tuple[str, ...]) -> tuple[str, str]:
    """An INSERT of the row, its number first, and one of the history row that copies it."""
    return rows.inserting(rows.every(model)), _copying(model, circumstances, "{stored}")


def _with_history(model: Any, change: str, circumstances: tuple[str, ...]) -> str:
    """``change`` (of one row), and the row as it then is copied into the history under ``circumstances``."""
    return (
        f"WITH stored AS ({change} RETURNING *) {_copying(model, circumstances, 'stored')} "
        f'RETURNING "{model._meta.pk.column}"'
    )


def _copying(model: Any, circumstances: tuple[str, ...], stored: str) -> str:
    history = model.history.model._meta
    kept = ", ".join(
        f'"{field.column}"'
        for field in history.concrete_fields
        if field is not history.pk and field.column not in circumstances
    )
    return (
        f'INSERT INTO "{history.db_table}" ({kept}, {", ".join(circumstances)}) '
        f"SELECT {kept}, {', '.join(['%s'] * len(circumstances))} FROM {stored}"
    )


def _circumstances(
    kind: str, *, at: datetime | None = None, actor: int | None = None, reason: str | None = None
) -> dict[str, SqlValue]:
    """The columns that say how a change of ``kind`` ("+", "~" or "-") came about, from the context of the call.

    ``at``, ``actor`` and ``reason`` are what the row itself was given; a person in the context goes before ``actor``. In
    the history a column of one of these names holds the circumstance, also where the model has a column of that name.
    """
    context, moment = current(), at or timezone.now()
    require_month(moment.astimezone(UTC))  # where its audit event lies
    return {
        "request_id": context.request_id,
        "channel": context.channel,
        "history_date": moment,
        "history_change_reason": reason or context.reason[:100] or None,
        "history_type": kind,
        "history_user_id": context.actor_id or actor,
    }
