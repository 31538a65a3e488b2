"""Roles, which come from staff/roles.py, who made whose account, and who tried to sign in: only shown. People are in
``audit.admin``."""

from __future__ import annotations

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.models import Group

from core.admin import ReadOnlyAdmin
from staff.models import AccountTie

admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    list_display = ["name"]
    search_fields = ["name"]


@admin.register(AccountTie)
class AccountTieAdmin(ReadOnlyAdmin):
    list_display = ["account", "what", "by", "agreed_by", "emergency", "at"]
    list_select_related = ["account", "by", "agreed_by"]
    search_fields = ["account__username", "by__username"]
    ordering = ["-id"]


# What the locks on sign-ins note of themselves: whoever tries passwords does not take the traces away, and a lock ends by
# its time.
@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    list_display = ["attempt_time", "username", "ip_address", "failures_since_start", "path_info"]
    search_fields = ["username", "ip_address"]
    ordering = ["-attempt_time"]
    exclude = ["get_data", "post_data"]


@admin.register(AccessLog)
class AccessLogAdmin(ReadOnlyAdmin):
    list_display = ["attempt_time", "logout_time", "username", "ip_address", "path_info"]
    search_fields = ["username", "ip_address"]
    ordering = ["-attempt_time"]
    exclude = ["session_hash"]


@admin.register(AccessFailureLog)
class AccessFailureLogAdmin(ReadOnlyAdmin):
    list_display = ["attempt_time", "locked_out", "username", "ip_address", "path_info"]
    search_fields = ["username", "ip_address"]
    ordering = ["-attempt_time"]
