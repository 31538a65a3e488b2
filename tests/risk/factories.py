"""Factories of what risk keeps: cards and policies, assessments, limits, the do-not-lend list.

`CreditLimitFactory(borrower=lin, amount=Decimal("9000.00"))` begins a limit as a first assessment does;
`DoNotLendEntryFactory(borrower=lin, lifted_on=day)` was taken off the list again.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from audit.approvals import approve
from borrowers.models import Borrower
from loans.models import Application
from risk import do_not_lend, limits, underwriting
from risk.models import Assessment, CreditLimit, DoNotLendEntry, GradePolicy, Scorecard
from tests.borrowers.factories import ON, BorrowerFactory
from tests.loans.factories import ApplicationFactory
from tests.staff.factories import UserFactory


class ScorecardFactory(DjangoModelFactory[Scorecard]):
    """A card with the points of the one in use, not in use itself."""

    class Meta:
        model = Scorecard

    code = factory.Sequence(lambda n: f"card_of_the_tests_{n}")
    version = 1
    data = factory.LazyFunction(lambda: Scorecard.objects.get(is_active=True).data)


class GradePolicyFactory(DjangoModelFactory[GradePolicy]):
    """The policy that migrations made once more, from another day each time; `rows` says what changes."""

    class Meta:
        model = GradePolicy

    market = "CN"
    version = factory.Sequence(lambda n: n + 2)
    effective_from = factory.Sequence(lambda n: ON + timedelta(days=n))
    rows = factory.LazyFunction(lambda: GradePolicy.objects.get(market="CN", version=1).rows)


class AssessmentFactory(DjangoModelFactory[Assessment]):
    """What the rules make of an application, kept."""

    class Meta:
        model = Assessment

    application = factory.SubFactory(ApplicationFactory)
    on = ON

    @classmethod
    def _create(cls, model_class: type[Assessment], *args: Any, application: Application, on: date) -> Assessment:
        return underwriting.assess(application_id=application.pk, on=on)


class CreditLimitFactory(DjangoModelFactory[CreditLimit]):
    """A limit of 10,000.00 with its first change, as after a first assessment of that grade."""

    class Meta:
        model = CreditLimit

    borrower = factory.SubFactory(BorrowerFactory)
    amount = Decimal("10000.00")
    grade = "B"
    points = 600
    on = ON

    @classmethod
    def _create(
        cls,
        model_class: type[CreditLimit],
        *args: Any,
        borrower: Borrower,
        amount: Decimal,
        grade: str,
        points: int,
        on: date,
    ) -> CreditLimit:
        limits.open_limit(borrower.pk, Assessment(limit_amount=amount, grade=grade, points=points), on)
        return CreditLimit.objects.get(borrower=borrower)


class DoNotLendEntryFactory(DjangoModelFactory[DoNotLendEntry]):
    """Somebody who gets no loan."""

    class Meta:
        model = DoNotLendEntry

    borrower = factory.SubFactory(BorrowerFactory)
    reason = "fraud"
    note = "Proved by the police."
    on = ON
    by = factory.SubFactory(UserFactory)
    lifted_on: date | None = None

    @classmethod
    def _create(
        cls,
        model_class: type[DoNotLendEntry],
        *args: Any,
        borrower: Borrower,
        lifted_on: date | None,
        by: Any,
        **facts: Any,
    ) -> DoNotLendEntry:
        entry = do_not_lend.put_on(borrower_id=borrower.pk, by=by, **facts)
        if lifted_on is None:
            return entry
        asked = do_not_lend.ask_to_take_off(borrower_id=borrower.pk, reason="Somebody else.", on=lifted_on, by=by)
        approve(approval_id=asked.pk, decided_by=UserFactory(roles=["compliance"]), on=lifted_on)
        entry.refresh_from_db()
        return entry
