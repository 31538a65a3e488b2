"""Loans by days and weeks whose instalments are left out or merged on days off: through acts, nights and reminders."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from core.working_calendars import working_calendar
from loans.acts.performing import perform
from loans.models import Instalment, Loan
from loans.notices.rereading import due_dates
from loans.proof import oracle
from loans.servicing.settling import settlement_quote
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_product, close_until
from tests.loans.factories import LoanFactory
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
BEGAN = date(2026, 9, 28)
WEEK = {"frequency": "week", "instalment_count": 6, "method": "equal_principal"}
DAILY = {"frequency": "day", "instalment_count": 12, "method": "equal_principal"}
HOLIDAY_OVER = date(2026, 10, 8)


def a_loan(roll: str, **terms: Any) -> Loan:
    """1,200.00 at 18.25 %: 0.05 % a day, from Monday, 28 September 2026, unless told otherwise."""
    facts = {"principal": Decimal("1200.00"), "annual_rate": Decimal("0.1825"), "disbursed_on": BEGAN}
    return LoanFactory(**(facts | {"business_day_roll": roll, "business_calendar": "CN"} | terms))


def rows(loan: Loan) -> list[Instalment]:
    return list(Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number"))


def pay_what_fell_due(loan: Loan, on: date) -> None:
    owed = sum((row.still_owed for row in rows(loan) if row.due_on < on), Decimal(0))
    if owed:
        pay(loan, str(owed), on - timedelta(days=1), recorded_on=on)


def all_working(loan: Loan) -> bool:
    calendar = working_calendar("CN")
    return all(calendar.is_working(row.due_on) for row in rows(loan) if row.principal)


def test_merged_instalments_are_stored_paid_and_asked_for_together() -> None:
    """29, 30 September, then 1 to 8 October on the 8th: eight of 100.00, and 0.05 % of 1,000.00 for eight days."""
    loan = a_loan("merge", **DAILY)
    assert [row.due_on.day for row in rows(loan)] == [29, 30, *[8] * 8, 9, 10]
    close_until(date(2026, 10, 7))
    pay(loan, "201.15", date(2026, 9, 30), recorded_on=HOLIDAY_OVER)

    asked = due_dates({1: (loan.number, HOLIDAY_OVER)}, HOLIDAY_OVER)[1]
    assert (asked.there, asked.owed) == (True, Decimal("804.00"))
    pay(loan, "804.00", HOLIDAY_OVER)

    assert position(loan).next_due_on == date(2026, 10, 9)
    assert_books_agree(loan)
    assert oracle.differences(loan) == []


def test_left_out_instalments_are_later_and_owed_for_the_real_days() -> None:
    loan = a_loan("skip", **DAILY)

    assert [row.due_on.day for row in rows(loan)] == [29, 30, 8, 9, 10, 12, 13, 14, 15, 16, 19, 20]
    close_until(date(2026, 10, 4))
    assert settlement_quote(loan, date(2026, 10, 5)).interest == Decimal("3.65")  # 0.60, 0.55 and five of 0.50
    assert_books_agree(loan)
    assert oracle.differences(loan) == []


ACTS: list[tuple[str, dict[str, Any]]] = [
    ("extension", {"days": 10}),
    ("payment_holiday", {"count": 1, "interest": "first"}),
    ("payment_holiday", {"count": 2, "interest": "free"}),
    ("rescheduled", {"from_due_on": "NEXT", "extra_count": 2}),
    ("rescheduled", {"from_due_on": "NEXT", "new_due_on": date(2026, 10, 3)}),
    ("rescheduled", {"from_due_on": "NEXT", "principal_grace": 1}),
    ("reamortised", {"count": 8}),
    ("reamortised", {"count": 4, "first_due_on": date(2026, 10, 3)}),
    ("rate_changed", {"annual_rate": Decimal("0.10")}),
    ("overdue_spread", {"priced": True}),
    ("overdue_reaged", {"count": 3, "priced": False}),
]
FOLLOWING = ("extension", "rate_changed")  # the others need a fixed schedule
TRIED = [*((*act, False) for act in ACTS), *((*act, True) for act in ACTS if act[0] in FOLLOWING)]


@pytest.mark.parametrize("rhythm", [WEEK, DAILY], ids=["weeks", "days"])
@pytest.mark.parametrize("roll", ["merge", "skip"])
@pytest.mark.parametrize(
    ("kind", "values", "follows"), TRIED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_dates_made_by_acts_are_working_days_too(
    kind: str, values: dict[str, Any], follows: bool, roll: str, rhythm: dict[str, Any]
) -> None:
    loan = a_loan(roll, recalculates=follows, **rhythm)
    done_on = date(2026, 9, 30) if rhythm is DAILY else date(2026, 10, 13)
    close_until(done_on - timedelta(days=1))
    if not kind.startswith("overdue"):
        pay_what_fell_due(loan, done_on)
    upcoming = min(row.due_on for row in rows(loan) if row.due_on >= done_on)
    told = {name: upcoming if value == "NEXT" else value for name, value in values.items()}
    if told.get("new_due_on"):
        told["new_due_on"] = upcoming + timedelta(days=3)
    if told.get("first_due_on"):
        told["first_due_on"] = done_on + timedelta(days=3)

    perform(wish(loan, kind, done_on, **told), approved=True)

    assert all_working(loan)
    assert sum(row.principal for row in rows(loan)) == Decimal("1200.00")
    assert_books_agree(loan)
    close_until(date(2026, 10, 20))
    assert_books_agree(loan)
    assert oracle.differences(loan) == []


def test_months_are_neither_left_out_nor_merged() -> None:
    for roll in ("skip", "merge"):
        with pytest.raises(IntegrityError, match="left_out_or_merged"), transaction.atomic():
            a_product(f"by-month-{roll}", business_day_roll=roll, business_calendar="CN")
