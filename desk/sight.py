"""What each reach of ``staff.visibility`` holds: the people, applications and cases, each found by its indexes."""

from typing import Any

from django.db.models import Q, QuerySet

from borrowers.models import Borrower
from core.identifiers import number_given
from debt_collections.models import Case
from loans.models import Application, ApplicationStatus, Loan, Repayment
from staff.models import User
from staff.visibility import Kind, Reach, named_in_addresses, reach

# A partner's program is no member of staff: what it brought nobody of the house has taken yet.
_BROUGHT_BY_NOBODY = Q(registered_by__isnull=True) | Q(registered_by__api_client__isnull=False)
_TAKEN_BY_NOBODY = Q(submitted_by__isnull=True) | Q(submitted_by__api_client__isnull=False)


def _people_of(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    return rows.order_by().values("borrower_id")


# The officer: whom and what they took in, and what nobody of the house did.
@reach(Reach.TAKEN, Kind.APPLICATION)
def applications_taken(user: User) -> list[QuerySet[Any, Any]]:
    return [Application.objects.filter(Q(submitted_by=user) | _TAKEN_BY_NOBODY).values("id")]


@reach(Reach.TAKEN, Kind.BORROWER)
def people_taken(user: User) -> list[QuerySet[Any, Any]]:
    registered = Borrower.objects.filter(Q(registered_by=user) | _BROUGHT_BY_NOBODY).values("id")
    return [registered, _people_of(Application.objects.filter(submitted_by=user))]


# The underwriter: what waits, what the rules offered, and what they have or had in hand; and, application or not, whose
# identity waits for them or was confirmed by them.
@reach(Reach.REFERRED, Kind.APPLICATION)
def applications_referred(user: User) -> list[QuerySet[Any, Any]]:
    return [rows.values("id") for rows in _referred(user)]


@reach(Reach.REFERRED, Kind.BORROWER)
def people_referred(user: User) -> list[QuerySet[Any, Any]]:
    confirmed = Borrower.objects.filter(identity_confirmed_by=user)
    by_identity = [rows.values("id") for rows in (Borrower.objects.identity_to_confirm(user), confirmed)]
    return [*(_people_of(rows) for rows in _referred(user)), *by_identity]


def _referred(user: User) -> list[QuerySet[Application]]:
    waiting = [ApplicationStatus.SUBMITTED, ApplicationStatus.REFERRED]
    own = ({"claimed_by": user}, {"decided_by": user}, {"submitted_by": user})
    by_rules = {"status": ApplicationStatus.OFFERED, "decided_by": None}
    return [Application.objects.filter(**given) for given in ({"status__in": waiting}, by_rules, *own)]


# The collector: cases given to them, and open ones given to nobody.
@reach(Reach.ASSIGNED, Kind.CASE)
def cases_assigned(user: User) -> list[QuerySet[Any, Any]]:
    return [rows.values("id") for rows in _assigned(user)]


@reach(Reach.ASSIGNED, Kind.BORROWER)
def people_assigned(user: User) -> list[QuerySet[Any, Any]]:
    return [_people_of(rows) for rows in _assigned(user)]


@reach(Reach.ASSIGNED, Kind.APPLICATION)
def applications_assigned(user: User) -> list[QuerySet[Any, Any]]:
    return [Application.objects.filter(borrower_id__in=people).values("id") for people in people_assigned(user)]


def _assigned(user: User) -> tuple[QuerySet[Case], QuerySet[Case]]:
    return Case.objects.filter(assigned_to=user), Case.objects.open().filter(assigned_to__isnull=True)


# What an address names by number.
@named_in_addresses
def by_number(word: str) -> tuple[Kind, QuerySet[Any], str] | None:
    """Borrowers, applications, loans and receipts by running number, cases by identifier; nothing else is somebody's."""
    if word.startswith("case_"):
        return Kind.CASE, Case.objects.filter(public_id=word), "pk"
    number = number_given(word)
    if number.startswith("AP-"):
        return Kind.APPLICATION, Application.objects.filter(number=number), "pk"
    rows: dict[str, tuple[QuerySet[Any], str]] = {
        "CU": (Borrower.objects.filter(number=number), "pk"),
        "LN": (Loan.objects.filter(number=number), "borrower_id"),
        "RP": (Repayment.objects.filter(number=number), "loan__borrower_id"),
    }
    if number[:2] in rows:
        return Kind.BORROWER, *rows[number[:2]]
    return None
