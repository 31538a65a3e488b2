"""A task: something a person must do about an object, by a time, and what became of it.

The subject is named by type and key, as the audit log does, so that this app knows nothing of lending.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from casework.kinds import TaskKind, kind_or_retired
from core.choices import Shown, Tone, Toned
from core.fields import EncryptedTextField
from core.history import tracked
from core.identifiers import new_id


def new_task_id() -> str:
    return new_id("tsk")


class RandomTaskId(Func):
    """The same, of 104 random bits."""

    template = "('tsk_' || upper(left(replace(gen_random_uuid()::text, '-', ''), 26)))"
    output_field = models.CharField()


class TaskStatus(Toned):
    OPEN = "open", Tone.ATTENTION, pgettext_lazy("a task", "Open")
    DONE = "done", Tone.GOOD, _("Done")
    DROPPED = "dropped", Tone.NEUTRAL, _("Dropped")


class ClosedBy(models.TextChoices):
    """Who ended it: a person, or the fact that it waited for."""

    PERSON = "person", _("a person")
    FACT = "fact", _("the fact it waited for")


class TaskQuerySet(models.QuerySet["Task"]):
    def open(self) -> TaskQuerySet:
        return self.filter(status=TaskStatus.OPEN)

    def about(self, subject: models.Model) -> TaskQuerySet:
        return self.filter(object_type=subject._meta.label_lower, object_id=str(subject.pk))


class Task(models.Model):
    """Moments are those of the clock on the wall (``casework.clock``). ``priority`` is from 0 to 100."""

    # PostgreSQL makes it where tasks are raised by one statement.
    public_id = models.CharField(
        max_length=40, unique=True, default=new_task_id, db_default=RandomTaskId(), editable=False
    )
    number = models.CharField(_("number"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=60)
    object_type = models.CharField(_("subject type"), max_length=80)
    object_id = models.CharField(pgettext_lazy("of a record", "subject"), max_length=64)
    object_label = models.CharField(_("about"), max_length=120)
    # Tells two tasks of one kind about one subject apart, such as the two days on which something happened.
    cause = models.CharField(_("cause"), max_length=120, blank=True, default="")
    facts = models.JSONField(_("facts"), default=dict)
    status = models.CharField(_("status"), max_length=8, choices=TaskStatus, default=TaskStatus.OPEN)
    priority = models.PositiveSmallIntegerField(_("priority"), default=50)
    priority_reason = models.CharField(_("why so urgent"), max_length=200, blank=True, default="")
    team = models.CharField(_("team"), max_length=40)
    # Every role that may own it, as its kind had them: who loses the last of these gives the task back (law/tasks.sql).
    teams = ArrayField(
        models.CharField(max_length=40), verbose_name=_("teams"), default=list, db_default=[], blank=True
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
        db_index=False,  # the inbox has one
    )
    raised_at = models.DateTimeField(_("raised at"))
    raised_on = models.DateField(_("raised on"))
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("raised by"),
        db_index=False,
    )
    # A point of priority is worth an hour of age: who sorts by this has the oldest and the riskiest on top, always.
    ranked_at = models.DateTimeField(_("ranked at"))
    soon_at = models.DateTimeField(_("due soon from"))
    due_at = models.DateTimeField(pgettext_lazy("a task", "due at"))
    escalates_at = models.DateTimeField(_("escalates at"))
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)
    escalated_to = models.CharField(_("escalated to"), max_length=40, blank=True, default="")
    steps_done = ArrayField(models.CharField(max_length=40), verbose_name=_("steps done"), default=list, blank=True)
    closed_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    closed_how = models.CharField(_("ended by"), max_length=8, choices=ClosedBy, blank=True, default="")
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who ended it"),
        db_index=False,
    )
    outcome = models.CharField(_("outcome"), max_length=40, blank=True, default="")
    closing_note = EncryptedTextField(_("note at the end"), blank=True, default="")

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        default_permissions = ("view",)
        permissions = [
            ("work_task", _("Can do tasks of their own roles")),
            ("assign_task", _("Can give tasks of their own roles to others")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id", "kind", "cause"],
                condition=Q(status="open"),
                name="casework_one_open_task",
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True, closed_how="", closed_by__isnull=True, outcome="")
                | (Q(status="done", closed_at__isnull=False, closed_how__in=["person", "fact"]) & ~Q(outcome=""))
                | Q(status="dropped", closed_at__isnull=False, closed_how="person", outcome=""),
                name="casework_task_ended_is_told",
            ),
            models.CheckConstraint(
                condition=Q(closed_how="person", closed_by__isnull=False) & ~Q(closing_note="")
                | ~Q(closed_how="person") & Q(closed_by__isnull=True),
                name="casework_task_ended_by_somebody",
            ),
            models.CheckConstraint(condition=Q(priority__lte=100), name="casework_task_priority_range"),
            models.CheckConstraint(condition=Q(status__in=TaskStatus.values), name="casework_task_status_known"),
            models.CheckConstraint(
                condition=Q(soon_at__lte=F("due_at")) & Q(due_at__lte=F("escalates_at")),
                name="casework_task_times_in_order",
            ),
            models.CheckConstraint(
                condition=Q(escalated_at__isnull=True, escalated_to="")
                | (Q(escalated_at__isnull=False) & ~Q(escalated_to="")),
                name="casework_task_escalated_to_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "ranked_at", "id"], condition=Q(status="open"), name="casework_mine"),
            models.Index(fields=["team", "ranked_at", "id"], condition=Q(status="open"), name="casework_team"),
            models.Index(fields=["kind", "ranked_at", "id"], condition=Q(status="open"), name="casework_kind"),
            models.Index(fields=["team", "due_at", "id"], condition=Q(status="open"), name="casework_overdue"),
            models.Index(
                fields=["escalated_to", "ranked_at", "id"],
                condition=Q(status="open", escalated_at__isnull=False),
                name="casework_escalated",
            ),
            models.Index(
                fields=["escalates_at"],
                condition=Q(status="open", escalated_at__isnull=True),
                name="casework_to_escalate",
            ),
            models.Index(fields=["object_type", "object_id", "-id"], name="casework_subject"),
            models.Index(fields=["kind", "-id"], name="casework_kind_newest"),
            models.Index(fields=["raised_by", "-id"], condition=Q(raised_by__isnull=False), name="casework_raised_by"),
            models.Index(
                fields=["closed_by", "-closed_at", "-id"],
                condition=Q(closed_by__isnull=False),
                name="casework_ended_by",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("casework:task", args=[self.number])

    @property
    def declared(self) -> TaskKind:
        """Its kind, or what is left of one that the software knows no longer."""
        return kind_or_retired(self.kind)

    @property
    def shown_status(self) -> TaskStatus:
        return TaskStatus(self.status)

    @property
    def is_open(self) -> bool:
        return self.status == TaskStatus.OPEN

    def lateness(self, now: datetime) -> Shown:
        """Whether it is on track, due soon or late at ``now``; of one that has ended, whether it ended in time."""
        at = self.closed_at or now
        if at > self.due_at:
            return Shown(pgettext_lazy("a task", "Late") if self.is_open else _("Ended late"), Tone.BAD)
        if self.is_open and at >= self.soon_at:
            return Shown(_("Due soon"), Tone.ATTENTION)
        return Shown(_("On track") if self.is_open else _("In time"), Tone.GOOD)


class What(models.TextChoices):
    """What happened to a task between its beginning and its end."""

    RAISED_AGAIN = "raised_again", _("Raised again, as more urgent")
    TAKEN = "taken", pgettext_lazy("a task", "Taken")
    RETURNED = "returned", _("Given back to the team")
    HANDED_OVER = "handed_over", _("Handed over")
    STEP_DONE = "step_done", _("Step done")
    STEP_UNDONE = "step_undone", _("Step taken back")
    ESCALATED = "escalated", _("Escalated")
    ASKED = "asked", _("In the partner's words")
    ANSWERED = "answered", _("Answered by the partner")


class TaskEvent(models.Model):
    """One thing that happened to a task. Rows are only added."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="events", verbose_name=_("task"))
    at = models.DateTimeField(_("at"))
    what = models.CharField(_("what"), max_length=12, choices=What)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("who did it"),
        db_index=False,
    )
    from_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("owner before"),
        db_index=False,
    )
    to_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("owner after"),
        db_index=False,
    )
    note = EncryptedTextField(_("note"), blank=True, default="")
    # What a partner wrote, where the note shows numbers of people masked. PostgreSQL writes events, too, and none of these.
    sealed_note = EncryptedTextField(_("note as written"), blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("event of a task")
        verbose_name_plural = _("events of tasks")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.task_id} {self.what}"


class Absence(models.Model):
    """Days on which somebody is away, and who covers: tasks of the one stand in the inbox of the other meanwhile.

    Nobody covers any more where whoever did has left or has no role in common by now.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="absences", verbose_name=_("who is away")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    cover = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="covers",
        verbose_name=_("covered by"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True, default="")
    history = tracked()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="casework_absence_ends_later"),
            models.CheckConstraint(condition=~Q(person=F("cover")), name="casework_absence_other_covers"),
            ExclusionConstraint(
                name="casework_absence_once",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    (
                        Func(
                            F("first_day"),
                            F("last_day"),
                            models.Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.first_day} – {self.last_day}"
