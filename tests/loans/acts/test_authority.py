"""What one person may do alone cannot be had by doing it in pieces, or by counting it from another day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from audit import approvals
from audit.models import Approval
from core.rules import forget_cached_rules
from loans.acts.asking import perform_or_ask
from loans.acts.performing import BeyondAuthority, perform
from loans.acts.undoing import undo
from loans.events.act_kinds import Wish
from loans.models import ActStatus, Loan
from staff.models import User
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.doing import account_of, vouched
from tests.loans.pricing.test_cost_caps import set_rule
from tests.loans.servicing.test_repayments import pay, position

pytestmark = pytest.mark.django_db
TODAY = date(2026, 5, 20)

IN_PIECES: dict[str, dict[str, Any]] = {
    "goodwill_credit": {"amount": Decimal("499.00")},
    "interest_waived": {"amount": Decimal("260.00")},
    "payment_holiday": {"count": 2, "interest": "free"},
    "hold_placed": {"stops": "late_interest", "until": date(2026, 8, 10)},
}


@pytest.fixture
def loan() -> Loan:
    made = a_running_loan()
    close_until(date(2026, 5, 19))
    return made


@pytest.fixture
def lead(staff_member: Callable[..., User]) -> User:
    return staff_member("team_lead")


def piece(loan: Loan, kind: str, number: int, by: User | None, on: date = TODAY) -> Wish:
    return replace(wish(loan, kind, on, recorded_on=TODAY, key=f"piece {number}", **IN_PIECES[kind]), by=by)


@pytest.mark.parametrize("kind", IN_PIECES)
def test_a_second_piece_that_goes_beyond_the_limit_needs_a_second_person(loan: Loan, lead: User, kind: str) -> None:
    perform(piece(loan, kind, 1, lead))

    with pytest.raises(BeyondAuthority):
        perform(piece(loan, kind, 2, lead))


def test_another_person_does_not_begin_anew(loan: Loan, lead: User, staff_member: Callable[..., User]) -> None:
    perform(piece(loan, "goodwill_credit", 1, lead))

    with pytest.raises(BeyondAuthority):
        perform(piece(loan, "goodwill_credit", 2, staff_member("team_lead", username="accomplice")))


def test_what_was_undone_agreed_to_by_two_or_done_by_a_rule_uses_nothing_up(
    loan: Loan, lead: User, staff_member: Callable[..., User]
) -> None:
    first = perform(piece(loan, "goodwill_credit", 1, lead))
    undo(act_id=first.pk, reason="wrong loan", on=TODAY)
    perform(piece(loan, "goodwill_credit", 2, lead), approved=True, agreed_by=staff_member("checker"))
    perform(piece(loan, "goodwill_credit", 3, None), approved=True)

    perform(piece(loan, "goodwill_credit", 4, lead))

    assert loan.acts.filter(status=ActStatus.STANDING).count() == 3


def test_the_limit_is_that_of_the_day_it_is_done(loan: Loan, lead: User) -> None:
    """Else a limit lowered today could be had for weeks by counting from yesterday."""
    set_rule("act_authority", TODAY, {"goodwill_credit": {"credited": "100"}})
    forget_cached_rules()

    with pytest.raises(BeyondAuthority):
        perform(piece(loan, "goodwill_credit", 1, lead, on=date(2026, 5, 19)))


@pytest.mark.parametrize("amount", [Decimal("0.01"), Decimal("3000.00")])
def test_money_leaves_the_house_only_when_two_agreed(
    loan: Loan, lead: User, staff_member: Callable[..., User], amount: Decimal
) -> None:
    """Who records a payment that never came could otherwise pay it out alone."""
    refund = replace(a_refund(loan, amount), by=staff_member("finance"))

    request = perform_or_ask(refund)

    assert isinstance(request, Approval) and request.amount == amount
    assert not loan.acts.filter(kind="refund").exists()
    approvals.approve(approval_id=request.pk, decided_by=lead, on=TODAY)
    assert loan.acts.filter(kind="refund").count() == 1


def a_refund(loan: Loan, amount: Decimal) -> Wish:
    """Of what was paid beyond the debt, to the borrower's own account."""
    pay(loan, "20000.00", TODAY)
    vouched(loan, TODAY)
    return wish(loan, "refund", TODAY, amount=amount, to_account=account_of(loan))


@pytest.mark.parametrize(
    ("kind", "on", "values"),
    [
        ("late_multiplier_changed", date(2026, 1, 16), {"multiplier": Decimal(0)}),
        ("hold_placed", date(2026, 3, 1), {"stops": "late_interest", "until": date(2026, 5, 20)}),
    ],
)
def test_late_interest_already_charged_is_given_up_alone_only_as_far_as_it_may_be_waived(
    lead: User, kind: str, on: date, values: dict[str, Any]
) -> None:
    """Counted from before, a multiplier of 0 or a hold took 121.69 of late interest away, whatever the limit of a waiver."""
    loan = a_running_loan(late_annual_rate=Decimal("0.27"), late_rate_multiplier=Decimal("1.5"))
    close_until(date(2026, 5, 19))
    set_rule("act_authority", date(2026, 5, 1), {"waiver": {"waived": "100"}})
    forget_cached_rules()

    with pytest.raises(BeyondAuthority):
        perform(replace(wish(loan, kind, on, recorded_on=TODAY, **values), by=lead))


