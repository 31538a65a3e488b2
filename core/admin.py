"""The one base of every admin page, so that the theme can be changed in one place.

The admin is for configuration and rescue: tables of money and of records are shown there read-only.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from core.forms import StrictModelForm
from core.identifiers import number_given
from core.pages import COUNTED_AT_MOST, Counted, count_capped


class BaseAdmin(ModelAdmin):
    """Defaults that keep lists fast: no full count beside the filtered one, no row for every related object."""

    show_full_result_count = False
    list_per_page = 50
    warn_unsaved_form = True
    form = StrictModelForm
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

    def get_actions(self, request: HttpRequest) -> dict[str, object]:
        return {}


class CappedPaginator(Paginator):
    """Counts a thousand rows and offers the pages of these: what lies deeper is searched for, not leafed to."""

    template_name = "core/admin_pages.html"

    @cached_property
    def count(self) -> Counted:
        return count_capped(self.object_list)  # type: ignore[arg-type]

    @cached_property
    def num_pages(self) -> int:
        return max(1, -(-min(self.count, COUNTED_AT_MOST) // self.per_page))


class LargeTableAdmin(ReadOnlyAdmin):
    """For tables that grow with the loans: newest first, and nothing here reads more of them than it shows.

    ``search_fields`` names look-ups that an index answers: ``number__startswith`` for a column of the table itself,
    ``loan__number__exact`` for one that foreign keys lead to. Each is asked by itself, and a running number may be given
    in any shape. Lists are not sorted by other columns, and filtered only by what has an index
    (``tests/test_admin_of_large_tables.py``); the pages of the desk have the filters people work with.
    """

    shows_own = False  # whether what a person does not see is left out; otherwise only who sees everything comes in
    paginator = CappedPaginator
    ordering: ClassVar[Sequence[str]] = ("-id",)
    sortable_by: ClassVar[Sequence[str]] = ()
    search_help_text = _("A number or its beginning, or a whole reference")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        reaches = self.shows_own or getattr(request.user, "sees_everything", False)
        return bool(reaches) and super().has_view_permission(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        found = {pk for rows in self.look_ups(text) for pk in rows.values_list("pk", flat=True)[: COUNTED_AT_MOST + 1]}
        return queryset.filter(pk__in=found), False

    def look_ups(self, text: str) -> list[QuerySet[Any]]:
        """One a search field; a class that finds rows by more adds to them."""
        rows, number = self.model._default_manager.all(), number_given(text)
        given = {"exact": {number or text}, "startswith": {number or text.upper(), text.upper()}}
        found = []
        for path in self.search_fields:
            for value in sorted(given[path.rpartition("__")[2]]):
                with suppress(ValueError):  # a word is no number
                    found.append(rows.filter(**{path: value}))
        return found
