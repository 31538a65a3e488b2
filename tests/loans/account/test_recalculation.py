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


# --- 2,400.00 at 10 %, four months from 10 January: 613.00 of level; figures by a calculation of their own ---
FROM = date(2026, 1, 10)
SHORT = replace(TERMS, principal=Decimal("2400.00"), annual_rate=Decimal("0.10"), count=4, start_on=FROM)


def a_short_loan(**servicing: object) -> Account:
    schedule = build_schedule(SHORT)
    settings = t.ServicingTerms(recalculates=True, **servicing)  # type: ignore[arg-type]
    plan = plan_of(SHORT, settings, schedule, periods(SHORT))
    return open_account(schedule, on=FROM, grace_days=0, late_annual_rate=ZERO, plan=plan)


def principal(account: Account) -> list[str]:
    return [str(row.principal) for row in account.instalments]


@pytest.mark.parametrize(
    ("prepayment", "parts", "charged"),
    [
        ("reduce_instalment", ["700.00", "562.96", "566.34", "570.70"], ["18.66", "13.04", "9.66", "4.69"]),
        ("reduce_number", ["700.00", "599.96", "603.66", "496.38"], ["18.66", "13.04", "9.34", "4.08"]),
        ("lessen_next", ["700.00", "494.30", "602.76", "602.94"], ["18.66", "13.04", "10.24", "4.96"]),
    ],
)
def test_early_money_beyond_the_running_instalment_is_its_principal_and_no_more(
    prepayment: str, parts: list[str], charged: list[str]
) -> None:
    """Nine days before the first due date: 22 days on 2,400.00 and 9 on 1,700.00 are 14.47 + 4.19."""
    account = paid(a_short_loan(prepayment=t.Prepayment(prepayment)), "2026-02-01", "700.00")

    assert (principal(account), interest(account)) == (parts, charged)


def test_money_that_lessens_the_next_instalments_may_leave_some_with_interest_alone() -> None:
    account = paid(a_short_loan(prepayment=t.Prepayment.LESSEN_NEXT), "2026-02-01", "1300.00")

    assert principal(account) == ["1300.00", "0.00", "504.04", "595.96"]
    assert interest(account) == ["17.18", "8.44", "9.34", "4.90"]


@pytest.mark.parametrize("prepayment", ["reduce_instalment", "reduce_number", "lessen_next"])
@pytest.mark.parametrize(
    ("rest", "first", "repaid"),
    [
        ("weekly", "19.81", "700.00"),  # from 7 February: 28 days on 2,400.00 and 3 on 1,700.00
        ("monthly", "20.38", "679.62"),  # from the due date, so that the interest until then is paid with it
        ("same_as_repayment", "20.38", "679.62"),
    ],
)
def test_early_money_counts_from_its_rest_day(prepayment: str, rest: str, first: str, repaid: str) -> None:
    servicing = {"prepayment": t.Prepayment(prepayment), "rest": t.Rest(rest)}
    account = paid(a_short_loan(**servicing), "2026-02-01", "700.00")

    assert (interest(account)[0], principal(account)[0]) == (first, repaid)


@pytest.mark.parametrize(
    ("compounding", "day", "third"),
    [
        ("none", 0, "15.16"),  # 15 days on 2,400.00, then 16 on 1,208.24
        ("interest", 0, "15.30"),  # 20.38 and 13.86 more for the 15 days
        ("interest", 20, "15.26"),  # 13.86 of them from 20 March only
        ("interest", 31, "15.25"),  # from the last of February, and of March: after the money came
    ],
)
def test_overdue_money_reckoned_when_money_comes_changes_no_period_that_had_ended(
    compounding: str, day: int, third: str
) -> None:
    account = a_short_loan(
        overdue_bears=t.OverdueBears.ON_RECEIPT, compounding=t.Compounding(compounding), compounding_day=day
    )
    assert interest(age(account, date(2026, 3, 24))) == interest(account)

    assert interest(paid(account, "2026-03-25", "613.00"))[:3] == ["20.38", "13.86", third]


def test_reckoned_as_each_day_passes_an_ended_period_keeps_what_overdue_money_bore_in_it() -> None:
    """Also where money counts from due dates only: the second period bears 28 days on all 2,400.00."""
    for rest in (t.Rest.DAILY, t.Rest.SAME_AS_REPAYMENT):
        account = age(a_short_loan(rest=rest), date(2026, 3, 25))

        assert interest(account)[:2] == ["20.38", "18.41"]


@pytest.mark.parametrize(
    ("rest", "day", "kept"),
    [
        ("daily", "2026-01-15", "29.59"),
        ("weekly", "2026-01-15", "41.42"),
        ("monthly", "2026-01-15", "183.45"),
        ("same_as_repayment", "2026-01-15", "183.45"),
    ],
)
@pytest.mark.parametrize("prepayment", list(t.Prepayment))
def test_more_than_all_settles_with_the_interest_to_the_rest_day(
    rest: str, day: str, kept: str, prepayment: t.Prepayment
) -> None:
    """12,000.00 at 18 %: 5 days, 7 days, and the 31 days to the due date, which is the monthly rest day too."""
    terms = replace(TERMS, principal=Decimal("12000.00"), annual_rate=Decimal("0.18"), start_on=FROM)
    schedule = build_schedule(terms)
    servicing = t.ServicingTerms(recalculates=True, rest=t.Rest(rest), prepayment=prepayment)
    plan = plan_of(terms, servicing, schedule, periods(terms))
    account = open_account(schedule, on=FROM, grace_days=0, late_annual_rate=ZERO, plan=plan)

    account = paid(account, day, "20000.00")

    assert account.is_settled and account.overpaid == Decimal("8000.00") - Decimal(kept)
    assert age(account, date(2027, 1, 15)).owed == ZERO


payments = st.lists(st.tuples(st.integers(0, 240), st.integers(1, 300_000)), max_size=6)
servicing = st.fixed_dictionaries(
    {
        "rest": st.sampled_from(list(t.Rest)),
        "compounding": st.sampled_from(list(t.Compounding)),
        "prepayment": st.sampled_from(list(t.Prepayment)),
        "overdue_bears": st.sampled_from(list(t.OverdueBears)),
        "compounding_day": st.sampled_from([0, 1, 15, 31]),
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
        assert not (aged.owed and aged.overpaid), "nothing is owed beside money overpaid"
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
