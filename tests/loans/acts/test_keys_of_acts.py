"""The key of an act: told again it does nothing more, and with anything else it is refused, whoever tries it how often."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from audit import approvals
from audit.models import Approval, ApprovalStatus
from loans.acts.asking import Done, perform_or_ask
from loans.acts.performing import ActConflict, perform
from loans.events.act_kinds import Wish
from loans.models import Loan, LoanAct
from staff.models import User
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until

TODAY = date(2026, 5, 20)


@pytest.fixture
def loan(db: None) -> Loan:
    made = a_running_loan()
    close_until(date(2026, 5, 19))
    return made


@pytest.fixture
def lead(staff_member: Callable[..., User]) -> User:
    return staff_member("team_lead")


def a_fee(loan: Loan, on: date = TODAY, **values: Any) -> Wish:
    return wish(loan, "fee_added", on, recorded_on=TODAY, key="fee", **{"amount": Decimal("5.00"), **values})


def a_credit(loan: Loan, amount: str, by: User) -> Wish:
    """Over 500, so that a second person has to agree."""
    return replace(wish(loan, "goodwill_credit", TODAY, amount=Decimal(amount), key="credit"), by=by)


def test_the_same_key_on_another_day_is_another_act(loan: Loan) -> None:
    perform(a_fee(loan))

    with pytest.raises(ActConflict):
        perform(a_fee(loan, on=date(2026, 4, 1)))


def test_the_same_values_written_otherwise_are_the_same_act(loan: Loan) -> None:
    first = perform(a_fee(loan))

    assert perform(a_fee(loan, amount=Decimal(5), due_on=None)) == first
    assert loan.acts.count() == 1


def test_what_counts_from_today_is_the_same_act_tomorrow(loan: Loan) -> None:
    told = wish(loan, "waiver", TODAY, component="late_interest", amount=Decimal("1.00"), key="waiver")
    first = perform(told)
    tomorrow = date(2026, 5, 21)

    assert perform(replace(told, effective_on=tomorrow, recorded_on=tomorrow)) == first


def test_a_request_is_answered_to_the_same_wish_only(loan: Loan, lead: User) -> None:
    request = perform_or_ask(a_credit(loan, "600.00", lead))

    assert perform_or_ask(a_credit(loan, "600", lead)) == request
    for other in ("6000.00", "6.00"):
        with pytest.raises(ActConflict):
            perform_or_ask(a_credit(loan, other, lead))
    assert not LoanAct.objects.exists()


@pytest.mark.parametrize("on_another_loan", [True, False])
def test_the_key_of_a_request_does_no_other_act(
    loan: Loan, lead: User, staff_member: Callable[..., User], on_another_loan: bool
) -> None:
    """It would take the key away from the request, which could then never be carried out."""
    request = perform_or_ask(a_credit(loan, "600.00", lead))
    other = (
        a_credit(a_running_loan(), "6.00", lead) if on_another_loan else replace(a_fee(loan), idempotency_key="credit")
    )

    with pytest.raises(ActConflict):
        perform_or_ask(other)

    approvals.approve(approval_id=request.pk, decided_by=staff_member("checker"), on=TODAY)
    assert loan.acts.get().figures["credited"] == "600.00"


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_four_times_at_once_makes_one_request(staff_member: Callable[..., User]) -> None:
    loan, by = a_running_loan(), staff_member("team_lead")
    close_until(date(2026, 5, 19))

    def send(_turn: int) -> Done:
        try:
            return perform_or_ask(a_credit(loan, "600.00", by))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as people:
        answers: Iterator[Done] = people.map(send, range(4))
        assert {answer.pk for answer in answers} == {Approval.objects.get(status=ApprovalStatus.PENDING).pk}
