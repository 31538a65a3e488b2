"""The books are closed over right books only: by command, by the night when the rule says so, never over a difference."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from core import business_date
from ledger.models import PeriodClosing
from ledger.posting import PeriodClosed
from ledger.queries import closed_through
from loans.models import Loan, LoanPosition
from operations.books import BooksDiffer, close_books
from operations.end_of_day import close_day
from tests.core.factories import RuleFactory
from tests.loans.books import close_until
from tests.loans.factories import DISBURSED, LoanFactory

pytestmark = pytest.mark.django_db
TODAY = DISBURSED + timedelta(days=10)
EVE = TODAY - timedelta(days=1)


@pytest.fixture
def loan() -> Loan:
    made = LoanFactory(active=True)
    close_until(EVE)
    return made


def automatic(days_kept_open: int) -> None:
    data = {"automatic": True, "days_kept_open": days_kept_open}
    RuleFactory(code="books_closing", data=data)


def spoil(loan: Loan) -> None:
    LoanPosition.objects.filter(pk=loan.pk).update(principal_outstanding=Decimal("1.00"))


def test_a_difference_keeps_the_books_open_and_is_named(loan: Loan) -> None:
    spoil(loan)

    with pytest.raises(BooksDiffer, match=loan.number):
        close_books(through=EVE, on=TODAY)
    assert closed_through() is None


def test_the_command_closes_up_to_the_eve(loan: Loan) -> None:
    out = StringIO()

    call_command("close_books", stdout=out)

    assert closed_through() == EVE and f"closed through {EVE}" in out.getvalue()
    with pytest.raises(PeriodClosed), transaction.atomic():
        LoanFactory(active=True, disbursed_on=EVE)
    with pytest.raises(CommandError, match="books_already_closed"):
        call_command("close_books", "--through", EVE.isoformat(), stdout=out)


def test_the_night_closes_nothing_unless_the_rule_says_so(loan: Loan) -> None:
    assert close_day().finished

    assert closed_through() is None


def test_by_rule_the_night_closes_and_keeps_its_own_day_open(loan: Loan) -> None:
    automatic(days_kept_open=0)

    run = close_day()

    assert run.counts["period"] == {"books_closed": 1}
    assert closed_through() == EVE
    closing = PeriodClosing.objects.get()
    assert (closing.by, closing.debit) == (None, closing.credit)


def test_days_can_be_kept_open_for_what_comes_late(loan: Loan) -> None:
    automatic(days_kept_open=5)

    close_day()

    assert closed_through() == TODAY - timedelta(days=5)


def test_a_night_over_books_that_differ_closes_the_day_but_not_the_books(loan: Loan) -> None:
    automatic(days_kept_open=1)
    LoanPosition.objects.filter(pk=loan.pk).update(written_off_amount=Decimal("1.00"))

    run = close_day()

    assert run.finished and run.counts["period"] == {"books_closed": 0, "closings_refused": 1}
    assert closed_through() is None and business_date.current() == TODAY + timedelta(days=1)
