"""Tasks, absences, evidence and notes, to look at only: the pages are below /app/tasks/ and /app/evidence/.

Who sees everything comes in, and finds no evidence here of a kind that is for other roles alone."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from casework import queries
from casework.evidence_kinds import kinds_hidden_from
from casework.models import (
    Absence,
    Evidence,
    EvidenceHold,
    EvidenceLink,
    EvidenceUpload,
    EvidenceUploadPart,
    Note,
    Task,
    TaskEvent,
)
from core.admin import LargeTableAdmin, ReadOnlyAdmin
from staff.permissions import person
from staff.roles import role_label, roles_of


@admin.register(Task)
class TaskAdmin(LargeTableAdmin):
    """Those that the person finds among the pages, too: their notes tell of borrowers."""

    list_display = ["number", "shown_kind", "object_label", "status", "shown_team", "owner", "due_at", "outcome"]
    list_select_related = ["owner"]
    search_fields = ["number__exact"]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return queries.seen_by(person(request), super().get_queryset(request))

    @admin.display(description=_("kind"))
    def shown_kind(self, task: Task) -> str:
        return str(task.declared.label)

    @admin.display(description=_("team"))
    def shown_team(self, task: Task) -> str:
        return role_label(task.team)


@admin.register(TaskEvent)
class TaskEventAdmin(LargeTableAdmin):
    list_display = ["task", "at", "what", "by", "note"]
    list_select_related = ["task", "by"]
    exclude = ["sealed_note"]
    search_fields = ["task__number__exact"]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows, user = super().get_queryset(request), person(request)
        return rows if user.is_superuser else rows.filter(task__in=queries.seen_by(user, Task.objects.all()))


@admin.register(Absence)
class AbsenceAdmin(ReadOnlyAdmin):
    list_display = ["person", "first_day", "last_day", "cover"]
    list_select_related = ["person", "cover"]
    ordering = ["-id"]


class OfKindsSeenAdmin(LargeTableAdmin):
    kind_path = "kind"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows, hidden = super().get_queryset(request), kinds_hidden_from(roles_of(person(request)))
        return rows.exclude(**{f"{self.kind_path}__in": hidden}) if hidden else rows


@admin.register(Evidence)
class EvidenceAdmin(OfKindsSeenAdmin):
    """Without the name and the key: what is in it is opened on its page, with a reason."""

    list_display = ["public_id", "shown_kind", "object_label", "source", "received_on", "wiped_on"]
    exclude = ["name", "storage_key", "sha256_sent", "sha256_kept", "fingerprint"]
    search_fields = ["public_id__exact"]
    ordering = ["-id"]

    @admin.display(description=_("kind"))
    def shown_kind(self, evidence: Evidence) -> str:
        return str(evidence.declared.label)


@admin.register(EvidenceLink)
class EvidenceLinkAdmin(OfKindsSeenAdmin):
    kind_path = "evidence__kind"
    list_display = ["evidence", "object_label", "at", "by", "detached_at", "detached_by"]
    list_select_related = ["evidence", "by", "detached_by"]
    search_fields = ["evidence__public_id__exact"]
    ordering = ["-id"]


@admin.register(EvidenceHold)
class EvidenceHoldAdmin(OfKindsSeenAdmin):
    kind_path = "evidence__kind"
    list_display = ["evidence", "reason", "set_on", "set_by", "lifted_on", "lifted_by"]
    list_select_related = ["evidence", "set_by", "lifted_by"]
    search_fields = ["evidence__public_id__exact"]
    ordering = ["-id"]


@admin.register(EvidenceUpload)
class EvidenceUploadAdmin(OfKindsSeenAdmin):
    list_display = ["public_id", "client", "kind", "status", "size", "started_at"]
    list_select_related = ["client"]
    exclude = ["name", "sha256"]
    search_fields = ["public_id__exact"]
    ordering = ["-id"]


@admin.register(EvidenceUploadPart)
class EvidenceUploadPartAdmin(OfKindsSeenAdmin):
    kind_path = "upload__kind"
    list_display = ["upload", "offset", "size"]
    list_select_related = ["upload"]
    exclude = ["storage_key", "sha256"]
    search_fields = ["upload__public_id__exact"]
    ordering = ["-id"]


@admin.register(Note)
class NoteAdmin(LargeTableAdmin):
    list_display = ["public_id", "object_label", "written_at", "written_by"]
    list_select_related = ["written_by"]
    exclude = ["sealed_text"]
    search_fields = ["public_id__exact"]
    ordering = ["-id"]
