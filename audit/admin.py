"""The log and the approvals, to look at only: the pages are /app/audit/ and /app/approvals/."""

from django.contrib import admin

from audit.models import Approval, AuditEvent
from core.admin import ReadOnlyAdmin


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "channel", "action", "object_type", "object_label", "reason"]
    list_filter = ["action", "channel"]
    list_select_related = ["actor"]
    search_fields = ["=object_label", "=request_id"]
    ordering = ["-id"]


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    list_display = ["kind", "object_label", "amount", "status", "requested_by", "requested_at", "decided_by"]
    list_filter = ["status", "kind"]
    list_select_related = ["requested_by", "decided_by"]
    ordering = ["-id"]
