"""History for set-based changes: the rows simple-history would write, as one INSERT … SELECT from a common table."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from core.context import current
from core.partitions import require_month
from core.rows import Parameters

_KEPT_BY_HISTORY = ("history_id", "history_date", "history_type", "history_change_reason", "history_user_id")


def history_sql(model: type[models.Model], source: str, kind: str, why: str = "why") -> str:
    """An INSERT of one history row for each row of ``source`` (a CTE that returns whole rows of ``model``).

    ``kind`` is ``+`` for created and ``~`` for changed rows. Needs the parameters of ``context_parameters``, and under
    the name ``why`` the reason.
    """
    history = model.history.model._meta  # type: ignore[attr-defined]
    left_out = {*_KEPT_BY_HISTORY, "request_id", "channel"}
    names = [field.column for field in history.concrete_fields if field.column not in left_out]
    columns = ", ".join(f'"{name}"' for name in names)
    return (
        f'INSERT INTO "{history.db_table}" ({columns}, history_date, history_type, history_change_reason, '
        f"history_user_id, request_id, channel) SELECT {columns}, now(), '{kind}', %({why})s, %(who)s, %(request_id)s, "
        f"%(channel)s FROM {source}"
    )


def context_parameters(why: str) -> Parameters:
    """Who acts, through which door and in which request, for ``history_sql``."""
    context = current()
    require_month(timezone.now())  # where the audit events of the history lie
    return {"why": why, "who": context.actor_id, "request_id": context.request_id, "channel": context.channel}
