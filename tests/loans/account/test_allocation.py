"""A payment divided by hand: in which order, over which instalments, and never more than one owes."""

from decimal import Decimal

import pytest

from core.money import ZERO
from loans.account.account import Account
from loans.account.allocation import Allocation, AllocationLine, allocate, give, receive, timing_of
from loans.account.payment_order import COMPONENTS, Future, PaymentOrder, Timing, Walk, plain_order
from tests.loans.account.by_hand import a_row, an_account, on

PLAIN = ("fee", "late_interest", "interest", "principal")
PRINCIPAL_FIRST = ("principal", "interest", "late_interest", "fee")


def three_ahead() -> Account:
    """20.00, 50.00 and 100.00 to come in March, April and May."""
    return an_account(a_row(1, "3-1", "20.00"), a_row(2, "4-1", "50.00"), a_row(3, "5-1", "100.00"))


def of_each(account: Account, amount: str, order: PaymentOrder) -> dict[int, Decimal]:
    allocation = allocate(Decimal(amount), account, order, on("2-1"))
    return {line.instalment_number: line.total for line in allocation.lines}


def line(number: int, principal: str, interest: str = "0.00", fee: str = "0.00", late: str = "0.00") -> AllocationLine:
    return AllocationLine(
        instalment_number=number,
        principal=Decimal(principal),
        interest=Decimal(interest),
        fee=Decimal(fee),
        late_interest=Decimal(late),
    )


def test_a_line_sums_its_four_parts_and_adds_to_another() -> None:
    first, second = line(1, "1000.00", "200.00", "30.00", "4.00"), line(2, "0.10", "0.20", "0.30", "0.40")

    assert first.total == Decimal("1234.00")
    assert first.plus(second) == line(1, "1000.10", "200.20", "30.30", "4.40")


def test_an_allocation_sums_by_component() -> None:
    both = Allocation(
        amount=Decimal("1240.00"),
        lines=(line(1, "1000.00", "200.00"), line(2, "30.00", "4.00")),
        overpaid=Decimal("6.00"),
    )

    assert (both.total, both.parts.principal, both.parts.interest) == (1234, 1030, 204)
    with pytest.raises(AssertionError, match="sum to its payment"):
        Allocation(amount=Decimal("10.00"), lines=(line(1, "9.00"),), overpaid=ZERO)


@pytest.mark.parametrize("amount", ["0.00", "-0.01", "-5.00"])
def test_no_money_cannot_be_divided(amount: str) -> None:
    with pytest.raises(ValueError, match="more than zero"):
        allocate(Decimal(amount), three_ahead(), PLAIN)


def test_one_cent_can() -> None:
    assert allocate(Decimal("0.01"), three_ahead(), PLAIN).lines == (line(1, "0.01"),)


@pytest.mark.parametrize(("day", "timing"), [("2-28", "in_advance"), ("3-1", "due"), ("3-2", "past_due")])
def test_a_due_date_lies_ahead_today_or_behind(day: str, timing: str) -> None:
    assert timing_of(a_row(1, "3-1", "20.00"), on(day)) is Timing(timing)


@pytest.mark.parametrize(
    ("future", "paid"),
    [
        (Future.NEXT, {1: "20.00", 2: "50.00", 3: "30.00"}),
        (Future.LAST, {3: "100.00"}),
        # 33.34 and twice 33.33; the first takes 20.00, what it leaves goes round: 6.67 each
        (Future.SPREAD, {1: "20.00", 2: "40.00", 3: "40.00"}),
    ],
)
def test_money_in_advance_pays_the_next_the_last_or_all_alike(future: Future, paid: dict[int, str]) -> None:
    found = of_each(three_ahead(), "100.00", plain_order(PLAIN, future))

    assert found == {number: Decimal(amount) for number, amount in paid.items()}


def test_where_two_are_ahead_the_last_one_comes_before_the_next() -> None:
    assert of_each(three_ahead(), "120.00", plain_order(PLAIN, Future.LAST)) == {3: 100, 2: 20}


def test_spread_over_all_what_is_left_over_is_overpaid() -> None:
    allocation = allocate(Decimal("171.00"), three_ahead(), plain_order(PLAIN, Future.SPREAD), on("2-1"))

    assert (allocation.total, allocation.overpaid) == (170, 1)


