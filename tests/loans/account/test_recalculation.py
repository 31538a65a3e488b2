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
from loans.account.changes.charges import FeeRaised
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


def opened(terms: t.LoanTerms, **servicing: object) -> Account:
    schedule = build_schedule(terms)
    settings = t.ServicingTerms(recalculates=True, **servicing)  # type: ignore[arg-type]
    plan = plan_of(terms, settings, schedule, periods(terms))
    return open_account(schedule, on=terms.start_on, grace_days=0, late_annual_rate=ZERO, plan=plan)


def a_loan(rest: t.Rest = t.Rest.DAILY, **servicing: object) -> Account:
    return opened(replace(TERMS, rest=rest), **servicing)


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
    assert interest(age(account, date(2022, 12, 1))) == interest(account)
    assert interest(age(account, date(2022, 12, 7)))[1:] != interest(account)[1:]


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


def a_short_loan(rest: t.Rest = t.Rest.DAILY, **servicing: object) -> Account:
    return opened(replace(SHORT, rest=rest), **servicing)


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
    account = paid(a_short_loan(t.Rest(rest), prepayment=t.Prepayment(prepayment)), "2026-02-01", "700.00")

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
    terms = replace(TERMS, principal=Decimal("12000.00"), annual_rate=Decimal("0.18"), start_on=FROM, rest=t.Rest(rest))

    account = paid(opened(terms, prepayment=prepayment), day, "20000.00")

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


@pytest.mark.parametrize("rest", list(t.Rest))
def test_paid_as_agreed_the_plan_stays_as_agreed(rest: t.Rest) -> None:
    account = a_loan(rest=rest)
    agreed = totals(account)

    for row, total in zip(account.instalments, agreed, strict=True):
        account = paid(account, row.due_on.isoformat(), total)

    assert totals(account) == agreed
    assert account.is_settled


# --- by the day, from the balance that is really there -----------------------------------------------------------------
YEAR = date(2026, 1, 15)
BY_DAYS = t.LoanTerms(
    principal=Decimal("1200.00"),
    annual_rate=Decimal("0.18"),
    count=4,
    start_on=YEAR,
    method=t.Method.EQUAL_PRINCIPAL,
    interest_by=t.InterestBy.DAY,
)
BY_MONTHS = replace(BY_DAYS, interest_by=t.InterestBy.PERIOD)


def test_principal_due_between_two_rest_days_counts_from_the_later_one() -> None:
    """Weekly rest days are 19 February, 19 March and 16 April: 4 days on 1,200.00 and 24 on 900.00 are 2.37 + 10.65;
    4 on 900.00 and 27 on 600.00 1.78 + 7.99; one on 600.00 and 29 on 300.00 0.30 + 4.29."""
    terms = replace(BY_DAYS, rest=t.Rest.WEEKLY)
    as_signed = [str(row.interest) for row in build_schedule(terms).instalments]

    assert as_signed == ["18.35", "13.02", "9.77", "4.59"]
    assert interest(age(opened(terms), date(2026, 2, 10))) == as_signed


def test_called_in_between_two_rest_days_what_falls_due_in_between_bears_until_the_later_one() -> None:
    """Settled on 13 February with weekly rests the money counts from the 19th, the first instalment's too: 35 days."""
    account = paid(opened(replace(BY_DAYS, rest=t.Rest.WEEKLY)), "2026-02-13", "2000.00")

    assert account.overpaid == Decimal("2000.00") - Decimal("1200.00") - Decimal("20.72")  # 18.35 + 2.37


@pytest.mark.parametrize(
    ("first_period", "agreed", "after"),
    [
        # 46 days on 1,200.00 are 27.22, of which a month is 18.00: 9.22 are odd
        ("spread", ["20.31", "15.81", "11.30", "6.80"], ["18.99", "15.66", "11.15", "6.65"]),
        ("added", ["27.22", "13.50", "9.00", "4.50"], ["25.45", "13.50", "9.00", "4.50"]),
    ],
)
def test_laid_out_anew_a_plan_keeps_who_bears_the_odd_days_of_its_first_period(
    first_period: str, agreed: list[str], after: list[str]
) -> None:
    """240.00 paid after 31 of the 46 days: 18.35 + 7.10 = 25.45 for the whole, of which 8.62 are odd by the same part."""
    terms = replace(BY_MONTHS, first_due_on=date(2026, 3, 2), first_period=t.FirstPeriod(first_period))
    account = opened(terms)
    assert interest(account) == agreed
    assert interest(age(account, date(2026, 2, 10))) == agreed

    told = interest(paid(account, "2026-02-15", "240.00"))

    assert told == after


def test_a_short_first_period_asks_for_no_interest_before_it_is_earned() -> None:
    """17 days on 1,200.00 are 10.06; spread, the first of four would ask for 16.02."""
    terms = replace(BY_MONTHS, first_due_on=date(2026, 2, 1), first_period=t.FirstPeriod.SPREAD)

    assert (
        interest(opened(terms)) == interest(age(opened(terms), date(2026, 1, 20))) == ["10.06", "13.50", "9.00", "4.50"]
    )


def test_deferred_interest_is_not_overdue_and_bears_nothing() -> None:
    """The first 18.00 fall due on 15 March: until then 900.00 bear 13.50 and nothing compounds."""
    terms = replace(BY_MONTHS, grace_on_interest_payment=1)
    account = paid(opened(terms, compounding=t.Compounding.INTEREST), "2026-02-15", "300.00")

    assert interest(age(account, date(2026, 3, 1))) == ["0.00", "31.50", "9.00", "4.50"]


def test_a_fee_raised_later_bears_from_its_day_and_paid_no_less_than_nothing() -> None:
    terms = replace(BY_MONTHS, fee_total=Decimal("24.00"))
    account = age(opened(terms, compounding=t.Compounding.FEE), date(2026, 2, 10))
    raised = FeeRaised(on=date(2026, 2, 10), instalment=1, amount=Decimal("3.00")).apply(account).account

    in_time = paid(raised, "2026-02-15", "327.00")  # 300.00, 18.00 and 9.00
    late = age(raised, date(2026, 2, 25))

    assert interest(age(in_time, date(2026, 3, 1)))[1] == "13.50"
    assert from_json(as_json(late.plan) or {}, terms, late.plan.servicing) == late.plan  # type: ignore[union-attr]
    assert interest(late)[1] == "15.16"  # 1,209.00 for ten of 28 days, 900.00 for eighteen: 6.48 + 8.68


def test_a_part_of_a_period_measured_by_itself_bears_its_days_of_it() -> None:
    """From 15 January to 2 March a month and 15 of 28 days, 27.64 in all; 35 of its 46 days are 21.03."""
    terms = replace(BY_MONTHS, interest_by=t.InterestBy.EVEN, first_due_on=date(2026, 3, 2))

    assert interest(opened(terms))[0] == "27.64"
    assert interest(paid(opened(terms), "2026-02-19", "1221.03", settles=True))[0] == "21.03"
