"""The oracle itself, against figures worked out by hand; that the engine agrees with it is asked elsewhere."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from core.day_counts import DayCount, RegularPeriod, exact_year_fraction
from loans.models import Loan
from loans.proof import oracle, verifying
from loans.proof.oracle_days import part_of_year
from loans.proof.oracle_reading import Act, Facts, read
from tests.loans.books import DISBURSED, a_running_loan, close_until
from tests.loans.doing import do, extend
from tests.loans.servicing.test_repayments import pay

lent = pytest.mark.django_db
DAYS = st.dates(date(2019, 1, 1), date(2029, 12, 31))


def on(month: int, day: int) -> date:
    return date(2026, month, day)


def at_a_lower_rate() -> Loan:
    """6,000.00 over six months at 18 %; the first instalment is paid on its day, and the rate is 12 % from then on."""
    loan = a_running_loan(principal=Decimal("6000.00"), instalment_count=6)
    close_until(on(2, 14))
    pay(loan, "1053.15", on(2, 15))
    do("rate_changed", loan_id=loan.pk, on=on(2, 15), annual_rate=Decimal("0.12"))
    return loan


def between(loan: Loan, first: date, last: date) -> Decimal:
    """Interest of the days from ``first`` to ``last``, on the 5,036.85 that are left after the first instalment."""
    return oracle.earned(loan, last) - oracle.earned(loan, first)


def statements(loan: Loan) -> int:
    """How many it takes to hold a loan against the oracle."""
    with CaptureQueriesContext(connection) as asked:
        assert list(verifying.against_oracle(Loan.objects.select_related("position").get(pk=loan.pk))) == []
    return len(asked)


@lent
def test_a_loan_is_read_once_however_many_receipts_it_has() -> None:
    quiet, busy = a_running_loan(), a_running_loan()
    pay(quiet, "10.00", on(1, 16))
    for day in (16, 17, 18, 19):
        pay(busy, "10.00", on(1, day))

    assert [sum(line.principal + line.interest for line in money.lines) for money in read(busy).money] == [10] * 4
    assert statements(busy) == statements(quiet) <= 12


# --- the rate in force ---------------------------------------------------------------------------------------------
@lent
def test_ten_days_more_cost_ten_days_of_the_rate_in_force() -> None:
    """5,036.85 × 12 % × 10/365 = 16.56; at the rate first signed it would be 24.84."""
    loan = at_a_lower_rate()
    extend(loan_id=loan.pk, days=10, on=on(2, 15), approved=True)

    assert between(loan, on(2, 15), on(3, 15)) == Decimal("50.37")
    assert between(loan, on(3, 15), on(3, 25)) == Decimal("16.56")


@lent
def test_a_later_due_day_costs_its_days_at_the_rate_in_force() -> None:
    loan = at_a_lower_rate()
    do("due_day_changed", loan_id=loan.pk, on=on(2, 16), day=25)

    assert between(loan, on(3, 15), on(3, 25)) == Decimal("16.56")


@lent
@pytest.mark.parametrize(("interest", "cost"), [("first", "100.74"), ("spread", "100.74"), ("free", "50.37")])
def test_a_holiday_of_one_instalment_makes_its_period_two_months(interest: str, cost: str) -> None:
    """5,036.85 × 12 % × 2/12 = 100.74; a free one bears the first month alone."""
    loan = at_a_lower_rate()
    do("payment_holiday", loan_id=loan.pk, on=on(2, 16), count=1, interest=interest)

    assert between(loan, on(2, 15), on(4, 15)) == Decimal(cost)


@lent
def test_a_new_plan_bears_the_rate_in_force() -> None:
    loan = at_a_lower_rate()
    do("reamortised", loan_id=loan.pk, on=on(2, 15), count=5)

    assert between(loan, on(2, 15), on(3, 15)) == Decimal("50.37")


@lent
def test_a_new_rate_inside_a_period_bears_on_its_own_days() -> None:
    """12,000 × 1.5 % over 31 days: ten of them 58.06; the 21 after them at 12 % instead 81.29."""
    loan = a_running_loan()
    close_until(on(1, 24))
    do("rate_changed", loan_id=loan.pk, on=on(1, 25), annual_rate=Decimal("0.12"))

    assert oracle.earned(loan, on(1, 25)) == Decimal("58.06")
    assert oracle.earned(loan, on(2, 15)) == Decimal("139.35")


# --- what is not a straight line -----------------------------------------------------------------------------------
@lent
def test_deferred_interest_is_earned_when_the_money_is_used() -> None:
    """12,000 × 18 % × 90/365 = 532.60, of which nothing has fallen due."""
    loan = a_running_loan(interest_by="day", grace_on_interest_payment=3, grace_on_principal=3)

    assert oracle.earned(loan, DISBURSED + timedelta(days=90)) == Decimal("532.60")
    assert oracle.pay_off(loan, DISBURSED + timedelta(days=90)) == Decimal("12532.60")


@lent
def test_a_further_part_bears_interest_from_its_own_day() -> None:
    """1,000 for 22 days and 9,000 for one of them: 10.85 + 4.44 = 15.29."""
    loan = a_running_loan(principal=Decimal("10000.00"), drawdowns=[["2026-01-15", "1000.00"]], interest_by="day")
    close_until(on(2, 4))
    do("drawn_down", loan_id=loan.pk, on=on(2, 5), amount=Decimal("9000.00"))

    assert oracle.pay_off(loan, on(2, 6)) == Decimal("10015.29")


@lent
@pytest.mark.parametrize("follows", [False, True])
def test_a_further_part_has_its_down_payment_on_its_own_day(follows: bool) -> None:
    """A fifth of 5,000 and of 2,000: of 7,000.00 lent 1,000.00 and 400.00 fall due at once, 5,600.00 with instalments."""
    loan = a_running_loan(
        principal=Decimal("10000.00"),
        drawdowns=[["2026-01-15", "5000.00"]],
        down_payment_rate=Decimal("0.2"),
        recalculates=follows,
    )
    pay(loan, "1000.00", on(1, 15))
    close_until(on(2, 4))
    do("drawn_down", loan_id=loan.pk, on=on(2, 5), amount=Decimal("2000.00"))
    close_until(on(3, 20))
    pay(loan, "900.00", on(3, 21))
    do("drawn_down", loan_id=loan.pk, on=on(3, 25), amount=Decimal("1000.00"))
    close_until(on(4, 2))
    loan.refresh_from_db()

    rows = loan.instalments.filter(superseded_on__isnull=True)
    beside = rows.filter(starts_on=F("due_on")).order_by("due_on").values_list("due_on", "principal")
    assert list(beside) == [(on(1, 15), 1000), (on(2, 5), 400), (on(3, 25), 200)]
    assert sum(row.principal for row in rows) == Decimal("8000.00")
    assert oracle.differences(loan) == []
    assert list(verifying.verify()) == []


@lent
def test_nothing_is_earned_in_a_hold_of_interest() -> None:
    """180.00 over 31 days, but for the ten from 25 January to 3 February: nine days before, twelve after."""
    loan = a_running_loan()
    close_until(on(1, 24))
    do("hold_placed", loan_id=loan.pk, on=on(1, 25), until=on(2, 3), stops="interest")

    told = [oracle.earned(loan, day) for day in (on(1, 24), on(1, 30), on(2, 3), on(2, 15))]
    assert told == [Decimal(x) for x in ("52.26", "52.26", "52.26", "121.94")]


@lent
def test_what_a_long_first_period_bears_more_is_earned_in_it() -> None:
    """Two months of 180.00, of which the second is only due in twelve parts."""
    loan = a_running_loan(first_due_on=on(3, 15), first_period="spread")

    assert oracle.earned(loan, on(3, 15)) == Decimal("360.00")


@lent
def test_a_free_holiday_leaves_earned_what_was_earned() -> None:
    loan = a_running_loan()
    close_until(on(1, 24))
    before = oracle.earned(loan, on(1, 25))
    do("payment_holiday", loan_id=loan.pk, on=on(1, 25), count=1, interest="free")

    assert oracle.earned(loan, on(1, 25)) == before == Decimal("58.06")
    assert oracle.earned(loan, on(3, 1)) == Decimal("180.00")


# --- paid ahead ----------------------------------------------------------------------------------------------------
@lent
def test_what_was_paid_ahead_is_given_back() -> None:
    """One day of 180.00 over 31 is 5.81, whether an instalment was paid ahead or not."""
    loan = a_running_loan()
    assert oracle.pay_off(loan, on(1, 16)) == Decimal("12005.81")
    first = loan.instalments.get(number=1)
    paid = first.principal + first.interest
    pay(loan, str(paid), DISBURSED)

    assert paid + oracle.pay_off(loan, on(1, 16)) == Decimal("12005.81")


# --- credit balances -----------------------------------------------------------------------------------------------
@lent
def test_owed_and_overpaid_at_once_is_told() -> None:
    facts = read(a_running_loan(principal=Decimal("1000.00"), instalment_count=1, annual_rate=Decimal(0)))
    wrong = replace(facts, stored=replace(facts.stored, overpaid=Decimal("300.00")))

    (found,) = oracle._never_both(wrong)

    assert (found.stored, found.oracle) == (Decimal("300.00"), Decimal("0.00"))


@lent
def test_a_charge_back_is_late_from_its_own_day() -> None:
    """1,000 at 27 % a year late; due 15 February and paid, charged back on 1 May: six late days until 12 May, after five
    days of grace. 1,000 × 27 % × 6/365 = 4.44."""
    loan = a_running_loan(principal=Decimal("1000.00"), instalment_count=1, annual_rate=Decimal(0), recalculates=False)
    close_until(on(2, 14))
    pay(loan, "600.00", on(2, 15))
    pay(loan, "400.00", on(2, 15), key="the rest")
    close_until(on(4, 30))
    numbers = loan.repayments.values_list("number", "amount")
    facts = charged_back(loan, [(number, amount) for number, amount in numbers])

    assert oracle.late_interest(facts, on(5, 12)) == Decimal("4.44")


def charged_back(loan: Loan, receipts: list[tuple[str, Decimal]]) -> Facts:
    """The loan with all its money charged back on 1 May, as the oracle reads it."""
    facts = read(loan)
    back = [
        Act(
            on=on(5, 1),
            told_on=on(5, 1),
            kind="charge_back",
            asked={"amount": str(amount), "receipt": number},
            figures={"owed_again": str(amount)},
        )
        for number, amount in receipts
    ]
    return replace(facts, acts=tuple(back))


# --- loans that follow the balance ---------------------------------------------------------------------------------
@lent
@pytest.mark.parametrize(
    ("rest", "interest"),
    [("daily", "29.03"), ("weekly", "40.65"), ("monthly", "180.00"), ("same_as_repayment", "180.00")],
)
def test_money_lessens_interest_from_its_rest_day(rest: str, interest: str) -> None:
    """12,000 at 180.00 a month of 31 days: after five days, to the end of the week, to the end of the month."""
    loan = a_running_loan(recalculates=True, rest=rest)

    assert oracle.pay_off(loan, on(1, 20)) == Decimal("12000.00") + Decimal(interest)


@lent
def test_the_balance_bears_what_is_left_of_it() -> None:
    """12,000 for ten days of the month 58.06; 10,000 for the other 21 days 101.61."""
    loan = a_running_loan(recalculates=True)
    close_until(on(1, 24))
    pay(loan, "2000.00", on(1, 25))

    assert oracle.earned(loan, on(1, 25)) == Decimal("58.06")
    assert oracle.earned(loan, on(2, 15)) == Decimal("159.68")


# --- late interest -------------------------------------------------------------------------------------------------
@lent
def test_late_interest_by_the_day() -> None:
    """The first instalment repays 920.15; 27 % of it for the two days after 20 February: 1.36."""
    loan = a_running_loan()
    assert loan.instalments.get(number=1).principal == Decimal("920.15")

    assert oracle.late_interest(read(loan), on(2, 20)) == 0
    assert oracle.late_interest(read(loan), on(2, 22)) == Decimal("1.36")


@lent
def test_money_that_went_nowhere_is_told() -> None:
    loan = a_running_loan()
    pay(loan, "100.00", DISBURSED)
    facts = read(loan)
    assert list(oracle._money(facts)) == []
    (lost,) = oracle._money(replace(facts, stored=replace(facts.stored, overpaid=Decimal("10.00"))))

    assert (lost.stored, lost.oracle) == (Decimal("110.00"), Decimal("100.00"))


@lent
@pytest.mark.parametrize(
    ("figure", "stored"),
    [
        ("interest earned", {"interest_accrued": Decimal("99.00")}),
        ("late interest", {"late_interest_accrued": Decimal("99.00")}),
        ("days past due", {"days_past_due": 3}),
        ("overdue principal", {"overdue_principal": Decimal("1.00")}),
    ],
)
def test_a_figure_that_arithmetic_does_not_bear_out_is_named(figure: str, stored: dict[str, Any]) -> None:
    facts = read(a_running_loan())
    checks: list[Callable[[Facts], Any]] = [oracle._earned, oracle._late_interest, oracle._lateness]
    assert [found for check in checks for found in check(facts)] == []
    wrong = replace(facts, stored=replace(facts.stored, **stored))

    assert [found.figure for check in checks for found in check(wrong)] == [figure]


@lent
def test_what_it_cannot_follow_it_says() -> None:
    loan = a_running_loan()
    assert oracle.not_followed(loan) == ""
    close_until(on(2, 19))
    do("overdue_spread", loan_id=loan.pk, on=on(2, 20), priced=True)

    assert oracle.not_followed(loan) == "overdue_spread"


# --- day counts ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("count", [count for count in DayCount if count is not DayCount.ACT_ACT_ICMA])
@given(days=st.tuples(DAYS, DAYS), rhythm=st.sampled_from(["week", "month"]))
def test_day_counts_written_twice_agree(count: DayCount, days: tuple[date, date], rhythm: str) -> None:
    start, end = sorted(days)
    other = exact_year_fraction(start, end, count, termination=end, regular_period=RegularPeriod(rhythm))

    assert part_of_year(start, end, count.value, last_due=end, rhythm=rhythm) == other


@pytest.mark.parametrize(
    ("count", "start", "end", "part"),
    [
        ("act_act_isda", date(2003, 11, 1), date(2004, 5, 1), Fraction(61, 365) + Fraction(121, 366)),
        ("act_act_afb", date(2003, 11, 1), date(2004, 5, 1), Fraction(182, 366)),
        ("30_360", date(2026, 1, 31), date(2026, 2, 28), Fraction(28, 360)),
        ("30e_360", date(2026, 1, 30), date(2026, 3, 31), Fraction(60, 360)),
        ("nl_365", date(2024, 2, 28), date(2024, 3, 1), Fraction(1, 365)),
    ],
)
def test_day_counts_by_hand(count: str, start: date, end: date, part: Fraction) -> None:
    """The first two are the example of the ISDA memo of 1999; the others are counted on fingers."""
    assert part_of_year(start, end, count, last_due=end, rhythm="month") == part
