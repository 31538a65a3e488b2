"""The admin of what two people change: whatever is saved, changed back or deleted there is asked for, never done."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from audit import changes_by_two
from core import business_date
from core.admin import BaseAdmin
from core.errors import DomainError
from staff.permissions import person

REASON = "reason_for_change"


def reason_field() -> forms.CharField:
    """Why it is asked for, as the second person reads it."""
    return forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Another person reads it and must agree; until then nothing changes."),
    )


class ChangedByTwoAdmin(BaseAdmin):
    """Mixed in before the admin of a declared model (``changes_by_two.declare``). Lists are not edited, nothing is done to
    several rows at once, and no rows of other models come along."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.inlines or cls.list_editable or cls.actions:
            raise TypeError(f"{cls.__name__}: inlines, list_editable and actions would go past the second person")

    # --- the form asks for a reason
    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = kwargs.get("form") or (self.add_form if obj is None and hasattr(self, "add_form") else self.form)
        kwargs["form"] = type(form.__name__, (form,), {REASON: reason_field()})
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        known = list(super().get_fieldsets(request, obj))
        if any(REASON in section["fields"] for _title, section in known):
            return known
        return [*known, (None, {"fields": [REASON]})]

    # --- nothing is done at once
    def save_model(self, request: HttpRequest, obj: Model, form: forms.ModelForm, change: bool) -> None:
        fields = {field.name for field in obj._meta.many_to_many}
        many = {name: list(value) for name, value in form.cleaned_data.items() if name in fields}
        self._ask(request, obj, form.cleaned_data.get(REASON, ""), many=many)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if any(formset.has_changed() for formset in formsets):
            raise PermissionDenied(_("Only one row at a time is asked for."))

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self._ask(request, obj, _("Deleted in the admin"), delete=True)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        raise PermissionDenied(_("Only one row at a time is asked for."))

    def get_actions(self, request: HttpRequest) -> dict[str, object]:
        return {}

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def history_form_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            raise PermissionDenied(_("What stood before is asked for like any other change."))
        shown: HttpResponse = super().history_form_view(request, *args, **kwargs)
        return shown

    def _ask(self, request: HttpRequest, obj: Model, reason: str, **wish: Any) -> None:
        try:
            asked = changes_by_two.ask(obj, reason=reason, by=person(request), on=business_date.current(), **wish)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return
        if asked is None:
            messages.warning(
                request, _("Done at once, because nobody else is here yet who could agree. It was logged.")
            )
            return
        messages.warning(
            request,
            _(
                "Asked for. Nothing has changed yet: somebody with the permission %(permission)s must agree under Approvals."
            )
            % {"permission": changes_by_two.PERMISSION},
        )

    # --- and nothing says that it was
    def log_addition(self, *_args: Any, **_kwargs: Any) -> None:
        """The request is in the audit log."""

    def log_change(self, *_args: Any, **_kwargs: Any) -> None:
        """The request is in the audit log."""

    def log_deletions(self, *_args: Any, **_kwargs: Any) -> None:
        """The request is in the audit log."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return self._to_list()

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._to_list()

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        return self._to_list()

    def _to_list(self) -> HttpResponse:
        names = self.model._meta
        return HttpResponseRedirect(reverse(f"admin:{names.app_label}_{names.model_name}_changelist"))
