"""Factories of collections: loans that are late, the cases the nightly review opens for them, what was said and promised.

`CaseFactory(loan__principal=Decimal("90000.00"))` is the open case of a borrower nine days late; `PromiseFactory(case=…)`
and `ContactAttemptFactory(case=…, outcome="no_answer")` go through the use cases with their guards.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from borrowers.models import ContactPoint
from debt_collections import cases, contacting, promises
from debt_collections.models import Case, ContactAttempt, Promise
from loans.models import Loan, Repayment
from tests.borrowers.factories import mobile_of
from tests.loans.books import close_until
from tests.loans.factories import LoanFactory, RepaymentFactory
from tests.staff.factories import UserFactory

FIRST_DUE = date(2026, 2, 15)
LATE = FIRST_DUE + timedelta(days=9)  # past the five days of grace
EVERYBODY = (0, 2**62)


def at(clock: str, on: date = LATE) -> datetime:
    """A moment of a day in the office's time zone: `at("10:00")`."""
    return timezone.make_aware(datetime.fromisoformat(f"{on.isoformat()} {clock}"))


def review(on: date = LATE) -> dict[str, int]:
    """The nightly review of everybody."""
    return cases.review_borrowers(*EVERYBODY, on)


def pay(loan: Loan, amount: str, on: date) -> Repayment:
    """Money received and recorded on that day."""
    return RepaymentFactory(loan=loan, amount=Decimal(amount), received_on=on)


class LateLoanFactory(LoanFactory):
    """A loan nobody has paid anything on; the books are open for `late_on`."""

    active = True
    late_on = LATE

    @classmethod
    def _create(cls, model_class: type[Loan], *args: Any, late_on: date, **terms: Any) -> Loan:
        loan = super()._create(model_class, *args, **terms)
        close_until(late_on)
        return loan


class CaseFactory(DjangoModelFactory[Case]):
    """The open case of a borrower who is late, as the nightly review makes it."""

    class Meta:
        model = Case

    loan = factory.SubFactory(LateLoanFactory, late_on=factory.SelfAttribute("..on"))
    on = LATE

    @classmethod
    def _create(cls, model_class: type[Case], *args: Any, loan: Loan, on: date) -> Case:
        review(on)
        return Case.objects.get(borrower=loan.borrower, closed_on=None)


class ContactAttemptFactory(DjangoModelFactory[ContactAttempt]):
    """A call that nobody answered, to the mobile of the borrower."""

    class Meta:
        model = ContactAttempt

    case = factory.SubFactory(CaseFactory)
    contact_point: ContactPoint | None = factory.LazyAttribute(lambda attempt: mobile_of(attempt.case.borrower))
    outcome = "no_answer"
    on = LATE
    now = factory.LazyAttribute(lambda attempt: at("10:00", attempt.on))
    by = factory.SubFactory(UserFactory, roles=["collector"])

    @classmethod
    def _create(
        cls,
        model_class: type[ContactAttempt],
        *args: Any,
        case: Case,
        contact_point: ContactPoint | None,
        **facts: Any,
    ) -> ContactAttempt:
        point_id = contact_point.pk if contact_point else None
        return contacting.log_contact(case_id=case.pk, contact_point_id=point_id, **facts)


class PromiseFactory(DjangoModelFactory[Promise]):
    """A promise to pay 450.00 within three days."""

    class Meta:
        model = Promise

    case = factory.SubFactory(CaseFactory)
    amount = Decimal("450.00")
    on = LATE
    due_on = factory.LazyAttribute(lambda promise: promise.on + timedelta(days=3))
    by = factory.SubFactory(UserFactory, roles=["collector"])

    @classmethod
    def _create(cls, model_class: type[Promise], *args: Any, case: Case, **facts: Any) -> Promise:
        return promises.take(case_id=case.pk, **facts)
