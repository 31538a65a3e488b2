"""More time where interest follows what is outstanding: dates move together, nothing already paid is asked for again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO
from loans.account.account import Account, age
from loans.account.changes.extending import Extended
from loans.account.replay import Event, PaymentEvent, apply, replay
from loans.acts.performing import previewed
from loans.models import Instalment, Loan
from loans.schedules import terms as t
from loans.schedules.plan_record import as_json, from_json
from tests.loans.account.test_recalculation import ORDER, START, TERMS, a_loan, opened, paid, servicing
from tests.loans.acts.test_acts import wish
from tests.loans.books import close_until
from tests.loans.doing import extend as grant
from tests.loans.factories import LoanFactory
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

FEBRUARY = date(2026, 2, 15)
SHORTER: dict[str, Any] = {"recalculates": True, "prepayment": "reduce_number"}


def a_plan(level_from: t.LevelFrom, rest: t.Rest = t.Rest.DAILY, **servicing: object) -> Account:
    """The loan of ``a_loan`` with its level instalment worked out as ``level_from`` says."""
    return opened(replace(TERMS, level_from=level_from, rest=rest), **servicing)


def extended_by(account: Account, on: date, days: int) -> tuple[Account, Decimal]:
    effect = Extended(on=on, days=days, annual_rate=TERMS.annual_rate).apply(account)
    return effect.account, effect.figures["interest_added"]


def dues(account: Account) -> list[str]:
    return [row.due_on.isoformat() for row in account.instalments]


def test_open_due_dates_move_and_the_instalments_keep_their_level() -> None:
    account = paid(a_loan(), "2022-12-01", "862")

    extended, added = extended_by(account, date(2022, 12, 10), 30)

    assert dues(extended) == ["2022-12-01", "2023-01-31", "2023-03-03", "2023-03-31", "2023-05-01", "2023-05-31"]
    assert [row.principal + row.interest for row in extended.instalments[:5]] == [Decimal("862.00")] * 5
    assert added == sum(row.interest for row in extended.instalments) - sum(row.interest for row in account.instalments)
    assert added > ZERO


def test_an_instalment_paid_as_agreed_is_not_asked_for_again() -> None:
    """The level of such a loan is worked out over every period; one that became longer must not raise those before it."""
    loan = a_plan(t.LevelFrom.EVERY_PERIOD)
    first = loan.instalments[0]
    loan = paid(loan, "2022-12-01", str(first.principal + first.interest))

    extended, _added = extended_by(loan, date(2022, 12, 10), 30)

    assert extended.instalments[0] == loan.instalments[0]
    assert extended.instalments[0].settled_on == date(2022, 12, 1)


def test_instalments_that_fell_away_move_too_and_one_comes_back_after_the_last() -> None:
    """2,600 in advance end the loan two instalments earlier; half a year more costs more than the last one's level."""
    account = paid(a_loan(prepayment=t.Prepayment.REDUCE_NUMBER), "2022-12-01", "2600")
    assert len(account.instalments) == 4

    extended, _added = extended_by(account, date(2022, 12, 10), 180)

    assert len(extended.instalments) == 5
    assert dues(extended) == sorted(dues(extended))
    assert extended.instalments[4].due_on == date(2023, 4, 1) + timedelta(days=180)


def test_an_instalment_of_overdue_interest_alone_falls_away() -> None:
    """3,874 in advance left three instalments; ten weeks late they bore interest enough for a fourth."""
    account = age(paid(a_loan(prepayment=t.Prepayment.REDUCE_NUMBER), "2022-11-19", "3874"), date(2023, 2, 19))

    extended, _added = extended_by(account, date(2023, 2, 19), 32)

    before = {row.number: row.due_on for row in account.instalments}
    after = {row.number: row.due_on for row in extended.instalments}
    assert before.keys() - after.keys() == {4}
    assert [number for number in after if after[number] != before[number]] == [1, 2, 3]


def test_a_moved_plan_is_kept_and_read_back() -> None:
    extended, _added = extended_by(a_loan(), date(2022, 11, 10), 9)
    assert extended.plan is not None and extended.plan.level_periods

    assert from_json(as_json(extended.plan) or {}, TERMS, extended.plan.servicing) == extended.plan


