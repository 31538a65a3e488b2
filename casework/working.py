"""What people do with tasks: take, give back, hand over, tick steps, end, drop.

Who may: a task nobody has is taken by whoever is of its team; one that somebody has is done by them, by a colleague of
its teams who covers for them while they are away, or by who gives out tasks of that team. What one does not see is not
there.
"""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.deciding import is_other_hand, same_account
from casework import clock, queries
from casework.absences import covered_by
from casework.models import ClosedBy, Task, TaskEvent, TaskStatus, What
from casework.people import NewOwnerUnfit, held
from casework.programs import is_program_of_house
from casework.words import kept_words
from core.errors import DomainError, Invalid, NotAllowed, NotFound
from core.lifecycle import Lifecycle
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


class TaskAboutOneself(NotAllowed):
    code = "task_about_oneself"
    message = _("This task is about what you did yourself: somebody else has to look into it.")


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
    kind = task.declared
    if {*kind.teams, task.team, task.escalated_to}.intersection(roles_of(person)):
        return True
    return kind.programs and is_program_of_house(person)


def about_oneself(task: Task, person: User, on: date) -> bool:
    """Whether the task asks what the person did themselves, by this account or another one of theirs."""
    return task.object_type == User._meta.label_lower and not is_other_hand(person, {int(task.object_id)}, on)


def may_work(task: Task, person: User, on: date) -> bool:
    """Whether the person may end the task, hand it over or tick its steps on the day.

    Cover is no right: who covers does what their own roles may do. Nobody does a personal task for its owner, and nobody
    one about themselves.
    """
    if about_oneself(task, person, on):
        return False
    if task.owner_id is None:
        return in_team(task, person) or may_assign(task, person)
    if same_account(task.owner_id, person.pk) or may_assign(task, person):
        return True
    return not task.declared.personal and in_team(task, person) and covered_by(person, task.owner_id, on)


def may_take(task: Task, person: User, on: date) -> bool:
    """Whether the person may make the task their own: one that somebody has is handed over, with a note."""
    free = task.owner_id is None and not about_oneself(task, person, on)
    return free and (in_team(task, person) or may_assign(task, person))


def may_assign(task: Task, person: User) -> bool:
    """Whether the person gives this task to others."""
    kind = task.declared
    roles = {kind.escalates_to, *kind.teams}.intersection(roles_of(person))
    return not kind.personal and person.has_perm(ASSIGN) and bool(roles)


@transaction.atomic
def take(*, task_id: int, by: User, now: datetime) -> Task:
    """Make the task one's own; again is the same.

    Raises TaskNotFound, TaskAboutOneself, TaskEnded, TaskTaken, TaskOfAnotherTeam, NewOwnerUnfit.
    """
    by = held(by)
    on = clock.in_office(now).date()
    task = _locked_as_seen(task_id, by, on)
    if same_account(task.owner_id, by.pk):
        return task
    if not may_take(task, by, on):
        known = in_team(task, by) or may_assign(task, by)
        raise TaskTaken(person=str(task.owner)) if known else TaskOfAnotherTeam()
    return _give(task, by, What.TAKEN, by, "", now)


@transaction.atomic
def give_back(*, task_id: int, by: User, note: str = "", now: datetime) -> Task:
    """Leave the task to its team again. Raises TaskNotFound, TaskEnded, TaskOfAnother, TextNotPlain, WordsTooLong."""
    task, note = _in_hand(task_id, by, now), kept_words(note, lines=True)
    return task if task.owner_id is None else _give(task, None, What.RETURNED, by, note, now)


@transaction.atomic
def hand_over(*, task_id: int, to: User, by: User, note: str, now: datetime) -> Task:
    """Give the task to somebody else, who sees what it is about, with a note that tells them where it stands.

    Raises TaskNotFound, TaskEnded, TaskOfAnother, NewOwnerUnfit, ReasonMissing, TextNotPlain, WordsTooLong.
    """
    to = held(to)
    task = _in_hand(task_id, by, now)
    note = kept_words(note, needed=True, lines=True)
    fit = in_team(task, to) and queries.sees_subject(to, task)
    if not fit or about_oneself(task, to, clock.in_office(now).date()):
        raise NewOwnerUnfit(person=str(to))
    return task if same_account(task.owner_id, to.pk) else _give(task, to, What.HANDED_OVER, by, note, now)


