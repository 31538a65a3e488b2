"""What moves with a due date: how its interest is earned, and at which rate. Worked by hand, on 30-day months.

1,200 in three months of 400.00 from 1 January 2026 at 12 %: 12.00, 8.00 and 4.00.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.day_counts import DayCount
from loans.account.account import Account, open_account
from loans.account.changes.due_dates import DueDayChanged, PaymentHoliday
from loans.account.changes.earning import lengthened
from loans.account.changes.extending import Extended
from loans.account.changes.replanning import RateChanged
from loans.account.replay import apply
from loans.schedules.schedule import build_schedule
from loans.schedules.terms import FirstPeriod, InterestBy, LoanTerms, Method, RateStep
from tests.loans.account.by_hand import on

TERMS = LoanTerms(
    principal=Decimal("1200.00"),
    annual_rate=Decimal("0.12"),
    count=3,
    start_on=date(2026, 1, 1),
    method=Method.EQUAL_PRINCIPAL,
    interest_by=InterestBy.DAY,
    day_count=DayCount.THIRTY_360,
)


def an_account(terms: LoanTerms = TERMS) -> Account:
    return open_account(
        build_schedule(terms), on=terms.start_on, grace_days=0, late_annual_rate=Decimal(0), rate_steps=terms.rate_steps
    )


def extended(account: Account, day: str, days: int, terms: LoanTerms = TERMS) -> Account:
    change = Extended(on=on(day), days=days, annual_rate=terms.annual_rate, terms=terms)
    return apply(account, change)[0]


def earned(account: Account, day: str) -> str:
    return str(account.interest_accrued(on(day)))


def interest(account: Account) -> list[str]:
    return [str(row.interest) for row in account.instalments]


def test_an_extension_of_what_is_overdue_charges_its_days_once() -> None:
    """Eleven days late, fifteen days more: 1,200 bears 6.00 in them, and the second period begins after them."""
    after = extended(an_account(), "2-11", 15)

    assert interest(after) == ["18.00", "8.00", "4.00"]
    assert earned(after, "2-16") == "18.00"  # not 18.00 and half of the second period
    assert earned(after, "3-16") == "26.00"


def test_deferred_interest_waits_while_the_time_is_moved() -> None:
    """All 24.00 fall due with the third instalment; the ten days in the middle bear their own 4.00 alone."""
    terms = replace(TERMS, grace_on_interest_payment=2)

    after = extended(an_account(terms), "1-5", 10, terms)

    assert interest(after) == ["4.00", "0.00", "24.00"]
    assert [earned(after, day) for day in ("2-1", "2-11", "3-11", "4-11")] == ["12.00", "16.00", "24.00", "28.00"]


def test_an_earlier_due_day_lessens_interest_that_falls_due_later() -> None:
    """The first period ends ten days sooner: 4.00 less of what the third instalment bears."""
    terms = replace(TERMS, grace_on_interest_payment=2, start_on=date(2026, 4, 1))

    after = apply(an_account(terms), DueDayChanged(on=on("4-5"), day=21, terms=terms))[0]

    assert interest(after) == ["0.00", "0.00", "20.00"]
    assert earned(after, "4-21") == "8.00"


def test_a_period_moved_beyond_a_new_rate_bears_that_rate() -> None:
    """6 % from 1 March: the second month, moved from February to March, bears half; the third bore half already."""
    terms = replace(TERMS, rate_steps=(RateStep(date(2026, 3, 1), Decimal("0.06")),))
    account = an_account(terms)
    assert interest(account) == ["12.00", "8.00", "2.00"]

    after = extended(account, "1-10", 28, terms)

    assert [row.due_on for row in after.instalments] == [on("3-1"), on("3-29"), on("4-29")]
    # 28 days of February count 30 by 30/360
    assert interest(after) == ["24.00", "4.00", "2.00"]


def test_a_period_moved_into_a_new_rate_bears_each_of_its_days() -> None:
    """Fourteen of its twenty-eight days lie before 1 March."""
    terms = replace(TERMS, rate_steps=(RateStep(date(2026, 3, 1), Decimal("0.06")),))

    after = extended(an_account(terms), "1-10", 14, terms)

    assert [row.due_on for row in after.instalments] == [on("2-15"), on("3-15"), on("4-15")]
    assert interest(after)[1] == "6.00"
    assert Decimal(earned(after, "3-1")) - Decimal(earned(after, "2-15")) == 4


def test_days_that_a_short_first_period_lacks_lessen_its_own_row_alone() -> None:
    """Ten days of 1,200 bear 4.00; whatever the others are to bear, they bear all of it."""
    found = {
        kind: [
            str(row.interest)
            for row in build_schedule(replace(TERMS, first_due_on=date(2026, 1, 11), first_period=kind)).instalments
        ]
        for kind in FirstPeriod
    }

    assert set(map(tuple, found.values())) == {("4.00", "8.00", "4.00")}


def test_days_given_for_nothing_stay_free_when_the_period_is_worked_out_anew() -> None:
    """The first two instalments are skipped; 6 % from 15 February, two weeks into the free time, changes none of it."""
    free = PaymentHoliday(on=on("1-10"), count=2, interest="free", terms=TERMS)
    account = apply(an_account(), free)[0]
    assert interest(account) == ["12.00", "8.00", "4.00"]

    after = apply(account, RateChanged(on=on("2-15"), annual_rate=Decimal("0.06"), terms=TERMS))[0]

    assert [row.due_on for row in after.instalments] == [on("4-1"), on("5-1"), on("6-1")]
    assert interest(after) == ["12.00", "4.00", "2.00"]
    assert earned(after, "3-31") == "12.00"


def test_a_date_that_stays_where_it_is_adds_no_day_to_how_interest_is_earned() -> None:
    """One day more from Saturday, 31 January: both are paid on Monday, 2 February."""
    own = ((on("1-1"), Decimal(0)), (on("1-11"), Decimal(6)), (on("2-1"), Decimal(12)))
    row = replace(an_account().instalments[0], curve=own)

    curve = lengthened(row, (on("2-1"), on("2-1")), Decimal("0.40"))

    assert [day for day, _earned in curve] == [on("1-1"), on("1-11"), on("2-1")]
    assert curve[-1][1] == Decimal("12.40")
