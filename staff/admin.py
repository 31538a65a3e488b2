"""Roles, which come from staff/roles.py, and who made whose account: only shown. People are in ``audit.admin``."""

from __future__ import annotations

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