@transaction.atomic
def tick(*, task_id: int, step: str, done: bool, by: User, now: datetime) -> Task:
    """Note that a step of the playbook is done, or is not.

    Raises TaskNotFound, TaskEnded, TaskOfAnother, TaskStepUnknown.
    """
    task = _in_hand(task_id, by, now)
    if step not in {one.code for one in task.declared.steps}:
        raise TaskStepUnknown(step=step[:40].replace("\0", ""))
    if done == (step in task.steps_done):
        return task
    task.steps_done = [*task.steps_done, step] if done else [one for one in task.steps_done if one != step]
    task.save(update_fields=["steps_done"])
    _tell(task, What.STEP_DONE if done else What.STEP_UNDONE, by, step, now)
    return task


@transaction.atomic
def finish(*, task_id: int, outcome: str, note: str, by: User, now: datetime) -> Task:
    """End the task as done.

    Raises TaskNotFound, TaskEnded, TaskOfAnother, TaskOutcomeUnknown, ReasonMissing, TextNotPlain, WordsTooLong.
    """
    task = _in_hand(task_id, by, now)
    note = kept_words(note, needed=True, lines=True)
    if task.declared.outcome(outcome) is None:
        raise TaskOutcomeUnknown()
    return _end(task, TaskStatus.DONE, outcome, note, by, now)


@transaction.atomic
def drop(*, task_id: int, reason: str, by: User, now: datetime) -> Task:
    """End the task undone, because nobody needs to do it. Raises as ``finish`` does."""
    task = _in_hand(task_id, by, now)
    return _end(task, TaskStatus.DROPPED, "", kept_words(reason, needed=True, lines=True), by, now)


def locked(task_id: int) -> Task:
    """The open task, held until the end of the transaction. Raises TaskNotFound, TaskEnded."""
    task = _held(task_id)
    TASKS.require(task, TaskStatus.OPEN)
    return task


def _held(task_id: int) -> Task:
    task = Task.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=task_id).first()
    if task is None:
        raise TaskNotFound()
    return task


def _locked_as_seen(task_id: int, by: User, on: date) -> Task:
    """As ``locked``, for whoever sees what the task is about; for others it is not there.

    Raises TaskAboutOneself beside what that raises.
    """
    task = _held(task_id)
    if not queries.sees_subject(by, task):
        raise TaskNotFound()
    if about_oneself(task, by, on):
        raise TaskAboutOneself()
    TASKS.require(task, TaskStatus.OPEN)
    return task


def _in_hand(task_id: int, by: User, now: datetime) -> Task:
    on = clock.in_office(now).date()
    task = _locked_as_seen(task_id, by, on)
    if may_work(task, by, on):
        return task
    # Who has it is told to its teams only.
    raise TaskOfAnother(person=str(task.owner)) if task.owner_id and in_team(task, by) else TaskOfAnotherTeam()


def _give(task: Task, to: User | None, what: What, by: User, note: str, now: datetime) -> Task:
    # Told before it is done: where nobody told, PostgreSQL does (law/tasks.sql).
    _tell(task, what, by, note, now, before=task.owner, to=to)
    task.owner = to
    task.save(update_fields=["owner"])
    return task


def _end(task: Task, to: TaskStatus, outcome: str, note: str, by: User, now: datetime) -> Task:
    return TASKS.advance(
        task,
        to,
        closed_at=now,
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
    now: datetime,
    *,
    before: User | None = None,
    to: User | None = None,
) -> None:
    TaskEvent.objects.create(task=task, at=now, what=what, by=by, from_owner=before, to_owner=to, note=note)
