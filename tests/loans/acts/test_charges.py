"""Fees of running loans raised and lowered, and penalties, each held against the caps."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loans.account.account import Account
from loans.account.changes.charges import FeeLongPaid, FeeLoweredTooFar, NoFeeThere
from loans.acts.performing import BeyondAuthority, perform
from loans.acts.previewing import preview
from loans.acts.running_cost import FeeBreaksCap, LateInterestBreaksCap, PenaltyBreaksCap, cost_of_account
from loans.acts.undoing import undo
from loans.bookkeeping.positions import load
from loans.events.act_kinds import act_kind
from loans.events.act_parameters import ParameterOutOfRange
from loans.models import Instalment, Loan, LoanAct
from tests.loans.acts.test_acts import fees, wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.pricing.test_cost_caps import set_rule
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
FIRST_DUE = date(2026, 2, 15)
ON = date(2026, 2, 10)


def with_fees(**changes: Any) -> Loan:
    """Twelve instalments with a fee of 10.00 each."""
    return a_running_loan(fee_total=Decimal("120.00"), **changes)


def account(loan: Loan) -> Account:
    return load(Loan.objects.get(pk=loan.pk), position(loan))


class TestAdjusted:
    def test_the_fee_of_one_instalment_is_raised_and_undoing_restores(self) -> None:
        loan = with_fees()
        asked = wish(loan, "fee_raised", ON, instalment=2, amount=Decimal("5.00"))

        shown = preview(loan, lambda: perform(asked))
        act = perform(asked)

        assert shown.rows
        assert fees(loan)[:3] == [Decimal("10.00"), Decimal("15.00"), Decimal("10.00")]
        assert_books_agree(loan)
        undo(act_id=act.pk, reason="another loan was meant", on=ON)
        assert fees(loan) == [Decimal("10.00")] * 12
        assert_books_agree(loan)

    @pytest.mark.parametrize("typed", ["5", "5.0", "5.00", "5.000", "0.5E+1"])
    def test_a_sum_is_kept_in_cents_however_it_was_typed(self, typed: str) -> None:
        loan = with_fees()

        act = perform(wish(loan, "fee_raised", ON, instalment=2, amount=Decimal(typed)))

        assert act.parameters["amount"] == act.figures["fee_raised"] == "5.00"

    @pytest.mark.parametrize("typed", ["5.001", "NaN", "Infinity", "1E+12", "1E+40", "-5"])
    def test_what_is_no_sum_of_money_is_refused_by_name(self, typed: str) -> None:
        loan = with_fees()

        with pytest.raises(ParameterOutOfRange):
            perform(wish(loan, "fee_raised", ON, instalment=2, amount=Decimal(typed)))
        assert not LoanAct.objects.exists()

    def test_a_fee_already_earned_is_taken_back_where_it_is_lowered(self) -> None:
        loan = with_fees()
        close_until(FIRST_DUE)
        earned = position(loan).fee_accrued

        perform(wish(loan, "fee_lowered", date(2026, 2, 16), instalment=1, amount=Decimal("4.00")))

        assert (earned, position(loan).fee_accrued) == (Decimal("10.00"), Decimal("6.00"))
        assert_books_agree(loan)

    def test_a_fee_raised_from_the_past_changes_how_later_money_was_divided(self) -> None:
        loan = with_fees()
        close_until(date(2026, 2, 20))
        receipt = pay(loan, "1110.15", FIRST_DUE, recorded_on=date(2026, 2, 21))
        assert receipt.fee == Decimal("10.00")

        perform(wish(loan, "fee_raised", ON, instalment=1, amount=Decimal("5.00"), recorded_on=date(2026, 2, 22)))

        receipt.refresh_from_db()
        assert receipt.fee == Decimal("15.00")
        assert_books_agree(loan)

    def test_a_fee_paid_long_ago_is_not_raised_because_it_would_be_late_since_then(self) -> None:
        loan = with_fees()
        close_until(FIRST_DUE)
        pay(loan, "1110.15", FIRST_DUE)
        close_until(date(2026, 4, 1))

        with pytest.raises(FeeLongPaid, match="2026-02-15"):
            perform(wish(loan, "fee_raised", date(2026, 4, 2), instalment=1, amount=Decimal("0.01")))

    def test_what_was_paid_of_a_fee_stays_paid_when_money_turns_up_later(self) -> None:
        loan = with_fees()
        close_until(date(2026, 2, 20))
        perform(wish(loan, "fee_lowered", date(2026, 2, 20), instalment=1, amount=Decimal("10.00")))

        receipt = pay(loan, "8.00", FIRST_DUE, recorded_on=date(2026, 2, 21))

        assert receipt.fee == Decimal("8.00") and fees(loan)[0] == Decimal("8.00")
        assert_books_agree(loan)

    def test_paying_off_the_last_of_an_instalment_by_lowering_its_fee_settles_it(self) -> None:
        loan = with_fees(allocation_order=["principal", "interest", "late_interest", "fee"])
        pay(loan, "1100.15", FIRST_DUE)

        perform(wish(loan, "fee_lowered", FIRST_DUE, instalment=1, amount=Decimal("10.00")))

        first = Instalment.objects.get(loan=loan, number=1, superseded_on__isnull=True)
        assert first.settled_on == FIRST_DUE
        assert_books_agree(loan)

    def test_what_cannot_be_is_refused_by_name_with_the_numbers(self) -> None:
        loan = with_fees()
        with pytest.raises(FeeLoweredTooFar) as too_far:
            perform(wish(loan, "fee_lowered", ON, instalment=1, amount=Decimal("10.01")))
        with pytest.raises(NoFeeThere):
            perform(wish(loan, "fee_raised", ON, instalment=13, amount=Decimal("1.00")))
        with pytest.raises(FeeBreaksCap):
            perform(wish(loan, "fee_raised", ON, instalment=1, amount=Decimal("900.00")))

        assert "10.00" in too_far.value.detail and "10.01" in too_far.value.detail
        assert not LoanAct.objects.exists()

    def test_giving_up_much_of_a_fee_needs_a_second_person(self) -> None:
        set_rule("cost_cap", date(2026, 1, 1), {"annual_rate": None})
        loan = a_running_loan(fee_total=Decimal("12000.00"))

        with pytest.raises(BeyondAuthority):
            perform(wish(loan, "fee_lowered", ON, instalment=1, amount=Decimal("500.01")))

    def test_partners_may_raise_a_fee_but_not_give_one_up(self) -> None:
        assert act_kind("fee_raised").for_partners and not act_kind("fee_lowered").for_partners


class TestPenaltiesUnderTheCap:
    def test_a_penalty_over_the_cap_is_refused_with_both_numbers(self) -> None:
        loan = a_running_loan()

        with pytest.raises(PenaltyBreaksCap) as refused:
            perform(wish(loan, "penalty_added", ON, amount=Decimal("900.00")))

        assert refused.value.context["cap"] == "24.00%"
        assert Decimal(refused.value.context["figure"].rstrip("%")) > 24
        assert not LoanAct.objects.exists()

    def test_fees_and_penalties_are_counted_together(self) -> None:
        loan = a_running_loan()
        perform(wish(loan, "penalty_added", ON, amount=Decimal("300.00")))

        with pytest.raises(FeeBreaksCap):
            perform(wish(loan, "fee_added", ON, amount=Decimal("350.00")))
        with pytest.raises(PenaltyBreaksCap):
            perform(wish(loan, "penalty_added", ON, amount=Decimal("350.00")))

    def test_late_interest_charged_so_far_leaves_less_room(self) -> None:
        loan, late = a_running_loan(), a_running_loan(late_annual_rate=Decimal("2.00"))
        close_until(date(2026, 4, 10))

        perform(wish(loan, "penalty_added", date(2026, 4, 10), amount=Decimal("100.00")))
        with pytest.raises(PenaltyBreaksCap):
            perform(wish(late, "penalty_added", date(2026, 4, 10), amount=Decimal("100.00"), key="late"))

    def test_being_late_alone_does_not_make_a_loan_dearer_than_its_late_rate(self) -> None:
        loan = a_running_loan(late_annual_rate=Decimal("0.18"), grace_days=0)
        close_until(date(2026, 5, 10))

        cost = cost_of_account(loan, account(loan), date(2026, 5, 10))

        assert Decimal("0.17") < cost.simple < Decimal("0.185")

    def test_money_counts_on_the_day_it_came(self) -> None:
        early, late = a_running_loan(), a_running_loan()
        close_until(date(2026, 3, 31))
        pay(early, "2300.00", date(2026, 2, 16), recorded_on=date(2026, 3, 31))
        pay(late, "2300.00", date(2026, 3, 31))

        costs = [cost_of_account(loan, account(loan), date(2026, 3, 31)).simple for loan in (early, late)]

        assert costs[0] < costs[1] + Decimal("0.01") and costs[0] != costs[1]

    def test_the_sum_the_contract_allows_of_late_interest_holds_for_penalties_too(self) -> None:
        loan = a_running_loan(late_interest_most=Decimal("60.00"))
        perform(wish(loan, "penalty_added", ON, amount=Decimal("50.00")))

        with pytest.raises(LateInterestBreaksCap) as refused:
            perform(wish(loan, "penalty_added", ON, amount=Decimal("20.00")))

        assert "70.00" in refused.value.detail and "60.00" in refused.value.detail
        close_until(date(2026, 4, 30))
        assert position(loan).late_interest_accrued == Decimal("60.00")
        assert_books_agree(loan)
