"""Nights that count on, one after the other, against the account rebuilt from events after each of them.

Where nothing falls due the night takes a loan's figures from those of the night before, and reads its instalments again
on the next due date: an error in between would be gone by then.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from loans.acts.performing import perform
from loans.models import Loan, LoanPosition, LoanTransition
from loans.night.closing import accrue_and_age
from loans.proof.verifying import compare
from tests.loans.acts.test_acts import wish
from tests.loans.books import DISBURSED, a_running_loan
from tests.loans.factories import RepaymentFactory

pytestmark = pytest.mark.django_db
NIGHTS = 128  # past the fourth due date, and past the day from which interest is no income
HELD, PART_PAID = 50, 75  # days after disbursement on which something happens
TERMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "late interest on interest": {"late_interest_compounds": True},
    "late interest by the day": {"late_interest_most": Decimal("40.00")},
    "interest follows the balance": {"recalculates": True},
    "whole yuan": {"rounding_step": Decimal("1.00")},
    "a bullet": {"method": "bullet", "instalment_count": 2},
    "no late interest": {"late_annual_rate": Decimal(0)},
}


@pytest.mark.parametrize("terms", TERMS.values(), ids=TERMS.keys())
def test_a_late_loan_stands_each_morning_where_its_events_say(terms: dict[str, Any]) -> None:
    loan, _beside = a_running_loan(**terms), a_running_loan()
    late_nights_counted = 0
    for night in range(1, NIGHTS):
        on = DISBURSED + timedelta(days=night)
        counts = accrue_and_age(0, 2**62, on)
        late_nights_counted += counts["loans_counted_on"] == counts["loans_past_due"] == 2

        assert compare(Loan.objects.select_related("position").get(pk=loan.pk)) == [], f"after night {night}"
        if night == HELD and not terms.get("recalculates"):
            perform(wish(loan, "hold_placed", on, stops="late_interest", until=on + timedelta(days=9)), approved=True)
        if night == PART_PAID:
            RepaymentFactory(loan=loan, amount=Decimal("700.00"), received_on=on, recorded_on=on)

    counted = not {"recalculates", "rounding_step", "late_interest_most"} & set(terms)
    assert late_nights_counted > 30 if counted else late_nights_counted == 0


def test_a_move_between_due_dates_is_kept_and_interest_goes_into_suspense() -> None:
    loan = a_running_loan(
        method="bullet", instalment_count=2
    )  # with one due date, so that no night in between reads it
    for night in range(1, 160):
        accrue_and_age(loan.pk, loan.pk, DISBURSED + timedelta(days=night))

    due = DISBURSED + timedelta(days=59)
    moves = LoanTransition.objects.filter(loan_id=loan.pk).order_by("id").values_list("on", "after")
    assert [((on - due).days, step) for on, step in moves] == [
        *((1, "M1"), (1, "special_mention"), (31, "M2"), (61, "M3")),
        *((91, "M4"), (91, "substandard")),
    ]
    position = LoanPosition.objects.get(loan=loan)
    assert position.suspended_interest == position.interest_accrued > 0
    assert position.suspended_late_interest == position.late_interest_accrued > 0