payments = st.builds(
    lambda day, cents: PaymentEvent(on=START + timedelta(days=day), amount=Decimal(cents).scaleb(-2), order=ORDER),
    st.integers(0, 240),
    st.integers(1, 300_000),
)
extensions = st.builds(
    lambda day, days: Extended(
        on=START + timedelta(days=day), days=days, annual_rate=TERMS.annual_rate, source="stored"
    ),
    st.integers(0, 150),
    st.integers(1, 180),
)


@given(
    events=st.lists(st.one_of(payments, extensions), max_size=6),
    servicing=servicing,
    level_from=st.sampled_from(list(t.LevelFrom)),
)
def test_principal_is_conserved_periods_follow_one_another_and_ageing_in_between_is_free(
    events: list[Event], servicing: dict[str, object], level_from: t.LevelFrom
) -> None:
    in_order = sorted(events, key=lambda event: event.on)
    stepped = a_plan(level_from, **servicing)
    for event in in_order:
        # On the due day itself: interest of money that came late may open the next instalment, extended or not.
        settled = _settled_before_the_first_open(age(stepped, event.on))
        stepped = apply(age(stepped, event.on - timedelta(days=1)), event)[0]
        assert sum((row.principal for row in stepped.instalments), ZERO) == Decimal("5000.00")
        assert all(row.principal_owed >= 0 and row.interest_owed >= 0 for row in stepped.instalments)
        if isinstance(event, Extended) and stepped.plan is not None:
            assert all(one.due_on == next_.starts_on for one, next_ in pairwise(stepped.plan.periods))
            assert settled <= {row.number for row in stepped.instalments if not row.agreed_owed}
    straight = replay(a_plan(level_from, **servicing), in_order)[0]
    end = START + timedelta(days=700)
    assert age(stepped, end) == age(straight, end)


def _settled_before_the_first_open(account: Account) -> set[int]:
    first_open = next((row.number for row in account.instalments if row.agreed_owed), 0)
    return {row.number for row in account.instalments if row.number < first_open}


# --- on real rows ---------------------------------------------------------------------------------------------------


@pytest.fixture
def shortened(db: None) -> Loan:
    """12,000.00 over 12 months; 7,200.00 paid with the first leave five more, the last one almost whole."""
    loan = LoanFactory(active=True, **SHORTER)
    close_until(FEBRUARY)
    pay(loan, "7200.00", FEBRUARY)
    return loan


@pytest.fixture
def lead(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "collector", "compliance")


def current(loan: Loan) -> list[Instalment]:
    return list(Instalment.objects.filter(loan=loan, superseded_on=None).order_by("number"))


def test_what_the_preview_shows_is_what_is_granted(shortened: Loan) -> None:
    on = date(2026, 2, 20)
    found = previewed(wish(shortened, "extension", on, days=150), shortened)

    granted = grant(loan_id=shortened.pk, days=150, on=on, reason="illness", approved=True)

    shown = [pair.after for pair in found.rows if pair.after is not None]
    assert [(row.number, row.due_on, row.still_owed) for row in shown] == [
        (row.number, row.due_on, row.principal + row.interest + row.fee - row.principal_paid - row.interest_paid)
        for row in current(shortened)
    ]
    assert granted.figures == found.result.figures
    assert_books_agree(shortened)


def test_an_instalment_that_comes_back_is_shown_as_added(shortened: Loan, lead: Client) -> None:
    before = len(current(shortened))
    page = lead.get(reverse("loans:loan_act_preview", args=[shortened.number, "extension"]), {"days": 150})

    added = [pair for pair in page.context["shown"].preview.rows if pair.before is None]
    assert [pair.after.number for pair in added] == [before + 1]
    assert "added" in page.content.decode()
    assert "falls away" not in page.content.decode()


def test_an_extended_plan_goes_through_its_nights(shortened: Loan) -> None:
    grant(loan_id=shortened.pk, days=60, on=date(2026, 2, 20), reason="illness", approved=True)

    close_until(date(2026, 6, 30))  # the moved due date of 16 May passes unpaid

    assert position(shortened).oldest_due_on == date(2026, 5, 14)
    assert_books_agree(shortened)
