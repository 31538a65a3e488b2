"""The log and the approvals, to look at only: the pages are /app/audit/ and /app/approvals/."""

from django.contrib import admin

from audit import queries
from audit.models import Approval, ArchivedRecords, AuditEvent, BrokenGlass, Delegation
from core.admin import LargeTableAdmin, ReadOnlyAdmin


@admin.register(AuditEvent)
class AuditEventAdmin(LargeTableAdmin):
    list_display = ["at", "actor", "channel", "action", "object_type", "object_label", "reason"]
    list_select_related = ["actor"]
    search_fields = ["object_label__exact", "request_id__exact"]
    ordering = queries.NEWEST_FIRST
    list_before_template = "audit/archived_in_admin.html"


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    list_display = ["kind", "object_label", "amount", "status", "requested_by", "requested_at", "decided_by"]
    list_filter = ["status", "kind"]
    list_select_related = ["requested_by", "decided_by"]
    ordering = ["-id"]


@admin.register(Delegation)
class DelegationAdmin(ReadOnlyAdmin):
    list_display = ["permission", "given_by", "given_to", "starts_on", "ends_on", "agreed_by", "ended_on"]
    list_select_related = ["given_by", "given_to", "agreed_by"]
    ordering = ["-id"]


@admin.register(BrokenGlass)
class BrokenGlassAdmin(ReadOnlyAdmin):
    list_display = ["approval", "by", "on", "reason", "objected", "reviewed_by"]
    list_select_related = ["approval", "by", "reviewed_by"]
    list_filter = ["objected"]
    ordering = ["-id"]


@admin.register(ArchivedRecords)
class ArchivedRecordsAdmin(ReadOnlyAdmin):
    list_display = ["group", "month", "rows", "archived_on", "restored_at", "folder"]
    ordering = ["-month", "-id"]
