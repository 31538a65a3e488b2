"""More time either cures what is overdue, or is refused with what would; and its preview says what becomes of the class."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from loans.acts.kinds.extending import ExtensionLeavesOverdue, ExtensionTooShort
from loans.acts.performing import perform, previewed
from loans.models import Instalment, Loan, LoanAct
from loans.proof import oracle
from loans.servicing.settling import settlement_quote
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.servicing.test_repayments import assert_books_agree, position

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 1)  # 14 days after the first due date, 15 February


@pytest.fixture
def late() -> Loan:
    made = a_running_loan()
    close_until(date(2026, 2, 28))
    return made


def test_the_shortest_extension_that_cures_ends_the_day_after_the_business_date(late: Loan) -> None:
    with pytest.raises(ExtensionLeavesOverdue) as refusal:
        perform(wish(late, "extension", TODAY, days=14))
    assert refusal.value.context["needed"] == 15

    perform(wish(late, "extension", TODAY, days=15))

    assert late.instalments.get(number=1, superseded_on=None).due_on == date(2026, 3, 2)
    assert (position(late).days_past_due, position(late).bucket) == (0, "C")
    assert_books_agree(late)


def test_a_loan_191_days_late_is_not_made_162_days_late() -> None:
    loan = a_running_loan()
    close_until(date(2026, 8, 24))
    today = date(2026, 8, 25)  # 191 days after 15 February

    with pytest.raises(ExtensionTooShort) as refusal:
        perform(wish(loan, "extension", today, days=30), approved=True)

    assert refusal.value.context["needed"] == 192
    assert refusal.value.context["pay_by"] == "2026-07-15"  # what 30 days do not bring beyond today
    assert "spread what is overdue" in refusal.value.detail
    assert not LoanAct.objects.exists()


def test_what_the_borrower_would_have_to_pay_first_is_what_then_cures_it() -> None:
    loan = a_running_loan()
    close_until(date(2026, 3, 31))
    with pytest.raises(ExtensionLeavesOverdue) as refusal:
        perform(wish(loan, "extension", date(2026, 4, 1), days=20))
    paid_by = date.fromisoformat(refusal.value.context["pay_by"])
    assert paid_by == date(2026, 2, 15)


def test_the_preview_says_what_becomes_of_bucket_and_class() -> None:
    loan = a_running_loan()
    close_until(date(2026, 4, 30))
    before = position(loan)

    found = previewed(wish(loan, "extension", date(2026, 5, 1), days=100), loan)

    moved = {pair.name: (pair.before, pair.after) for pair in found.figures}
    assert moved["risk_class"] == (before.risk_class, "normal") != ("normal", "normal")
    assert moved["bucket"] == (before.bucket, "C")
    assert moved["days_past_due"] == (before.days_past_due, 0)


def test_one_form_sent_twice_grants_once_and_another_with_its_key_is_refused(
    late: Loan, client: Client, signed_in: Callable[..., Client]
) -> None:
    lead, address = signed_in(client, "collector", "compliance"), reverse("loans:loan_extend", args=[late.number])
    form = lead.get(address).context["form"]
    typed = {"key": form["key"].value(), "days": "20", "reason": "salary day"}

    answers = [lead.post(address, typed), lead.post(address, typed), lead.post(address, {**typed, "days": "25"})]

    assert [answer.status_code for answer in answers] == [302, 302, 422]
    assert LoanAct.objects.get().parameters == {"days": 20}


def test_one_form_of_a_waiver_sent_twice_waives_once(
    late: Loan, client: Client, signed_in: Callable[..., Client]
) -> None:
    lead, address = signed_in(client, "collector", "compliance"), reverse("loans:loan_waive", args=[late.number])
    key = lead.get(address).context["form"]["key"].value()
    typed = {"key": key, "component": "late_interest", "amount": "1.00", "reason": "goodwill"}

    for _ in range(2):
        assert lead.post(address, typed).status_code == 302

    assert LoanAct.objects.get().figures == {"waived": "1.00"}


def test_more_late_interest_than_one_person_may_give_up_asks_for_a_second(
    client: Client, signed_in: Callable[..., Client]
) -> None:
    """The same bound as for interest: 500.00."""
    loan = a_running_loan(principal=Decimal("120000.00"))
    close_until(date(2026, 5, 31))
    assert position(loan).late_interest_receivable > 501
    lead, address = signed_in(client, "collector", "compliance"), reverse("loans:loan_waive", args=[loan.number])

    for amount in ("500.00", "500.01"):
        key = lead.get(address).context["form"]["key"].value()
        lead.post(address, {"key": key, "component": "late_interest", "amount": amount, "reason": "goodwill"})

    assert [act.parameters["amount"] for act in LoanAct.objects.all()] == ["500.00"]


def first_row(loan: Loan) -> Instalment:
    return loan.instalments.get(number=1, superseded_on=None)


@pytest.mark.parametrize(
    ("settings", "interest", "earned"),
    [
        # 1,200.00 at 18 %: 18.00 for the month to 15 February, and 18 days of 365, of 360, of the 28 to 15 March
        ({}, "28.65", "9.87"),
        ({"day_count": "act_360"}, "28.80", "9.87"),
        ({"day_count": "30_360"}, "30.00", "9.87"),  # 20 days of 360
        ({"day_count": "act_act_icma"}, "29.57", "9.87"),
        ({"interest_by": "day"}, "29.00", "10.06"),  # 49 days of 365
        # the first instalment is free, the time that is added is not
        ({"grace_on_interest_charged": 1}, "10.65", "0.00"),
    ],
)
@pytest.mark.parametrize("follows", [False, True], ids=["fixed", "follows the balance"])
def test_only_the_added_days_cost_more(follows: bool, settings: dict[str, Any], interest: str, earned: str) -> None:
    """What was earned of the 31 days before the due date (17 of them by 1 February) stays as it was."""
    loan = a_running_loan(
        principal=Decimal("1200.00"), instalment_count=4, recalculates=follows, rest="daily", **settings
    )
    close_until(date(2026, 1, 31))

    perform(wish(loan, "extension", date(2026, 2, 1), days=18), approved=True)

    assert first_row(loan).due_on == date(2026, 3, 5)
    assert first_row(loan).interest == Decimal(interest)
    assert position(loan).interest_accrued == Decimal(earned)
    assert settlement_quote(loan, date(2026, 2, 1)).interest == Decimal(earned)
    assert oracle.differences(loan) == []
    assert_books_agree(loan)


def test_more_time_for_what_is_overdue_counts_no_day_twice() -> None:
    """180.00 to 15 February. To 1 March half of 166.20 of the second instalment: that stays earned, 263.10 in all, though
    the 14 days are now 14 of the 20 that the first one is longer by: 82.85 of 118.36."""
    loan = a_running_loan()
    close_until(date(2026, 2, 28))
    assert settlement_quote(loan, TODAY).interest == Decimal("263.10")

    perform(wish(loan, "extension", TODAY, days=20), approved=True)

    assert first_row(loan).interest == Decimal("298.36")
    assert position(loan).interest_accrued == Decimal("263.10")
    assert settlement_quote(loan, TODAY).interest == Decimal("263.10")
    assert settlement_quote(loan, date(2026, 3, 7)).interest == Decimal("298.36")
    assert_books_agree(loan)


@pytest.mark.parametrize("follows", [False, True], ids=["fixed", "follows the balance"])
def test_days_that_days_off_had_added_before_are_charged_all_the_same(follows: bool) -> None:
    """Due on 15 February 2026, in the Spring Festival: on the 24th. Nine days more are agreed for the 24th, all later due
    dates move; 12,000.00 at 18 % for nine days of 365: 53.26."""
    loan = a_running_loan(business_day_roll="following", business_calendar="CN", recalculates=follows, rest="daily")
    assert first_row(loan).due_on == date(2026, 2, 24)

    perform(wish(loan, "extension", date(2026, 1, 20), days=9), approved=True)

    assert (first_row(loan).due_on, first_row(loan).interest) == (date(2026, 2, 24), Decimal("233.26"))
    assert oracle.differences(loan) == []
    assert_books_agree(loan)


def test_added_time_bears_the_rate_of_each_of_its_days() -> None:
    """12,000.00 from 15 February to 7 March, 18 % and from 1 March 12 %: by 1 March 14 days at 18 %, 82.85."""
    loan = a_running_loan(rate_steps=[["2026-03-01", "0.12"]])
    perform(wish(loan, "extension", date(2026, 1, 15), days=20), approved=True)

    close_until(date(2026, 3, 1))

    assert position(loan).interest_accrued == Decimal("262.85")
    assert oracle.differences(loan) == []
