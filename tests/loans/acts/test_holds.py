"""Holds: nothing is charged on the days held, however the days come to be reckoned."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debt_collections.guarding import LeftInPeace, guard
from loans.account.changes.holds import FreeDaysGiven, HoldEndsTooEarly, NoHoldRunning
from loans.account.interest import STOPS_LATE_INTEREST, Hold, Stops, chargeable_days, held_days
from loans.acts.kinds.holds import HoldFollowsBalance
from loans.acts.performing import BeyondAuthority, perform
from loans.acts.previewing import preview
from loans.acts.undoing import undo
from loans.models import Instalment, Loan, LoanAct
from loans.notices.reminders import queue_reminders
from loans.servicing.holding import is_left_in_peace
from messaging.models import Message
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

DUE = date(2026, 2, 15)
ONE_DAY = Decimal("0.68065890")  # 920.15 × 27 % ÷ 365
days = st.dates(date(2026, 2, 1), date(2026, 6, 1))
holds = st.lists(st.builds(Hold, days, days, st.sampled_from(list(Stops))), max_size=4)


def late_interest(loan: Loan) -> Decimal:
    return Instalment.objects.get(loan=loan, number=1, superseded_on=None).late_interest


@given(holds=holds, after=days, length=st.integers(0, 90))
def test_held_days_are_those_that_lie_in_a_hold_each_once(holds: list[Hold], after: date, length: int) -> None:
    until = after + timedelta(days=length)
    wanted = [hold for hold in holds if hold.stops in STOPS_LATE_INTEREST]
    span = [after + timedelta(days=n) for n in range(1, length + 1)]

    expected = [day for day in span if any(hold.first <= day <= hold.last for hold in wanted)]

    assert held_days(holds, after, until, STOPS_LATE_INTEREST) == len(expected)
    late = [day for day in span if day > DUE + timedelta(days=5)]
    assert chargeable_days(DUE, 5, after, until, holds) == len([day for day in late if day not in expected])


@pytest.mark.django_db
@pytest.mark.parametrize("stops", ["late_interest", "notice"])
def test_no_late_interest_on_the_days_held_by_closing_or_by_reckoning(stops: str) -> None:
    loan = a_running_loan()
    close_until(date(2026, 2, 24))
    assert late_interest(loan) == 4 * ONE_DAY

    perform(wish(loan, "hold_placed", date(2026, 2, 25), stops=stops, until=date(2026, 3, 6)))
    perform(
        wish(loan, "hold_placed", date(2026, 3, 1), stops=stops, until=date(2026, 3, 8), recorded_on=date(2026, 3, 1))
    )
    close_until(date(2026, 3, 10))

    assert late_interest(loan) == 6 * ONE_DAY
    assert_books_agree(loan)


@pytest.mark.django_db
def test_a_missed_closing_skips_the_held_days_too() -> None:
    loan = a_running_loan()
    close_until(date(2026, 2, 15))
    perform(wish(loan, "hold_placed", date(2026, 2, 22), stops="late_interest", until=date(2026, 2, 24)))

    close_until(date(2026, 2, 28))

    assert late_interest(loan) == 5 * ONE_DAY  # 21, 25, 26, 27 and 28 February
    assert_books_agree(loan)


@pytest.mark.django_db
def test_a_hold_from_the_past_gives_back_what_was_charged_and_undoing_charges_it_again() -> None:
    loan = a_running_loan()
    close_until(date(2026, 2, 28))
    charged = late_interest(loan)
    asked = wish(
        loan, "hold_placed", date(2026, 2, 21), stops="notice", until=date(2026, 2, 28), recorded_on=date(2026, 3, 1)
    )

    shown = preview(loan, lambda: perform(asked))
    act = perform(asked)
    assert shown.rows and late_interest(loan) == 0 and position(loan).late_interest_accrued == 0
    assert_books_agree(loan)

    undo(act_id=act.pk, reason="the letter had arrived", on=date(2026, 3, 1))
    assert late_interest(loan) == charged == 8 * ONE_DAY
    assert_books_agree(loan)


@pytest.mark.django_db
def test_a_hold_counts_for_its_whole_first_day_even_after_money_of_that_day() -> None:
    loan = a_running_loan()
    close_until(date(2026, 2, 20))
    on = date(2026, 2, 21)
    receipt = pay(loan, "10.00", on)
    assert receipt.late_interest == Decimal("0.68")

    perform(wish(loan, "hold_placed", on, stops="late_interest", until=on))

    receipt.refresh_from_db()
    assert receipt.late_interest == 0 and late_interest(loan) == 0
    assert_books_agree(loan)


@pytest.mark.django_db
def test_a_hold_may_end_early() -> None:
    loan = a_running_loan()
    close_until(date(2026, 2, 20))
    perform(wish(loan, "hold_placed", date(2026, 2, 21), stops="late_interest", until=date(2026, 4, 30)))
    close_until(date(2026, 2, 28))

    perform(wish(loan, "hold_ended", date(2026, 2, 27), stops="late_interest", recorded_on=date(2026, 3, 1)))

    assert late_interest(loan) == 2 * ONE_DAY
    assert_books_agree(loan)


@pytest.mark.django_db
def test_days_without_interest_are_free_and_never_free_twice() -> None:
    loan = a_running_loan()
    on = date(2026, 1, 26)

    perform(wish(loan, "hold_placed", on, stops="interest", until=date(2026, 2, 5)))
    perform(wish(loan, "hold_placed", on, stops="everything", until=date(2026, 2, 5), key="again"))

    rows = Instalment.objects.filter(loan=loan, superseded_on=None).order_by("number")
    assert [row.interest for row in rows[:2]] == [Decimal("116.13"), Decimal("166.20")]  # 180.00 × 20 ÷ 31
    assert_books_agree(loan)


@pytest.mark.django_db
def test_no_reminder_goes_out_while_messages_are_on_hold() -> None:
    held, other = a_running_loan(), a_running_loan()
    close_until(date(2026, 2, 10))
    perform(wish(held, "hold_placed", date(2026, 2, 11), stops="messages", until=date(2026, 2, 12)))

    queue_reminders(0, 2**62, date(2026, 2, 11))

    assert list(Message.objects.filter(template_code="repayment_due_soon").values_list("reference", flat=True)) == [
        other.number
    ]
    queue_reminders(0, 2**62, date(2026, 2, 13))
    assert Message.objects.filter(template_code="repayment_due_soon", reference=held.number).count() == 1


@pytest.mark.django_db
def test_collectors_leave_people_in_peace_only_while_all_late_loans_are_on_hold() -> None:
    loan = a_running_loan()
    close_until(date(2026, 2, 20))
    perform(wish(loan, "hold_placed", date(2026, 2, 21), stops="messages", until=date(2026, 2, 23)))

    peace = [is_left_in_peace(loan.borrower_id, date(2026, 2, day)) for day in (20, 21, 23, 24)]
    now = datetime(2026, 2, 21, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    shown = guard(loan.borrower, None, channel="call", now=now, on=date(2026, 2, 21))

    assert peace == [False, True, True, False]
    assert isinstance(shown.refusal, LeftInPeace) and not shown.allowed
    a_running_loan(borrower=loan.borrower)
    close_until(date(2026, 2, 22))
    assert not is_left_in_peace(loan.borrower_id, date(2026, 2, 22))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("refusal", "kind", "values", "changes"),
    [
        (HoldEndsTooEarly, "hold_placed", {"stops": "notice", "until": date(2026, 2, 9)}, {}),
        (BeyondAuthority, "hold_placed", {"stops": "notice", "until": date(2026, 12, 31)}, {}),
        (HoldFollowsBalance, "hold_placed", {"stops": "interest", "until": date(2026, 2, 20)}, {"recalculates": True}),
        (NoHoldRunning, "hold_ended", {"stops": "notice"}, {}),
        (FreeDaysGiven, "hold_ended", {"stops": "interest"}, {}),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    refusal: type[Exception], kind: str, values: dict[str, object], changes: dict[str, object]
) -> None:
    loan = a_running_loan(**changes)

    with pytest.raises(refusal):
        perform(wish(loan, kind, date(2026, 2, 10), **values))
    assert not LoanAct.objects.exists()
