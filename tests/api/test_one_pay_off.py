"""What settles a loan on a business day is one figure wherever somebody sees it: on pages, over the API, at the guard of the
doors, and by plain arithmetic; and with just that sum the loan is settled."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from loans.acts.performing import perform
from loans.models import Loan
from loans.proof import oracle
from loans.servicing.guarding import PaymentAboveOwed
from loans.servicing.repayments import record_repayment
from tests.api.test_loans import TODAY
from tests.api.town import lent
from tests.loans.acts.test_acts import wish
from tests.loans.books import close_until
from tests.loans.factories import ProductVersionFactory

pytestmark = pytest.mark.django_db
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "by days": {"interest_by": "day", "method": "interest_only"},
    "deferred": {"grace_on_interest_payment": 3},
    "follows the balance": {"recalculates": True, "rest": "daily"},
    "a charge for repaying early": {"early_charge_rate": Decimal("0.01")},
}


def paid(loan: Loan, amount: Decimal, on: date, key: str) -> Any:
    return record_repayment(
        loan_id=loan.pk, amount=amount, received_on=on, channel="counter", idempotency_key=key, recorded_by=None
    )


@pytest.mark.parametrize("history", ["untouched", "paid ahead", "late", "extended"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_pay_off_is_one_figure_everywhere(client, signed_in, lilac, open_house, kind, history):
    product = ProductVersionFactory(product__code="one", **KINDS[kind]).product
    asked = lent(lilac, product)
    loan = Loan.objects.get(public_id=asked["id"])
    if history == "paid ahead":
        paid(loan, Decimal("700.00"), TODAY, "ahead")
    on = TODAY + timedelta(days=45 if history == "late" else 10)
    close_until(on - timedelta(days=1))
    if history == "extended":
        perform(wish(loan, "extension", on, days=7), approved=True)

    told = lilac.ask(f"/loans/{asked['id']}/payoff_quote").json()
    pay_off = Decimal(told["total"]["amount"]) / 100
    shown = f"{pay_off:,.2f}"
    desk = signed_in(client, "operations")
    page = desk.get(reverse("desk:loan", args=[loan.number]))
    pay = desk.get(reverse("loans:loan_pay", args=[loan.number]))
    quote = desk.get(reverse("loans:loan_settle_quote", args=[loan.number]), {"effective_on": on.isoformat()})

    assert date.fromisoformat(told["on"]) == on
    assert page.context["page"].pay_off == pay_off and shown in page.content.decode()
    assert pay.context["settles"] == pay_off and shown in pay.content.decode()
    assert quote.context["quote"].total == pay_off and shown in quote.content.decode()
    with pytest.raises(PaymentAboveOwed) as refused:
        paid(loan, pay_off + 1, on, "too much")
    assert refused.value.context["owed"] == f"¥ {shown}"
    if not oracle.not_followed(loan):
        assert abs(oracle.pay_off(loan, on) - pay_off) <= Decimal("0.12")  # cents of rounding, two an instalment
    paid(loan, pay_off, on, "all")
    assert lilac.ask(f"/loans/{asked['id']}").json()["status"] == "settled"
