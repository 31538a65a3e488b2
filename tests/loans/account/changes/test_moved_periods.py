"""What moves with a due date: how its interest is earned, and at which rate. Worked by hand, on 30-day months.

1,200 in three months of 400.00 from 1 January 2026 at 12 %: 12.00, 8.00 and 4.00.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.day_counts import DayCount
from core.working_days import WorkingCalendar
from loans.account.account import PLAIN_ORDER, Account, open_account
from loans.account.changes.credits import InterestWaived
from loans.account.changes.due_dates import DueDayChanged, PaymentHoliday
from loans.account.changes.earning import lengthened
from loans.account.changes.extending import Extended
from loans.account.changes.holds import HoldPlaced
from loans.account.changes.merchant_refunds import MerchantRefund
from loans.account.changes.replanning import RateChanged
from loans.account.changes.rescheduling import Rescheduled
from loans.account.changes.restructuring import Reamortised
from loans.account.replay import PaymentEvent, apply
from loans.schedules.schedule import build_schedule
from loans.schedules.terms import BusinessDayRoll, FeeTiming, FirstPeriod, InterestBy, LoanTerms, Method, RateStep
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


DEFERRED = replace(TERMS, grace_on_interest_payment=2)


def test_the_price_of_more_time_paid_ahead_is_no_part_of_what_the_days_before_earned() -> None:
    """4.00 for ten days of February, paid on 11 January, when ten days of January have earned 12.00 × 10 ÷ 31."""
    after = extended(an_account(DEFERRED), "1-5", 10, DEFERRED)

    paid = apply(after, PaymentEvent(on=on("1-11"), amount=Decimal("4.00"), order=PLAIN_ORDER))[0]

    assert paid.instalments[0].interest_paid == Decimal("4.00")
    assert earned(paid, "1-11") == "7.87"


def test_a_period_that_ends_sooner_earns_all_it_costs_by_then() -> None:
    """Ten days of thirty less, of 31: 8.00 by 21 January, not 12.00 × 20 ÷ 31."""
    after = apply(an_account(DEFERRED), DueDayChanged(on=on("1-5"), day=21, terms=DEFERRED))[0]

    assert interest(after) == ["0.00", "0.00", "20.00"]
    assert earned(after, "1-21") == "8.00"


def test_an_instalment_left_empty_by_those_before_it_moves_with_them() -> None:
    """688.00 and 512.00 repay all; ten days cost 4.00. At 12 % once more two instalments of 259.84 repay the 512.00, which
    bear 5.12 until 11 March; only then does the third period begin, in which 257.28 bear 2.57."""
    terms = replace(TERMS, method=Method.CUSTOM, amounts=(Decimal("700.00"), Decimal("520.00")))
    after = extended(an_account(terms), "1-5", 10, terms)
    assert interest(after) == ["16.00", "5.12", "0.00"]

    found = with_rate(after, "2-11", terms, TERMS.annual_rate)

    assert [row.starts_on for row in found.instalments] == [on("1-1"), on("2-11"), on("3-11")]
    assert [earned(found, day) for day in ("3-11", "4-11")] == ["21.12", "23.69"]


def test_it_bears_no_part_of_what_time_costs() -> None:
    """February costs 12.00, half of it with each of the two."""
    terms = replace(TERMS, method=Method.CUSTOM, amounts=(Decimal("700.00"), Decimal("520.00")))
    holiday = PaymentHoliday(on=on("1-5"), count=1, interest="spread", terms=terms)

    assert interest(apply(an_account(terms), holiday)[0]) == ["18.00", "11.12", "0.00"]


@pytest.mark.parametrize(
    "change",
    [
        Extended(on=on("1-5"), days=10, annual_rate=TERMS.annual_rate, terms=DEFERRED),
        DueDayChanged(on=on("1-5"), day=11, terms=DEFERRED),
        PaymentHoliday(on=on("1-5"), count=1, interest="first", terms=DEFERRED),
    ],
)
def test_an_instalment_in_which_nothing_falls_due_moves_with_the_others(change: Any) -> None:
    terms = replace(DEFERRED, method=Method.INTEREST_ONLY, fee_total=Decimal("6.00"), fee_timing=FeeTiming.FIRST)
    before = an_account(terms)
    assert [row.agreed_owed for row in before.instalments] == [6, 0, 1236]

    after = apply(before, replace(change, terms=terms))[0]

    first, second, third = after.instalments
    assert first.due_on > before.instalments[0].due_on
    assert (first.due_on, second.due_on) == (second.starts_on, third.starts_on)


def test_a_new_rate_takes_nothing_of_more_time_that_was_earned() -> None:
    """Five of its ten days, 2.00, stay with the first instalment; the other five at half the rate fall due later."""
    after = with_rate(extended(an_account(DEFERRED), "1-5", 10, DEFERRED), "2-6", DEFERRED)

    assert [earned(after, day) for day in ("2-6", "2-11")] == ["14.00", "15.00"]
    # 12.00 and 1.00, then 4.00 and 2.00 for the months to come
    assert interest(after) == ["2.00", "0.00", "19.00"]


def test_a_period_that_was_moved_to_a_month_end_is_no_regular_one() -> None:
    """12.00 × 15 ÷ 31 are earned by 16 January; the 42 days by 30/360 that are left bear 8.40 at 6 %, not less."""
    terms = replace(TERMS, interest_by=InterestBy.PERIOD)

    after = with_rate(extended(an_account(terms), "1-5", 27, terms), "1-16", terms)

    assert after.instalments[0].due_on == on("2-28")
    assert interest(after)[0] == "14.21"


def test_a_new_rate_leaves_a_free_holiday_free_where_interest_falls_due_later() -> None:
    account = apply(an_account(DEFERRED), PaymentHoliday(on=on("1-10"), count=1, interest="free", terms=DEFERRED))[0]

    after = with_rate(account, "2-15", DEFERRED)

    assert interest(after) == ["0.00", "0.00", "18.00"]
    assert earned(after, "3-1") == "12.00"


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


SIX = Decimal("0.06")


def with_rate(account: Account, day: str, terms: LoanTerms = TERMS, rate: Decimal = SIX) -> Account:
    return apply(account, RateChanged(on=on(day), annual_rate=rate, terms=terms))[0]


def test_a_new_rate_takes_nothing_of_the_price_of_a_holiday_that_was_earned() -> None:
    """February costs 12.00, 4.00 with each; by the 15th half is earned. The rest of it bears 3.20, 16 days by 30/360."""
    holiday = PaymentHoliday(on=on("1-5"), count=1, interest="spread", terms=TERMS)
    account = apply(an_account(), holiday)[0]
    assert interest(account) == ["16.00", "12.00", "8.00"]

    after = with_rate(account, "2-15")

    assert interest(after) == ["17.20", "6.00", "4.00"]
    assert [earned(after, day) for day in ("2-15", "3-1")] == ["18.00", "21.20"]


def test_a_period_that_ends_on_a_monday_is_as_it_was_agreed() -> None:
    """Two months to Sunday, 15 March, paid on the 16th, are two twelfths: 26 of their 60 days at 12 % are 10.40."""
    terms = replace(
        TERMS,
        annual_rate=Decimal("0.18"),
        start_on=on("1-15"),
        every=2,
        interest_by=InterestBy.PERIOD,
        business_day_roll=BusinessDayRoll.FOLLOWING,
        calendar=WorkingCalendar(),
        rate_steps=(RateStep(on("3-1"), Decimal("0.12")),),
    )

    after = with_rate(an_account(terms), "2-18", terms, Decimal("0.12"))

    assert after.instalments[0].due_on == on("3-16")
    # 36.00 × 34 ÷ 60 and 24.00 × 26 ÷ 60
    assert interest(after)[0] == "30.80"


@pytest.mark.parametrize(
    ("until", "first", "second"),
    [
        # 12.00 × 9 ÷ 31 until the hold, 12 days after it: 1,200 × 6 % × 15 ÷ 360 × 12 ÷ 16
        ("1-20", "5.73", "4.00"),
        # nine days of February: 800 × 6 % ÷ 12 × 9 ÷ 28
        ("2-20", "3.48", "1.29"),
    ],
)
def test_a_new_rate_leaves_the_days_of_a_hold_free(until: str, first: str, second: str) -> None:
    held = apply(an_account(), HoldPlaced(on=on("1-11"), until=on(until), stops="interest"))[0]

    after = with_rate(held, "1-16")

    assert interest(after) == [first, second, "2.00"]
    assert earned(after, "1-19") == earned(held, "1-10") == "3.48"


def test_time_put_off_into_a_hold_is_free() -> None:
    """Ten days more, all of them held: nothing is added to the 12.00 × 19 ÷ 31 that were earned before."""
    held = apply(an_account(), HoldPlaced(on=on("1-21"), until=on("2-28"), stops="interest"))[0]

    after, outcome = apply(held, Extended(on=on("1-25"), days=10, annual_rate=TERMS.annual_rate, terms=TERMS))

    assert after.instalments[0].due_on == on("2-11")
    assert interest(after)[0] == interest(held)[0] == "7.35"
    assert outcome.effect.figures["interest_added"] == 0


def test_time_put_off_that_had_been_held_is_free() -> None:
    """Due on 1 February and put off on the 11th to the 21st: 1,200 × 12 % × 20 ÷ 360 are 8.00, and four of the 20 days, from
    4 to 7 February, were held."""
    held = apply(an_account(), HoldPlaced(on=on("2-4"), until=on("2-7"), stops="interest"))[0]

    after = apply(held, Extended(on=on("2-11"), days=20, annual_rate=TERMS.annual_rate, terms=TERMS))[0]

    assert after.instalments[0].due_on == on("2-21")
    assert interest(after)[0] == "18.40"


def test_instalments_without_interest_stay_so_at_a_new_rate() -> None:
    terms = replace(TERMS, annual_rate=Decimal(0), grace_on_interest_charged=3)

    assert interest(with_rate(an_account(terms), "1-16", terms)) == ["0.00", "0.00", "0.00"]


def test_a_new_plan_bears_an_agreed_step_from_its_day() -> None:
    """6 % from the 16th of February: 600 bears 3.00 for 15 days and 1.50 for the others."""
    terms = replace(TERMS, rate_steps=(RateStep(on("2-16"), SIX),))
    account = an_account(terms)

    after = apply(account, Reamortised(on=on("1-16"), count=2, terms=terms))[0]

    # 12.00 × 15 ÷ 31 until the day of the plan, then 1,200 × 12 % × 15 ÷ 360
    assert interest(after) == ["11.81", "4.50"]
    assert earned(after, "2-16") == "14.81"


def test_a_period_an_act_made_shorter_is_no_regular_one() -> None:
    """24 days of 30/360 to 25 January: 12 at 12 % and 12 at 6 % are 4.80 and 2.40, not two parts of a month's 12.00."""
    terms = replace(TERMS, interest_by=InterestBy.PERIOD)
    account = apply(an_account(terms), DueDayChanged(on=on("1-5"), day=25, terms=terms))[0]
    assert (account.instalments[0].due_on, interest(account)[0]) == (on("1-25"), "9.60")

    assert interest(with_rate(account, "1-13", terms))[0] == "7.20"


