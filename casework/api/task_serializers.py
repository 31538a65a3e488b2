"""Tasks as partners see and answer them, and as programs of the house raise, take and end them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from casework.models import Task, TaskStatus
from casework.partner_tasks import LONGEST_WORDS
from partners.api.fields import Constant, InstantField, LinesField, LiveMode
from partners.api.schema import example

STATES = ["open", "answered", "ended"]


class TaskSerializer(serializers.Serializer[Any]):
    """What is asked of you, or what you asked for; nothing of who does it."""

    object = Constant("task")
    id = serializers.CharField(source="public_id")
    number = serializers.CharField(help_text="By what the lender's people know it.")
    kind = serializers.CharField()
    about = serializers.SerializerMethodField(help_text="The id of your borrower, application, loan or evidence.")
    asked = serializers.SerializerMethodField(help_text="What it is about, in words.")
    steps = serializers.SerializerMethodField(help_text="What is to be done, one after the other.")
    due_at = InstantField(help_text="By the lender's clock.")
    state = serializers.SerializerMethodField(help_text="Answered ones wait for the lender.")
    raised_at = InstantField()
    livemode = LiveMode()

    @extend_schema_field(serializers.CharField())
    def get_about(self, task: Task) -> str:
        names: dict[tuple[str, str], str] = self.context["names"]
        return names.get((task.object_type, task.object_id), "")

    @extend_schema_field(serializers.CharField())
    def get_asked(self, task: Task) -> str:
        return task.declared.told(task.facts)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_steps(self, task: Task) -> list[str]:
        return [str(step.label) for step in task.declared.steps]

    @extend_schema_field(serializers.ChoiceField(STATES))
    def get_state(self, task: Task) -> str:
        if not task.is_open:
            return "ended"
        return "answered" if getattr(task, "answered", False) else "open"


@example(kind="loan.partner_complaint", about="loan_01JD0000000000000000000000", words="The borrower paid twice.")
class TaskInput(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=60, help_text="A kind of docs/tasks.md that partners raise.")
    about = serializers.CharField(max_length=40, help_text="The id of your borrower, application or loan.")
    words = LinesField(
        max_length=LONGEST_WORDS,
        help_text="What you ask for, or complain about. It is kept sealed; numbers of people are masked to who reads it.",
    )


@example(note="The payslip of October is attached.", evidence=["evd_01JD0000000000000000000000"])
class AnswerInput(serializers.Serializer[Any]):
    note = LinesField(
        max_length=LONGEST_WORDS,
        help_text="Your answer. It is kept sealed; numbers of people are masked to who reads it.",
    )
    evidence = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        default=list,
        max_length=20,
        help_text="Ids of evidence you brought, to be attached.",
    )


class HouseTaskSerializer(serializers.Serializer[Any]):
    """A task as people of the house see it."""

    object = Constant("house_task")
    id = serializers.CharField(source="public_id")
    number = serializers.CharField()
    kind = serializers.CharField()
    subject_type = serializers.CharField(source="object_type")
    subject = serializers.CharField(source="object_label", help_text="By what people know it.")
    cause = serializers.CharField()
    told = serializers.SerializerMethodField(help_text="What happened, in words.")
    status = serializers.ChoiceField(TaskStatus.choices)
    priority = serializers.IntegerField()
    priority_reason = serializers.CharField()
    team = serializers.CharField()
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True)
    steps_done = serializers.ListField(child=serializers.CharField())
    outcomes = serializers.SerializerMethodField(help_text="The codes of the ways it can end.")
    outcome = serializers.CharField()
    raised_at = InstantField()
    due_at = InstantField()
    escalated_at = InstantField(allow_null=True)
    closed_at = InstantField(allow_null=True)
    livemode = LiveMode()

    @extend_schema_field(serializers.CharField())
    def get_told(self, task: Task) -> str:
        return task.declared.told(task.facts)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_outcomes(self, task: Task) -> list[str]:
        return [choice.code for choice in task.declared.outcomes]


@example(kind="application.evidence_wanted", subject="app_01JD0000000000000000000000", cause="income of October")
class HouseTaskInput(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=60, help_text="A kind of docs/tasks.md that programs raise.")
    subject = serializers.CharField(max_length=60, help_text="The id or number of what it is about.")
    cause = serializers.CharField(
        max_length=120,
        required=False,
        default="",
        allow_blank=True,
        help_text="Tells two tasks of one kind about one subject apart. While one is open for it, it stays that one.",
    )
    facts = serializers.DictField(
        child=serializers.CharField(max_length=200), required=False, default=dict, help_text="What its words tell."
    )
    priority = serializers.IntegerField(min_value=0, max_value=100, required=False, default=None, allow_null=True)
    priority_reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


@example(outcome="received", note="The payslip came by post.")
class FinishInput(serializers.Serializer[Any]):
    outcome = serializers.CharField(max_length=40)
    note = LinesField(max_length=500)


@example(reason="The application was withdrawn.")
class DropInput(serializers.Serializer[Any]):
    reason = LinesField(max_length=500)


@example(note="The bank does not answer before Monday.")
class GiveBackInput(serializers.Serializer[Any]):
    note = LinesField(max_length=500, required=False, default="", allow_blank=True)
