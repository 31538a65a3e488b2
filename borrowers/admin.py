"""Configuration of consent wordings; borrowers are shown masked, for rescue only."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.admin.by_two import ChangedByTwoAdmin
from audit.lookups import LookupQuotaReached
from borrowers import lookups
from borrowers.models import Borrower, Brought, ConsentText, NameSound, PartnerFile
from borrowers.queries import find
from core.admin import HistoryAdmin, LargeTableAdmin
from staff.permissions import person
from staff.visibility import Kind, seen

_PEOPLE_AT_MOST = 50


class FoundByPersonAdmin(LargeTableAdmin):
    """A large table whose rows are also found by the borrower they are about, as the desk finds borrowers: by a whole
    phone, name, identity number, borrower or partner number. ``person`` is the path to the borrower."""

    person: ClassVar[str] = "borrower"
    shows_own = True
    kind: ClassVar[Kind] = Kind.BORROWER
    search_help_text = _("A number or its beginning, or a borrower’s whole phone, name or identity number")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The people, or what the kind says, that the person of the house sees."""
        path = self.person if self.kind is Kind.BORROWER else "pk"
        found: QuerySet[Any] = seen(super().get_queryset(request), request.user, self.kind, path=path)
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A person who is looked up by a number is counted here as on the pages."""
        try:
            lookups.count(search_term, by=person(request))
        except LookupQuotaReached as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

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


@admin.register(PartnerFile)
class PartnerFileAdmin(FoundByPersonAdmin):
    """What each partner brought, masked, for rescue only."""

    list_display = ("number", "client", "masked_name", "opened", "created_on", "looked_at")
    list_select_related = ("client", "borrower")
    search_fields = ("number__startswith",)
    fields = readonly_fields = (
        "number",
        "public_id",
        "client",
        "borrower",
        "opened",
        "masked_name",
        "masked_phone",
        "language",
        "created_on",
        "contradicts",
        "looked_at",
        "looked_at_by",
    )


@admin.register(Brought)
class BroughtAdmin(LargeTableAdmin):
    """What partners told, without the words themselves."""

    list_display = ("file", "kind", "at")
    list_select_related = ("file",)
    search_fields = ("file__number__exact",)
    fields = readonly_fields = ("file", "kind", "at", "row")


@admin.register(NameSound)
class NameSoundAdmin(FoundByPersonAdmin):
    """Fingerprints, kept with the names they come from: nobody writes them."""

    list_display = ("borrower",)
    fields = readonly_fields = ("borrower",)
    list_select_related = ("borrower",)
