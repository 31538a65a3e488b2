"""Evidence and notes about cases in collections; a case that is open runs."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from casework.subjects import Subject, declare, tell_ends
from debt_collections.models import Case
from staff.models import User
from staff.visibility import Kind, seen


def _cases(person: User) -> QuerySet[Any]:
    rows = Case.objects.all()
    return seen(rows, person, Kind.CASE) if person.has_perm("collections.view_case") else rows.none()


def _ends(keys: Collection[str]) -> Mapping[str, date | None]:
    rows = Case.objects.filter(pk__in=list(keys)).values_list("pk", "closed_on")
    return {str(key): closed_on for key, closed_on in rows}


declare(Subject(model=Case, word="case", label=_("Case"), named_by="public_id", seen_by=_cases, takes_notes=True))
tell_ends(Case._meta.label_lower, _ends)
