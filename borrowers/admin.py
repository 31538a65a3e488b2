"""Configuration of consent wordings; borrowers are shown masked, for rescue only."""

from django.contrib import admin
from django.http import HttpRequest

from borrowers.models import Borrower, ConsentText
from core.admin import HistoryAdmin, ReadOnlyAdmin


@admin.register(ConsentText)
class ConsentTextAdmin(HistoryAdmin):
    """People agreed to these words, so a new wording is a new row and an old one stays as it was."""

    list_display = ("purpose", "language", "version", "effective_from", "text")
    list_filter = ("purpose", "language")

    def has_change_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return False


@admin.register(Borrower)
class BorrowerAdmin(ReadOnlyAdmin):
    list_display = ("number", "masked_name", "masked_phone", "status", "do_not_contact", "created_on")
    list_filter = ("status", "do_not_contact", "market")
    search_fields = ("number", "public_id", "external_id")
    fields = readonly_fields = (
        "number",
        "public_id",
        "masked_name",
        "masked_identity",
        "masked_phone",
        "market",
        "language",
        "source",
        "external_id",
        "status",
        "do_not_contact",
        "created_on",
    )
