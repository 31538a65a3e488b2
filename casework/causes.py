"""How the cause of a task is written: one spelling, so that what people and programs write differently is one task."""

import unicodedata

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.strict import require_plain

LONGEST = 120


class TaskCauseTooLong(Invalid):
    code = "task_cause_too_long"
    field = "cause"
    message = _("The cause of a task has at most %(most)s signs. Name it by a number.")


def one_spelling(cause: str) -> str:
    """``cause`` without regard to case, width, composed signs and spaces around it.

    Raises TextNotPlain, TaskCauseTooLong.
    """
    spelt = unicodedata.normalize(
        "NFKC", unicodedata.normalize("NFKC", require_plain(cause, field="cause")).lower()
    ).strip()
    if len(spelt) > LONGEST:
        raise TaskCauseTooLong(most=LONGEST)
    return spelt


def one_spelling_sql(column: str) -> str:
    """The same of a column, for statements that write or compare many."""
    return f"btrim(normalize(lower(normalize({column}, NFKC)), NFKC))"
