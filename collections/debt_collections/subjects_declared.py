"""Evidence and notes about cases in collections; a case that is open runs, and with it all that is about its borrower."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import partial
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower
from casework.subjects import Subject, declare, tell_ends
from debt_collections.models import Case
from loans.models import Application, Loan, LoanAct, Repayment
from staff.models import User
from staff.visibility import Kind, seen

# By which way each of these leads to the borrower whose case it is.
_OF_A_BORROWER: dict[type[Model], str] = {
    Borrower: "pk",
    Application: "borrower",
    Loan: "borrower",
    Repayment: "loan__borrower",
    LoanAct: "loan__borrower",
}


def _cases(person: User) -> QuerySet[Any]:
    rows = Case.objects.all()
    return seen(rows, person, Kind.CASE) if person.has_perm("collections.view_case") else rows.none()


def _ends(keys: Collection[str]) -> Mapping[str, date | None]:
    rows = Case.objects.filter(pk__in=list(keys)).values_list("pk", "closed_on")
    return {str(key): closed_on for key, closed_on in rows}


def _ends_of_collecting(model: type[Model], path: str, keys: Collection[str]) -> Mapping[str, date | None]:
    """Of what is about a borrower with cases: the day the last one was closed, None while one is open."""
    rows = model._default_manager.filter(pk__in=list(keys)).values_list("pk", path)
    borrowers = {str(key): borrower for key, borrower in rows}
    closed: dict[int, date | None] = {}
    for borrower, on in Case.objects.filter(borrower__in=set(borrowers.values())).values_list("borrower", "closed_on"):
        known = closed.get(borrower, date.min)
        closed[borrower] = None if on is None or known is None else max(known, on)
    return {key: closed[borrower] for key, borrower in borrowers.items() if borrower in closed}


declare(Subject(model=Case, word="case", label=_("Case"), named_by="public_id", seen_by=_cases, takes_notes=True))
tell_ends(Case._meta.label_lower, _ends)
for _model, _path in _OF_A_BORROWER.items():
    tell_ends(_model._meta.label_lower, partial(_ends_of_collecting, _model, _path))
