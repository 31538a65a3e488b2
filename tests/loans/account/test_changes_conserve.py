"""Whatever is changed in whatever order: principal is conserved, nothing is owed below zero, ageing in between is free."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO
from loans.account.account import Account, age, open_account
from loans.account.changes.due_dates import DueDayChanged, PaymentHoliday
from loans.account.changes.holds import HoldPlaced
from loans.account.changes.restructuring import OverdueReaged, OverdueSpread, Reamortised
from loans.account.interest import Stops
from loans.account.replay import Event, PaymentEvent, apply, in_order
from loans.schedules.schedule import build_schedule
from loans.schedules.terms import LoanTerms

START = date(2026, 1, 31)
TERMS = LoanTerms(principal=Decimal("3000.00"), annual_rate=Decimal("0.12"), count=6, start_on=START)
STORED = object()  # changes that stand act on what there is
days = st.integers(0, 300).map(lambda n: START + timedelta(days=n))
counts = st.integers(1, 4)
flags = st.booleans()
order = st.just(("fee", "late_interest", "interest", "principal"))
terms, source = st.just(TERMS), st.just(STORED)
changes: st.SearchStrategy[Event] = st.one_of(
    st.builds(DueDayChanged, on=days, day=st.integers(1, 31), terms=terms, source=source),
    st.builds(
        PaymentHoliday,
        on=days,
        count=counts,
        interest=st.sampled_from(["free", "first", "spread"]),
        terms=terms,
        source=source,
    ),
    st.builds(OverdueSpread, on=days, priced=flags, terms=terms, source=source),
    st.builds(OverdueReaged, on=days, count=counts, priced=flags, terms=terms, source=source),
    st.builds(Reamortised, on=days, count=counts, capitalised=flags, terms=terms, source=source),
    days.flatmap(
        lambda on: st.builds(
            HoldPlaced,
            on=st.just(on),
            until=st.integers(0, 60).map(lambda n: on + timedelta(days=n)),
            stops=st.sampled_from([stops.value for stops in Stops]),
            source=source,
        )
    ),
)
payments: st.SearchStrategy[Event] = st.builds(
    PaymentEvent, on=days, amount=st.integers(1, 900_00).map(lambda c: Decimal(c).scaleb(-2)), order=order
)
stories = st.lists(st.one_of(changes, payments), min_size=1, max_size=6).map(lambda told: sorted(told, key=in_order))


def fresh() -> Account:
    return open_account(build_schedule(TERMS), on=START, grace_days=5, late_annual_rate=Decimal("0.18"))


@given(story=stories)
def test_principal_is_conserved_and_nothing_is_owed_below_zero(story: list[Event]) -> None:
    account, capitalised, repaid = fresh(), ZERO, ZERO
    for event in story:
        account, outcome = apply(account, event)
        capitalised += outcome.effect.figures.get("interest_capitalised", ZERO)
        if outcome.allocation is not None:
            repaid += outcome.allocation.parts.principal
        if outcome.effect.credit is not None:  # interest paid ahead that a change gave back pays principal at once
            repaid += outcome.effect.credit.parts.principal

        rows = account.instalments
        assert account.principal_outstanding == TERMS.principal + capitalised - repaid
        assert min(min(r.principal_owed, r.interest_owed, r.fee_owed, r.late_interest_owed) for r in rows) >= 0
        assert all(row.starts_on <= row.due_on for row in rows)
        assert [row.number for row in rows] == sorted({row.number for row in rows})


@given(story=stories, pauses=st.lists(days, max_size=4))
def test_closing_days_in_between_changes_nothing(story: list[Event], pauses: list[date]) -> None:
    straight, stepped = fresh(), fresh()
    for event in story:
        straight, _ = apply(straight, event)
        for pause in sorted(pauses):
            if pause < event.on:
                stepped = age(stepped, pause)
        stepped, _ = apply(stepped, event)

    end = START + timedelta(days=500)
    assert age(stepped, end) == age(straight, end)
