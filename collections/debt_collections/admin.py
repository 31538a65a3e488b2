"""Cases and promises are worked in the workbench; the admin shows them for rescue, read-only."""

from __future__ import annotations

from django.contrib import admin

from borrowers.admin import FoundByPersonAdmin
from debt_collections.models import Case, ContactAttempt, Promise
from staff.visibility import Kind


@admin.register(Case)
class CaseAdmin(FoundByPersonAdmin):
    kind = Kind.CASE
    list_display = ["public_id", "borrower", "stage", "status", "overdue_amount", "days_past_due", "assigned_to"]
    list_select_related = ["borrower", "assigned_to"]
    search_fields = ["public_id__exact"]


@admin.register(Promise)
class PromiseAdmin(FoundByPersonAdmin):
    person = "case__borrower"
    list_display = ["case", "amount", "due_on", "status", "received", "taken_by", "taken_on"]
    list_select_related = ["case", "taken_by"]
    search_fields = ["case__public_id__exact"]


@admin.register(ContactAttempt)
class ContactAttemptAdmin(FoundByPersonAdmin):
    list_display = ["case", "channel", "outcome", "at", "by"]
    list_select_related = ["case", "by"]
    search_fields = ["case__public_id__exact"]
