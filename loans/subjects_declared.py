"""Evidence and notes about applications, loans, what was paid and what was done; and when all that has come to its end."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db.models import CharField, F, Model, Q, QuerySet
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower
from borrowers.sharing import ended_people, no_longer_told
from casework.models import Evidence
from casework.reach import keys_within, tell_reach
from casework.subjects import Subject, declare, ends_of, tell_ends, tell_parts, tell_seen
from loans.models import (
    Application,
    Disbursement,
    IncomingPayment,
    IncomingPaymentShare,
    IncomingPaymentStatus,
    Loan,
    LoanAct,
    LoanStatus,
    Repayment,
)
from loans.models.application import OPEN_STATUSES
from partners.introductions import reaches_every_origin, within_reach
from partners.models import ApiKey
from staff.models import User
from staff.visibility import Kind, seen

_BROUGHT = "application"  # what a partner introduces
_RUNS = (LoanStatus.PENDING_DISBURSEMENT, LoanStatus.ACTIVE)
Ended = dict[str, date | None]


def _applications(person: User) -> QuerySet[Any]:
    rows = Application.objects.all()
    return seen(rows, person, Kind.APPLICATION) if person.has_perm("loans.view_application") else rows.none()


def _of_loans(rows: QuerySet[Any], person: User, path: str) -> QuerySet[Any]:
    return seen(rows, person, Kind.BORROWER, path=path) if person.has_perm("loans.view_loan") else rows.none()


def _loans(person: User) -> QuerySet[Any]:
    return _of_loans(Loan.objects.all(), person, "borrower_id")


def _repayments(person: User) -> QuerySet[Any]:
    return _of_loans(Repayment.objects.all(), person, "loan__borrower_id")


def _acts(person: User) -> QuerySet[Any]:
    return _of_loans(LoanAct.objects.all(), person, "loan__borrower_id")


def _payouts(person: User) -> QuerySet[Any]:
    return _of_loans(Disbursement.objects.all(), person, "loan__borrower_id")


def _partners_application(key: ApiKey, public_id: str) -> QuerySet[Any]:
    rows = Application.objects.filter(public_id=public_id).exclude(borrower_id__in=ended_people(key.client))
    return within_reach(rows, key=key, kind=_BROUGHT, writing=True)


def _partners_loan(key: ApiKey, public_id: str) -> QuerySet[Any]:
    rows = Loan.objects.filter(public_id=public_id)
    rows = rows.exclude(~Q(status__in=_RUNS), borrower_id__in=ended_people(key.client))
    return within_reach(rows, key=key, kind=_BROUGHT, writing=True, path="application_id")


def _incoming(person: User) -> QuerySet[Any]:
    rows = IncomingPayment.objects.all()
    return rows if person.has_perm("loans.view_bankfile") else rows.none()


def _partners_applications(key: ApiKey, writing: bool) -> QuerySet[Any]:
    rows = within_reach(Application.objects.all(), key=key, kind=_BROUGHT, writing=writing)
    return rows.exclude(borrower__in=no_longer_told(key.client)).annotate(partners_id=F("public_id"))


def _partners_loans(key: ApiKey, writing: bool) -> QuerySet[Any]:
    """Running loans also of people who withdrew their consent: the partner needs to know of those."""
    rows = within_reach(Loan.objects.all(), key=key, kind=_BROUGHT, writing=writing, path="application_id")
    told = ~Q(borrower__in=no_longer_told(key.client)) | Q(status__in=_RUNS)
    return rows.filter(told).annotate(partners_id=F("public_id"))


def _partners_evidence(key: ApiKey, writing: bool) -> QuerySet[Any]:
    """What the partner brought about its own, as far as it is told of that still.

    Of papers about a person those of whom a loan of its own runs: a task about another one would tell that somebody else
    has lent to them.
    """
    rows = Evidence.objects.filter(brought_by__isnull=False).annotate(partners_id=F("public_id"))
    if reaches_every_origin(key, writing=writing):
        return rows
    owing = _partners_loans(key, writing).filter(status__in=_RUNS).annotate(person=Cast("borrower_id", CharField()))
    about = Q(object_type=Borrower._meta.label_lower, object_id__in=owing.values("person"))
    for model in (Application, Loan):
        object_type = model._meta.label_lower
        about |= Q(object_type=object_type, object_id__in=keys_within(object_type, key, writing=writing))
    return rows.filter(about, brought_by=key.client_id)


def _ends(keys: Collection[str], model: type[Model], path: str) -> Ended:
    """Of each key the day on which its last loan ended; None while one runs, and where none was made it is left out."""
    loan = f"{path}__" if path else ""
    told = (f"{loan}status", f"{loan}settled_on", f"{loan}written_off_on")
    rows = model._default_manager.filter(pk__in=list(keys), **{f"{loan}status__isnull": False})
    found: Ended = {}
    for key, status, settled_on, written_off_on in rows.values_list("pk", *told).order_by("pk"):
        before = found.get(str(key), date.min)
        on = settled_on or written_off_on
        if status in _RUNS or before is None:
            found[str(key)] = None
        elif on is not None:
            found[str(key)] = max(before, on)
    return found


def _ends_of_applications(keys: Collection[str]) -> Mapping[str, date | None]:
    waiting = Application.objects.filter(pk__in=list(keys), status__in=OPEN_STATUSES).values_list("pk", flat=True)
    return _ends(keys, Application, "loan") | {str(key): None for key in waiting}


def _ends_of_borrowers(keys: Collection[str]) -> Mapping[str, date | None]:
    asking = Application.objects.filter(borrower__in=list(keys), status__in=OPEN_STATUSES)
    asks: Ended = {str(key): None for key in asking.values_list("borrower_id", flat=True)}
    return _ends(keys, Borrower, "loans") | asks


def _ends_of_incoming(keys: Collection[str]) -> Mapping[str, date | None]:
    """A payment runs while it is matched to nobody, and as long as the loans that it was credited to."""
    shares = IncomingPaymentShare.objects.filter(payment__in=list(keys))
    credited = list(shares.values_list("payment_id", Coalesce("repayment__loan_id", "act__loan_id")))
    loans = ends_of(Loan._meta.label_lower, {str(loan) for _payment, loan in credited})
    found: Ended = {}
    for key, status, paid_on, returned_on in IncomingPayment.objects.filter(pk__in=list(keys)).values_list(
        "pk", "status", "paid_on", "returned_on"
    ):
        ends = [loans.get(str(loan), date.min) for payment, loan in credited if payment == key]
        days = [day for day in (paid_on, returned_on, *ends) if day is not None]
        found[str(key)] = None if status == IncomingPaymentStatus.SUSPENSE or None in ends else max(days)
    return found


declare(
    Subject(
        model=Application,
        word="application",
        label=_("Application"),
        named_by="number",
        seen_by=_applications,
        partners_name=_partners_application,
        takes_notes=True,
    )
)
declare(
    Subject(
        model=Loan,
        word="loan",
        label=_("Loan"),
        named_by="number",
        seen_by=_loans,
        partners_name=_partners_loan,
        takes_notes=True,
    )
)
declare(Subject(model=Repayment, word="payment", label=_("Repayment"), named_by="number", seen_by=_repayments))
declare(Subject(model=LoanAct, word="act", label=_("Act on a loan"), named_by="public_id", seen_by=_acts))
declare(
    Subject(
        model=IncomingPayment,
        word="incoming-payment",
        label=_("Incoming payment"),
        named_by="pk",
        labelled_by="bank_reference",
        seen_by=_incoming,
        takes_notes=True,
    )
)

tell_reach(Application._meta.label_lower, _partners_applications)
tell_reach(Loan._meta.label_lower, _partners_loans)
tell_reach(Evidence._meta.label_lower, _partners_evidence)

tell_seen(Disbursement._meta.label_lower, _payouts)

tell_ends(Borrower._meta.label_lower, _ends_of_borrowers)
tell_ends(Application._meta.label_lower, _ends_of_applications)
tell_ends(Loan._meta.label_lower, lambda keys: _ends(keys, Loan, ""))
tell_ends(Repayment._meta.label_lower, lambda keys: _ends(keys, Repayment, "loan"))
tell_ends(LoanAct._meta.label_lower, lambda keys: _ends(keys, LoanAct, "loan"))
tell_ends(IncomingPayment._meta.label_lower, _ends_of_incoming)

tell_parts(Loan._meta.label_lower, lambda loan: [Disbursement.objects.filter(loan=loan)])
tell_parts(Application._meta.label_lower, lambda one: [Disbursement.objects.filter(loan__application=one)])
tell_parts(
    Borrower._meta.label_lower,
    lambda person: [
        Application.objects.filter(borrower=person),
        Loan.objects.filter(borrower=person),
        Disbursement.objects.filter(loan__borrower=person),
    ],
)
