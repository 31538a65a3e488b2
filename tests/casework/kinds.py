"""A kind of task that only tests declare: to call a borrower back."""

from collections.abc import Iterator
from contextlib import contextmanager

from casework import kinds
from casework.kinds import Choice, TaskKind

CALL_BACK = TaskKind(
    code="test.call_back",
    label="Call back",
    about="borrowers.borrower",
    teams=("officer", "collector"),
    escalates_to="team_lead",
    words="Asked for a call since %(since)s.",
    steps=(Choice("dial", "Dial the number"), Choice("note", "Note what was said")),
    outcomes=(Choice("reached", "Reached"), Choice("not_reached", "Not reached")),
    priority=20,
    settled_by="the borrower calls",
)


@contextmanager
def declared(kind: TaskKind = CALL_BACK) -> Iterator[TaskKind]:
    """Within, ``kind`` is known."""
    kinds.declare(kind)
    try:
        yield kind
    finally:
        del kinds._kinds[kind.code]
