"""Time an act adds costs the rate in force in the smallest sum, and is earned in that sum day by day, by night as in the
account."""

from datetime import date
from decimal import Decimal

import pytest

from loans.account.account import Account, InstalmentState
from loans.acts.performing import perform
from loans.bookkeeping import positions
from loans.models import Loan
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.servicing.test_repayments import assert_books_agree, position

pytestmark = pytest.mark.django_db
ONE = Decimal(1)
RATE_FROM, EARLY = date(2026, 1, 25), date(2026, 2, 1)


def extended() -> Loan:
    """12,000 at 18 %, from 25 January at 12 %; the first instalment, of 15 February, is asked for ten days later."""
    loan = a_running_loan(rounding_step=ONE)
    perform(wish(loan, "rate_changed", RATE_FROM, annual_rate=Decimal("0.12")), approved=True)
    perform(wish(loan, "extension", EARLY, days=10))
    return loan


def account_of(loan: Loan) -> Account:
    return positions.load(loan, position(loan))


def first(loan: Loan) -> InstalmentState:
    return account_of(loan).instalments[0]


def test_added_time_costs_the_rate_in_force_in_whole_units() -> None:
    # 10 days at 18 % and 21 at 12 % of a month of 31: 58.06 and 81.29 are 58 and 81; ten days at 12 %: 39.45 is 39
    row = first(extended())

    assert (row.interest, row.due_on) == (58 + 81 + 39, date(2026, 2, 25))


@pytest.mark.parametrize(
    ("on", "earned"), [((1, 24), 52), ((2, 15), 139), ((2, 19), 155), ((2, 24), 174), ((2, 25), 178)]
)
def test_it_is_earned_in_the_time_it_was_added_for(on: tuple[int, int], earned: int) -> None:
    # 139 × 52.26 ÷ 139.35 by 24 January; then 3.90 a day from 15 February on
    day, loan = date(2026, *on), extended()

    assert first(loan).interest_earned(day) == earned
    if day > EARLY:
        close_until(day)
        assert position(loan).interest_accrued == account_of(loan).interest_accrued(day) >= earned
        assert_books_agree(loan)


def test_no_more_is_earned_than_there_is_though_it_is_no_multiple() -> None:
    row = InstalmentState(1, EARLY, date(2026, 3, 3), Decimal("100.00"), Decimal("2.60"), Decimal(0), step=ONE)

    assert [row.interest_earned(date(2026, *on)) for on in ((2, 5), (2, 20), (3, 2), (3, 3))] == [
        0, 2, Decimal("2.60"), Decimal("2.60")
    ]  # fmt: skip
