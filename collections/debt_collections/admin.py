"""Cases and promises are worked in the workbench; the admin shows them for rescue, read-only."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from debt_collections.models import Case, ContactAttempt, Promise


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    list_display = ["public_id", "borrower", "stage", "status", "overdue_amount", "days_past_due", "assigned_to"]
    list_filter = ["status", "stage"]
    list_select_related = ["borrower", "assigned_to"]
    search_fields = ["public_id", "borrower__number"]


@admin.register(Promise)
class PromiseAdmin(ReadOnlyAdmin):
    list_display = ["case", "amount", "due_on", "status", "received", "taken_by", "taken_on"]
    list_filter = ["status"]
    list_select_related = ["case", "taken_by"]


@admin.register(ContactAttempt)
class ContactAttemptAdmin(ReadOnlyAdmin):
    list_display = ["case", "channel", "outcome", "at", "by"]
    list_filter = ["channel", "outcome"]
    list_select_related = ["case", "by"]
