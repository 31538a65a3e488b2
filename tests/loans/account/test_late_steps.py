"""Late interest is owed in the smallest sum that is paid, by night, in the account, on pages and for partners alike."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loans.account.account import Account
from loans.account.late_interest import LateTerms
from loans.acts.performing import perform
from loans.api.reading import schedule_of
from loans.bookkeeping import positions
from loans.models import Instalment, Loan
from loans.pages.explanations import late_interest
from tests.loans.account.by_hand import a_row
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_days, close_until
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

ONE = Decimal(1)


def late_loan(until: date = date(2026, 3, 10), **changes: Any) -> Loan:
    """Instalment of 15 February unpaid: 921 of principal at 27 % a year from 21 February on (five days of grace)."""
    loan = a_running_loan(rounding_step=ONE, **changes)
    close_until(until)
    return loan


@pytest.mark.django_db
def test_days_overdue_are_owed_in_whole_units_everywhere() -> None:
    loan = late_loan()

    # level 1,100.15 is 1,100; less 180 is 920: 920 × 27 % ÷ 365 = 0.68054795 a day for 18 days is 12.25
    account = positions.load(loan, position(loan))
    row = account.instalments[0]
    assert row.principal == 920 and row.late_interest == Decimal("12.24986310")
    assert (row.late_interest_owed, position(loan).late_interest_accrued) == (12, 12)
    stored = Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number")
    assert stored[0].late_interest_due == 12
    assert late_interest(loan, list(stored), date(2026, 3, 11)).result == 12
    assert_books_agree(loan)


@pytest.mark.django_db
def test_paying_it_leaves_nothing() -> None:
    loan = late_loan()

    pay(loan, "1112.00", date(2026, 3, 10), recorded_on=date(2026, 3, 11))

    row = positions.load(loan, position(loan)).instalments[0]
    assert (row.owed, row.late_interest_paid) == (0, 12)
    assert_books_agree(loan)


@pytest.mark.django_db
@pytest.mark.parametrize("most", ["5.50", "12.00", "12.30", "40.00"])
def test_a_cap_is_kept_in_whole_units_by_day_and_by_night(most: str) -> None:
    one, other = (
        a_running_loan(rounding_step=ONE, late_interest_most=Decimal(most)),
        a_running_loan(rounding_step=ONE, late_interest_most=Decimal(most)),
    )
    close_days(date(2026, 3, 1), date(2026, 4, 5))
    found = position(one).late_interest_accrued

    assert found == position(other).late_interest_accrued <= Decimal(most)
    assert not found % 1
    for loan in (one, other):
        assert_books_agree(loan)  # the account is built again by the pure road


@pytest.mark.django_db
def test_made_principal_and_waived_it_stays_whole() -> None:
    loan, other = late_loan(), late_loan()

    perform(wish(loan, "interest_capitalised", date(2026, 3, 11)), approved=True)
    perform(wish(other, "waiver", date(2026, 3, 11), component="late_interest", amount=Decimal(5)), approved=True)

    assert sum(row.late_interest_owed for row in positions.load(loan, position(loan)).instalments) == 0
    # a day later: 19 × 0.68054795 = 12.93, 13 less 5
    assert positions.load(other, position(other)).instalments[0].late_interest_owed == 8
    assert_books_agree(loan)
    assert_books_agree(other)


def test_an_account_tells_its_instalments_the_step() -> None:
    account = Account(
        instalments=(a_row(1, "2-15", "10.00", late_interest="7.50"), a_row(2, "3-15", "10.00", late_interest="7.49")),
        as_of=date(2026, 3, 1),
        grace_days=0,
        late_annual_rate=Decimal(0),
        late=LateTerms(step=ONE),
    )

    assert [row.late_interest_owed for row in account.instalments] == [8, 7]
    assert account.late_interest_accrued == 15


@pytest.mark.django_db
def test_partners_read_the_same() -> None:
    loan = late_loan()
    found = schedule_of(loan, date(2026, 3, 11))

    assert found.instalments[0].late_interest == 12
