"""Pledged policies on the pages: the list by cover, pledging, and what is done on the loan's page."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from audit.approvals import approve
from audit.models import Approval
from core import business_date
from loans.models import LoanAct, PledgeStatus, PolicyPledge, Repayment
from loans.pledges.agreeing import CASH_VALUES
from tests.loans.books import DISBURSED
from tests.loans.factories import RepaymentFactory
from tests.loans.pledged_policies import a_bullet_loan, a_costly_pledge, a_pledge, night
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
EXHAUSTED = date(2026, 9, 14)
LAPSED = EXHAUSTED + timedelta(days=31)


@pytest.fixture
def operator(client: Client, signed_in: Callable[..., Client]) -> Client:
    business_date.move_to(DISBURSED)
    return signed_in(client, "operations")


def post(client: Client, pledge: PolicyPledge, verb: str, **data: Any) -> str:
    response = client.post(f"/app/loans/{pledge.loan.number}/policy/{verb}", {"key": verb, **data}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_the_policy_nearest_to_its_cash_value_first(
    operator: Client, django_assert_max_num_queries: Any
) -> None:
    calm, near = a_pledge(a_bullet_loan(principal=Decimal("1000.00"))), a_pledge()
    with django_assert_max_num_queries(20):
        text = operator.get("/app/policies/").content.decode()

    assert text.index(near.masked_number) < text.index(calm.masked_number)
    assert "80.00 %" in text and "/app/policies/pledge" in text


def test_an_empty_list_says_so(operator: Client) -> None:
    assert "No policy is pledged" in operator.get("/app/policies/").content.decode()
    assert "No policy fits" in operator.get("/app/policies/?status=lapsed").content.decode()


def test_a_policy_is_pledged_on_its_page(operator: Client) -> None:
    loan = a_bullet_loan()
    form = {
        "loan": loan.number,
        "insurer": "Harbour Life",
        "policy_number": "PL-7788-99",
        "insured_name": "林小雨",
        "policy_since": "2020-07-01",
        "growth": "linear",
        "cash_values": "2026-01-01 9,000.00\n2027-01-01\t12000",
    }
    refused = operator.post("/app/policies/pledge", form)
    assert refused.status_code == 422 and "the policy carries at most" in refused.content.decode()
    nonsense = operator.post("/app/policies/pledge", {**form, "cash_values": "a lot"})
    assert nonsense.status_code == 422 and "is not a day and an amount" in nonsense.content.decode()

    form["cash_values"] = form["cash_values"].replace("9,000", "10,000")
    page = operator.post("/app/policies/pledge", form, follow=True).content.decode()

    assert "Harbour Life" in page and "**** 8899" in page and "PL778899" not in page
    assert PolicyPledge.objects.get().cash_values.count() == 2


def test_the_tab_tells_what_happens_next(operator: Client) -> None:
    pledge = a_costly_pledge()
    page = operator.get(f"/app/loans/{pledge.loan.number}/policy").content.decode()

    assert "debt reaches cash value on 2026-09-14" in page and 'data-line-chart="policy-cover"' in page
    without = operator.get(f"/app/loans/{a_bullet_loan().number}/policy").content.decode()
    assert "No policy is pledged for this loan" in without


def test_interest_is_made_principal_and_cash_value_recorded_by_hand(operator: Client) -> None:
    pledge = a_pledge()
    night(date(2026, 3, 31))

    assert "Unpaid interest is principal now" in post(operator, pledge, "capitalise", reason="agreed")
    assert LoanAct.objects.get().reason == "agreed"
    assert "No interest was unpaid" in post(operator, pledge, "capitalise", reason="again", key="other")
    assert "cash value is recorded" in post(operator, pledge, "cash-value", on="2026-04-01", amount="50000")
    assert "it is less than before" in post(operator, pledge, "cash-value", on="2026-04-01", amount="5000")
    (asked,) = Approval.objects.filter(kind=CASH_VALUES)
    approve(approval_id=asked.pk, decided_by=UserFactory(roles=["checker"]), on=business_date.current())
    assert "the notice of lapse goes out" in post(operator, pledge, "review")


def test_a_lapsed_policy_comes_back_for_the_shown_amount(operator: Client) -> None:
    pledge = a_costly_pledge()
    for on in (EXHAUSTED, LAPSED):
        night(on)
    page = operator.get(f"/app/loans/{pledge.loan.number}/policy")
    assert "The policy lapsed on" in page.content.decode()
    quote = page.context["quote"]

    assert "Reinstated with" in post(operator, pledge, "reinstate", amount=str(quote.total))

    assert Repayment.objects.latest("id").amount == quote.total
    assert "The policy is released" in post(operator, pledge, "release")
    assert PolicyPledge.objects.get().status == PledgeStatus.RELEASED


def test_a_reinstatement_beside_a_payment_of_its_day_and_amount_is_asked_about(operator: Client) -> None:
    pledge = a_costly_pledge()
    for on in (EXHAUSTED, LAPSED):
        night(on)
    address, today = f"/app/loans/{pledge.loan.number}/policy", business_date.current()
    plain = operator.get(address)
    whole = plain.context["quote"].total
    if whole % Decimal("0.02"):
        RepaymentFactory(loan=pledge.loan, amount=Decimal("0.01"), received_on=today)
    half = (whole - whole % Decimal("0.02")) / 2
    RepaymentFactory(loan=pledge.loan, amount=half, received_on=today)

    page = operator.get(address)

    assert page.context["quote"].total == half
    assert "allow_repeat" not in plain.content.decode() and "allow_repeat" in page.content.decode()
    assert "has the same day and amount" in post(operator, pledge, "reinstate", amount=str(half))
    assert "Reinstated with" in post(operator, pledge, "reinstate", amount=str(half), allow_repeat="on")


def test_only_who_manages_policies_may_change_them(client: Client, signed_in: Callable[..., Client]) -> None:
    pledge = a_pledge()
    collector = signed_in(client, "officer")

    assert collector.get("/app/policies/").status_code == 200
    assert "policy/review" not in collector.get(f"/app/loans/{pledge.loan.number}/policy").content.decode()
    for verb in ("review", "capitalise", "cash-value", "reinstate", "release"):
        assert collector.post(f"/app/loans/{pledge.loan.number}/policy/{verb}").status_code == 403
    assert collector.get("/app/policies/pledge").status_code == 403
