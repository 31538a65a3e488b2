"""Configuration of wordings. A change is a new version, published through the same use case as everywhere once a second
person agreed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.admin.by_two import ChangedByTwoAdmin
from borrowers.admin import FoundByPersonAdmin
from core.admin import HistoryAdmin, LargeTableAdmin
from core.errors import DomainError
from messaging.models import Message, MessageKey, Template
from messaging.wording import check_wording


class WordingForm(forms.ModelForm):
    """A new version of a wording; what a gateway would refuse is refused here."""

    class Meta:
        model = Template
        fields = ("code", "channel", "language", "subject", "body")

    def clean(self) -> dict[str, object]:
        given = super().clean() or self.cleaned_data
        try:
            check_wording(given.get("code", ""), given.get("channel", ""), given.get("body", ""))
        except DomainError as refusal:
            self.add_error("body", refusal.detail)
        return given


@admin.register(Template)
class TemplateAdmin(ChangedByTwoAdmin, HistoryAdmin):
    """Versions are shown and never edited: messages were sent with them."""

    form = WordingForm
    list_display = ("code", "channel", "language", "version", "active", "body")
    list_filter = ("active", "channel", "language", "code")
    search_fields = ("code", "body")

    def has_change_permission(self, request: HttpRequest, obj: Template | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Template | None = None) -> bool:
        return False


@admin.register(Message)
class MessageAdmin(FoundByPersonAdmin):
    list_before_template = "audit/archived_in_admin.html"
    list_display = ("id", "borrower", "template_code", "channel", "purpose", "status", "refusal", "rewritten", "due_at")
    search_fields = ("reference__exact", "provider_reference__exact")
    list_select_related = ("borrower",)

    def look_ups(self, text: str) -> list[QuerySet[Any]]:
        """Also by the key it was queued once for."""
        keys = MessageKey.objects.filter(pk=text).values("message_id")
        return [*super().look_ups(text), Message.objects.filter(pk__in=keys)]


@admin.register(MessageKey)
class MessageKeyAdmin(LargeTableAdmin):
    list_display = ("dedupe_key", "message_id", "created_on")
    search_fields = ("dedupe_key__startswith",)
    ordering = ("dedupe_key",)