def test_what_is_given_up_by_other_names_is_one_sum(loan: Loan, lead: User) -> None:
    """A credit, a waiver of interest and a fee lowered by 499 each are 1,497 given up by one person."""
    given = {"goodwill_credit": {"amount": Decimal("300.00")}, "interest_waived": {"amount": Decimal("150.00")}}
    for kind, values in given.items():
        perform(replace(wish(loan, kind, TODAY, **values), by=lead))

    with pytest.raises(BeyondAuthority):
        perform(replace(wish(loan, "goodwill_credit", TODAY, amount=Decimal("50.01")), by=lead))
    perform(replace(wish(loan, "goodwill_credit", TODAY, amount=Decimal("50.00")), by=lead))


def test_a_lower_rate_gives_up_interest_and_counts_with_the_rest(loan: Loan, lead: User) -> None:
    lowered = perform(replace(wish(loan, "rate_changed", TODAY, annual_rate=Decimal("0.12")), by=lead))
    assert lowered.figures["interest_lowered"] == str(-Decimal(lowered.figures["interest_added"]))

    left = Decimal("500.00") - Decimal(lowered.figures["interest_lowered"])
    with pytest.raises(BeyondAuthority):
        perform(replace(wish(loan, "goodwill_credit", TODAY, amount=left + Decimal("0.01")), by=lead))


def test_all_interest_of_a_large_loan_is_given_up_by_nobody_alone(lead: User) -> None:
    loan = a_running_loan(principal=Decimal("60000.00"))
    close_until(date(2026, 1, 19))

    with pytest.raises(BeyondAuthority):
        perform(replace(wish(loan, "rate_changed", date(2026, 1, 20), annual_rate=Decimal(0)), by=lead))


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("charge_back", {"amount": Decimal("5000.01")}),
        ("interest_capitalised", {}),
    ],
)
def test_debt_is_made_larger_in_large_sums_only_when_two_agreed(
    loan: Loan, lead: User, kind: str, values: dict[str, Any]
) -> None:
    receipt = pay(loan, "6000.00", TODAY)
    if kind == "charge_back":
        values["receipt"] = receipt.number
    else:
        set_rule("act_authority", TODAY, {kind: {"interest_capitalised": "0"}})
        forget_cached_rules()
        loan = a_running_loan()
        close_until(date(2026, 5, 19))

    with pytest.raises(BeyondAuthority):
        perform(replace(wish(loan, kind, TODAY, **values), by=lead))


MOVES_WHAT_IS_OVERDUE: dict[str, dict[str, Any]] = {
    "overdue_spread": {},
    "overdue_reaged": {"count": 3},
    "reamortised": {"count": 12, "capitalised": True},
}


@pytest.mark.parametrize("again", MOVES_WHAT_IS_OVERDUE)
@pytest.mark.parametrize("first", MOVES_WHAT_IS_OVERDUE)
def test_a_late_loan_is_made_to_look_good_once_in_twelve_months(loan: Loan, lead: User, first: str, again: str) -> None:
    """Whatever the acts are called: 94 days late became 0 three times in a day, by one person and without a payment."""
    cured = perform(replace(wish(loan, first, TODAY, **MOVES_WHAT_IS_OVERDUE[first]), by=lead))
    assert (cured.figures["days_cured"], loan.position.days_past_due) == ("94", 0)
    close_until(date(2026, 10, 1))
    later = wish(loan, again, date(2026, 10, 2), **MOVES_WHAT_IS_OVERDUE[again], key="again")

    with pytest.raises(BeyondAuthority):
        perform(replace(later, by=lead))


def test_a_year_later_it_may_be_cured_again(loan: Loan, lead: User) -> None:
    perform(replace(wish(loan, "reamortised", TODAY, count=24), by=lead))
    close_until(date(2027, 3, 1))
    pay(loan, str(position(loan).overdue_total), date(2027, 3, 2))  # by one person nobody far in arrears is cured
    close_until(date(2027, 5, 19))

    perform(replace(wish(loan, "overdue_spread", date(2027, 5, 20)), by=lead))


def test_taking_a_charge_back_gives_it_up(loan: Loan, lead: User) -> None:
    """A penalty of more than may be waived, undone, is more than may be waived."""
    loan = a_running_loan(principal=Decimal("60000.00"))
    close_until(date(2026, 5, 19))
    large, small = (
        perform(replace(wish(loan, "penalty_added", TODAY, amount=Decimal(amount)), by=lead))
        for amount in ("500.01", "20.00")
    )

    with pytest.raises(BeyondAuthority):
        undo(act_id=large.pk, reason="a favour", on=TODAY, by=lead)
    undo(act_id=small.pk, reason="typed twice", on=TODAY, by=lead)

    large.refresh_from_db()
    assert not large.is_undone


