"""A lapsed policy reinstated with more than one person may say was received: asked for on its page, decided by another."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from audit.approvals import approve, reject
from audit.models import Approval
from core import business_date
from loans.models import PledgeStatus, PolicyPledge, Repayment
from loans.pledges import pledge_review
from loans.pledges.reinstating import KIND
from loans.servicing.proving import ReceiptNeedsSecondPerson
from loans.servicing.settling import SettlementAmountDiffers
from tests.core.factories import RuleFactory
from tests.loans.pledged_policies import a_costly_pledge, night
from tests.loans.servicing.test_repayments import assert_books_agree
from tests.loans.web.test_policies import EXHAUSTED, LAPSED
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lapsed() -> PolicyPledge:
    """A policy that lapsed on a debt above what one person may say alone."""
    pledge = a_costly_pledge()
    for on in (EXHAUSTED, LAPSED):
        night(on)
    RuleFactory(
        code="receipt_without_bank_line",
        data={"alone": {"counter": "5000", "api": "50000"}, "counted_from": "2000", "days": 7},
    )
    return PolicyPledge.objects.get(pk=pledge.pk)


@pytest.fixture
def operator(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "operations")


def tab(pledge: PolicyPledge) -> str:
    return reverse("desk:loan_tab", args=[pledge.loan.number, "policy"])


def asks(client: Client, pledge: PolicyPledge, key: str = "one") -> tuple[Decimal, str]:
    """What was asked for on the page, and the page that follows."""
    amount = client.get(tab(pledge)).context["quote"].total
    wish = {"key": key, "amount": str(amount)}
    answer = client.post(reverse("loans:policy_reinstate", args=[pledge.loan.number]), wish, follow=True)
    return amount, answer.content.decode()


def test_one_asks_and_another_agrees(operator: Client, lapsed: PolicyPledge) -> None:
    amount, page = asks(operator, lapsed)

    assert "Sent for approval: a second person decides on “Policy reinstated”." in page
    assert "Waits for a second person: Policy reinstated" in page
    assert reverse("loans:policy_reinstate", args=[lapsed.loan.number]) not in page
    asked, before = Approval.objects.get(kind=KIND), Repayment.objects.count()
    assert (asked.amount, PolicyPledge.objects.get().status) == (amount, PledgeStatus.LAPSED)

    checker = UserFactory(roles=["checker"])
    approve(approval_id=asked.pk, decided_by=checker, on=business_date.current())

    receipt = Repayment.objects.latest("id")
    assert (receipt.amount, receipt.agreed_by, Repayment.objects.count()) == (amount, checker, before + 1)
    assert PolicyPledge.objects.get().status == PledgeStatus.REINSTATED
    assert_books_agree(lapsed.loan)


def test_agreed_to_the_next_day_it_counts_from_the_day_of_the_money(operator: Client, lapsed: PolicyPledge) -> None:
    amount, _page = asks(operator, lapsed)
    received_on = business_date.current()
    night(received_on)

    approve(
        approval_id=Approval.objects.get().pk,
        decided_by=UserFactory(roles=["checker"]),
        on=received_on + timedelta(days=1),
    )

    receipt = Repayment.objects.latest("id")
    assert (receipt.amount, receipt.received_on) == (amount, received_on)
    assert PolicyPledge.objects.get().status == PledgeStatus.REINSTATED
    assert_books_agree(lapsed.loan)


def test_the_same_form_sent_twice_asks_once(operator: Client, lapsed: PolicyPledge) -> None:
    for _again in range(2):
        asks(operator, lapsed)

    assert Approval.objects.count() == 1


def test_refused_it_stays_lapsed_and_may_be_asked_for_again(operator: Client, lapsed: PolicyPledge) -> None:
    asks(operator, lapsed)
    on = business_date.current()

    reject(approval_id=Approval.objects.get().pk, decided_by=UserFactory(roles=["checker"]), reason="no slip", on=on)

    assert PolicyPledge.objects.get().status == PledgeStatus.LAPSED
    assert reverse("loans:policy_reinstate", args=[lapsed.loan.number]) in operator.get(tab(lapsed)).content.decode()
    assert "Sent for approval" in asks(operator, lapsed, key="two")[1]


def test_a_wrong_sum_is_refused_and_not_asked_for(lapsed: PolicyPledge) -> None:
    wish = {"pledge_id": lapsed.pk, "on": business_date.current(), "channel": "counter", "idempotency_key": "k"}

    with pytest.raises(SettlementAmountDiffers):
        pledge_review.reinstate(amount=Decimal("7000.00"), **wish)
    whole = pledge_review.reinstatement_quote(lapsed, business_date.current()).total
    with pytest.raises(ReceiptNeedsSecondPerson):
        pledge_review.reinstate(amount=whole, **wish)

    assert not Approval.objects.exists()
