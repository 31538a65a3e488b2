"""Money beyond what is due where interest follows the balance: 600.00 without interest, six instalments of 100.00.

Without interest every figure can be followed by eye; with it they are held by `test_recalculation.py`.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.money import ZERO
from loans.account.account import Account, InstalmentState, open_account
from loans.account.allocation import Allocation, AllocationLine
from loans.account.recalculation import WITH_RUNNING, receive_on_plan
from loans.schedules.due_dates import periods
from loans.schedules.plan import plan_of
from loans.schedules.schedule import build_schedule
from loans.schedules.terms import LoanTerms, Method, Prepayment, Rest, ServicingTerms
from tests.loans.account.by_hand import on

START = date(2026, 1, 15)
ORDER = ("late_interest", "fee", "interest", "principal")


def a_loan(prepayment: Prepayment = Prepayment.NEXT_INSTALMENTS, rest: Rest = Rest.DAILY, **changes: object) -> Account:
    facts = {"principal": Decimal("600.00"), "annual_rate": Decimal(0), "count": 6, "start_on": START, "rest": rest}
    terms = LoanTerms(**{**facts, **changes})  # type: ignore[arg-type]
    schedule = build_schedule(terms)
    servicing = ServicingTerms(recalculates=True, prepayment=prepayment)
    plan = plan_of(terms, servicing, schedule, periods(terms))
    return open_account(schedule, on=START, grace_days=0, late_annual_rate=ZERO, plan=plan)


def paid(account: Account, day: str, amount: str, *, settles: bool = False) -> tuple[Account, Allocation]:
    return receive_on_plan(account, amount=Decimal(amount), on=on(day), order=ORDER, settles=settles)


def of_each(account: Account) -> list[str]:
    """What was paid of each instalment out of what it asks for."""
    return [f"{row.principal_paid:.0f}/{row.principal:.0f}" for row in account.instalments]


@pytest.mark.parametrize(
    ("prepayment", "expected"),
    [
        (Prepayment.NEXT_INSTALMENTS, ["100/100", "50/100", "0/100", "0/100", "0/100", "0/100"]),
        (Prepayment.LAST_FIRST, ["0/100", "0/100", "0/100", "0/100", "50/100", "100/100"]),
        (Prepayment.REAMORTISE, ["25/100", "25/100", "25/100", "25/100", "25/100", "25/100"]),
        # the running one first; what is beyond it makes the others smaller, or fewer
        (Prepayment.REDUCE_INSTALMENT, ["150/150", "0/90", "0/90", "0/90", "0/90", "0/90"]),
        (Prepayment.REDUCE_NUMBER, ["150/150", "0/100", "0/100", "0/100", "0/100", "0/50"]),
        (Prepayment.LESSEN_NEXT, ["150/150", "0/50", "0/100", "0/100", "0/100", "0/100"]),
    ],
)
def test_money_in_advance_goes_where_the_product_says(prepayment: Prepayment, expected: list[str]) -> None:
    account, allocation = paid(a_loan(prepayment), "1-25", "150.00")

    assert of_each(account) == expected
    assert (allocation.total, allocation.overpaid, account.overpaid) == (150, ZERO, ZERO)
    assert sum(line.principal for line in allocation.lines) == 150


@pytest.mark.parametrize(
    ("prepayment", "expected"),
    [
        (Prepayment.REDUCE_INSTALMENT, ["200/200", "0/80", "0/80", "0/80", "0/80", "0/80"]),
        (Prepayment.REDUCE_NUMBER, ["200/200", "0/100", "0/100", "0/100", "0/100"]),
    ],
)
def test_on_a_due_date_what_is_beyond_it_makes_the_loan_smaller_at_once(
    prepayment: Prepayment, expected: list[str]
) -> None:
    account, allocation = paid(a_loan(prepayment), "2-15", "200.00")

    assert of_each(account) == expected
    assert allocation.lines == (AllocationLine(instalment_number=1, principal=Decimal("200.00")),)


@pytest.mark.parametrize(("amount", "beside", "overpaid"), [("620.00", "20.00", 0), ("700.00", "50.00", 50)])
@pytest.mark.parametrize("prepayment", WITH_RUNNING)
def test_what_is_owed_beside_the_plan_is_paid_after_it(
    prepayment: Prepayment, amount: str, beside: str, overpaid: int
) -> None:
    """Money charged back stands beside the plan, as an instalment of its own."""
    account = a_loan(prepayment)
    charged_back = InstalmentState(7, on("2-1"), on("8-1"), Decimal("50.00"), ZERO, ZERO)
    account = replace(account, instalments=(*account.instalments, charged_back))

    account, allocation = paid(account, "1-25", amount)

    assert account.instalments[-1].principal_paid == Decimal(beside)
    assert (allocation.total, account.overpaid) == (Decimal("600.00") + Decimal(beside), overpaid)


def test_spread_money_that_an_instalment_cannot_take_goes_to_the_last_ones() -> None:
    account, _ = paid(a_loan(Prepayment.NEXT_INSTALMENTS), "1-20", "90.00")

    account, allocation = paid(serviced(account, Prepayment.REAMORTISE), "1-25", "120.00")

    # 20.00 each, of which the first can take 10.00
    assert of_each(account) == ["100/100", "20/100", "20/100", "20/100", "20/100", "30/100"]
    assert [line.principal for line in allocation.lines] == [10, 20, 20, 20, 20, 30]


def test_no_instalment_is_given_more_than_it_asks_for_while_another_still_owes() -> None:
    account, _ = paid(a_loan(Prepayment.NEXT_INSTALMENTS), "1-20", "90.00")
    account, _ = paid(serviced(account, Prepayment.LAST_FIRST), "1-21", "95.00")

    account, allocation = paid(serviced(account, Prepayment.REAMORTISE), "1-25", "240.00")

    # 40.00 each, of which the first takes 10.00 and the last 5.00; of the 65.00 left the fifth takes its last 60.00
    assert of_each(account) == ["100/100", "40/100", "40/100", "45/100", "100/100", "100/100"]
    assert [line.principal for line in allocation.lines] == [10, 40, 40, 45, 100, 5]


def test_an_instalment_without_principal_has_no_share_of_spread_money() -> None:
    account, _ = paid(a_loan(Prepayment.REAMORTISE, grace_on_principal=1), "1-25", "150.00")

    assert of_each(account) == ["0/0", *["30/120"] * 5]


def serviced(account: Account, prepayment: Prepayment) -> Account:
    plan = account.plan
    assert plan is not None
    return replace(account, plan=replace(plan, servicing=replace(plan.servicing, prepayment=prepayment)))


def test_less_than_a_yuan_pays_what_it_is() -> None:
    account, allocation = paid(a_loan(), "1-25", "0.40")

    assert allocation.lines == (AllocationLine(instalment_number=1, principal=Decimal("0.40")),)
    assert account.instalments[0].principal_paid == Decimal("0.40")


def test_money_for_two_whole_instalments_makes_no_line_for_a_third() -> None:
    _, allocation = paid(a_loan(), "1-25", "200.00")

    assert allocation.lines == (
        AllocationLine(instalment_number=1, principal=Decimal("100.00")),
        AllocationLine(instalment_number=2, principal=Decimal("100.00")),
    )


def test_what_is_due_comes_before_what_is_ahead() -> None:
    account, allocation = paid(a_loan(Prepayment.LAST_FIRST), "3-20", "250.00")

    assert of_each(account) == ["100/100", "100/100", "0/100", "0/100", "0/100", "50/100"]
    assert [line.instalment_number for line in allocation.lines] == [1, 2, 6]


@pytest.mark.parametrize("settles", [False, True])
@pytest.mark.parametrize("prepayment", list(Prepayment))
def test_more_than_all_that_is_owed_is_overpaid_and_adds_to_what_was(prepayment: Prepayment, settles: bool) -> None:
    account, first = paid(a_loan(prepayment), "1-25", "650.00", settles=settles)
    account, second = paid(account, "1-26", "10.00")

    assert (first.total, first.overpaid, second.total, second.overpaid) == (600, 50, 0, 10)
    assert (account.overpaid, account.is_settled) == (60, True)
    assert {row.settled_on for row in account.instalments} == {on("1-25")}


@pytest.mark.parametrize("prepayment", list(Prepayment))
def test_one_cent_less_than_all_leaves_one_cent_owed(prepayment: Prepayment) -> None:
    account, allocation = paid(a_loan(prepayment), "1-25", "599.99")

    assert (account.owed, allocation.overpaid) == (Decimal("0.01"), ZERO)


def test_resting_on_due_dates_early_money_waits_for_one_instalment_only() -> None:
    account, allocation = paid(a_loan(Prepayment.LAST_FIRST, Rest.SAME_AS_REPAYMENT), "1-25", "150.00")

    assert of_each(account) == ["100/100", "0/100", "0/100", "0/100", "0/100", "50/100"]
    assert [line.principal for line in allocation.lines] == [100, 50]


def test_fees_of_instalments_ahead_are_paid_when_no_principal_is_left() -> None:
    account, allocation = paid(a_loan(fee_total=Decimal("12.00")), "1-25", "605.00")

    assert (allocation.parts.principal, allocation.parts.fee, allocation.overpaid) == (600, 5, ZERO)
    assert [row.fee_paid for row in account.instalments] == [2, 2, 1, 0, 0, 0]


def test_settling_early_pays_principal_with_the_interest_of_the_days_used() -> None:
    loan = a_loan(annual_rate=Decimal("0.12"), method=Method.EQUAL_PRINCIPAL)

    account, allocation = paid(loan, "1-31", "610.00", settles=True)

    interest = Decimal("3.10")  # 6.00 of the 31 days to 15 February, for 16 of them
    assert (allocation.parts.principal, allocation.parts.interest) == (600, interest)
    assert account.overpaid == Decimal("6.90") and account.is_settled
