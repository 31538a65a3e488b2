"""Due days moved, instalments skipped, overdue money and whole plans restructured: done, back-dated, undone, refused."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.rules import forget_cached_rules
from ledger.models import JournalLine
from loans.account.changes.plan_rows import NoInstalmentAhead, NothingOverdue
from loans.account.changes.restructuring import FirstDueTooEarly, FlatChargeStays
from loans.acts.kinds.terms import DueDayTooFar, FollowsBalance
from loans.acts.performing import BeyondAuthority, perform
from loans.acts.previewing import preview
from loans.acts.undoing import undo
from loans.events.act_parameters import ParameterMissing, ParameterOutOfRange
from loans.models import Instalment, Loan, LoanAct, LoanStatus
from tests.core.factories import RuleFactory
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
LATE = date(2026, 4, 1)  # the instalments of 15 February and 15 March are overdue
ACTS: list[tuple[str, dict[str, Any]]] = [
    ("due_day_changed", {"day": 20}),
    ("payment_holiday", {"count": 2, "interest": "spread"}),
    ("overdue_spread", {"priced": True}),
    ("overdue_reaged", {"count": 3, "priced": True}),
    ("reamortised", {"count": 18, "capitalised": True}),
    ("reamortised", {"count": 6}),
]


def rows(loan: Loan) -> list[Instalment]:
    return list(Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number"))


def agreed(loan: Loan) -> list[tuple[Any, ...]]:
    return [(r.number, r.starts_on, r.due_on, r.principal, r.interest, r.fee, r.late_interest) for r in rows(loan)]


def late_loan(**changes: Any) -> Loan:
    loan = a_running_loan(**changes)
    close_until(date(2026, 3, 31))
    return loan


def journal(act: LoanAct) -> list[tuple[str, Decimal, Decimal]]:
    lines = JournalLine.objects.filter(entry=act.entry).order_by("id")
    return [(line.account_id, line.debit, line.credit) for line in lines]


def test_a_new_due_day_moves_all_instalments_ahead_and_charges_the_days_between() -> None:
    loan = a_running_loan()

    perform(wish(loan, "due_day_changed", date(2026, 2, 1), day=20))

    after = rows(loan)
    assert [row.due_on for row in after[:3]] == [date(2026, 2, 20), date(2026, 3, 20), date(2026, 4, 20)]
    assert after[0].interest == Decimal("209.59")  # 180.00 + 12,000 × 18 % × 5 ÷ 365
    assert after[1].starts_on == date(2026, 2, 20)
    assert_books_agree(loan)


def test_an_earlier_due_day_costs_less_and_a_month_without_the_day_ends_on_its_last() -> None:
    loan, other = a_running_loan(), a_running_loan()

    perform(wish(loan, "due_day_changed", date(2026, 2, 1), day=10))
    perform(wish(other, "due_day_changed", date(2026, 2, 1), day=30))

    assert rows(loan)[0].due_on == date(2026, 2, 10) and rows(loan)[0].interest == Decimal("150.41")
    assert [row.due_on for row in rows(other)[:3]] == [date(2026, 2, 28), date(2026, 3, 30), date(2026, 4, 30)]


@pytest.mark.parametrize(
    ("interest", "first", "second"),
    [("free", "180.00", "166.20"), ("first", "540.00", "166.20"), ("spread", "210.00", "196.20")],
)
def test_a_holiday_skips_instalments_free_or_at_the_contract_rate(interest: str, first: str, second: str) -> None:
    loan = a_running_loan()

    perform(wish(loan, "payment_holiday", date(2026, 2, 1), count=2, interest=interest))

    after = rows(loan)
    assert [after[0].due_on, after[-1].due_on] == [date(2026, 4, 15), date(2027, 3, 15)]
    assert [after[0].interest, after[1].interest] == [Decimal(first), Decimal(second)]
    assert_books_agree(loan)


def test_spread_overdue_money_makes_the_loan_current() -> None:
    loan = late_loan()
    assert position(loan).days_past_due == 44

    perform(wish(loan, "overdue_spread", LATE))

    after = rows(loan)
    assert position(loan).days_past_due == 0
    assert sum(row.principal for row in after) == Decimal("12000.00")
    assert sum(row.interest for row in after) == sum(row.interest for row in rows(a_running_loan()))
    assert after[2].principal == Decimal("947.96") + Decimal("185.41")
    assert after[0].late_interest > 0 == after[0].principal
    assert_books_agree(loan)


def test_reaged_overdue_money_comes_after_the_last_instalment() -> None:
    loan = late_loan()

    perform(wish(loan, "overdue_reaged", LATE, count=2))

    after = rows(loan)
    assert [row.due_on for row in after[12:]] == [date(2027, 2, 15), date(2027, 3, 15)]
    assert sum(row.principal + row.interest for row in after[12:]) == Decimal("2200.30")
    assert position(loan).days_past_due == 0
    assert_books_agree(loan)


def test_a_new_plan_repays_all_principal_and_capitalised_interest() -> None:
    loan = late_loan()

    act = perform(wish(loan, "reamortised", LATE, count=18, capitalised=True))

    unpaid = Decimal("180.00") + Decimal("166.20") + Decimal("83.46")  # two months, and 17 of 31 days of the third
    plan = [row for row in rows(loan) if row.principal]
    assert journal(act) == [("1201", unpaid, Decimal("0.00")), ("1202", Decimal("0.00"), unpaid)]
    assert len(plan) == 18 and sum(row.principal for row in plan) == Decimal("12000.00") + unpaid
    assert (plan[0].due_on, plan[-1].due_on) == (date(2026, 4, 15), date(2027, 9, 15))
    assert len({row.principal + row.interest for row in plan[:-1]}) == 1
    assert_books_agree(loan)


@pytest.mark.parametrize(("kind", "values"), ACTS)
def test_each_act_previews_counts_from_the_past_and_is_undone(kind: str, values: dict[str, Any]) -> None:
    loan = late_loan()
    before = agreed(loan)
    pay(loan, "500.00", date(2026, 3, 30), recorded_on=LATE)
    paid = agreed(loan)
    asked = wish(loan, kind, date(2026, 3, 20), recorded_on=LATE, **values)

    shown = preview(loan, lambda: perform(asked))
    assert agreed(loan) == paid and any(pair.changed for pair in shown.rows)

    act = perform(asked)
    assert agreed(loan) != paid
    assert_books_agree(loan)
    undo(act_id=act.pk, reason="asked for another", on=LATE, approved=True)
    assert agreed(loan) == paid != before
    assert_books_agree(loan)


@pytest.mark.parametrize(("kind", "values"), ACTS)
def test_a_changed_loan_can_be_paid_off_and_owes_nothing_then(kind: str, values: dict[str, Any]) -> None:
    loan = late_loan()
    perform(wish(loan, kind, LATE, **values))

    pay(loan, "30000.00", date(2026, 4, 20), recorded_on=date(2026, 4, 20))

    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED and position(loan).principal_outstanding == 0
    assert_books_agree(loan)


@pytest.mark.parametrize(
    ("refusal", "kind", "values", "on", "changes"),
    [
        (NothingOverdue, "overdue_spread", {}, date(2026, 2, 1), {}),
        (NothingOverdue, "overdue_reaged", {"count": 2}, date(2026, 2, 1), {}),
        (NoInstalmentAhead, "payment_holiday", {"count": 1, "interest": "free"}, date(2027, 2, 1), {}),
        (FirstDueTooEarly, "reamortised", {"count": 2, "first_due_on": LATE}, LATE, {}),
        (FlatChargeStays, "reamortised", {"count": 2}, LATE, {"flat_charge": Decimal("900.00")}),
        (FollowsBalance, "payment_holiday", {"count": 1, "interest": "free"}, LATE, {"recalculates": True}),
        (ParameterOutOfRange, "due_day_changed", {"day": 32}, LATE, {}),
        (ParameterOutOfRange, "payment_holiday", {"count": 1, "interest": "half"}, LATE, {}),
        (ParameterMissing, "payment_holiday", {"count": 1}, LATE, {}),
        (BeyondAuthority, "payment_holiday", {"count": 4, "interest": "free"}, LATE, {}),
        (BeyondAuthority, "reamortised", {"count": 61}, LATE, {}),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    refusal: type[Exception], kind: str, values: dict[str, Any], on: date, changes: dict[str, Any]
) -> None:
    loan = a_running_loan(**changes)

    with pytest.raises(refusal):
        perform(wish(loan, kind, on, **values))
    assert not LoanAct.objects.exists()


def test_a_second_person_may_grant_more() -> None:
    loan = a_running_loan()

    perform(wish(loan, "payment_holiday", LATE, count=4, interest="free"), approved=True)

    assert rows(loan)[-1].due_on == date(2027, 5, 15)


def test_a_due_day_further_off_than_the_rule_allows_is_refused() -> None:
    RuleFactory(
        code="due_day_change", market="CN", effective_from=date(2026, 1, 1), data={"most_days": 3}, source="test"
    )
    forget_cached_rules()

    with pytest.raises(DueDayTooFar):
        perform(wish(a_running_loan(), "due_day_changed", date(2026, 2, 1), day=20))
