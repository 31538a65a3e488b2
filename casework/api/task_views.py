"""Tasks over the API: asked of partners and by partners (``/tasks``), and worked on by programs of the house
(``/house_tasks``)."""

from typing import Any

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from casework import clock, partner_tasks, programs, reach, working
from casework.api import task_serializers as shapes
from casework.models import Task, TaskStatus
from partners.api.base import PartnerView, idempotent, use_case_key
from partners.api.conditions import tagged
from partners.api.lists import ListQuery, WordsField
from partners.api.references import ReferenceUnknown
from partners.api.schema import list_of
from partners.introductions import reaches_every_origin
from staff.permissions import person

READ, ANSWER = "tasks:read", "tasks:answer"
READ_HOUSE, WORK = "tasks:read_house", programs.WORK


class TaskQuery(ListQuery):
    """The list's filter: open tasks, or ended ones."""

    created_path = "raised_at"
    status = WordsField(words=["open", "ended"])

    def narrow(self, rows: QuerySet[Any], given: dict[str, Any]) -> QuerySet[Any]:
        rows = super().narrow(rows, given)
        wanted = set(given.get("status") or [])
        if wanted == {"open"}:
            return rows.filter(status=TaskStatus.OPEN)
        return rows.exclude(status=TaskStatus.OPEN) if wanted == {"ended"} else rows


class TaskView(PartnerView):
    """What the views of a partner's tasks share."""

    tag = "tasks"
    scopes = {"GET": READ, "POST": ANSWER}

    def tasks(self) -> QuerySet[Task]:
        return partner_tasks.seen_by(self.key, writing=self.writing)

    def named(self, tasks: list[Task]) -> dict[str, object]:
        """By which ids the partner knows what the tasks are about."""
        about = [(task.object_type, task.object_id) for task in tasks]
        return {"names": reach.ids_of(about, self.key, writing=self.writing)}

    def shown(self, task: Task) -> Response:
        return self.answer(shapes.TaskSerializer, task, context=self.named([task]))


