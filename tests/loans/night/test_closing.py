"""End of day in SQL against the pure rooms, and the promise that repeating changes nothing."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO
from ledger.models import JournalLine
from ledger.queries import difference
from loans.models import Accrual, Loan, LoanPosition, LoanTransition, NightAccrual
from loans.night.closing import accrue_and_age, id_range
from loans.proof.verifying import compare
from tests.examples import lives
from tests.loans.books import OF_THE_WAY, close_days
from tests.loans.factories import DISBURSED, LoanFactory, RepaymentFactory

pytestmark = pytest.mark.django_db


def test_a_day_is_accrued_by_product_with_the_loans_shares_beside() -> None:
    first, second = LoanFactory(active=True), LoanFactory(active=True, principal=Decimal("6000.00"))

    counts = accrue_and_age(0, 2**62, DISBURSED + timedelta(days=1))

    assert counts == {"loans_read": 2, "loans_counted_on": 0, "loans_past_due": 0, "bucket_moves": 0}
    assert not Accrual.objects.exists(), "no row a loan and day"
    shares = dict(LoanPosition.objects.values_list("loan_id", "interest_accrued"))
    assert shares == {first.pk: Decimal("5.81"), second.pk: Decimal("2.90")}
    (night,) = NightAccrual.objects.all()
    assert (night.loans, night.interest) == (2, Decimal("8.71"))
    assert JournalLine.objects.get(account_id="1202").debit == Decimal("8.71")


def test_closing_a_day_twice_changes_nothing() -> None:
    LoanFactory(active=True)
    close_days(DISBURSED, date(2026, 3, 1))
    before = list(LoanPosition.objects.values())
    lines = JournalLine.objects.count()

    counts = accrue_and_age(0, 2**62, date(2026, 3, 1))

    assert counts["loans_read"] == 0
    assert list(LoanPosition.objects.values()) == before
    assert JournalLine.objects.count() == lines


def test_a_missed_day_is_made_up_for_by_the_next() -> None:
    daily, lazy = LoanFactory(active=True), LoanFactory(active=True)
    for day in range(1, 91):
        accrue_and_age(daily.pk, daily.pk, DISBURSED + timedelta(days=day))

    accrue_and_age(lazy.pk, lazy.pk, DISBURSED + timedelta(days=90))

    rows = [
        {key: value for key, value in row.items() if key not in OF_THE_WAY}
        for row in LoanPosition.objects.order_by("loan_id").values()
    ]
    assert rows[0] == rows[1]


def test_moves_of_bucket_and_class_are_kept() -> None:
    loan = LoanFactory(active=True)

    close_days(DISBURSED, date(2026, 5, 20))

    moves = LoanTransition.objects.filter(loan_id=loan.pk).order_by("id").values_list("kind", "before", "after")
    assert list(moves) == [
        ("bucket", "C", "M1"),
        ("class", "normal", "special_mention"),
        ("bucket", "M1", "M2"),
        ("bucket", "M2", "M3"),
        ("bucket", "M3", "M4"),
        ("class", "special_mention", "substandard"),
    ]


def test_only_running_loans_are_in_range() -> None:
    assert id_range() is None
    loan = LoanFactory(active=True)
    assert id_range() == (loan.pk, loan.pk)


events = st.lists(st.tuples(st.integers(0, 130), st.integers(1, 250_000)), max_size=6)


@lives(60)
@given(
    payments=events,
    method=st.sampled_from(["equal_instalments", "equal_principal", "interest_only", "bullet"]),
    frequency=st.sampled_from(["month", "week", "day"]),
    fee=st.integers(0, 50_000),
    grace=st.integers(0, 10),
    last=st.integers(0, 140),
)
def test_sql_and_pure_rooms_agree_on_any_book(
    payments: list[tuple[int, int]], method: str, frequency: str, fee: int, grace: int, last: int
) -> None:
    """Days closed in SQL with payments in between, in order or back-dated, equal the account rebuilt from events."""
    loan = LoanFactory(
        active=True,
        method=method,
        frequency=frequency,
        every=10 if frequency == "day" else 1,
        instalment_count=4,
        fee_total=Decimal(fee).scaleb(-2),
        grace_days=grace,
    )
    for day, cents in payments:
        accrue_and_age(loan.pk, loan.pk, DISBURSED + timedelta(days=day))
        RepaymentFactory(
            loan=loan,
            amount=Decimal(cents).scaleb(-2),
            received_on=DISBURSED + timedelta(days=day),
            recorded_on=DISBURSED + timedelta(days=200),
        )
    accrue_and_age(loan.pk, loan.pk, DISBURSED + timedelta(days=last))

    assert compare(Loan.objects.select_related("position").get(pk=loan.pk)) == []
    assert difference() == ZERO
