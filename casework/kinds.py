"""The kinds of task there are: what people must do about an object, who does it, how it ends.

Upper apps declare theirs in ``task_kinds.py``; ``docs/tasks.md`` is written from them. Until when a task must be done stands
in the dated rule ``task_times``, by the code of its kind.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import InvalidOperation
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.writing import ABSENT, money
from staff.roles import LABELS

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
    happened (``%(name)s``); the fact ``amount`` is money of the fact ``currency``. ``priority`` is from 0 to 100 points, of
    which each counts as an hour of age. ``settled_by`` names the fact that ends it without anybody's hand, empty where only
    a person can end it. ``readings`` give the words of facts that are codes, by the name of the fact.

    ``people_raise``: people raise it, about an object that they see (``asking``): its words then tell the fact ``what``.
    ``for_partners``: the partner whose object it is about sees it and answers it, so words and facts tell nothing of the
    house. ``partners_raise``: partners raise it about their own. ``programs``: programs of the house raise it, take it and
    end it; the others are for people, or for the fact. A ``personal`` one is its owner's alone: nobody covers it or takes it
    from them, and while it is nobody's it waits for the team.
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
    people_raise: bool = False
    programs: bool = False
    readings: Mapping[str, Callable[[str], Words]] = field(default_factory=dict)
    personal: bool = False

    def outcome(self, code: str) -> Choice | None:
        return next((choice for choice in self.outcomes if choice.code == code), None)

    def told(self, facts: Mapping[str, Any]) -> str:
        """What happened, in the reader's language."""
        read = {name: str(words(facts[name])) for name, words in self.readings.items() if facts.get(name)}
        return str(self.words) % _Facts({**_with_money(facts), **read})


def _with_money(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The facts as people read them: an amount with its currency, where it is told which."""
    if not (facts.get("amount") and facts.get("currency")):
        return facts
    try:
        return {**facts, "amount": money(facts["amount"], facts["currency"])}
    except InvalidOperation:
        return facts


class _Facts(dict[str, Any]):
    """The facts of a task. One that an older task has not is shown as absent: its page must open all the same."""

    def __missing__(self, _name: str) -> str:
        return ABSENT


_kinds: dict[str, TaskKind] = {}


def declare(kind: TaskKind) -> TaskKind:
    """Make the kind known; called when Django starts. Raises ValueError for one that no person could do or end."""
    if not kind.teams or not kind.outcomes or not 0 <= kind.priority <= 100:
        raise ValueError(f"task kind {kind.code}: it needs a team, an outcome and a priority from 0 to 100")
    if unknown := {*kind.teams, kind.escalates_to}.difference(LABELS):
        raise ValueError(f"task kind {kind.code}: no role is called {', '.join(sorted(unknown))}")
    _kinds[kind.code] = kind
    return kind


def kind_named(code: str) -> TaskKind:
    """The kind with the code. Raises TaskKindUnknown."""
    try:
        return _kinds[code]
    except KeyError:
        raise TaskKindUnknown(kind=code) from None


def kind_or_retired(code: str) -> TaskKind:
    """The kind with the code; of one that the software knows no longer what is left of it: tasks of it can be ended."""
    found = _kinds.get(code)
    if found is not None:
        return found
    return TaskKind(
        code=code,
        label=_("Task of a kind no longer in use"),
        about="",
        teams=(),
        escalates_to="",
        words=_("What was to be done is not known any more. Look at what it is about, and end it."),
        outcomes=(Choice("ended", _("Ended")),),
    )


def kinds() -> list[TaskKind]:
    """All declared kinds, by code."""
    return sorted(_kinds.values(), key=lambda kind: kind.code)


def kinds_for(roles: Collection[str]) -> list[TaskKind]:
    """The kinds that somebody of ``roles`` may own or is told of when they are late."""
    return [kind for kind in kinds() if {*kind.teams, kind.escalates_to}.intersection(roles)]


def kinds_people_raise(about: str) -> list[TaskKind]:
    """The kinds about objects of the type that people raise, by code."""
    return [kind for kind in kinds() if kind.people_raise and kind.about == about]


def declare_follow_up(code: str, label: Words, about: str, *, teams: tuple[str, ...], escalates_to: str) -> TaskKind:
    """Declare that people ask others to see to something about objects of a type.

    ``teams`` are roles that see every object of the type: whoever may do a task may see what it is about.
    """
    return declare(
        TaskKind(
            code=code,
            label=label,
            about=about,
            teams=teams,
            escalates_to=escalates_to,
            words=_("Asked for: %(what)s"),
            outcomes=(Choice("done", _("Done")), Choice("not_possible", _("It could not be done"))),
            priority=40,
            people_raise=True,
        )
    )
