"""Interest is owed for the days the money was used (民法典 677), at the balance and the rate of each day: worked by hand."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.money import ZERO
from loans.account.interest import earned_interest
from loans.acts.performing import perform
from loans.models import Instalment, Loan, Repayment
from loans.proof.verifying import compare, verify
from loans.servicing.settling import NothingToSettleWith, settle_early, settlement_quote
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_days, close_until
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
START = date(2026, 1, 15)


def payoff(loan: Loan, on: date) -> Decimal:
    """The interest of what settles the loan."""
    return settlement_quote(loan, on).interest


def night_by_night(loan: Loan, last: date) -> list[Decimal]:
    """What was earned by the end of each day as the night has it; asserted against the pay-off of the same day."""
    earned, day = [], START + timedelta(days=1)
    while day <= last:
        close_days(day, day)
        found = position(loan)
        earned.append(found.interest_accrued)
        assert found.interest_accrued == payoff(loan, day) + found.interest_paid, day
        day += timedelta(days=1)
    assert earned == sorted(earned), "what was earned stays earned"
    return earned


def by_day(**terms: Any) -> Loan:
    """12,000 at 18 %, interest by days, repaid at the end."""
    return a_running_loan(method="interest_only", interest_by="day", **terms)


# --- inside a period --------------------------------------------------------------------------------------------------


def test_deferred_interest_is_earned_while_the_money_is_used() -> None:
    """12,000 × 18 % × 90 ÷ 365, though it falls due with the fourth instalment."""
    loan = by_day(grace_on_interest_payment=3)

    assert payoff(loan, START + timedelta(days=90)) == Decimal("532.60")
    earned = night_by_night(loan, START + timedelta(days=100))
    assert earned[89] == Decimal("532.60")
    assert earned[9] == Decimal("59.18")  # of ten days


def test_a_drawdown_bears_interest_from_its_day() -> None:
    """1,000 × 18 % × 22 ÷ 365 + 9,000 × 18 % × 1 ÷ 365 = 10.85 + 4.44."""
    loan = by_day(principal=Decimal("10000.00"), drawdowns=[[START.isoformat(), "1000.00"]])
    close_until(START + timedelta(days=20))
    perform(wish(loan, "drawn_down", START + timedelta(days=21), amount=Decimal("9000.00")))

    assert payoff(loan, START + timedelta(days=22)) == Decimal("15.29")
    assert compare(Loan.objects.get(pk=loan.pk)) == []


def test_two_drawdowns_in_one_period_each_bear_interest_from_their_day() -> None:
    """1,000 for 20 days, 2,000 more for 10, 3,000 more for 5: 18 % × (20,000 + 20,000 + 15,000) ÷ 365."""
    loan = by_day(principal=Decimal("10000.00"), drawdowns=[[START.isoformat(), "1000.00"]])
    for day, amount in ((10, "2000.00"), (15, "3000.00")):
        close_until(START + timedelta(days=day - 1))
        perform(wish(loan, "drawn_down", START + timedelta(days=day), amount=Decimal(amount)))

    assert payoff(loan, START + timedelta(days=20)) == Decimal("27.12")
    assert compare(Loan.objects.get(pk=loan.pk)) == []


@pytest.mark.parametrize("days", [11, 20, 31])
def test_a_rate_changed_inside_a_period_bears_from_its_day(days: int) -> None:
    """10 days at 18 %, the rest at 24 %."""
    loan = by_day()
    on = START + timedelta(days=10)
    close_until(on - timedelta(days=1))
    perform(wish(loan, "rate_changed", on, annual_rate=Decimal("0.24")), approved=True)

    wanted = 12_000 * (Decimal("0.18") * 10 + Decimal("0.24") * (days - 10)) / 365
    assert abs(payoff(loan, START + timedelta(days=days)) - wanted) <= Decimal("0.01")


def test_three_rates_in_one_period() -> None:
    loan = by_day()
    for day, rate in ((10, "0.24"), (20, "0.06")):
        close_until(START + timedelta(days=day - 1))
        perform(wish(loan, "rate_changed", START + timedelta(days=day), annual_rate=Decimal(rate)), approved=True)

    wanted = 12_000 * (Decimal("0.18") * 10 + Decimal("0.24") * 10 + Decimal("0.06") * 5) / 365
    assert abs(payoff(loan, START + timedelta(days=25)) - wanted) <= Decimal("0.01")
    assert compare(Loan.objects.get(pk=loan.pk)) == []


@pytest.mark.parametrize(("day", "free"), [(5, 0), (12, 3), (19, 10), (25, 10)])
def test_in_a_hold_of_interest_nothing_is_earned(day: int, free: int) -> None:
    """From the tenth day to the nineteenth."""
    loan = by_day()
    on = START + timedelta(days=10)
    close_until(on - timedelta(days=1))
    held = wish(loan, "hold_placed", on, stops="interest", until=START + timedelta(days=19))
    perform(held, approved=True)

    quote = payoff(loan, max(START + timedelta(days=day), on - timedelta(days=1)))
    used = max(day, 9) - free
    assert abs(quote - 12_000 * Decimal("0.18") * used / 365) <= Decimal("0.01")


def test_the_odd_days_of_a_long_first_period_are_earned_in_it() -> None:
    """45 days to the first instalment, the 14 beyond a month spread over all of them: by then all 45 are earned."""
    loan = by_day(first_due_on=date(2026, 3, 1), first_period="spread")

    assert abs(payoff(loan, date(2026, 3, 1)) - 12_000 * Decimal("0.18") * 45 / 365) <= Decimal("0.05")
    night_by_night(loan, date(2026, 4, 10))


def test_what_was_earned_before_a_free_holiday_stays_earned() -> None:
    loan = by_day()
    on = START + timedelta(days=20)
    close_until(on)
    before = payoff(loan, on)
    perform(wish(loan, "payment_holiday", on, count=1, interest="free"), approved=True)

    assert payoff(loan, on) == before == Decimal("118.35")  # 183.45 of the period × 20 ÷ 31
    assert payoff(loan, on) == before == Decimal("118.35")  # 183.45 of the period × 20 ÷ 31
    assert payoff(loan, date(2026, 2, 15)) == payoff(loan, date(2026, 3, 1)) == Decimal("183.45")


def test_what_was_earned_of_overdue_interest_stays_when_it_is_spread() -> None:
    loan = by_day()
    close_until(date(2026, 2, 19))
    on = date(2026, 2, 20)
    before = payoff(loan, on)
    perform(wish(loan, "overdue_spread", on), approved=True)

    assert payoff(loan, on) == before
    assert compare(Loan.objects.get(pk=loan.pk)) == []


def test_a_new_rate_during_deferral_loses_nothing_of_what_was_deferred() -> None:
    """A month of 18 % waits for the fourth instalment; from the first due date on 12 % does."""
    loan = a_running_loan(method="interest_only", grace_on_interest_payment=3)
    close_until(date(2026, 2, 14))
    perform(wish(loan, "rate_changed", date(2026, 2, 15), annual_rate=Decimal("0.12")), approved=True)

    rows = Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number")
    assert [row.interest for row in rows[:5]] == [ZERO, ZERO, ZERO, Decimal("540.00"), Decimal("120.00")]
    assert payoff(loan, date(2026, 2, 15)) == Decimal("180.00")


# --- paid ahead -------------------------------------------------------------------------------------------------------


def test_interest_of_a_day_is_all_that_a_day_costs() -> None:
    """180 ÷ 31 of a month of 180."""
    loan = a_running_loan()
    close_until(START)

    assert settlement_quote(loan, START + timedelta(days=1)).total == Decimal("12005.81")


def test_interest_paid_ahead_of_its_days_is_given_back() -> None:
    """After an instalment paid on the day of the money, the day costs no more than it did: it cost 180.00."""
    loan = a_running_loan()
    first = pay(loan, "1100.15", START)
    on = START + timedelta(days=1)
    close_until(START)

    quote = settlement_quote(loan, on)
    assert first.amount + quote.total == Decimal("12005.81")
    assert quote.interest == Decimal("-174.19")
    receipt = settle_early(loan_id=loan.pk, on=on, channel="counter", idempotency_key="s")
    loan.refresh_from_db()
    assert (loan.status, receipt.interest, receipt.amount) == ("settled", Decimal("-174.19"), quote.total)
    assert sum(r.amount for r in Repayment.objects.filter(loan=loan)) == Decimal("12005.81")
    assert (position(loan).interest_accrued, position(loan).overpaid) == (Decimal("5.81"), ZERO)
    assert list(verify()) == []
    assert_books_agree(Loan.objects.get(pk=loan.pk))


def test_more_paid_ahead_than_the_days_cost_is_told() -> None:
    loan = a_running_loan()
    pay(loan, "13000.00", START)
    close_until(START)

    with pytest.raises(NothingToSettleWith):
        settlement_quote(loan, START + timedelta(days=1))
    with pytest.raises(NothingToSettleWith):
        settle_early(loan_id=loan.pk, on=START + timedelta(days=1), channel="counter", idempotency_key="s")


# --- one arithmetic ---------------------------------------------------------------------------------------------------


def test_a_curve_is_read_alike_by_python_and_postgresql() -> None:
    """A hold, a rate and a drawdown in one period: each day as the night's SQL has it is as the pure rooms have it."""
    loan = by_day(principal=Decimal("10000.00"), drawdowns=[[START.isoformat(), "1000.00"]])
    row = Instalment.objects.filter(loan=loan).order_by("number")[0]
    assert earned_interest(row.interest, row.starts_on, row.due_on, START + timedelta(days=10)) == Decimal("4.93")
    close_days(START + timedelta(days=1), START + timedelta(days=6))
    perform(wish(loan, "drawn_down", START + timedelta(days=7), amount=Decimal("9000.00")))
    perform(wish(loan, "rate_changed", START + timedelta(days=7), annual_rate=Decimal("0.21")), approved=True)
    held = wish(loan, "hold_placed", START + timedelta(days=7), stops="interest", until=START + timedelta(days=12))
    perform(held, approved=True)
    day = START + timedelta(days=7)
    while day <= START + timedelta(days=45):
        close_days(day, day)
        assert compare(Loan.objects.select_related("position").get(pk=loan.pk)) == [], day
        day += timedelta(days=1)


