"""Evidence and notes about people."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower
from borrowers.partner_files import named
from borrowers.sharing import ended_people
from casework.subjects import Subject, declare
from partners.models import ApiKey
from staff.models import User
from staff.visibility import Kind, seen


def _people(person: User) -> QuerySet[Any]:
    rows = Borrower.objects.all()
    return seen(rows, person, Kind.BORROWER) if person.has_perm("borrowers.view_borrower") else rows.none()


def _partners_name(key: ApiKey, public_id: str) -> QuerySet[Any]:
    return named(public_id, key=key, writing=True).exclude(pk__in=ended_people(key.client))


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