def test_spread_money_reaches_even_an_instalment_that_owes_less_than_a_yuan() -> None:
    account = an_account(a_row(1, "3-1", "0.60"), a_row(2, "4-1", "50.00"))

    assert of_each(account, "10.00", plain_order(PLAIN, Future.SPREAD)) == {1: Decimal("0.60"), 2: Decimal("9.40")}


def test_a_part_of_spread_money_pays_the_components_of_its_instalment_in_turn() -> None:
    account = an_account(a_row(1, "3-1", "50.00", "5.00"), a_row(2, "4-1", "50.00", "0.00", "7.00"))

    allocation = allocate(Decimal("40.00"), account, plain_order(PLAIN, Future.SPREAD), on("2-1"))

    assert allocation.lines == (line(1, "15.00", "5.00"), line(2, "13.00", fee="7.00"))


@pytest.mark.parametrize("future", [Future.LAST, Future.SPREAD])
def test_what_is_late_goes_oldest_first_whatever_is_agreed_of_money_in_advance(future: Future) -> None:
    late = an_account(a_row(1, "1-1", "20.00"), a_row(2, "1-15", "50.00"), a_row(3, "5-1", "100.00"))

    assert of_each(late, "30.00", plain_order(PLAIN, future)) == {1: 20, 2: 10}


def test_by_instalment_one_is_paid_before_the_next_by_component_all_of_one_kind() -> None:
    late = an_account(a_row(1, "1-1", "20.00", "2.00"), a_row(2, "1-15", "50.00", "5.00"))
    steps = plain_order(PLAIN).steps

    by_instalment = allocate(Decimal("24.00"), late, PaymentOrder(steps), on("2-1"))
    by_component = allocate(Decimal("24.00"), late, PaymentOrder(steps, walk=Walk.BY_COMPONENT), on("2-1"))

    assert by_instalment.lines == (line(1, "20.00", "2.00"), line(2, "0.00", "2.00"))
    assert by_component.lines == (line(1, "17.00", "2.00"), line(2, "0.00", "5.00"))


def test_the_order_of_components_is_the_products() -> None:
    late = an_account(a_row(1, "1-1", "20.00", "2.00", "3.00", late_interest="4.00000000"))

    assert allocate(Decimal("8.00"), late, PLAIN, on("2-1")).lines == (line(1, "0.00", "1.00", "3.00", "4.00"),)
    assert allocate(Decimal("23.00"), late, PRINCIPAL_FIRST, on("2-1")).lines == (
        line(1, "20.00", "2.00", "0.00", "1.00"),
    )


def test_due_today_comes_after_what_is_late_and_before_what_is_ahead() -> None:
    account = an_account(a_row(1, "3-1", "30.00"), a_row(2, "2-1", "20.00"), a_row(3, "1-1", "10.00"))

    assert of_each(account, "25.00", plain_order(PLAIN)) == {3: 10, 2: 15}
    steps = tuple((timing, part) for timing in reversed(list(Timing)) for part in COMPONENTS)
    assert of_each(account, "45.00", PaymentOrder(steps)) == {1: 30, 2: 15}


def test_what_was_paid_adds_to_what_was_paid_before() -> None:
    row = a_row(
        1, "1-1", "100.00", "50.00", "20.00", late_interest="10.00000000", principal_paid="1.00",
        interest_paid="2.00", fee_paid="3.00", late_interest_paid="4.00",
    )  # fmt: skip
    account = an_account(row, a_row(2, "5-1", "10.00"), overpaid=Decimal("0.70"))

    after = give(
        account,
        Allocation(
            amount=Decimal("100.30"), lines=(line(1, "40.00", "30.00", "20.00", "10.00"),), overpaid=Decimal("0.30")
        ),
        on("2-1"),
    )

    paid, other = after.instalments
    assert (paid.principal_paid, paid.interest_paid, paid.fee_paid, paid.late_interest_paid) == (41, 32, 23, 14)
    assert (after.overpaid, other) == (Decimal("1.00"), account.instalments[1])


def test_money_is_taken_in_after_late_interest_is_charged_to_its_day() -> None:
    account = an_account(a_row(1, "1-31", "36500.00"), as_of="1-31", late_annual_rate=Decimal("0.10"))

    after, allocation = receive(account, amount=Decimal("36550.00"), on=on("2-5"), order=PLAIN)

    assert allocation.lines == (line(1, "36500.00", late="50.00"),)  # five days of 10.00
    assert (after.as_of, after.instalments[0].settled_on, after.is_settled) == (on("2-5"), on("2-5"), True)
