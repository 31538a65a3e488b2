"""What people do with tasks: take, give back, hand over, tick steps, end, drop.

Who may: a task nobody has is taken by whoever is of its team; one that somebody has is done by them, by who covers for them
while they are away, or by who gives out tasks of that team.
"""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.approvals import ReasonMissing
from audit.deciding import same_account
from casework.absences import covered_by
from casework.kinds import kind_named
from casework.models import ClosedBy, Task, TaskEvent, TaskStatus, What
from casework.programs import is_program_of_house
from core import business_date
from core.errors import DomainError, Invalid, NotAllowed, NotFound
from core.lifecycle import Lifecycle
from core.strict import require_plain
from staff.models import User
from staff.roles import roles_of

WORK, ASSIGN = "casework.work_task", "casework.assign_task"


class TaskNotFound(NotFound):
    code = "task_not_found"
    message = _("This task does not exist.")


class TaskEnded(DomainError):
    code = "task_ended"
    message = _("Task %(number)s has ended: it is “%(status)s”.")


class TaskTaken(DomainError):
    code = "task_taken"
    message = _("%(person)s has taken this task already.")


class TaskOfAnother(NotAllowed):
    code = "task_of_another"
    message = _(
        "This task is with %(person)s. Only they, who covers for them, or who gives out tasks of the team does this."
    )


class TaskOfAnotherTeam(NotAllowed):
    code = "task_of_another_team"
    message = _("This task belongs to a team that you are not in.")


class NewOwnerUnfit(Invalid):
    code = "task_owner_unfit"
    field = "to"
    message = _("%(person)s cannot own this task: they are not active, or in none of its teams.")


class TaskOutcomeUnknown(Invalid):
    code = "task_outcome_unknown"
    field = "outcome"
    message = _("Choose how the task ended.")


class TaskStepUnknown(Invalid):
    code = "task_step_unknown"
    field = "step"
    message = _("%(step)s is no step of this task.")


TASKS: Lifecycle[Task] = Lifecycle(
    model=Task,
    states=TaskStatus,
    begins=frozenset({TaskStatus.OPEN}),
    steps={
        TaskStatus.OPEN: frozenset({TaskStatus.DONE, TaskStatus.DROPPED}),
        TaskStatus.DONE: frozenset(),
        TaskStatus.DROPPED: frozenset(),
    },
    step_refused=TaskEnded,
    not_in_state=TaskEnded,
)


def in_team(task: Task, person: User) -> bool:
    """Whether the person is of a team that may own the task, or was told of it because it is late; or is a program of the
    house, where its kind is for those."""
    kind = kind_named(task.kind)
    if {*kind.teams, task.team, task.escalated_to}.intersection(roles_of(person)):
        return True
    return kind.programs and is_program_of_house(person)


def may_work(task: Task, person: User, on: date) -> bool:
    """Whether the person may end the task, hand it over or tick its steps on the day."""
    if task.owner_id is None:
        return in_team(task, person) or may_assign(task, person)
    return same_account(task.owner_id, person.pk) or may_assign(task, person) or covered_by(person, task.owner_id, on)


def may_assign(task: Task, person: User) -> bool:
    """Whether the person gives this task to others."""
    kind = kind_named(task.kind)
    return person.has_perm(ASSIGN) and bool({kind.escalates_to, *kind.teams}.intersection(roles_of(person)))


@transaction.atomic
def take(*, task_id: int, by: User, now: datetime | None = None) -> Task:
    """Make the task one's own; again is the same. Raises TaskNotFound, TaskEnded, TaskTaken, TaskOfAnotherTeam."""
    task = locked(task_id)
    if same_account(task.owner_id, by.pk):
        return task
    if not may_work(task, by, _day(now)):
        raise TaskOfAnotherTeam() if task.owner_id is None else TaskTaken(person=str(task.owner))
    return _give(task, by, What.TAKEN, by, "", now)


@transaction.atomic
def give_back(*, task_id: int, by: User, note: str = "", now: datetime | None = None) -> Task:
    """Leave the task to its team again. Raises TaskNotFound, TaskEnded, TaskOfAnother."""
    task = _in_hand(task_id, by, now)
    return task if task.owner_id is None else _give(task, None, What.RETURNED, by, note, now)


