"""People and their roles. Roles themselves come from staff/roles.py and are only shown."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from core.admin import HistoryAdmin, ReadOnlyAdmin
from core.forms import Strictly
from staff.models import User

admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    list_display = ["name"]
    search_fields = ["name"]


class PersonForm(Strictly, UserChangeForm):
    """A person who works here, changed."""


class NewPersonForm(Strictly, UserCreationForm):
    """A person who begins to work here."""


@admin.register(User)
class StaffAdmin(HistoryAdmin, UserAdmin):
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "display_name", "is_active", "last_login"]
    list_filter = ["is_active", "groups"]
    search_fields = ["username", "display_name", "email"]
    filter_horizontal = []
    autocomplete_fields = ["groups"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "password", "display_name", "email"]}),
        (_("Roles"), {"fields": ["groups", "is_active", "is_staff", "is_superuser"]}),
        (_("Preferences"), {"fields": ["language", "theme", "shortcuts_enabled"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "display_name", "password1", "password2", "groups"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """Only a superuser makes superusers, and nobody gives roles to themselves."""
        kept = list(self.readonly_fields)
        if request.user.is_superuser:
            return kept
        return [*kept, "is_superuser", *(["groups", "is_staff"] if obj == request.user else [])]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser's account, password included, is changed by superusers only."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """People leave by being made inactive: the record must keep naming them."""
        return False