class Tasks(TaskView):
    name = "tasks"
    made_at = "api:task"

    @extend_schema(summary="List tasks", parameters=[TaskQuery], responses=list_of(shapes.TaskSerializer))
    def get(self, request: Request) -> Response:
        """What is asked of you about what you brought in, and what you asked for, newest first."""
        return self.answer_list(shapes.TaskSerializer, self.tasks(), TaskQuery, self.named)

    @extend_schema(summary="Make a request", request=shapes.TaskInput, responses={201: shapes.TaskSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """A request or complaint about what you brought in. The lender's people get it as a task."""
        given = self.body(shapes.TaskInput)
        kind = partner_tasks.kind_partners_raise(given["kind"])
        task = partner_tasks.raise_by_partner(
            kind,
            self._subject(given["about"]),
            words=given["words"],
            cause=use_case_key(request),
            client=self.client,
            now=clock.now(),
        )
        return self.made(shapes.TaskSerializer, task, **self.named([task]))

    def _subject(self, about: str) -> Model:
        found = reach.found_by(self.key, about, writing=True)
        if found is None:
            raise ReferenceUnknown(what="borrower, application or loan", public_id=about, field="about")
        return found


class TaskDetail(TaskView):
    name = "task"
    scopes = {"GET": READ}

    @extend_schema(summary="Retrieve a task", responses=shapes.TaskSerializer)
    @tagged
    def get(self, request: Request, task_id: str) -> Response:
        """What is asked, until when, and where it stands."""
        return self.shown(self.found(self.tasks(), task_id))


class TaskAnswer(TaskView):
    name = "task_answer"
    scopes = {"POST": ANSWER}

    @extend_schema(summary="Answer a task", request=shapes.AnswerInput, responses=shapes.TaskSerializer)
    @idempotent
    def post(self, request: Request, task_id: str) -> Response:
        """Your answer, with evidence you brought before. The task stays open until the lender has looked at it."""
        task, given = self.found(self.tasks(), task_id), self.body(shapes.AnswerInput)
        partner_tasks.answer(task_id=task.pk, **given, client=self.client, by=person(request), now=clock.now())
        return self.shown(self.tasks().get(pk=task.pk))


class HouseTaskView(PartnerView):
    """What the views of programs of the house share: there are tasks for keys that reach every origin alone."""

    tag = "house_tasks"
    scopes = {"GET": READ_HOUSE, "POST": WORK}

    def tasks(self) -> QuerySet[Task]:
        rows = programs.tasks_of_programs().select_related("owner")
        return rows if reaches_every_origin(self.key, writing=self.writing) else rows.none()

    def shown(self, task: Task) -> Response:
        return self.answer(shapes.HouseTaskSerializer, self.tasks().get(pk=task.pk))


class HouseTasks(HouseTaskView):
    name = "house_tasks"
    made_at = "api:house_task"

    @extend_schema(
        summary="List tasks of the lender", parameters=[TaskQuery], responses=list_of(shapes.HouseTaskSerializer)
    )
    def get(self, request: Request) -> Response:
        """Tasks of the kinds that programs work on, newest first."""
        return self.answer_list(shapes.HouseTaskSerializer, self.tasks(), TaskQuery)

    @extend_schema(summary="Raise a task", request=shapes.HouseTaskInput, responses={201: shapes.HouseTaskSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """One open task a kind, subject and cause: raised again, it is the one that is open, as urgent as it was told of."""
        given = self.body(shapes.HouseTaskInput)
        kind = programs.kind_for_programs(given.pop("kind"))
        subject = self._subject(kind.code, given.pop("subject"))
        task, _new = programs.raise_by_program(kind, subject, now=clock.now(), **given)
        return self.made(shapes.HouseTaskSerializer, self.tasks().get(pk=task.pk))

    def _subject(self, code: str, name: str) -> Model:
        every = reaches_every_origin(self.key, writing=True)
        found = programs.subject_named(programs.kind_for_programs(code), name) if every else None
        if found is None:
            raise ReferenceUnknown(what="subject", public_id=name, field="subject")
        return found


class HouseTaskDetail(HouseTaskView):
    name = "house_task"
    scopes = {"GET": READ_HOUSE}

    @extend_schema(summary="Retrieve a task of the lender", responses=shapes.HouseTaskSerializer)
    @tagged
    def get(self, request: Request, task_id: str) -> Response:
        """Who has it, until when it is to be done, and how it ended."""
        return self.shown(self.found(self.tasks(), task_id))


class HouseTaskAct(HouseTaskView):
    """One act of a program with a task, by the rules that hold for people."""

    scopes = {"POST": WORK}
    request_shape: type[serializers.Serializer[Any]] | None = None

    def acted(self, request: Request, task_id: str, act: Any) -> Response:
        task = self.found(self.tasks(), task_id)
        given = self.body(self.request_shape) if self.request_shape else {}
        return self.shown(act(task_id=task.pk, by=person(request), now=clock.now(), **given))


class HouseTaskTake(HouseTaskAct):
    name = "house_task_take"

    @extend_schema(summary="Take a task", request=None, responses=shapes.HouseTaskSerializer)
    @idempotent
    def post(self, request: Request, task_id: str) -> Response:
        """It is the program's then; of two that take it one gets it."""
        return self.acted(request, task_id, working.take)


class HouseTaskGiveBack(HouseTaskAct):
    name = "house_task_give_back"
    request_shape = shapes.GiveBackInput

    @extend_schema(summary="Give a task back", request=shapes.GiveBackInput, responses=shapes.HouseTaskSerializer)
    @idempotent
    def post(self, request: Request, task_id: str) -> Response:
        """Leaves it to its team again."""
        return self.acted(request, task_id, working.give_back)


class HouseTaskFinish(HouseTaskAct):
    name = "house_task_finish"
    request_shape = shapes.FinishInput

    @extend_schema(summary="End a task", request=shapes.FinishInput, responses=shapes.HouseTaskSerializer)
    @idempotent
    def post(self, request: Request, task_id: str) -> Response:
        """Ends it as done, with one of its outcomes."""
        return self.acted(request, task_id, working.finish)


class HouseTaskDrop(HouseTaskAct):
    name = "house_task_drop"
    request_shape = shapes.DropInput

    @extend_schema(summary="Drop a task", request=shapes.DropInput, responses=shapes.HouseTaskSerializer)
    @idempotent
    def post(self, request: Request, task_id: str) -> Response:
        """Ends it undone, because nobody needs to do it."""
        return self.acted(request, task_id, working.drop)