@transaction.atomic
def hand_over(*, task_id: int, to: User, by: User, note: str, now: datetime | None = None) -> Task:
    """Give the task to somebody else, with a note that tells them where it stands.

    Raises TaskNotFound, TaskEnded, TaskOfAnother, NewOwnerUnfit, ReasonMissing.
    """
    task = _in_hand(task_id, by, now)
    _require_note(note)
    if not to.is_active or not in_team(task, to):
        raise NewOwnerUnfit(person=str(to))
    return task if same_account(task.owner_id, to.pk) else _give(task, to, What.HANDED_OVER, by, note, now)


@transaction.atomic
def tick(*, task_id: int, step: str, done: bool, by: User, now: datetime | None = None) -> Task:
    """Note that a step of the playbook is done, or is not.

    Raises TaskNotFound, TaskEnded, TaskOfAnother, TaskStepUnknown.
    """
    task = _in_hand(task_id, by, now)
    if step not in {one.code for one in kind_named(task.kind).steps}:
        raise TaskStepUnknown(step=step)
    if done == (step in task.steps_done):
        return task
    task.steps_done = [*task.steps_done, step] if done else [one for one in task.steps_done if one != step]
    task.save(update_fields=["steps_done"])
    _tell(task, What.STEP_DONE if done else What.STEP_UNDONE, by, step, now)
    return task


@transaction.atomic
def finish(*, task_id: int, outcome: str, note: str, by: User, now: datetime | None = None) -> Task:
    """End the task as done. Raises TaskNotFound, TaskEnded, TaskOfAnother, TaskOutcomeUnknown, ReasonMissing."""
    task = _in_hand(task_id, by, now)
    _require_note(note)
    if kind_named(task.kind).outcome(outcome) is None:
        raise TaskOutcomeUnknown()
    return _end(task, TaskStatus.DONE, outcome, note, by, now)


@transaction.atomic
def drop(*, task_id: int, reason: str, by: User, now: datetime | None = None) -> Task:
    """End the task undone, because nobody needs to do it. Raises TaskNotFound, TaskEnded, TaskOfAnother, ReasonMissing."""
    task = _in_hand(task_id, by, now)
    _require_note(reason)
    return _end(task, TaskStatus.DROPPED, "", reason, by, now)


def locked(task_id: int) -> Task:
    """The open task, held until the end of the transaction. Raises TaskNotFound, TaskEnded."""
    task = Task.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=task_id).first()
    if task is None:
        raise TaskNotFound()
    TASKS.require(task, TaskStatus.OPEN)
    return task


def _in_hand(task_id: int, by: User, now: datetime | None) -> Task:
    task = locked(task_id)
    if may_work(task, by, _day(now)):
        return task
    raise TaskOfAnotherTeam() if task.owner_id is None else TaskOfAnother(person=str(task.owner))


def _give(task: Task, to: User | None, what: What, by: User, note: str, now: datetime | None) -> Task:
    before, task.owner = task.owner, to
    task.save(update_fields=["owner"])
    _tell(task, what, by, note, now, before=before, to=to)
    return task


def _end(task: Task, to: TaskStatus, outcome: str, note: str, by: User, now: datetime | None) -> Task:
    return TASKS.advance(
        task,
        to,
        closed_at=now or business_date.now(),
        closed_how=ClosedBy.PERSON,
        closed_by=by,
        outcome=outcome,
        closing_note=note,
    )


def _tell(
    task: Task,
    what: What,
    by: User | None,
    note: str,
    now: datetime | None,
    *,
    before: User | None = None,
    to: User | None = None,
) -> None:
    require_plain(note, field="note", lines=True)
    TaskEvent.objects.create(
        task=task, at=now or business_date.now(), what=what, by=by, from_owner=before, to_owner=to, note=note
    )


def _require_note(note: str) -> None:
    if not note.strip():
        raise ReasonMissing()
    require_plain(note, field="note", lines=True)


def _day(now: datetime | None) -> date:
    return (now or business_date.now()).date()
