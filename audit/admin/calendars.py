"""Calendars of working days in the admin: they move due dates, closings and the hours in which people are reached, so that
each change is a request to a second person, as of any rule."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from audit.admin.by_two import ChangedByTwoAdmin
from core.admin import HistoryAdmin
from core.forms import StrictModelForm
from core.models import Calendar, CalendarDay, Weekday


class CalendarForm(StrictModelForm):  # its other fields come from the admin
    """A week of seven days off has no day to roll to."""

    weekend = forms.TypedMultipleChoiceField(
        label=_("Weekend"),
        coerce=int,
        choices=Weekday.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    def clean_weekend(self) -> list[int]:
        weekend: list[int] = self.cleaned_data["weekend"]
        if len(weekend) == len(Weekday):
            raise forms.ValidationError(_("A week must have a working day."))
        return weekend


@admin.register(Calendar)
class CalendarAdmin(ChangedByTwoAdmin, HistoryAdmin):
    """Calendars are named by products and rules, so none is removed."""

    form = CalendarForm
    fields = ["code", "name", "name_zh", "weekend", "known_until"]
    list_display = ["code", "name", "name_zh", "known_until"]

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(CalendarDay)
class CalendarDayAdmin(ChangedByTwoAdmin, HistoryAdmin):
    list_display = ["on", "calendar", "working", "name", "name_zh"]
    list_filter = ["calendar", "working"]
    search_fields = ["name", "name_zh"]
    date_hierarchy = "on"
    ordering = ["-on"]
