"""The book that benchmarks write in bulk is one that the engine could have written.

``verify_books`` replays every loan and asks the ledger; what it finds in a small book would be in a large one too.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from benchmarks import book
from borrowers.queries import find
from core import business_date, kept
from debt_collections.models import Case
from loans.models import Loan, LoanPosition, LoanStatus
from loans.proof import book_checks
from loans.proof.verifying import verify
from operations.end_of_day import close_day
from tests import worlds

pytestmark = pytest.mark.django_db
COUNT = 1_000


@pytest.fixture(scope="module")
def span(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[book.Span]:
    with worlds.shared(django_db_blocker):
        business_date.move_to(book.DAY)
        yield book.write(COUNT)
        kept.forget()


def test_a_written_book_verifies_and_still_does_after_a_night(span: book.Span) -> None:
    assert list(verify()) == []
    assert close_day().finished
    assert list(verify()) == []


def test_debits_and_credits_are_equal_and_reach_what_is_outstanding(span: book.Span) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(debit), sum(credit), sum(debit - credit) FILTER (WHERE account_id = '1201') FROM ledger_journalline"
        )
        debit, credit, principal = cursor.fetchone()
        cursor.execute("SELECT sum(principal_outstanding) FROM loans_loanposition")
        (outstanding,) = cursor.fetchone()
    assert debit == credit > 0
    assert principal == outstanding > 0


def test_it_has_settled_and_late_loans_and_cases_of_the_late_ones(span: book.Span) -> None:
    late = LoanPosition.objects.filter(days_past_due__gt=0)

    assert Loan.objects.filter(status=LoanStatus.SETTLED).count() == COUNT // 50
    assert set(late.values_list("borrower_id", flat=True)) == set(Case.objects.values_list("borrower_id", flat=True))
    assert late.count() > COUNT // 10
    assert {"C", "M1", "M2", "M3", "M4"} <= set(LoanPosition.objects.values_list("bucket", flat=True))


def test_a_borrower_is_found_by_name_number_document_and_phone(span: book.Span) -> None:
    person = span.lo + 10
    asked = (book.name_of(person), book.number("CU", person), book.identity_of(person), book.phone_of(person))

    assert [[found.pk for found in find(text)] for text in asked] == [[person]] * len(asked)


def test_a_second_call_goes_on_where_the_first_ended(span: book.Span) -> None:
    business_date.move_to(book.DAY + timedelta(days=1))
    more = book.write(50)

    assert (more.lo, more.hi) == (span.hi + 1, span.hi + 50)
    assert [check.code for check in book_checks.CHECKS if list(book_checks.broken(check))] == []
