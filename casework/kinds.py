"""The kinds of task there are: what people must do about an object, who does it, how it ends.

Upper apps declare theirs in ``task_kinds.py``; ``docs/tasks.md`` is written from them. Until when a task must be done stands
in the dated rule ``task_times``, by the code of its kind.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.writing import ABSENT

Words = str | Promise


class TaskKindUnknown(Invalid):
    code = "task_kind_unknown"
    field = "kind"
    message = _("%(kind)s is no kind of task. The kinds are listed in docs/tasks.md.")


@dataclass(frozen=True, slots=True)
class Choice:
    """A step of the playbook, or a way a task ends: its code, which never changes, and its words."""

    code: str
    label: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskKind:
    """A kind of task, and all that is the same for each of them.

    ``about`` is the type of its subject (``loans.loan``). ``teams`` are the roles that may own it, the first being the one
    it goes to; ``escalates_to`` the role that is told when nobody did it in time. ``words`` say with the task's facts what
    happened (``%(name)s``), each fact as ``written`` has it by its name: money with its currency, a code in words.
    ``priority`` is from 0 to 100 points, of which each counts as an hour of age. ``settled_by`` names the fact that ends it
    without anybody's hand, empty where only a person can end it.

    ``for_partners``: the partner whose object it is about sees it and answers it, so words and facts tell nothing of the
    house. ``partners_raise``: partners raise it about their own. ``programs``: programs of the house raise it, take it and
    end it; the others are for people, or for the fact.
    """

    code: str
    label: Words
    about: str
    teams: tuple[str, ...]
    escalates_to: str
    words: Words
    outcomes: tuple[Choice, ...]
    steps: tuple[Choice, ...] = ()
    priority: int = 50
    settled_by: Words = ""
    for_partners: bool = False
    partners_raise: bool = False
    written: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    programs: bool = False

    def outcome(self, code: str) -> Choice | None:
        return next((choice for choice in self.outcomes if choice.code == code), None)

    def told(self, facts: Mapping[str, Any]) -> str:
        """What happened, in the reader's language."""
        shown = {name: self.written[name](value) if name in self.written else value for name, value in facts.items()}
        return str(self.words) % _Facts(shown)


class _Facts(dict[str, Any]):
    """The facts of a task. One that an older task has not is shown as absent: its page must open all the same."""

    def __missing__(self, _name: str) -> str:
        return ABSENT


_kinds: dict[str, TaskKind] = {}


def declare(kind: TaskKind) -> TaskKind:
    """Make the kind known; called when Django starts. Raises ValueError for one that no person could do or end."""
    if not kind.teams or not kind.outcomes or not 0 <= kind.priority <= 100:
        raise ValueError(f"task kind {kind.code}: it needs a team, an outcome and a priority from 0 to 100")
    _kinds[kind.code] = kind
    return kind


def kind_named(code: str) -> TaskKind:
    """The kind with the code. Raises TaskKindUnknown."""
    try:
        return _kinds[code]
    except KeyError:
        raise TaskKindUnknown(kind=code) from None


def kinds() -> list[TaskKind]:
    """All declared kinds, by code."""
    return sorted(_kinds.values(), key=lambda kind: kind.code)


def kinds_for(roles: Collection[str]) -> list[TaskKind]:
    """The kinds that somebody of ``roles`` may own or is told of when they are late."""
    return [kind for kind in kinds() if {*kind.teams, kind.escalates_to}.intersection(roles)]
