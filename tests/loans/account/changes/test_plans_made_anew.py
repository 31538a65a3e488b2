"""What a new plan leaves of the old one, and how its periods are measured. Worked by hand, on 30-day months.

1,200 in three months of 400.00 from 1 January 2026 at 12 %: 12.00, 8.00 and 4.00.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from loans.account.account import PLAIN_ORDER
from loans.account.changes.due_dates import DueDayChanged, PaymentHoliday
from loans.account.changes.rescheduling import Rescheduled
from loans.account.changes.restructuring import Reamortised
from loans.account.replay import PaymentEvent, apply
from loans.schedules.terms import InterestBy
from tests.loans.account.by_hand import on
from tests.loans.account.changes.test_free_time import after, dates
from tests.loans.account.changes.test_moved_periods import (
    SIX,
    TERMS,
    an_account,
    earned,
    extended,
    interest,
    with_rate,
)


def test_what_a_new_plan_ended_is_worked_out_no_more() -> None:
    """50.00 paid 12.00 and 38.00; by 16 January 5.81 of the 12.00 are earned. The 1,162.00 left bear 3.87 in ten days at
    12 %, 0.97 in five at 6 %, and half of them 2.91 in February."""
    paid = after(an_account(), PaymentEvent(on=on("1-5"), amount=Decimal("50.00"), order=PLAIN_ORDER))
    planned = after(paid, Reamortised(on=on("1-16"), count=2, terms=TERMS))
    assert dates(planned)[0] == (on("1-1"), on("1-16"))

    found = with_rate(planned, "1-26")

    assert [str(row.principal) for row in found.instalments] == ["38.00", "581.00", "581.00"]
    assert interest(found) == ["5.81", "4.84", "2.91"]


def test_the_dates_of_a_plan_that_was_replaced_come_no_more() -> None:
    """February costs 12.00, a third of it due with each. By the 15th half of it is earned, so that each old instalment has
    something behind it; none of their due dates is one of the second new plan's beside those of the first."""
    priced = after(an_account(), PaymentHoliday(on=on("1-5"), count=1, interest="spread", terms=TERMS))
    first = after(priced, Reamortised(on=on("2-15"), count=3, capitalised=True, terms=TERMS))
    assert dates(first)[:3] == [(on("1-1"), on("2-15")), (on("2-15"), on("2-15")), (on("2-15"), on("2-15"))]
    assert interest(first)[:3] == ["14.00", "2.00", "2.00"]

    second = after(first, Reamortised(on=on("3-15"), count=3, capitalised=True, terms=TERMS))

    assert dates(second)[-3:] == [(on("3-15"), on("4-1")), (on("4-1"), on("5-1")), (on("5-1"), on("6-1"))]


def test_a_month_of_a_new_plan_is_a_month_however_long() -> None:
    """From 28 February to 31 March 800 bear 8.00: not the 33 days of the day count, 8.80."""
    terms = replace(TERMS, start_on=on("1-31"), interest_by=InterestBy.PERIOD)

    found = after(an_account(terms), Reamortised(on=on("2-5"), count=3, terms=terms))

    assert dates(found)[-2:] == [(on("2-28"), on("3-31")), (on("3-31"), on("4-30"))]
    assert interest(found)[-2:] == ["8.00", "4.00"]


def test_periods_that_thirty_days_moved_are_no_months() -> None:
    """From 3 to 31 March are 28 days, to 1 May 31: at 6 % of 800 and 400 they bear 3.73 and 2.07, not 4.00 and 2.00."""
    terms = replace(TERMS, interest_by=InterestBy.PERIOD)
    account = extended(an_account(terms), "1-5", 30, terms)
    assert dates(account)[1:] == [(on("3-3"), on("3-31")), (on("3-31"), on("5-1"))]

    lowered = Rescheduled(on=on("1-5"), from_due_on=on("3-31"), annual_rate=SIX, terms=terms)

    assert interest(after(account, lowered))[1:] == ["3.73", "2.07"]


def test_the_due_date_that_was_agreed_is_no_new_one() -> None:
    """24 of the 31 days of a regular period: 12.00 × 24 ÷ 31, not 24 ÷ 360 of a year."""
    terms = replace(TERMS, schedule_start_on=date(2025, 12, 25), interest_by=InterestBy.PERIOD)
    account = an_account(terms)
    assert interest(account)[0] == "9.29"

    same = Rescheduled(on=on("1-1"), from_due_on=on("1-25"), new_due_on=on("1-25"), terms=terms)

    assert interest(after(account, same))[0] == "9.29"


def test_the_price_of_a_holiday_is_earned_by_an_earlier_end_of_it() -> None:
    """February costs 12.00, 4.00 with each. To 21 February ten days less are 4.00 less, which the second one does not bear
    any more; by then the 8.00 left are earned."""
    account = after(an_account(), PaymentHoliday(on=on("1-5"), count=1, interest="spread", terms=TERMS))
    assert interest(account) == ["16.00", "12.00", "8.00"]

    found, _outcome = apply(account, DueDayChanged(on=on("1-6"), day=21, terms=TERMS))

    assert dates(found)[0] == (on("1-1"), on("2-21"))
    assert interest(found) == ["16.00", "8.00", "8.00"]
    assert earned(found, "2-21") == "20.00"