def test_a_moved_bullet_is_rescheduled_over_all_of_its_time() -> None:
    """36.00 for three months and 4.00 for ten days more. By 1 February 36.00 × 31 ÷ 90 were earned; at 6 % from then on 70
    days of 30/360 bear 14.00."""
    terms = replace(TERMS, method=Method.BULLET, interest_by=InterestBy.PERIOD)
    account = apply(an_account(terms), DueDayChanged(on=on("1-5"), day=11, terms=terms))[0]
    assert (account.instalments[0].due_on, interest(account)) == (on("4-11"), ["40.00"])

    lowered = Rescheduled(on=on("2-1"), from_due_on=on("4-11"), annual_rate=SIX, terms=terms)

    assert interest(apply(account, lowered)[0]) == ["26.40"]


def test_a_new_rate_leaves_waived_what_falls_due_later() -> None:
    """12.00 × 20 ÷ 31 less 3.00 that were waived, then 2.00, 4.00 and 2.00 at 6 %: all of it due with the third."""
    terms = replace(TERMS, grace_on_interest_payment=2)
    waived = apply(an_account(terms), InterestWaived(on=on("1-16"), amount=Decimal("3.00")))[0]

    after = with_rate(waived, "1-21", terms)

    assert interest(after) == ["0.00", "0.00", "12.74"]
    assert earned(after, "1-21") == "4.74"