def test_a_refund_said_not_to_have_gone_out_needs_a_second_person(
    loan: Loan, lead: User, staff_member: Callable[..., User]
) -> None:
    refund = perform(a_refund(loan, Decimal("0.01")), approved=True, agreed_by=staff_member("checker"))

    with pytest.raises(BeyondAuthority):
        undo(act_id=refund.pk, reason="bank sent it back", on=TODAY, by=lead)


def test_what_one_act_lowered_grows_when_another_is_undone(lead: User) -> None:
    """A plan of one day makes a rate of nothing look cheap; undoing the plan gave 4,887 up."""
    loan = a_running_loan(principal=Decimal("50000.00"))
    close_until(date(2026, 1, 19))
    on = date(2026, 1, 20)
    short = wish(loan, "reamortised", on, count=1, first_due_on=date(2026, 1, 21))
    plan = perform(short, approved=True)
    perform(replace(wish(loan, "rate_changed", on, annual_rate=Decimal(0)), by=lead))

    with pytest.raises(BeyondAuthority):
        undo(act_id=plan.pk, reason="the old plan after all", on=on, by=lead)


def test_what_is_given_up_by_undoing_is_one_sum_with_the_rest(lead: User) -> None:
    loan = a_running_loan(principal=Decimal("60000.00"))
    close_until(date(2026, 5, 19))
    first, second = (
        perform(wish(loan, "penalty_added", TODAY, amount=Decimal("300.00"), key=key), approved=True)
        for key in ("one", "two")
    )
    undo(act_id=first.pk, reason="a favour", on=TODAY, by=lead)

    with pytest.raises(BeyondAuthority):
        undo(act_id=second.pk, reason="a favour", on=TODAY, by=lead)
    with pytest.raises(BeyondAuthority):
        perform(replace(wish(loan, "goodwill_credit", TODAY, amount=Decimal("200.01")), by=lead))


def test_a_mistake_of_ones_own_is_undone_at_once(lead: User) -> None:
    loan = a_running_loan(principal=Decimal("100000.00"))
    close_until(date(2026, 5, 19))
    typed = perform(replace(wish(loan, "penalty_added", TODAY, amount=Decimal("900.00")), by=lead))

    assert undo(act_id=typed.pk, reason="the wrong loan", on=TODAY, by=lead).is_undone
    perform(replace(wish(loan, "goodwill_credit", TODAY, amount=Decimal("500.00")), by=lead))


def test_a_cure_undone_after_the_end_of_the_month_was_one(loan: Loan, lead: User) -> None:
    cured = perform(replace(wish(loan, "overdue_spread", TODAY), by=lead))
    close_until(date(2026, 6, 1))
    undo(act_id=cured.pk, reason="not agreed", on=date(2026, 6, 2), by=lead, approved=True)

    with pytest.raises(BeyondAuthority):
        perform(replace(wish(loan, "overdue_spread", date(2026, 6, 2), key="again"), by=lead))


def test_the_next_due_date_moves_only_so_far_by_one_person(lead: User) -> None:
    """A new plan on each due day asked for nothing for thirteen months, and one of 2046 for twenty years."""
    loan = a_running_loan()
    close_until(date(2026, 2, 13))
    on = date(2026, 2, 14)

    with pytest.raises(BeyondAuthority):
        perform(replace(wish(loan, "reamortised", on, count=12, first_due_on=date(2046, 2, 15)), by=lead))
    first = wish(loan, "reamortised", on, count=12, first_due_on=date(2026, 4, 15))
    assert perform(replace(first, by=lead)).figures["next_due_moved"] == "59"
    with pytest.raises(BeyondAuthority):
        perform(replace(wish(loan, "reamortised", on, count=12, first_due_on=date(2026, 6, 15), key="2"), by=lead))


def test_late_interest_of_days_to_come_is_lowered_by_nobody_alone(lead: User) -> None:
    loan = a_running_loan(late_annual_rate=Decimal("0.27"), late_rate_multiplier=Decimal("1.5"))
    close_until(date(2026, 2, 15))

    with pytest.raises(BeyondAuthority):
        perform(replace(wish(loan, "late_multiplier_changed", date(2026, 2, 16), multiplier=Decimal(0)), by=lead))


def test_a_kind_that_the_rule_forgot_is_done_by_nobody_alone(loan: Loan, lead: User) -> None:
    set_rule("act_authority", TODAY, {"waiver": {"waived": "500"}})
    forget_cached_rules()

    with pytest.raises(BeyondAuthority):
        perform(piece(loan, "goodwill_credit", 1, lead))


def test_a_discount_is_bounded_by_what_it_may_become(loan: Loan, lead: User) -> None:
    """A receipt taken back later makes it as large as was agreed at most, and asks nobody."""
    pay(loan, "11500.00", TODAY)
    asked = wish(loan, "settled_for_less", TODAY, recorded_on=TODAY, at_most=Decimal("20000.00"))

    with pytest.raises(BeyondAuthority):
        perform(replace(asked, by=lead))

    modest = wish(loan, "settled_for_less", TODAY, recorded_on=TODAY, at_most=Decimal("1900.00"), key="modest")
    assert Decimal(perform(replace(modest, by=lead)).figures["given_up"]) <= Decimal("1900.00")
