"""The loan account as a value: allocation, late interest, extension, settlement; and that order does not matter."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO
from loans.account.account import Account, age, call_in, open_account
from loans.account.allocation import allocate, receive
from loans.account.arrears import arrears, step_of
from loans.account.changes.charges import ChargesWaived, WaiverTooHigh
from loans.account.changes.extending import Extended
from loans.account.payment_order import COMPONENTS
from loans.account.replay import Event, PaymentEvent, replay
from loans.schedules.schedule import build_schedule
from loans.schedules.terms import LoanTerms

START = date(2026, 1, 15)
ORDER = ("fee", "late_interest", "interest", "principal")


def account(grace_days: int = 5, late: str = "0.27") -> Account:
    """Three instalments of 3,000.00 at 12 %: 1,020.06 due on the 15th of February, March and April."""
    schedule = build_schedule(
        LoanTerms(principal=Decimal("3000.00"), annual_rate=Decimal("0.12"), count=3, start_on=START)
    )
    return open_account(schedule, on=START, grace_days=grace_days, late_annual_rate=Decimal(late))


def test_interest_accrues_by_days_and_sums_to_the_agreed_interest() -> None:
    fresh = account()

    assert fresh.interest_accrued(START) == ZERO
    assert fresh.interest_accrued(date(2026, 1, 25)) == Decimal("9.68")  # 30.00 × 10 ÷ 31
    assert fresh.interest_accrued(date(2026, 4, 15)) == Decimal("60.20")


def test_no_late_interest_inside_the_grace_days_nor_for_them_afterwards() -> None:
    within = age(account(), date(2026, 2, 20))
    beyond = age(account(), date(2026, 2, 22))

    assert within.late_interest_accrued == ZERO
    assert beyond.instalments[0].late_interest == Decimal("1.46474630")  # 990.06 × 27 % ÷ 365, two days


def test_days_past_due_count_from_the_day_after_the_due_date() -> None:
    assert arrears(account(), date(2026, 2, 15)).days_past_due == 0
    assert arrears(account(), date(2026, 2, 16)).days_past_due == 1
    assert arrears(account(), date(2026, 2, 15)).due_today == Decimal("1020.06")


@pytest.mark.parametrize(
    ("days", "name"),
    [(0, "normal"), (1, "special_mention"), (90, "special_mention"), (91, "substandard"), (270, "substandard"),
     (271, "doubtful"), (360, "doubtful"), (361, "loss")],
)  # fmt: skip
def test_risk_class_boundaries_are_those_of_the_regulation(days: int, name: str) -> None:
    floors = [("normal", 0), ("special_mention", 1), ("substandard", 91), ("doubtful", 271), ("loss", 361)]

    assert step_of(days, floors) == name


def test_a_payment_goes_to_the_oldest_instalment_in_the_agreed_order() -> None:
    late = age(account(), date(2026, 3, 1))

    paid, allocation = receive(late, amount=Decimal("100.00"), on=date(2026, 3, 1), order=ORDER)

    (line,) = allocation.lines
    assert (line.instalment_number, line.late_interest, line.interest) == (1, Decimal("6.59"), Decimal("30.00"))
    assert line.principal == Decimal("63.41")
    assert paid.instalments[0].settled_on is None


def test_what_nothing_is_owed_for_is_overpaid() -> None:
    paid, allocation = receive(account(), amount=Decimal("5000.00"), on=date(2026, 2, 1), order=ORDER)

    assert allocation.overpaid == Decimal("5000.00") - Decimal("3060.20")
    assert paid.is_settled
    assert {row.settled_on for row in paid.instalments} == {date(2026, 2, 1)}


def test_settling_early_costs_interest_only_for_the_days_used() -> None:
    called = call_in(account(), date(2026, 1, 25))

    assert called.owed == Decimal("3009.68")


def test_an_extension_moves_open_due_dates_and_charges_the_contract_rate() -> None:
    effect = Extended(on=date(2026, 2, 10), days=30, annual_rate=Decimal("0.12")).apply(account())
    extended = effect.account

    assert effect.figures["interest_added"] == Decimal("29.59")  # 3,000 × 12 % × 30 ÷ 365
    assert extended.instalments[0].due_on == date(2026, 3, 17)
    assert extended.instalments[0].interest == Decimal("59.59")


def test_no_more_can_be_waived_than_is_owed() -> None:
    late = age(account(), date(2026, 3, 1))

    def waived(amount: str) -> Account:
        given_up = ChargesWaived(on=date(2026, 3, 1), component="late_interest", amount=Decimal(amount))
        return given_up.apply(late).account

    assert waived("6.59").late_interest_accrued == 0
    with pytest.raises(WaiverTooHigh):
        waived("6.60")


@given(cents=st.integers(1, 6_000_00), days=st.integers(0, 200), order=st.permutations(COMPONENTS))
def test_an_allocation_sums_to_its_payment_and_never_overpays_a_part(cents: int, days: int, order: list[str]) -> None:
    aged = age(account(), START + timedelta(days=days))

    allocation = allocate(Decimal(cents).scaleb(-2), aged, order)

    assert allocation.total + allocation.overpaid == Decimal(cents).scaleb(-2)
    for line in allocation.lines:
        row = aged.instalments[line.instalment_number - 1]
        assert line.principal <= row.principal_owed
        assert line.late_interest <= row.late_interest_owed


payments = st.builds(
    lambda day, cents: PaymentEvent(on=START + timedelta(days=day), amount=Decimal(cents).scaleb(-2), order=ORDER),
    st.integers(0, 150),
    st.integers(1, 900_00),
)
extensions = st.builds(
    lambda day, days: Extended(on=START + timedelta(days=day), days=days, annual_rate=Decimal("0.12"), source="stored"),
    st.integers(0, 100),
    st.integers(1, 60),
)


@given(events=st.lists(st.one_of(payments, extensions), max_size=7), pauses=st.lists(st.integers(0, 160), max_size=5))
def test_ageing_in_between_changes_nothing(events: list[Event], pauses: list[int]) -> None:
    """Closing the day before each event gives the same account as reckoning from event to event."""
    ordered = sorted(events, key=lambda event: event.on)
    straight, _ = replay(account(), ordered)
    stepped = account()
    for event in ordered:
        for pause in sorted(pauses):
            if START + timedelta(days=pause) <= event.on:
                stepped = age(stepped, START + timedelta(days=pause))
        stepped, _ = replay(stepped, [event])

    end = START + timedelta(days=400)

    assert age(stepped, end) == age(straight, end)


@given(events=st.lists(payments, min_size=1, max_size=8))
def test_a_paid_off_account_owes_nothing_on_any_later_day(events: list[Event]) -> None:
    paid, _ = replay(account(), sorted(events, key=lambda event: event.on))
    paid, _ = receive(paid, amount=paid.owed + 1, on=max(paid.as_of, START), order=ORDER)

    assert age(paid, START + timedelta(days=900)).owed == ZERO
    assert paid.overpaid >= 1
