"""Two things happen to one pledged policy at the same moment, on real PostgreSQL: one of them is first, never both half."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from core import business_date
from loans.models import Loan, PledgeStatus, PolicyPledge, Repayment
from loans.night.closing import accrue_and_age
from loans.notices import pledge_notices
from loans.pledges import pledge_review
from loans.pledges.pledge_review import cure, review, review_due
from loans.pledges.pledging import LoanHasPolicy, PolicyAlreadyPledged, pledge_policy
from tests.loans.factories import CASH_VALUES, DISBURSED, LoanFactory, PolicyFactory, PolicyPledgeFactory
from tests.loans.night.test_concurrency import assert_books_agree, at_once
from tests.loans.pledged_policies import night
from tests.loans.servicing.test_repayments import pay

pytestmark = pytest.mark.django_db(transaction=True)
EVERYONE = (0, 2**62)
EXHAUSTED = date(2026, 9, 14)
LAPSES = EXHAUSTED + timedelta(days=31)


def noticed() -> PolicyPledge:
    """A pledge whose notice has run out unpaid; tonight it lapses."""
    pledge = PolicyPledgeFactory(costly=True)
    night(EXHAUSTED)
    accrue_and_age(*EVERYONE, LAPSES)
    business_date.move_to(LAPSES)
    return PolicyPledge.objects.select_related("loan").get(pk=pledge.pk)


def payment(pledge: PolicyPledge, amount: str = "2000.00") -> Callable[[], Repayment]:
    return lambda: pay(pledge.loan, amount, LAPSES, key=f"saves {pledge.pk}")


def assert_lapsed_or_saved(pledge: PolicyPledge) -> str:
    """Lapsed with the insurer's payout, or saved without; the borrower's money stands in both."""
    now = PolicyPledge.objects.get(pk=pledge.pk)
    insurer = Repayment.objects.filter(loan=pledge.loan_id, channel="insurer")
    if now.status == PledgeStatus.LAPSED:
        assert now.payout_id == insurer.get().pk and now.lapsed_on == LAPSES
    else:
        assert (now.status, now.notice_ends_on, insurer.count()) == (PledgeStatus.WARNED, None, 0)
    assert Repayment.objects.get(loan=pledge.loan_id, channel="counter").status == "posted"
    assert_books_agree()
    return now.status


def test_the_night_lapses_while_the_borrower_pays() -> None:
    pledges = [noticed() for _ in range(3)]

    answers = at_once([*[payment(pledge) for pledge in pledges], *[lambda: review_due(*EVERYONE, LAPSES)] * 2])

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    review_due(*EVERYONE, LAPSES)
    for pledge in pledges:
        assert_lapsed_or_saved(pledge)


def test_a_payment_after_the_night_has_read_and_before_it_acts_saves_the_policy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pledge, real = noticed(), review

    def paid_meanwhile(**asked: Any) -> Any:
        at_once([payment(pledge)])
        return real(**asked)

    monkeypatch.setattr(pledge_review, "review", paid_meanwhile)
    counts = review_due(*EVERYONE, LAPSES)

    assert (counts, assert_lapsed_or_saved(pledge)) == (
        {},
        PledgeStatus.WARNED,
    )  # cured at once, by news of the payment


def test_a_payment_that_comes_while_the_policy_lapses_waits_and_counts_against_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pledge, real, before = noticed(), pledge_notices.lapsed, []

    def while_lapsing(*asked: Any) -> None:
        # The loan is held: whoever would pay now may not get it.
        before.extend(at_once([lambda: Loan.objects.select_for_update(nowait=True).get(pk=pledge.loan_id)]))
        real(*asked)

    monkeypatch.setattr(pledge_notices, "lapsed", while_lapsing)
    review_due(*EVERYONE, LAPSES)
    at_once([payment(pledge, "100.00")])

    assert isinstance(before[0], Exception)
    assert assert_lapsed_or_saved(pledge) == PledgeStatus.LAPSED


def test_cure_by_news_and_the_night_at_once_cure_once() -> None:
    pledge = noticed()
    business_date.move_to(LAPSES)
    with pytest.MonkeyPatch.context() as without_news:
        without_news.setattr("operations.receivers.look_at_changed.apply_async", lambda **asked: None)
        payment(pledge)()

    answers = at_once(
        [*[lambda: cure(loan_id=pledge.loan_id, on=LAPSES)] * 3, lambda: review(pledge_id=pledge.pk, on=LAPSES).done]
    )

    assert sum(answer in (True, ("cured",)) for answer in answers) == 1
    assert assert_lapsed_or_saved(pledge) == PledgeStatus.WARNED


def test_two_people_pledge_one_policy_for_two_loans_at_once_and_one_is_refused() -> None:
    policy, loans = PolicyFactory(), [LoanFactory(active=True, bullet=True) for _ in range(4)]

    answers = at_once([_pledging(loan, policy) for loan in loans])

    assert sorted(type(answer).__name__ for answer in answers) == ["PolicyAlreadyPledged"] * 3 + ["PolicyPledge"]
    assert PolicyPledge.objects.count() == 1
    assert {type(answer) for answer in answers} == {PolicyPledge, PolicyAlreadyPledged}


def test_two_people_pledge_one_policy_for_one_loan_at_once_and_it_is_one_pledge() -> None:
    policy, loan = PolicyFactory(), LoanFactory(active=True, bullet=True)

    answers = at_once([_pledging(loan, policy)] * 4)

    assert {answer.pk for answer in answers} == {PolicyPledge.objects.get().pk}
    assert PolicyPledge.objects.get().cash_values.count() == len(CASH_VALUES)


def test_two_policies_for_one_loan_at_once_and_the_first_stands() -> None:
    loan = LoanFactory(active=True, bullet=True)

    answers = at_once([_pledging(loan, PolicyFactory()) for _ in range(2)])

    assert {type(answer) for answer in answers} == {PolicyPledge, LoanHasPolicy}


def _pledging(loan: Loan, policy: Any) -> Callable[[], PolicyPledge]:
    return lambda: pledge_policy(loan_id=loan.pk, policy=policy, cash_values=CASH_VALUES, on=DISBURSED)
