"""Loans whose interest follows what is outstanding: 5,000.00 at 12 %, six months, instalments of whole yuan.

The figures are those Apache Fineract's own tests publish for the same loan (half-even, actual/365).
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO
from loans.account.account import Account, age, open_account
from loans.account.replay import PaymentEvent, apply
from loans.schedules import terms as t
from loans.schedules.due_dates import periods
from loans.schedules.plan import plan_of
from loans.schedules.plan_record import as_json, from_json
from loans.schedules.schedule import build_schedule

START = date(2022, 11, 1)
ORDER = ("late_interest", "fee", "interest", "principal")
TERMS = t.LoanTerms(
    principal=Decimal("5000.00"),
    annual_rate=Decimal("0.12"),
    count=6,
    start_on=START,
    interest_by=t.InterestBy.DAY,
    level_from=t.LevelFrom.FIRST_PERIOD,
    rounding=t.Rounding(
        mode=t.RoundingMode.HALF_EVEN, multiple=Decimal(1), emi=t.EmiRule.NEAREST, residue=t.Residue.LAST
    ),
)


def a_loan(**servicing: object) -> Account:
    schedule = build_schedule(TERMS)
    settings = t.ServicingTerms(recalculates=True, **servicing)  # type: ignore[arg-type]
    plan = plan_of(TERMS, settings, schedule, periods(TERMS))
    return open_account(schedule, on=START, grace_days=0, late_annual_rate=ZERO, plan=plan)


def paid(account: Account, on: str, amount: str, settles: bool = False) -> Account:
    event = PaymentEvent(on=date.fromisoformat(on), amount=Decimal(amount), order=ORDER, settles_early=settles)
    return apply(account, event)[0]


def interest(account: Account) -> list[str]:
    return [str(row.interest) for row in account.instalments]


def totals(account: Account) -> list[str]:
    return [str(row.principal + row.interest) for row in account.instalments]


def test_money_four_days_late_bears_four_days_more() -> None:
    account = paid(a_loan(), "2022-12-05", "862")

    assert interest(account) == ["49.32", "43.75", "34.34", "23.39", "17.35", "8.46"]


@pytest.mark.parametrize("compounding", list(t.Compounding))
def test_a_rest_day_beyond_a_due_date_to_come_makes_nothing_overdue(compounding: t.Compounding) -> None:
    """Weekly rest days are 29 November and 6 December; 1 December lies between them."""
    account = a_loan(rest=t.Rest.WEEKLY, compounding=compounding)

    assert interest(age(account, date(2022, 11, 30))) == interest(age(account, date(2022, 11, 20)))
    assert interest(age(account, date(2022, 12, 1)))[1:] != interest(age(account, date(2022, 11, 30)))[1:]


def test_more_than_is_due_makes_all_instalments_smaller() -> None:
    account = paid(a_loan(prepayment=t.Prepayment.REDUCE_INSTALMENT), "2022-12-01", "1500")

    assert totals(account) == ["1500.00", "731.00", "731.00", "731.00", "731.00", "732.24"]


def test_or_the_loan_shorter() -> None:
    account = paid(a_loan(prepayment=t.Prepayment.REDUCE_NUMBER), "2022-12-01", "2600")

    assert totals(account)[1] == "862.00"
    assert len(account.instalments) == 4


def test_resting_on_due_dates_early_money_waits() -> None:
    account = paid(a_loan(rest=t.Rest.SAME_AS_REPAYMENT), "2022-11-20", "200")

    assert interest(account)[0] == "49.32"
    assert account.instalments[0].interest_owed == ZERO


def test_overdue_interest_bears_interest_where_the_product_says_so() -> None:
    plain = age(a_loan(), date(2022, 12, 11))
    compounded = age(a_loan(compounding=t.Compounding.INTEREST), date(2022, 12, 11))

    more = Decimal(interest(compounded)[1]) - Decimal(interest(plain)[1])
    assert more == Decimal("0.16")  # 49.32 × 12 % × 10 ÷ 365


def test_settled_early_no_day_after_bears_interest() -> None:
    account = paid(a_loan(), "2022-11-21", "5032.88", settles=True)  # twenty days: 32.88

    assert account.is_settled and account.overpaid == ZERO
    assert interest(account)[0] == "32.88"


def test_a_plan_is_kept_and_read_back() -> None:
    account = paid(a_loan(prepayment=t.Prepayment.REDUCE_INSTALMENT), "2022-12-05", "1900")
    assert account.plan is not None

    assert from_json(as_json(account.plan) or {}, TERMS, account.plan.servicing) == account.plan


payments = st.lists(st.tuples(st.integers(0, 240), st.integers(1, 300_000)), max_size=6)
servicing = st.fixed_dictionaries(
    {
        "rest": st.sampled_from(list(t.Rest)),
        "compounding": st.sampled_from(list(t.Compounding)),
        "prepayment": st.sampled_from(list(t.Prepayment)),
    }
)


@given(payments=payments, servicing=servicing)
def test_principal_is_conserved_and_ageing_in_between_is_free(
    payments: list[tuple[int, int]], servicing: dict[str, object]
) -> None:
    aged, plain = a_loan(**servicing), a_loan(**servicing)
    for day, cents in sorted(payments):
        on = START + timedelta(days=day)
        event = PaymentEvent(on=on, amount=Decimal(cents).scaleb(-2), order=ORDER)
        aged = apply(age(aged, on - timedelta(days=1)), event)[0]
        plain = apply(plain, event)[0]
        assert sum(row.principal for row in aged.instalments) == Decimal("5000.00")
        assert all(row.principal_owed >= 0 and row.interest_owed >= 0 for row in aged.instalments)
    end = START + timedelta(days=400)
    assert age(aged, end) == age(plain, end)
    settled = age(aged, end)
    if settled.is_settled:
        assert age(replace(settled), end + timedelta(days=100)).owed == ZERO


@pytest.mark.parametrize("rest", [t.Rest.DAILY, t.Rest.MONTHLY, t.Rest.SAME_AS_REPAYMENT])  # all rest on due dates
def test_paid_as_agreed_the_plan_stays_as_agreed(rest: t.Rest) -> None:
    account = a_loan(rest=rest)
    agreed = totals(account)

    for row, total in zip(account.instalments, agreed, strict=True):
        account = paid(account, row.due_on.isoformat(), total)

    assert totals(account) == agreed
    assert account.is_settled
