"""Days that bear nothing, and days at a rate of nothing: what acts make of the two. Worked by hand, on 30-day months.

1,200 in three months of 400.00 from 1 January 2026 at 12 %: 12.00, 8.00 and 4.00.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from loans.account.account import Account
from loans.account.changes.due_dates import DueDayChanged, PaymentHoliday
from loans.account.changes.extending import Extended
from loans.account.changes.holds import HoldPlaced
from loans.account.changes.rescheduling import Rescheduled
from loans.account.replay import Event, apply
from loans.schedules.terms import LoanTerms
from tests.loans.account.by_hand import on
from tests.loans.account.changes.test_moved_periods import TERMS, an_account, earned, extended, interest, with_rate


def after(account: Account, event: Event) -> Account:
    return apply(account, event)[0]


def on_free_holiday(terms: LoanTerms = TERMS) -> Account:
    """The first instalment is due on 1 March in place of 1 February, and February is free."""
    return after(an_account(terms), PaymentHoliday(on=on("1-5"), count=1, interest="free", terms=terms))


def dates(account: Account) -> list[tuple[date, date]]:
    return [(row.starts_on, row.due_on) for row in account.instalments]


def test_days_given_for_nothing_stay_free_at_the_first_rate_of_all() -> None:
    """Nothing was charged before either: 6 % from 16 January bears 3.00 in fifteen days of it, and February none."""
    terms = replace(TERMS, annual_rate=Decimal(0))

    found = with_rate(on_free_holiday(terms), "1-16", terms)

    assert interest(found) == ["3.00", "4.00", "2.00"]
    assert [earned(found, day) for day in ("2-1", "3-1")] == ["3.00", "3.00"]


def test_days_at_a_rate_of_nothing_are_not_free() -> None:
    """4.00 in ten days at 12 %, ten at nothing, and 2.00 in the last ten at 6 %."""
    at_nothing = with_rate(an_account(), "1-11", rate=Decimal(0))
    assert interest(at_nothing) == ["4.00", "0.00", "0.00"]

    found = with_rate(at_nothing, "1-21")

    assert interest(found) == ["6.00", "4.00", "2.00"]
    assert [earned(found, day) for day in ("1-11", "1-21", "2-1")] == ["4.00", "4.00", "6.00"]


def test_time_put_off_after_free_time_bears_and_free_time_does_not() -> None:
    """12.00 × 15 ÷ 31 by 16 January, then at 6 % 3.00 in what is left of it, and 2.00 in ten days of March."""
    longer = extended(on_free_holiday(), "1-5", 10)
    assert interest(longer) == ["16.00", "8.00", "4.00"]

    found = with_rate(longer, "1-16")

    assert interest(found) == ["10.81", "4.00", "2.00"]
    assert [earned(found, day) for day in ("2-1", "3-1", "3-11")] == ["8.81", "8.81", "10.81"]


def test_free_time_moves_with_its_instalment() -> None:
    """January is overdue, March free for the second instalment; put off by three days it is free from 4 March to 4 April."""
    late = after(an_account(), PaymentHoliday(on=on("2-5"), count=1, interest="free", terms=TERMS))
    assert dates(late)[1] == (on("2-1"), on("4-1"))
    longer = extended(late, "2-6", 3)

    found = with_rate(longer, "2-11")

    assert dates(found)[:2] == [(on("1-1"), on("2-4")), (on("2-4"), on("4-4"))]
    # 800 at 12 % for 7 days of 28, then at 6 % for 23 of 30: from 11 February to 4 March
    assert interest(found)[1] == "5.07"
    assert Decimal(earned(found, "4-4")) == Decimal(earned(found, "3-4"))


def test_what_is_rescheduled_leaves_free_time_free() -> None:
    """12.00 × 15 ÷ 31 and 6.00 for January, and nothing for February; four parts of 300.00 then."""
    further = Rescheduled(on=on("1-16"), from_due_on=on("3-1"), extra_count=1, terms=TERMS)

    assert interest(after(on_free_holiday(), further)) == ["11.81", "9.00", "6.00", "3.00"]


def test_an_earlier_due_day_takes_nothing_for_days_that_were_free() -> None:
    found = after(on_free_holiday(), DueDayChanged(on=on("1-6"), day=21, terms=TERMS))

    assert dates(found)[0] == (on("1-1"), on("2-21"))
    assert interest(found) == ["12.00", "8.00", "4.00"]
    assert [earned(found, day) for day in ("2-1", "2-21")] == ["12.00", "12.00"]


def test_nor_for_days_on_which_interest_was_held() -> None:
    """12.00 × 20 ÷ 31 are left of January, which now ends with them; eleven of 31 days are held of the second 8.00."""
    held = after(an_account(), HoldPlaced(on=on("1-22"), until=on("2-1"), stops="interest"))
    assert interest(held) == ["7.74", "8.00", "4.00"]

    found = after(held, DueDayChanged(on=on("1-6"), day=21, terms=TERMS))

    assert dates(found)[0] == (on("1-1"), on("1-21"))
    assert interest(found) == ["7.74", "5.16", "4.00"]


def test_time_added_to_a_period_without_interest_bears_the_new_rate() -> None:
    """Ten days cost 4.00 at 12 %, and 2.00 at 6 %; the month before them costs nothing at either."""
    terms = replace(TERMS, grace_on_interest_charged=1)
    longer = extended(an_account(terms), "1-5", 10, terms)
    assert interest(longer) == ["4.00", "8.00", "4.00"]

    found = with_rate(longer, "1-16", terms)

    assert interest(found) == ["2.00", "4.00", "2.00"]
    assert [earned(found, day) for day in ("2-1", "2-11")] == ["0.00", "2.00"]


def test_time_added_is_free_no_more_than_it_was_beside_a_holiday() -> None:
    """Ten days for 4.00 and February for nothing: at 6 % from 5 January on, the 40 days before it bear 8.00."""
    longer = after(an_account(), Extended(on=on("1-1"), days=10, annual_rate=TERMS.annual_rate, terms=TERMS))
    free = after(longer, PaymentHoliday(on=on("1-1"), count=1, interest="free", terms=TERMS))
    assert (dates(free)[0], interest(free)[0]) == ((on("1-1"), on("3-11")), "16.00")

    assert interest(with_rate(free, "1-1"))[0] == "8.00"
