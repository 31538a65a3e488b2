"""History of everything a person can change: who, when, why, through which door and in which request."""

from functools import cache
from typing import Any

from django.db import connection, models
from django.utils import timezone
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords
from simple_history.signals import pre_create_historical_record

from core import rows
from core.context import current

_CIRCUMSTANCES = (
    '"request_id"',
    '"channel"',
    '"history_date"',
    '"history_change_reason"',
    '"history_type"',
    '"history_user_id"',
)


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


def tracked(**options: Any) -> HistoricalRecords:
    """The history declaration used by every tracked model: ``history = tracked()``."""
    return HistoricalRecords(bases=[ContextualHistory], history_manager=KnownManager, **options)


def insert_tracked(row: models.Model) -> None:
    """Insert a new row and its first history row in one statement; the history copies what was stored."""
    context = current()
    actor = getattr(context.actor, "pk", None)
    circumstances = [context.request_id, context.channel, timezone.now(), context.reason[:100] or None, "+", actor]
    with connection.cursor() as cursor:
        cursor.execute(_insertion_with_history(type(row)), [*rows.new_values(row), *circumstances])
        rows.stored(row, cursor.fetchone()[0])


@cache
def _insertion_with_history(model: Any) -> str:
    """In the history a column named like a circumstance holds the circumstance, as ``_fill_context`` has it."""
    key, table = f'"{model._meta.pk.column}"', model.history.model._meta.db_table
    names = dict.fromkeys((key, *rows.column_names(model)))
    kept = ", ".join(name for name in names if name not in _CIRCUMSTANCES)
    return (
        f"WITH stored AS ({rows.insertion(model)} RETURNING {', '.join(names)}) "
        f'INSERT INTO "{table}" ({kept}, {", ".join(_CIRCUMSTANCES)}) '
        f"SELECT {kept}, {', '.join(['%s'] * len(_CIRCUMSTANCES))} FROM stored RETURNING {key}"
    )


def _fill_context(sender: Any, history_instance: Any, **kwargs: Any) -> None:
    context = current()
    if isinstance(history_instance, ContextualHistory):
        history_instance.request_id = context.request_id
        history_instance.channel = context.channel
    if context.actor is not None and getattr(context.actor, "pk", None):
        history_instance.history_user = context.actor
    if context.reason and not history_instance.history_change_reason:
        history_instance.history_change_reason = context.reason[:100]


pre_create_historical_record.connect(_fill_context, dispatch_uid="core.history.fill_context")
