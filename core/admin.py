"""The one base of every admin page, so that the theme can be changed in one place.

The admin is for configuration and rescue: tables of money and of records are shown there read-only.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from core.models import Rule


class BaseAdmin(ModelAdmin):
    """Defaults that keep lists fast: no full count beside the filtered one, no row for every related object."""

    show_full_result_count = False
    list_per_page = 50
    warn_unsaved_form = True
    compressed_fields = True


class HistoryAdmin(SimpleHistoryAdmin, BaseAdmin):
    """For models with a history: shows who changed what."""


class ReadOnlyAdmin(BaseAdmin):
    """For what only the domain may write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}


@admin.register(Rule)
class RuleAdmin(BaseAdmin):
    list_display = ["code", "market", "effective_from", "source"]
    list_filter = ["market", "code"]
    search_fields = ["code", "source"]
    date_hierarchy = "effective_from"
