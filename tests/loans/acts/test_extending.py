"""More time either cures what is overdue, or is refused with what would; and its preview says what becomes of the class."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from loans.acts.kinds.extending import ExtensionLeavesOverdue, ExtensionTooShort
from loans.acts.performing import perform, previewed
from loans.models import Loan, LoanAct
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
    lead, address = signed_in(client, "team_lead"), reverse("loans:loan_extend", args=[late.number])
    form = lead.get(address).context["form"]
    typed = {"key": form["key"].value(), "days": "20", "reason": "salary day"}

    answers = [lead.post(address, typed), lead.post(address, typed), lead.post(address, {**typed, "days": "25"})]

    assert [answer.status_code for answer in answers] == [302, 302, 422]
    assert LoanAct.objects.get().parameters == {"days": 20}


def test_one_form_of_a_waiver_sent_twice_waives_once(
    late: Loan, client: Client, signed_in: Callable[..., Client]
) -> None:
    lead, address = signed_in(client, "team_lead"), reverse("loans:loan_waive", args=[late.number])
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
    lead, address = signed_in(client, "team_lead"), reverse("loans:loan_waive", args=[loan.number])

    for amount in ("500.00", "500.01"):
        key = lead.get(address).context["form"]["key"].value()
        lead.post(address, {"key": key, "component": "late_interest", "amount": amount, "reason": "goodwill"})

    assert [act.parameters["amount"] for act in LoanAct.objects.all()] == ["500.00"]
