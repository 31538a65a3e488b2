"""The list of kinds of task as a document: ``docs/tasks.md`` is written from the declarations and held against them."""

from pathlib import Path

from django.conf import settings
from django.utils import translation

from casework.kinds import TaskKind, kinds
from staff.roles import role_label

FILE = Path(settings.BASE_DIR) / "docs" / "tasks.md"
_HEAD = """# Tasks

What people must do, kind by kind. A task is raised once for its kind, object and cause, however often its reason is found,
and is due by the dated rule `task_times` in working hours (`office_hours`, and the market's calendar). Who does not do it in
time hears it from their lead. A kind that people raise is raised on the page of its object, in a few words without personal
numbers, for a team that sees all such objects (`casework/asking.py`). For how long something may be left alone before it is
a task says the dated rule `task_conditions`. Hours are those of the clock on the wall; the business date only says which
conditions hold. A task is seen by whose kind it is and who sees what it is about (`casework/queries.py`, `seen_by`).

Written by `./dev manage write_task_kinds` from the declarations in the apps' `task_kinds.py`.
"""


def as_markdown() -> str:
    """The document, in English."""
    with translation.override("en"):
        return _HEAD + "".join(_section(kind) for kind in kinds() if not kind.code.startswith("test."))


def _partners(kind: TaskKind) -> str:
    told = {"see and answer it": kind.for_partners, "raise it and see their own": kind.partners_raise}
    return "; ".join(words for words, does in told.items() if does) or "are not told of it"


def _section(kind: TaskKind) -> str:
    told_late = "who is told when it is late"
    whose = (
        f"its owner, and {told_late}; its team while nobody has it" if kind.personal else f"its teams, and {told_late}"
    )
    rows = [
        ("about", f"`{kind.about}`"),
        ("owned by", ", ".join(role_label(role) for role in kind.teams)),
        ("told when late", role_label(kind.escalates_to)),
        ("priority", f"{kind.priority} of 100"),
        ("ends by itself", f"when {kind.settled_by}" if kind.settled_by else "never: only a person ends it"),
        ("ways to end", "; ".join(f"{choice.label} (`{choice.code}`)" for choice in kind.outcomes)),
        ("raised by people", "yes" if kind.people_raise else "no"),
        ("partners", _partners(kind)),
        ("programs of the house", "raise, take and end it" if kind.programs else "leave it to people"),
        ("seen by", whose),
    ]
    table = "".join(f"| {name} | {value} |\n" for name, value in rows)
    steps = "".join(f"{number}. {step.label}\n" for number, step in enumerate(kind.steps, 1))
    words = str(kind.words).replace("%(", "{").replace(")s", "}")
    return f"\n## {kind.label}\n\n`{kind.code}`: {words}\n\n| | |\n|---|---|\n{table}" + (f"\n{steps}" if steps else "")
