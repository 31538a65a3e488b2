"""Whatever act makes a due date, a product that moves dates to working days moves it, and counts on from the agreed day.

2026 in China: 25 and 27 September are off with the Friday and Saturday between them worked as in any year, so that what is
due on Friday the 25th falls due on Monday the 28th; 1 to 7 October are off.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO
from core.working_calendars import working_calendar
from core.working_days import STEPPING, BusinessDayRoll, WorkingCalendar
from loans.account.account import Account, open_account
from loans.account.changes.base import Change, EventImpossible
from loans.account.changes.due_dates import DueDayChanged, PaymentHoliday
from loans.account.changes.extending import Extended
from loans.account.changes.made_dates import agreed_dues
from loans.account.changes.rescheduling import Rescheduled
from loans.account.changes.restructuring import OverdueReaged, Reamortised
from loans.account.replay import TermsDoNotAllow, apply
from loans.acts.performing import perform
from loans.models import Instalment, Loan
from loans.schedules.due_dates import periods
from loans.schedules.plan import plan_of
from loans.schedules.plan_record import as_json, from_json
from loans.schedules.schedule import build_schedule
from loans.schedules.terms import Frequency, LoanTerms, ServicingTerms
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.servicing.test_repayments import assert_books_agree

ROLLS: dict[str, Any] = {"business_day_roll": "following", "business_calendar": "CN"}
EARLY = date(2026, 2, 1)
LATE = date(2026, 4, 10)  # the instalments of March and April are overdue


def a_rolling_loan(day: int, count: int = 6, **changes: Any) -> Loan:
    """12,000.00 from 15 January, due on ``day`` of each month from March on."""
    return a_running_loan(first_due_on=date(2026, 3, day), instalment_count=count, **{**ROLLS, **changes})


def rows(loan: Loan) -> list[Instalment]:
    return list(Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number"))


def due_days(loan: Loan) -> dict[int, int]:
    """The day of the month by the month of 2026 in which something is to pay."""
    return {row.due_on.month: row.due_on.day for row in rows(loan) if row.due_on.year == 2026 and row.principal}


def all_working(loan: Loan) -> bool:
    calendar = working_calendar("CN")
    return all(calendar.is_working(row.due_on) for row in rows(loan) if row.due_on > row.starts_on and row.principal)


@pytest.mark.django_db
class TestByTheDoors:
    """Each act makes a date whose agreed day lies in the holidays of October, or that was due on the 25th of September."""

    @pytest.mark.parametrize("kept", [{}, {"recalculates": True}], ids=["fixed", "follows the balance"])
    def test_an_extension_counts_from_the_agreed_day(self, kept: dict[str, Any]) -> None:
        loan = a_rolling_loan(25, 9, **kept)
        assert due_days(loan)[9] == 28

        perform(wish(loan, "extension", EARLY, days=8))

        # 25 September and 8 days is 3 October: the 8th; 25 October and 8 days is Monday, 2 November
        assert (due_days(loan)[10], due_days(loan)[11]) == (8, 2)
        assert all_working(loan)
        assert_books_agree(loan)

        perform(wish(loan, "extension", EARLY, days=22, key="again"), approved=True)
        # 30 days after 25 September in all, and not 22 after 8 October
        assert due_days(loan)[10] == 26  # Sunday the 25th
        assert_books_agree(loan)

    def test_a_due_day_moves_and_returns(self) -> None:
        loan = a_rolling_loan(25, 9)

        perform(wish(loan, "due_day_changed", EARLY, day=2), approved=True)
        assert (due_days(loan)[10], due_days(loan)[11]) == (8, 2)
        assert all_working(loan)
        assert_books_agree(loan)

        perform(wish(loan, "due_day_changed", EARLY, day=25, key="back"), approved=True)
        assert (due_days(loan)[9], due_days(loan)[10]) == (28, 26)
        assert_books_agree(loan)

    @pytest.mark.parametrize(
        ("kind", "values", "on"),
        [
            ("payment_holiday", {"count": 2, "interest": "first"}, EARLY),
            ("overdue_reaged", {"count": 2, "priced": True}, LATE),
            ("rescheduled", {"from_due_on": date(2026, 8, 3), "extra_count": 2}, EARLY),
            ("rescheduled", {"from_due_on": date(2026, 8, 3), "new_due_on": date(2026, 10, 2)}, EARLY),
            ("reamortised", {"count": 8}, LATE),
            ("reamortised", {"count": 1, "first_due_on": date(2026, 10, 2)}, LATE),
        ],
    )
    def test_what_is_agreed_for_the_holidays_falls_due_after_them(
        self, kind: str, values: dict[str, Any], on: date
    ) -> None:
        loan = a_rolling_loan(2)  # until Sunday, 2 August, and so the 3rd
        close_until(on - timedelta(days=1))

        perform(wish(loan, kind, on, **values), approved=True)

        assert due_days(loan)[10] == 8
        assert all_working(loan)
        assert_books_agree(loan)

    @pytest.mark.parametrize(
        ("kind", "values", "on"),
        [
            ("payment_holiday", {"count": 1, "interest": "free"}, EARLY),
            ("overdue_reaged", {"count": 1}, LATE),
            ("rescheduled", {"from_due_on": date(2026, 9, 28), "extra_count": 1}, EARLY),
            ("reamortised", {"count": 7}, date(2026, 4, 2)),
        ],
    )
    def test_what_moved_from_the_25th_to_the_28th_is_next_due_on_the_25th(
        self, kind: str, values: dict[str, Any], on: date
    ) -> None:
        loan = a_rolling_loan(25, 7)  # until 25 September, and so the 28th
        close_until(on - timedelta(days=1))

        perform(wish(loan, kind, on, **values), approved=True)

        assert due_days(loan)[10] == 26  # the 25th is a Sunday
        assert_books_agree(loan)

    def test_a_new_due_day_is_the_anchor_of_what_comes_at_the_end(self) -> None:
        loan = a_running_loan(first_due_on=date(2026, 2, 25), instalment_count=6)  # no date moves
        close_until(date(2026, 2, 28))
        perform(wish(loan, "due_day_changed", date(2026, 3, 1), day=5), approved=True)

        perform(wish(loan, "overdue_reaged", date(2026, 3, 2), count=1), approved=True)

        last = rows(loan)[-2:]  # not on the 25th, on which the paid and overdue ones had been due
        assert [row.due_on.day for row in last] == [5, 5]

    def test_taken_together_they_move_the_money_with_the_dates_and_a_replay_makes_the_same(self) -> None:
        loan = a_rolling_loan(25, 9)
        perform(wish(loan, "extension", EARLY, days=8))
        perform(wish(loan, "payment_holiday", EARLY, count=1, interest="spread"), approved=True)
        before = [(row.due_on, row.agreed_on, row.principal, row.interest) for row in rows(loan)]
        close_until(date(2026, 2, 10))

        perform(wish(loan, "fee_added", EARLY, recorded_on=date(2026, 2, 11), amount=Decimal("5.00")))

        assert [(row.due_on, row.agreed_on, row.principal, row.interest) for row in rows(loan)] == before
        assert_books_agree(loan)


# --- any acts, one after another ---------------------------------------------------------------------------------------
START = date(2026, 1, 15)
HOLIDAYS = [date(2026, 10, 1) + timedelta(days=n) for n in range(7)] + [
    date(2026, 5, 1) + timedelta(days=n) for n in range(5)
]
CALENDAR = WorkingCalendar(holidays=frozenset(HOLIDAYS))
rolls = st.sampled_from([roll for roll in BusinessDayRoll if roll not in (BusinessDayRoll.NONE, *STEPPING)])
days = st.integers(0, 150).map(lambda n: START + timedelta(days=n))


def terms(day: int, roll: BusinessDayRoll, **changes: Any) -> LoanTerms:
    facts: dict[str, Any] = {
        "principal": Decimal("1200.00"),
        "annual_rate": Decimal("0.12"),
        "count": 9,
        "start_on": START,
        "first_due_on": date(2026, 2, day),
        "business_day_roll": roll,
        "calendar": CALENDAR,
    }
    return LoanTerms(**facts | changes)


def opened(agreed: LoanTerms, *, planned: bool = False) -> Account:
    schedule = build_schedule(agreed)
    plan = plan_of(agreed, ServicingTerms(recalculates=True), schedule, periods(agreed)) if planned else None
    return open_account(schedule, on=START, grace_days=0, late_annual_rate=ZERO, plan=plan)


def an_act(draw: st.DrawFn, on: date, agreed: LoanTerms) -> Change:
    kind = draw(st.sampled_from(["extension", "due day", "holiday", "reage", "new plan", "further"]))
    count = draw(st.integers(1, 4))
    if kind == "extension":
        return Extended(on=on, days=count * 7, annual_rate=agreed.annual_rate, terms=agreed)
    if kind == "due day":
        return DueDayChanged(on=on, day=draw(st.integers(1, 28)), terms=agreed)
    if kind == "holiday":
        return PaymentHoliday(on=on, count=count, interest="spread", terms=agreed)
    if kind == "reage":
        return OverdueReaged(on=on, count=count, priced=True, terms=agreed)
    if kind == "new plan":
        return Reamortised(on=on, count=count * 3, terms=agreed)
    return Rescheduled(on=on, from_due_on=START, extra_count=count, terms=agreed)


@given(st.data(), st.integers(16, 28), rolls)
def test_any_acts_leave_every_due_date_a_working_day_and_its_agreed_day_where_it_was_agreed(
    data: st.DataObject, day: int, roll: BusinessDayRoll
) -> None:
    agreed = terms(day, roll)
    account, days_agreed = opened(agreed), {day}
    for on in sorted(data.draw(st.lists(days, min_size=1, max_size=4))):
        change = data.draw(st.composite(an_act)(on, agreed))
        if isinstance(change, Rescheduled):
            coming = [row.due_on for row in account.instalments if row.due_on > row.starts_on]
            change = Rescheduled(on=on, from_due_on=coming[-1], extra_count=change.extra_count, terms=agreed)
        try:
            account, _outcome = apply(account, change)
        except EventImpossible:
            continue
        if isinstance(change, DueDayChanged):
            days_agreed.add(change.day)
        if isinstance(change, Extended):
            days_agreed = set(range(1, 32))  # by days, not by months: any day may come of it
        assert all(CALENDAR.is_working(row.due_on) for row in account.instalments)
        ahead = [row for row in account.instalments if row.principal_owed]
        found = agreed_dues(ahead, agreed)
        assert {on.day for on in found} <= days_agreed
        assert [CALENDAR.roll(on, roll) for on in found] == [row.due_on for row in ahead]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=4), st.integers(16, 28), rolls)
def test_a_plan_that_follows_the_balance_counts_every_move_from_the_agreed_day(
    moves: list[int], day: int, roll: BusinessDayRoll
) -> None:
    agreed = terms(day, roll)
    account, moved = opened(agreed, planned=True), 0
    for n in moves:
        change = Extended(on=START, days=n, annual_rate=agreed.annual_rate, terms=agreed)
        try:
            account, _outcome = apply(account, change)
        except TermsDoNotAllow:
            continue
        moved += n
        assert account.plan is not None
        kept = as_json(account.plan)
        assert kept is not None and from_json(kept, agreed, account.plan.servicing) == account.plan
    first = date(2026, 2, day) + timedelta(days=moved)
    assert account.instalments[0].due_on == CALENDAR.roll(first, roll)
    assert all(CALENDAR.is_working(row.due_on) for row in account.instalments)


@pytest.mark.parametrize(("frequency", "every", "days"), [(Frequency.WEEK, 1, 7), (Frequency.DAY, 10, 10)])
def test_weeks_and_days_are_counted_from_the_agreed_day_too(frequency: Frequency, every: int, days: int) -> None:
    # from Sunday to Sunday, moved to Mondays: counted from a Monday it would be one for ever
    sunday = date(2026, 6, 7)
    agreed = terms(
        25, BusinessDayRoll.FOLLOWING, frequency=frequency, every=every, first_due_on=sunday, start_on=date(2026, 5, 20)
    )
    account = open_account(build_schedule(agreed), on=agreed.start_on, grace_days=0, late_annual_rate=ZERO)

    after = PaymentHoliday(on=date(2026, 6, 1), count=2, interest="free", terms=agreed).apply(account).account

    assert agreed_dues(after.instalments, agreed) == [sunday + timedelta(days=n * days) for n in range(2, 11)]
    assert all(CALENDAR.is_working(row.due_on) for row in after.instalments)


def test_two_due_dates_that_come_to_fall_on_one_day_are_refused() -> None:
    # weekly on Thursdays: 17 and 24 September move by two weeks to 1 and 8 October, both due on the 8th
    agreed = terms(25, BusinessDayRoll.FOLLOWING, frequency=Frequency.WEEK, count=2, first_due_on=date(2026, 9, 17))
    account = opened(agreed)

    with pytest.raises(TermsDoNotAllow):
        apply(account, Extended(on=START, days=14, annual_rate=agreed.annual_rate, terms=agreed))
