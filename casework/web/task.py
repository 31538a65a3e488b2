"""One task: what happened, what to do, who has it, what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from audit.changes import type_label
from audit.queries import addresses_of
from casework import clock, queries, working
from casework.evidence_queries import OPEN
from casework.kinds import Choice, TaskKind
from casework.models import Task, TaskEvent, What
from casework.web.forms import FinishForm, HandOverForm, NoteForm, ReasonForm
from casework.working import WORK
from core.errors import DomainError
from staff.models import User
from staff.permissions import person, require
from staff.roles import role_label


@require_GET
@require(WORK)
def task_page(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, _task(request, number), {})


def _task(request: HttpRequest, number: str) -> Task:
    return task_or_404(person(request), number)


def task_or_404(user: User, number: str) -> Task:
    rows = queries.seen_by(user, Task.objects.select_related("owner", "raised_by", "closed_by"))
    return get_object_or_404(rows, number=number)


def _page(request: HttpRequest, task: Task, refused: dict[str, Form], status: int = 200) -> HttpResponse:
    user, now, kind = person(request), clock.now(), task.declared
    events = list(task.events.select_related("by", "from_owner", "to_owner").order_by("-id"))
    may = _may_work(task, user)
    context = {
        "task": task,
        "kind": kind,
        "told": kind.told(task.facts),
        "lateness": task.lateness(now),
        "team": role_label(task.team),
        "escalated_to": role_label(task.escalated_to),
        "subject_type": type_label(task.object_type),
        "subject_url": addresses_of([task]).get((task.object_type, task.object_id), ""),
        "steps": _steps(kind, task, events),
        "outcome": kind.outcome(task.outcome),
        "events": [(event, _note_of(kind, event)) for event in events],
        "opens": user.has_perm(OPEN),
        "may": may,
        "may_take": may and working.may_take(task, user, now.date()),
        "finish": refused.get("finish", FinishForm(kind=kind, prefix="finish")) if may else None,
        "hand_over": refused.get("hand_over", HandOverForm(roles=kind.teams, prefix="over")) if may else None,
        "give_back": refused.get("give_back", NoteForm(prefix="back")) if may and task.owner_id else None,
        "drop": refused.get("drop", ReasonForm(prefix="drop")) if may else None,
    }
    return render(request, "casework/task.html", context, status=status)


def _may_work(task: Task, user: User) -> bool:
    return task.is_open and working.may_work(task, user, clock.today())


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step of the playbook; where it is done, what happened that says by whom and when."""

    step: Choice
    done: bool
    ticked: TaskEvent | None


def _steps(kind: TaskKind, task: Task, events: Sequence[TaskEvent]) -> list[StepLine]:
    """``events`` are the newest first."""
    ticked: dict[str, TaskEvent] = {}
    for event in events:
        if event.what == What.STEP_DONE:
            ticked.setdefault(event.note, event)
    return [
        StepLine(step, done := step.code in task.steps_done, ticked.get(step.code) if done else None)
        for step in kind.steps
    ]


def _note_of(kind: TaskKind, event: TaskEvent) -> str:
    """What was noted; of a step, which one."""
    if event.what not in (What.STEP_DONE, What.STEP_UNDONE):
        return event.note
    return next((str(step.label) for step in kind.steps if step.code == event.note), event.note)


def _act(
    request: HttpRequest,
    number: str,
    name: str,
    form: Form | None,
    act: Callable[[Task, dict[str, Any]], Task],
    done: str,
) -> HttpResponse:
    """Do one thing with the task and come back to it.

    A refusal stands on its form, or as a message where the page has none, or has it no longer: somebody else, or the fact
    that the task waited for, was quicker.
    """
    task = _task(request, number)
    if form is not None and not form.is_valid():
        return _page(request, task, {name: form}, 422)
    try:
        act(task, form.cleaned_data if form is not None else {})
    except DomainError as refusal:
        task = _task(request, number)
        if form is None or not _may_work(task, person(request)):
            messages.error(request, refusal.detail)
            return redirect(task)
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return _page(request, task, {name: form}, refusal.status)
    messages.success(request, done)
    return redirect(task)


@require_POST
@require(WORK)
def take(request: HttpRequest, number: str) -> HttpResponse:
    user = person(request)
    return _act(
        request,
        number,
        "take",
        None,
        lambda task, _data: working.take(task_id=task.pk, by=user, now=clock.now()),
        _("Taken."),
    )


@require_POST
@require(WORK)
def give_back(request: HttpRequest, number: str) -> HttpResponse:
    user, form = person(request), NoteForm(request.POST, prefix="back")
    done = _("Given back to the team.")
    return _act(
        request,
        number,
        "give_back",
        form,
        lambda task, data: working.give_back(task_id=task.pk, by=user, now=clock.now(), **data),
        done,
    )


@require_POST
@require(WORK)
def hand_over(request: HttpRequest, number: str) -> HttpResponse:
    user, kind = person(request), _task(request, number).declared
    form = HandOverForm(request.POST, roles=kind.teams, prefix="over")
    done = _("Handed over.")
    return _act(
        request,
        number,
        "hand_over",
        form,
        lambda task, data: working.hand_over(task_id=task.pk, by=user, now=clock.now(), **data),
        done,
    )


@require_POST
@require(WORK)
def step(request: HttpRequest, number: str) -> HttpResponse:
    user, code, done = person(request), request.POST.get("step", ""), "done" in request.POST
    return _act(
        request,
        number,
        "step",
        None,
        lambda task, _data: working.tick(task_id=task.pk, step=code, done=done, by=user, now=clock.now()),
        _("Noted."),
    )


@require_POST
@require(WORK)
def finish(request: HttpRequest, number: str) -> HttpResponse:
    user, kind = person(request), _task(request, number).declared
    form = FinishForm(request.POST, kind=kind, prefix="finish")
    return _act(
        request,
        number,
        "finish",
        form,
        lambda task, data: working.finish(task_id=task.pk, by=user, now=clock.now(), **data),
        _("Done."),
    )


@require_POST
@require(WORK)
def drop(request: HttpRequest, number: str) -> HttpResponse:
    user, form = person(request), ReasonForm(request.POST, prefix="drop")
    return _act(
        request,
        number,
        "drop",
        form,
        lambda task, data: working.drop(task_id=task.pk, by=user, now=clock.now(), reason=data["note"]),
        _("Dropped."),
    )
