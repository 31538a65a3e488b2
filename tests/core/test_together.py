"""What is read together is what each query would have brought by itself, to the type of every value."""

from typing import Any

import pytest
from django.db.models import Count, Exists, OuterRef, QuerySet, Sum
from pytest_django import DjangoAssertNumQueries

from benchmarks import book
from borrowers.models import Borrower, ContactPoint
from core import business_date
from core.together import NotReadTogether, together
from debt_collections.models import Case, ContactAttempt, Promise
from debt_collections.queries import QueueFilter, queue
from ledger.models import JournalLine
from loans.models import Instalment, Loan, LoanPosition, Repayment
from messaging.models import Message
from staff.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_book() -> None:
    business_date.move_to(book.DAY)
    book.write(60)


def told(row: Any, depth: int = 2) -> Any:
    """A row with everything it knows: columns, annotations, and the rows that came with it."""
    if not hasattr(row, "_meta"):
        return (type(row), row)
    known = {name: (type(value), value) for name, value in vars(row).items() if name != "_state"}
    beside = {name: told(other, depth - 1) for name, other in row._state.fields_cache.items() if depth and other}
    return type(row), known, beside


def queries() -> list[QuerySet[Any]]:
    late = Case.objects.filter(borrower=OuterRef("borrower"))
    return [
        Loan.objects.select_related("borrower", "product_version__product", "position", "officer").order_by("-id"),
        Instalment.objects.filter(loan__number=book.number("LN", 20)),
        LoanPosition.objects.filter(days_past_due__gt=0).order_by("-days_past_due", "loan_id")[3:9],
        Repayment.objects.select_related("recorded_by", "loan").order_by("-received_on", "-id")[:7],
        Message.objects.order_by("-id")[:5],
        ContactPoint.objects.annotate(is_late=Exists(late)).order_by("id"),
        ContactAttempt.objects.select_related("by", "contact_point").order_by("-at", "-id"),
        Promise.objects.select_related("case__borrower", "taken_by", "loan").order_by("id"),
        queue(QueueFilter(whose="all"), person=User.objects.all()[0]).order_by("-priority", "-id"),
        Borrower.objects.none(),
        Borrower.objects.filter(number="nobody"),
        Loan.objects.order_by("status").values_list("status").annotate(n=Count("pk"), all=Sum("principal")),
        JournalLine.objects.order_by("id").values_list("debit", flat=True)[:4],
        Case.objects.order_by("stage").values_list("stage", flat=True).distinct(),
    ]


def test_the_same_rows_come_by_one_statement(
    small_book: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alone = [[told(row) for row in rows] for rows in queries()]
    asked = queries()

    with django_assert_num_queries(1):
        found = together(*asked)

    assert [[told(row) for row in rows] for rows in found] == alone
    assert sum(map(bool, alone)) == len(alone) - 2


def test_nothing_is_asked_for_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert together(Borrower.objects.none()) == [[]]
        assert together() == []


def test_rows_that_need_queries_of_their_own_are_refused() -> None:
    with pytest.raises(NotReadTogether):
        together(Borrower.objects.prefetch_related("contact_points"))
