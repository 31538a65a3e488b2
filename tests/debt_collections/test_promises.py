"""Promises: taken within limits, judged by the money that came in time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from debt_collections import cases, promises
from debt_collections.lifecycle import StepNotAllowed
from debt_collections.models import Case, Promise
from loans.servicing.repayments import reverse_repayment
from messaging.delivery import send_due
from messaging.models import Message
from tests.debt_collections.factories import EVERYBODY, LATE, CaseFactory, at, pay
from tests.loans.factories import LoanFactory

pytestmark = pytest.mark.django_db

DUE = LATE + timedelta(days=3)
AFTER = DUE + timedelta(days=1)


@pytest.fixture
def wang(staff_member):
    return staff_member("collector", username="wang", display_name="王丽")


@pytest.fixture
def case() -> Case:
    return CaseFactory()


@pytest.fixture
def promise(case, wang) -> Promise:
    return take(case, wang)


def take(case: Case, by, amount: str = "450.00", due_on=DUE, **more) -> Promise:
    return promises.take(case_id=case.pk, amount=Decimal(amount), due_on=due_on, on=LATE, by=by, **more)


def judge(on) -> tuple[int, int]:
    counts = promises.judge(*EVERYBODY, on)
    return counts["promises_kept"], counts["promises_broken"]


# --- taking ---------------------------------------------------------------------------------------------------------
def test_a_promise_makes_the_case_wait_for_its_day(case, promise) -> None:
    case.refresh_from_db()
    assert case.status == "promised"
    assert case.next_action_at == at("00:00", DUE)


@pytest.mark.parametrize("amount", ["0.00", "-1.00", "99999999.00"])
def test_an_amount_of_nothing_or_more_than_is_owed_is_refused(case, wang, amount: str) -> None:
    with pytest.raises(promises.PromiseAmountInvalid):
        take(case, wang, amount=amount)


@pytest.mark.parametrize("days", [-1, 15])
def test_a_day_that_is_past_or_too_far_is_refused(case, wang, days: int) -> None:
    with pytest.raises(promises.PromiseTooFar):
        take(case, wang, due_on=LATE + timedelta(days=days))


def test_a_second_pending_promise_is_refused_by_name_and_by_postgresql(case, promise, wang) -> None:
    with pytest.raises(promises.PromiseAlreadyPending):
        take(case, wang)
    with pytest.raises(IntegrityError, match="collections_one_pending_promise"), transaction.atomic():
        Promise.objects.create(case=case, amount=1, due_on=DUE, taken_by=wang, taken_on=LATE)


def test_a_promise_for_a_strangers_loan_is_refused(case, wang) -> None:
    with pytest.raises(promises.PromiseForOtherLoan):
        take(case, wang, loan_id=LoanFactory(active=True).pk)


def test_a_case_at_rest_takes_no_promise(case, wang) -> None:
    cases.hold(case_id=case.pk, reason="illness", until=DUE, on=LATE, by=wang)

    with pytest.raises(StepNotAllowed):
        take(case, wang)


# --- judging --------------------------------------------------------------------------------------------------------
def test_the_whole_amount_in_time_keeps_it_at_once(case, promise) -> None:
    pay(case.borrower.loans.get(), "450.00", LATE + timedelta(days=1))

    assert judge(LATE + timedelta(days=1)) == (1, 0)
    promise.refresh_from_db()
    case.refresh_from_db()
    assert (promise.status, promise.received, promise.counts_against) == ("kept", Decimal("450.00"), False)
    assert case.status == "open"


def test_two_payments_together_keep_it(case, promise) -> None:
    loan = case.borrower.loans.get()
    pay(loan, "200.00", LATE)
    assert judge(LATE) == (0, 0)
    pay(loan, "250.00", DUE)

    assert judge(DUE) == (1, 0)


def test_it_is_broken_on_the_day_after_and_not_before(case, promise) -> None:
    assert judge(DUE) == (0, 0)

    assert judge(AFTER) == (0, 1)
    promise.refresh_from_db()
    assert (promise.status, promise.judged_on, promise.counts_against) == ("broken", AFTER, True)


def test_judging_twice_changes_nothing(case, promise) -> None:
    judge(AFTER)
    rows = promise.history.count()

    assert judge(AFTER) == (0, 0)
    assert promise.history.count() == rows == 2


def test_money_after_the_day_does_not_keep_it(case, promise) -> None:
    pay(case.borrower.loans.get(), "450.00", AFTER)

    assert judge(AFTER) == (0, 1)


def test_a_part_breaks_it_and_nearly_all_is_not_held_against_the_borrower(case, promise) -> None:
    pay(case.borrower.loans.get(), "360.00", DUE)
    judge(AFTER)

    promise.refresh_from_db()
    assert (promise.status, promise.received, promise.counts_against) == ("broken", Decimal("360.00"), False)
    assert promise.partly_paid


def test_a_small_part_is_held_against_the_borrower(case, promise) -> None:
    pay(case.borrower.loans.get(), "359.99", DUE)
    judge(AFTER)

    promise.refresh_from_db()
    assert promise.counts_against


def test_money_that_was_in_before_the_promise_does_not_count(case, wang) -> None:
    pay(case.borrower.loans.get(), "500.00", LATE)
    take(case, wang, amount="450.00")

    assert judge(DUE) == (0, 0)
    assert judge(AFTER) == (0, 1)


def test_a_reversed_payment_does_not_count(case, promise, wang) -> None:
    loan = case.borrower.loans.get()
    pay(loan, "450.00", LATE)
    reverse_repayment(repayment_id=loan.repayments.get().pk, reason="bounced", reversed_on=LATE, reversed_by=wang)

    assert judge(AFTER) == (0, 1)


def test_only_the_loan_that_was_named_counts(case, wang) -> None:
    named = case.borrower.loans.get()
    other = LoanFactory(active=True, borrower=case.borrower)
    take(case, wang, loan_id=named.pk)
    pay(other, "450.00", LATE + timedelta(days=1))

    assert judge(AFTER) == (0, 1)


def test_a_broken_promise_makes_the_case_more_urgent(case, promise) -> None:
    before = case.priority
    judge(AFTER)
    cases.review_borrowers(*EVERYBODY, AFTER)

    case.refresh_from_db()
    assert case.broken_promises == 1
    assert case.priority == before + 8


def test_the_borrower_is_told_once_of_a_broken_promise(case, promise) -> None:
    judge(AFTER)
    judge(AFTER)

    message = Message.objects.get(template_code="promise_broken")
    assert message.context["promised_on"] == DUE.isoformat()
    assert message.due_at == at("09:00", AFTER + timedelta(days=1))


def test_a_payment_judges_the_promise_and_reviews_the_case_at_once(case, promise) -> None:
    pay(case.borrower.loans.get(), f"{case.overdue_amount + 500}", LATE + timedelta(days=1))

    counts = cases.review_borrower(borrower_id=case.borrower_id, on=LATE + timedelta(days=1))

    assert (counts["promises_kept"], counts["cases_closed"]) == (1, 1)


# --- cancelling -----------------------------------------------------------------------------------------------------
def test_a_cancelled_promise_is_never_judged(case, promise, wang) -> None:
    promises.cancel(promise_id=promise.pk, reason="wrong person took it", on=LATE, by=wang)

    assert judge(AFTER) == (0, 0)
    case.refresh_from_db()
    assert case.status == "open"
    with pytest.raises(promises.PromiseAlreadyJudged):
        promises.cancel(promise_id=promise.pk, reason="again", on=LATE, by=wang)


def test_a_rest_releases_the_pending_promise(case, promise, wang) -> None:
    cases.hold(case_id=case.pk, reason="illness", until=DUE, on=LATE, by=wang)

    promise.refresh_from_db()
    assert (promise.status, promise.cancel_reason) == ("cancelled", "Illness or injury")


# --- told of --------------------------------------------------------------------------------------------------------
def test_a_broken_promise_whose_money_came_in_the_morning_is_not_told_of(case, promise) -> None:
    """450.00 were promised by the 27th; they came on the morning of the 28th, before the message left at nine."""
    assert judge(AFTER - timedelta(days=1)) == (0, 0)
    assert judge(AFTER) == (0, 1)
    morning = AFTER + timedelta(days=1)
    pay(case.borrower.loans.get(), "450.00", morning)

    send_due(at("09:00", morning))

    told = Message.objects.get(template_code="promise_broken")
    assert (told.status, told.refusal) == ("refused", "paid_since")


def test_a_promise_still_broken_is_told_of(promise) -> None:
    judge(AFTER)

    assert send_due(at("09:00", AFTER + timedelta(days=1))) == {"sent": 1}
