"""Laws of the engine that hold whatever happens: a reversal restores, nothing is negative, paid off stays paid off."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.money import ZERO
from loans.account.account import Account, age, call_in, open_account
from loans.account.allocation import receive_called_in
from loans.account.arrears import arrears
from loans.account.payment_order import COMPONENTS
from loans.account.replay import PaymentEvent, replay
from loans.bookkeeping.positions import AGREED, MOVING
from loans.models import Instalment, Loan, LoanPosition
from loans.night.closing import accrue_and_age
from loans.proof.verifying import compare
from loans.schedules.schedule import build_schedule
from loans.schedules.terms import LoanTerms, Method
from loans.servicing.guarding import Excess
from loans.servicing.repayments import record_repayment, reverse_repayment
from tests.examples import lives
from tests.loans.books import OF_THE_WAY
from tests.loans.factories import DISBURSED, LoanFactory

START = date(2026, 1, 31)
LAST_DAY = 150
methods = st.sampled_from([Method.EQUAL_INSTALMENTS, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY, Method.BULLET])
cents = st.integers(1, 400_000).map(lambda n: Decimal(n).scaleb(-2))
days = st.integers(0, LAST_DAY)
accounts = st.builds(
    lambda method, principal, rate, count, late: open_account(
        build_schedule(LoanTerms(principal=principal, annual_rate=rate, count=count, method=method, start_on=START)),
        on=START,
        grace_days=3,
        late_annual_rate=late,
    ),
    methods,
    st.integers(100_00, 90_000_00).map(lambda n: Decimal(n).scaleb(-2)),
    st.sampled_from([ZERO, Decimal("0.0599"), Decimal("0.24")]),
    st.integers(1, 24),
    st.sampled_from([ZERO, Decimal("0.36")]),
)
payments = st.lists(st.tuples(days, cents), max_size=8)


def told(account: Account, paid: list[tuple[int, Decimal]], order: list[str]) -> Account:
    events = [PaymentEvent(on=START + timedelta(days=day), amount=amount, order=order) for day, amount in sorted(paid)]
    return replay(account, events)[0]


@given(account=accounts, paid=payments, order=st.permutations(COMPONENTS))
def test_money_in_is_money_allocated_and_nothing_is_negative(
    account: Account, paid: list[tuple[int, Decimal]], order: list[str]
) -> None:
    after = told(account, paid, order)

    rows = after.instalments
    allocated = sum((r.principal_paid + r.interest_paid + r.fee_paid + r.late_interest_paid for r in rows), ZERO)
    assert allocated + after.overpaid == sum((amount for _, amount in paid), ZERO)
    owed = [(r.principal_owed, r.interest_owed, r.fee_owed, r.late_interest_owed) for r in rows]
    assert min(min(parts) for parts in owed) >= 0 and after.overpaid >= 0
    assert after.principal_outstanding + sum((r.principal_paid for r in rows), ZERO) == account.principal_outstanding


@given(account=accounts, paid=payments, settles_on=days, later=st.integers(0, 2000), order=st.permutations(COMPONENTS))
def test_a_loan_settled_early_owes_nothing_on_any_later_day(
    account: Account, paid: list[tuple[int, Decimal]], settles_on: int, later: int, order: list[str]
) -> None:
    before = told(account, paid, order)
    on = max(START + timedelta(days=settles_on), before.as_of)
    called = call_in(before, on)
    assume(called.owed >= 0)  # below, more was paid ahead than the days used cost: there is nothing to settle with
    settled, _ = receive_called_in(called, amount=called.owed, on=on, order=order) if called.owed else (called, None)

    then = on + timedelta(days=later)
    aged = age(settled, then)
    assert (aged.owed, arrears(aged, then).days_past_due) == (ZERO, 0)
    assert aged.interest_accrued(then) == settled.interest_accrued(on)


@given(account=accounts, paid=payments, extra=st.tuples(days, cents), order=st.permutations(COMPONENTS))
def test_a_payment_told_and_taken_back_leaves_no_trace(
    account: Account, paid: list[tuple[int, Decimal]], extra: tuple[int, Decimal], order: list[str]
) -> None:
    """What reversing does is to tell the story again without the payment; the events themselves keep no memory."""
    end = START + timedelta(days=LAST_DAY)
    without = age(told(account, paid, order), end)

    told(account, [*paid, extra], order)

    assert age(told(account, paid, order), end) == without


def pay(loan: Loan, key: object, day: int, amount: Decimal, recorded_on: date) -> Any:
    return record_repayment(
        loan_id=loan.pk,
        amount=amount,
        received_on=DISBURSED + timedelta(days=day),
        channel="import",
        idempotency_key=f"{loan.pk}:{key}",
        recorded_by=None,
        recorded_on=recorded_on,
        excess=Excess.PAID_AHEAD,
        allow_repeat=True,
    )


def stored(loan: Loan) -> tuple[Any, ...]:
    """Position and schedule in force, as the database has them."""
    position = LoanPosition.objects.filter(pk=loan.pk).values().get()
    rows = Instalment.objects.filter(loan=loan, superseded_on=None).order_by("number").values_list(*AGREED, *MOVING)
    return {name: value for name, value in position.items() if name not in OF_THE_WAY}, list(rows)


@pytest.mark.django_db
@lives(20)
@given(
    paid=st.lists(st.tuples(st.integers(1, LAST_DAY), cents), max_size=3, unique_by=lambda p: p[0]),
    extra=st.tuples(st.integers(1, LAST_DAY), cents),
    place=st.integers(0, 3),
)
def test_a_reversal_restores_the_loan_as_if_nothing_had_come(
    paid: list[tuple[int, Decimal]], extra: tuple[int, Decimal], place: int
) -> None:
    plain, disturbed = LoanFactory(active=True, instalment_count=4), LoanFactory(active=True, instalment_count=4)
    end = DISBURSED + timedelta(days=LAST_DAY)
    for loan in (plain, disturbed):
        accrue_and_age(loan.pk, loan.pk, end - timedelta(days=1))

    receipt = None
    for n, (day, amount) in enumerate(paid):
        if n == place:
            receipt = pay(disturbed, "extra", *extra, end)
        for loan in (plain, disturbed):
            pay(loan, n, day, amount, end)
    receipt = receipt or pay(disturbed, "extra", *extra, end)
    reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=end)
    for loan in (plain, disturbed):
        accrue_and_age(loan.pk, loan.pk, end)

    assert stored(disturbed) == stored(plain)
    disturbed.refresh_from_db()
    assert compare(disturbed) == []
