"""People and rules in the admin: each change is a request to a second person (``audit.changes_by_two``)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.hashers import make_password
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from audit import people
from audit.admin.by_two import REASON, ChangedByTwoAdmin, reason_field
from audit.deciding import same_account
from core import business_date
from core.admin import BaseAdmin, HistoryAdmin, ReadOnlyAdmin
from core.forms import Strictly
from core.models import Rule, RuleShape
from core.rulebook.versions import may_be_withdrawn
from staff.models import User


@admin.register(Rule)
class RuleAdmin(ChangedByTwoAdmin, BaseAdmin):
    """Versions of rules: another follows, none is changed; one that has not taken hold may be withdrawn."""

    list_display = ["code", "market", "effective_from", "source", "written_by", "agreed_by"]
    list_select_related = ["written_by", "agreed_by"]
    readonly_fields = ["written_by", "agreed_by", "written_at"]
    list_filter = ["market", "code"]
    search_fields = ["code", "source"]
    date_hierarchy = "effective_from"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or may_be_withdrawn(obj, business_date.current()))


@admin.register(RuleShape)
class RuleShapeAdmin(ReadOnlyAdmin):
    """What each rule may say, as the code declares it."""

    list_display = ["code", "published"]
    search_fields = ["code"]


class PersonForm(Strictly, UserChangeForm):
    """A person who works here, changed."""


class NewPersonForm(Strictly, UserCreationForm):
    """A person who begins to work here."""


class PasswordForm(Strictly, AdminPasswordChangeForm):
    """A new password of another person, with the reason that the second person reads."""

    reason_for_change = reason_field()


@admin.register(User)
class StaffAdmin(ChangedByTwoAdmin, HistoryAdmin, UserAdmin):  # type: ignore[misc]
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = PasswordForm
    change_user_password_template = "audit/password_in_admin.html"
    list_display = ["username", "display_name", "is_active", "last_login"]
    list_filter = ["is_active", "groups"]
    search_fields = ["username", "display_name", "email"]
    filter_horizontal = []
    autocomplete_fields = ["groups"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "password", "display_name", "email"]}),
        (gettext_lazy("Roles"), {"fields": ["groups", "is_active", "is_staff", "is_superuser"]}),
        (gettext_lazy("Preferences"), {"fields": ["language", "theme", "shortcuts_enabled"]}),
        (gettext_lazy("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "display_name", "password1", "password2", "groups"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """Nobody is made a superuser here, and nobody asks for roles of their own."""
        kept = list(self.readonly_fields)
        own = ["groups", "is_staff"] if obj == request.user else []
        ends = request.user.is_superuser and getattr(obj, "is_superuser", False) and not own
        return [*kept, *own, *([] if ends else ["is_superuser"])]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser's account, password included, is changed by superusers only."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """People leave by being made inactive: the record must keep naming them."""
        return False

    def save_model(self, request: HttpRequest, obj: Model, form: forms.ModelForm, change: bool) -> None:
        """Who is shut out is so at once; everything else is asked for."""
        if change and "is_active" in form.changed_data and not form.cleaned_data["is_active"]:
            assert obj.pk is not None
            people.make_inactive(person_id=obj.pk, reason=form.cleaned_data[REASON])
            messages.success(request, _("The account is no longer active."))
            if set(form.changed_data) <= {"is_active", REASON}:
                return
        super().save_model(request, obj, form, change)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """A password of one's own is changed at once, on the page of one's settings; one of somebody else is asked for."""
        user = self.get_object(request, id)
        if user is not None and same_account(user.pk, request.user.pk):
            return HttpResponseRedirect("/app/me/password/")
        if request.method == "POST" and user is not None and self.has_change_permission(request, user):
            form = self.change_password_form(user, request.POST)
            if form.is_valid():
                new = form.cleaned_data["password1"] if form.cleaned_data["set_usable_password"] else None
                user.password = make_password(new)
                self._ask(request, user, form.cleaned_data[REASON])
                return self._to_list()
        shown: HttpResponse = super().user_change_password(request, id, form_url)
        return shown