def test_a_reschedule_leaves_what_was_earned_before_goods_came_back() -> None:
    """6.00 for 1,200 by 16 January, when 900 of it came back, and ten sixteenths of 1.50 by the 26th; from then to 11
    February 300 bear 1.50, fifteen days by 30/360."""
    account = an_account()
    refunded = MerchantRefund(
        on=on("1-16"), amount=Decimal("900.00"), terms=TERMS, order=("fee", "interest", "principal")
    )
    after = apply(account, refunded)[0]
    assert interest(after)[0] == "7.50"

    moved = Rescheduled(on=on("1-26"), from_due_on=on("2-1"), new_due_on=on("2-11"), terms=TERMS)

    assert interest(apply(after, moved)[0])[0] == "8.44"


def test_the_rest_of_a_bullet_bears_its_part_of_the_whole() -> None:
    """36.00 for 90 days, ten of them free from 11 to 20 January: at the same rate from the 16th nothing changes."""
    terms = replace(TERMS, method=Method.BULLET, interest_by=InterestBy.EVEN)
    held = apply(an_account(terms), HoldPlaced(on=on("1-11"), until=on("1-20"), stops="interest"))[0]
    assert interest(held) == ["32.00"]

    assert interest(with_rate(held, "1-16", terms, TERMS.annual_rate)) == ["32.00"]


def test_a_later_period_made_longer_bears_its_time_at_a_new_rate_too() -> None:
    """The second month goes on to 16 March: 800 for 45 days of 30/360 are 12.00, at 6 % 6.00, not a month's 4.00."""
    terms = replace(TERMS, interest_by=InterestBy.PERIOD)
    longer = Rescheduled(on=on("1-5"), from_due_on=on("3-1"), new_due_on=on("3-16"), terms=terms)
    account = apply(an_account(terms), longer)[0]
    assert interest(account) == ["12.00", "12.00", "4.00"]

    assert interest(with_rate(account, "1-16", terms))[1:] == ["6.00", "2.00"]
