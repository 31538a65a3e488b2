"""The cap on the price of a loan is asked of every change that makes a running loan dearer, whoever agrees to it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core import business_date
from loans.acts.asking import perform_or_ask
from loans.acts.performing import perform
from loans.acts.running_cost import ActBreaksCap, cap_of_loan, cost_of_account
from loans.bookkeeping import positions
from loans.models import Instalment, Loan, LoanAct
from staff.models import User
from tests.loans.acts.test_acts import wish
from tests.loans.acts.test_lines import FIRST_DUE, a_running_line
from tests.loans.books import close_until
from tests.loans.factories import LoanFactory, RepaymentFactory
from tests.loans.pricing.test_cost_caps import set_rule
from tests.loans.servicing.test_repayments import position

pytestmark = pytest.mark.django_db
ON = date(2026, 2, 1)
StaffMember = Callable[..., User]


def a_loan(**terms: Any) -> Loan:
    loan = LoanFactory(active=True, principal=Decimal("20000.00"), **terms)
    close_until(ON - timedelta(days=1))
    business_date.move_to(ON)
    return loan


def test_a_rate_with_a_fee_is_not_raised_beyond_it(staff_member: StaffMember) -> None:
    """One person raised a loan from 23.2 % to 28.6 %."""
    loan = a_loan(fee_total=Decimal("600.00"))
    cost = cost_of_account(loan, positions.load(loan, position(loan)), ON)
    assert cap_of_loan(loan).allows(cost)

    with pytest.raises(ActBreaksCap):
        perform_or_ask(
            replace(wish(loan, "rate_changed", ON, annual_rate=Decimal("0.24")), by=staff_member("operations"))
        )
    assert not loan.acts.exists()


@pytest.mark.parametrize("kind", ["rate_changed", "rescheduled"])
def test_nor_do_two_people_raise_it(staff_member: StaffMember, kind: str) -> None:
    loan = a_loan()
    values: dict[str, Any] = {"annual_rate": Decimal("2")}
    if kind == "rescheduled":
        values["from_due_on"] = position(loan).next_due_on

    with pytest.raises(ActBreaksCap):
        perform(
            replace(wish(loan, kind, ON, **values), by=staff_member("operations")),
            approved=True,
            agreed_by=staff_member("checker"),
        )


def test_little_owed_hides_no_rate_above_it(staff_member: StaffMember) -> None:
    """On a line nearly repaid a thousand per cent cost little, until it was drawn again."""
    loan = a_running_line()
    RepaymentFactory(
        loan=loan, amount=Decimal("4999.00"), received_on=FIRST_DUE, recorded_on=FIRST_DUE, channel="bank_file"
    )
    rows = Instalment.objects.filter(loan=loan, superseded_on=None, due_on__gt=FIRST_DUE)
    asked = wish(
        loan,
        "rescheduled",
        FIRST_DUE,
        from_due_on=min(rows.values_list("due_on", flat=True)),
        annual_rate=Decimal(10),
    )

    with pytest.raises(ActBreaksCap):
        perform_or_ask(replace(asked, by=staff_member("operations")))


def test_within_it_the_rate_may_rise(staff_member: StaffMember) -> None:
    loan = a_loan(annual_rate=Decimal("0.12"))

    done = perform_or_ask(
        replace(wish(loan, "rate_changed", ON, annual_rate=Decimal("0.15")), by=staff_member("operations"))
    )

    assert isinstance(done, LoanAct)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("payment_holiday", {"count": 2, "interest": "spread"}),
        ("payment_holiday", {"count": 1, "interest": "first"}),
        ("extension", {"days": 30}),
        ("due_day_changed", {"day": 20}),
        ("rescheduled", {"extra_count": 3}),
        ("reamortised", {"count": 18}),
    ],
)
def test_a_loan_sold_at_the_cap_still_gets_more_time(
    staff_member: StaffMember, kind: str, values: dict[str, Any]
) -> None:
    loan = a_loan(annual_rate=Decimal("0.24"))
    if kind == "rescheduled":
        values = {**values, "from_due_on": position(loan).next_due_on}

    done = perform_or_ask(replace(wish(loan, kind, ON, **values), by=staff_member("operations")))

    assert isinstance(done, LoanAct)


def test_a_loan_over_the_cap_keeps_its_price_and_becomes_no_dearer(staff_member: StaffMember) -> None:
    loan = a_loan(annual_rate=Decimal("0.24"))
    set_rule("cost_cap", date(2026, 1, 1), {"annual_rate": "0.20"})
    clerk = staff_member("operations")

    lowered = perform_or_ask(replace(wish(loan, "rate_changed", ON, annual_rate=Decimal("0.22"), key="less"), by=clerk))
    assert isinstance(lowered, LoanAct)
    with pytest.raises(ActBreaksCap):
        perform_or_ask(replace(wish(loan, "rate_changed", ON, annual_rate=Decimal("0.23"), key="more"), by=clerk))
