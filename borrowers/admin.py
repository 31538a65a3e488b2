"""Configuration of consent wordings; borrowers are shown masked, for rescue only."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.admin.by_two import ChangedByTwoAdmin
from borrowers.models import Borrower, ConsentText
from borrowers.queries import find
from core.admin import HistoryAdmin, LargeTableAdmin

_PEOPLE_AT_MOST = 50


class FoundByPersonAdmin(LargeTableAdmin):
    """A large table whose rows are also found by the borrower they are about, as the desk finds borrowers: by a whole
    phone, name, identity number, borrower or partner number. ``person`` is the path to the borrower."""

    person: ClassVar[str] = "borrower"
    search_help_text = _("A number or its beginning, or a borrower’s whole phone, name or identity number")

    def look_ups(self, text: str) -> list[QuerySet[Any]]:
        people = list(find(text).values_list("pk", flat=True)[:_PEOPLE_AT_MOST])
        about = self.model._default_manager.filter(**{f"{self.person}__in": people})
        return [*super().look_ups(text), about]


@admin.register(ConsentText)
class ConsentTextAdmin(ChangedByTwoAdmin, HistoryAdmin):
    """People agreed to these words, so a new wording is a new row and an old one stays as it was."""

    list_display = ("purpose", "language", "version", "effective_from", "text")
    list_filter = ("purpose", "language")

    def has_change_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return False


@admin.register(Borrower)
class BorrowerAdmin(FoundByPersonAdmin):
    person = "pk"
    list_display = ("number", "masked_name", "masked_phone", "status", "do_not_contact", "created_on")
    search_fields = ("number__startswith",)
    fields = readonly_fields = (
        "number",
        "public_id",
        "masked_name",
        "masked_identity",
        "masked_phone",
        "market",
        "language",
        "occupation",
        "source",
        "external_id",
        "status",
        "do_not_contact",
        "created_on",
    )
