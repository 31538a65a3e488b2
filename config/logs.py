"""Log lines as JSON, each with the id of the request or task it belongs to; readable text while debugging."""

from __future__ import annotations

from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from core.context import current


def add_context(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Who and which request, taken from the running call, so that a line can be laid beside the audit page."""
    context = current()
    event["channel"] = context.channel
    if context.request_id:
        event["request_id"] = context.request_id
    return event


LOG_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    add_context,
    structlog.processors.format_exc_info,
]


def logging_table(*, level: str, readable: bool) -> dict[str, object]:
    drawn: Any = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": LOG_PROCESSORS,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, drawn],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "axes": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
        },
    }