def test_who_wants_to_pay_everything_is_offered_the_payoff(client: Client, signed_in: Callable[..., Client]) -> None:
    loan = a_running_loan()
    close_until(START)

    page = signed_in(client, "operations").get(reverse("loans:loan_pay", args=[loan.number])).content.decode()

    assert "12,005.81" in page and reverse("loans:loan_settle", args=[loan.number]) in page
    assert "13,201" not in page  # what all instalments would come to


def test_the_quote_names_what_is_given_back(client: Client, signed_in: Callable[..., Client]) -> None:
    loan = a_running_loan()
    pay(loan, "1100.15", START)
    close_until(START)

    page = signed_in(client, "operations").get(reverse("loans:loan_settle_quote", args=[loan.number])).content.decode()

    assert "Interest paid ahead, given back" in page and "-174.19" in page
    assert "Interest for the days used" not in page


def test_the_pages_of_paying_and_settling_say_that_nothing_is_needed(
    client: Client, signed_in: Callable[..., Client]
) -> None:
    loan = a_running_loan()
    pay(loan, "13000.00", START)
    close_until(START)
    clerk = signed_in(client, "operations")

    pages = [
        clerk.get(reverse(f"loans:{name}", args=[loan.number]))
        for name in ("loan_pay", "loan_settle", "loan_settle_quote")
    ]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert "more was paid ahead" in pages[2].content.decode()
    assert "settles the loan today" not in pages[0].content.decode()
