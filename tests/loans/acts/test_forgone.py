"""What an act gives up of days to come is measured by the worst that can come of it, not by what is owed when it is done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from audit.models import Approval
from core import business_date
from core.money import ZERO
from core.rules import forget_cached_rules
from loans.acts.asking import Done, perform_or_ask
from loans.models import Instalment, Loan, LoanAct
from staff.models import User
from tests.loans.acts.test_acts import wish
from tests.loans.acts.test_lines import FIRST_DUE, a_running_line
from tests.loans.books import close_until
from tests.loans.factories import LoanFactory, RepaymentFactory
from tests.loans.pricing.test_cost_caps import set_rule
from tests.loans.servicing.test_repayments import position

pytestmark = pytest.mark.django_db
StaffMember = Callable[..., User]


def nearly_repaid() -> Loan:
    """A line of which nearly all was repaid, and can be drawn again."""
    loan = a_running_line()
    owed = position(loan).principal_outstanding - 100
    RepaymentFactory(loan=loan, amount=owed, received_on=FIRST_DUE, recorded_on=FIRST_DUE, channel="bank_file")
    return loan


def next_due(loan: Loan, on: date) -> date:
    return min(Instalment.objects.filter(loan=loan, superseded_on=None, due_on__gt=on).values_list("due_on", flat=True))


def done_by(person: User, loan: Loan, kind: str, on: date, **values: Any) -> Done:
    return perform_or_ask(replace(wish(loan, kind, on, **values), by=person))


class TestWhatCanStillBeDrawn:
    @pytest.mark.parametrize("kind", ["rate_changed", "rescheduled"])
    def test_its_rate_is_lowered_by_nobody_alone(self, staff_member: StaffMember, kind: str) -> None:
        """Counted as 425.81 while 100 were owed, and 11,000 were drawn at nothing."""
        loan = nearly_repaid()
        values: dict[str, Any] = {"annual_rate": ZERO}
        if kind == "rescheduled":
            values["from_due_on"] = next_due(loan, FIRST_DUE)

        assert isinstance(done_by(staff_member("operations"), loan, kind, FIRST_DUE, **values), Approval)

    def test_a_rate_of_what_cannot_be_drawn_again_is_lowered_within_the_limit(self, staff_member: StaffMember) -> None:
        loan = LoanFactory(active=True, principal=Decimal("5000.00"))

        on = loan.disbursed_on + timedelta(days=1)
        business_date.move_to(on)
        assert isinstance(
            done_by(staff_member("operations"), loan, "rate_changed", on, annual_rate=Decimal("0.15")), LoanAct
        )

    def test_a_hold_of_interest_is_measured_as_if_all_were_drawn(self, staff_member: StaffMember) -> None:
        limits = {"hold_placed": {"days_held": "90", "interest_freed": "500", "interest_forgone": "500"}}
        set_rule("act_authority", FIRST_DUE, limits)
        forget_cached_rules()
        loan, until = nearly_repaid(), FIRST_DUE + timedelta(days=80)

        asked = done_by(staff_member("operations"), loan, "hold_placed", FIRST_DUE, stops="interest", until=until)

        assert isinstance(asked, Approval)

    def test_a_short_hold_of_a_small_line_is_one_persons(self, staff_member: StaffMember) -> None:
        loan, until = nearly_repaid(), FIRST_DUE + timedelta(days=9)

        done = done_by(staff_member("operations"), loan, "hold_placed", FIRST_DUE, stops="interest", until=until)

        assert isinstance(done, LoanAct) and Decimal(done.figures["interest_forgone"]) > 0


class TestHoldsAhead:
    @pytest.mark.parametrize("stops", ["late_interest", "notice", "everything"])
    def test_late_interest_of_the_days_held_is_given_up(self, staff_member: StaffMember, stops: str) -> None:
        """Placed on the day after the due date it freed nothing yet: 11,835 were not charged in the 90 days after."""
        loan = LoanFactory(
            active=True,
            bullet=True,
            principal=Decimal("200000.00"),
            annual_rate=Decimal("0.18"),
            late_annual_rate=Decimal("0.24"),
        )
        on = position(loan).next_due_on + timedelta(days=1)
        close_until(on - timedelta(days=1))
        business_date.move_to(on)

        asked = done_by(staff_member("collector"), loan, "hold_placed", on, stops=stops, until=on + timedelta(days=89))

        assert isinstance(asked, Approval)

    def test_the_figure_is_what_the_days_would_have_borne(self, staff_member: StaffMember) -> None:
        loan = LoanFactory(
            active=True, bullet=True, principal=Decimal("10000.00"), late_annual_rate=Decimal("0.24"), grace_days=0
        )
        on = position(loan).next_due_on + timedelta(days=1)
        close_until(on - timedelta(days=1))
        business_date.move_to(on)

        done = done_by(
            staff_member("collector"), loan, "hold_placed", on, stops="late_interest", until=on + timedelta(days=29)
        )

        assert isinstance(done, LoanAct)
        assert Decimal(done.figures["interest_forgone"]) == Decimal("197.26")  # 10,000 × 24 % × 30 / 365


class TestTimeForNothing:
    def test_three_free_months_of_a_large_loan_take_two(self, staff_member: StaffMember) -> None:
        loan = LoanFactory(active=True, principal=Decimal("200000.00"))
        on = date(2026, 2, 1)
        close_until(on - timedelta(days=1))
        business_date.move_to(on)

        asked = done_by(staff_member("operations"), loan, "payment_holiday", on, count=3, interest="free")

        assert isinstance(asked, Approval)

    def test_charged_for_they_are_one_persons(self, staff_member: StaffMember) -> None:
        loan = LoanFactory(active=True, principal=Decimal("200000.00"))
        on = date(2026, 2, 1)
        close_until(on - timedelta(days=1))
        business_date.move_to(on)

        done = done_by(staff_member("operations"), loan, "payment_holiday", on, count=3, interest="spread")

        assert isinstance(done, LoanAct) and "interest_forgone" not in done.figures

    def test_what_is_overdue_is_not_moved_over_thirty_years_by_one(self, staff_member: StaffMember) -> None:
        loan = LoanFactory(active=True, principal=Decimal("18000.00"))
        on = date(2026, 4, 20)
        close_until(on - timedelta(days=1))
        business_date.move_to(on)
        clerk = staff_member("operations")

        assert isinstance(done_by(clerk, loan, "overdue_reaged", on, count=360, priced=True, key="long"), Approval)
        assert position(loan).days_past_due > 0

    def test_nor_without_a_price_that_is_more_than_one_may_give_up(self, staff_member: StaffMember) -> None:
        loan = LoanFactory(active=True, principal=Decimal("45000.00"))
        on = date(2026, 4, 20)
        close_until(on - timedelta(days=1))
        business_date.move_to(on)
        clerk = staff_member("operations")

        asked = done_by(clerk, loan, "overdue_reaged", on, count=12, key="free")

        assert isinstance(asked, Approval)

    def test_more_than_120_days_late_are_taken_away_by_two_only(self, staff_member: StaffMember) -> None:
        loan = LoanFactory(active=True, principal=Decimal("3000.00"))
        on = date(2027, 2, 1)
        close_until(on - timedelta(days=1))
        business_date.move_to(on)

        asked = done_by(staff_member("operations"), loan, "overdue_reaged", on, count=3, priced=True)

        assert isinstance(asked, Approval)
        assert position(loan).days_past_due > 120
