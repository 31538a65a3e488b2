"""Evidence and notes about people."""

from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower, PartnerFile
from borrowers.partner_files import named
from borrowers.sharing import no_longer_told
from casework.reach import tell_reach
from casework.subjects import Subject, declare
from partners.introductions import reaches_every_origin
from partners.models import ApiKey
from staff.models import User
from staff.visibility import Kind, seen


def _people(person: User) -> QuerySet[Any]:
    rows = Borrower.objects.all()
    return seen(rows, person, Kind.BORROWER) if person.has_perm("borrowers.view_borrower") else rows.none()


def _partners_name(key: ApiKey, public_id: str) -> QuerySet[Any]:
    return named(public_id, key=key, writing=True)


def _partners_people(key: ApiKey, writing: bool) -> QuerySet[Any]:
    """By the partner's own handle; for a key that reaches every origin by the house's."""
    people = Borrower.objects.exclude(pk__in=no_longer_told(key.client))
    if reaches_every_origin(key, writing=writing):
        return people.annotate(partners_id=F("public_id"))
    file = PartnerFile.objects.filter(client_id=key.client_id, borrower=OuterRef("pk")).values("public_id")[:1]
    return people.filter(partner_files__client_id=key.client_id).annotate(partners_id=Subquery(file))


tell_reach(Borrower._meta.label_lower, _partners_people)

PERSON = declare(
    Subject(
        model=Borrower,
        word="borrower",
        label=_("Borrower"),
        named_by="number",
        seen_by=_people,
        partners_name=_partners_name,
        takes_notes=True,
    )
)
