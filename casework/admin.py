"""Tasks and absences, to look at only: the pages are /app/tasks/ and /app/tasks/absences/."""

from django.contrib import admin

from casework.models import Absence, Task, TaskEvent
from core.admin import LargeTableAdmin, ReadOnlyAdmin


@admin.register(Task)
class TaskAdmin(LargeTableAdmin):
    list_display = ["number", "kind", "object_label", "status", "team", "owner", "due_at", "outcome"]
    list_select_related = ["owner"]
    search_fields = ["number__exact"]
    ordering = ["-id"]


@admin.register(TaskEvent)
class TaskEventAdmin(LargeTableAdmin):
    list_display = ["task", "at", "what", "by", "note"]
    list_select_related = ["task", "by"]
    search_fields = ["task__number__exact"]
    ordering = ["-id"]


@admin.register(Absence)
class AbsenceAdmin(ReadOnlyAdmin):
    list_display = ["person", "first_day", "last_day", "cover"]
    list_select_related = ["person", "cover"]
    ordering = ["-id"]
