"""How late a loan is, component by component: worked by hand on five instalments."""

from decimal import Decimal

import pytest

from core.money import ZERO
from loans.account.arrears import Arrears, arrears, step_of, steps_reaching
from tests.loans.account.by_hand import a_row, an_account, on

ACCOUNT = an_account(
    a_row(1, "1-10", "100.00", "10.00", "1.00", principal_paid="100.00", interest_paid="10.00", fee_paid="1.00"),
    a_row(2, "2-10", "200.00", "20.00", "2.00", principal_paid="50.00"),
    a_row(3, "2-20", "300.00", "30.00", "3.00", interest_paid="30.00"),
    a_row(4, "3-10", "400.00", "40.00", "4.00"),
    a_row(5, "4-10", "500.00", "50.00", "5.00"),
)


def test_what_is_late_is_told_by_component_and_what_is_due_today_is_not_late() -> None:
    found = arrears(ACCOUNT, on("3-10"))

    assert found == Arrears(
        days_past_due=28,  # 18 in February, 10 in March
        oldest_due_on=on("2-10"),
        principal=Decimal("450.00"),  # 150 + 300
        interest=Decimal("20.00"),
        fee=Decimal("5.00"),
        due_today=Decimal("444.00"),
        next_due_on=on("3-10"),
        next_due_amount=Decimal("444.00"),
    )
    assert found.total == Decimal("475.00")


def test_on_the_morrow_it_is_late_and_the_next_one_is_ahead() -> None:
    found = arrears(ACCOUNT, on("3-11"))

    assert (found.principal, found.interest, found.fee) == (Decimal("850.00"), Decimal("60.00"), Decimal("9.00"))
    assert (found.days_past_due, found.due_today) == (29, ZERO)
    assert (found.next_due_on, found.next_due_amount) == (on("4-10"), Decimal("555.00"))


def test_of_several_ahead_the_nearest_day_is_next_with_all_that_falls_due_on_it() -> None:
    account = an_account(a_row(1, "5-10", "10.00"), a_row(2, "4-10", "20.00"), a_row(3, "4-10", "0.00", fee="3.00"))

    found = arrears(account, on("4-1"))

    assert (found.next_due_on, found.next_due_amount, found.due_today) == (on("4-10"), Decimal("23.00"), ZERO)


def test_late_interest_alone_makes_nothing_late() -> None:
    row = a_row(1, "1-10", "100.00", principal_paid="100.00", late_interest="5.00000000")

    assert arrears(an_account(row), on("3-1")) == Arrears(0, None, ZERO, ZERO, ZERO, ZERO, None, ZERO)


@pytest.mark.parametrize(("days", "name"), [(0, "early"), (4, "early"), (5, "late"), (9, "late"), (10, "lost")])
def test_a_step_begins_on_its_day_and_the_first_one_takes_what_lies_before(days: int, name: str) -> None:
    assert step_of(days, [("early", 2), ("late", 5), ("lost", 10)]) == name


@pytest.mark.parametrize("days", [0, 1, 29, 30, 31, 60, 61, 400])
def test_who_is_so_late_or_later_is_in_one_of_the_steps_that_reach_there(days: int) -> None:
    steps = [("C", 0), ("M1", 1), ("M2", 31), ("M3", 61)]
    assert set(steps_reaching(days, steps)) == {step_of(late, steps) for late in range(days, 500)}
