"""An instalment agreed instead of their number: from the wish through decision, offer and contract to the loan."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from core import business_date
from loans.disbursement.activation import activate
from loans.models import Application, Loan, ProductVersion
from loans.origination import origination
from loans.origination.application_wish import ApplicationWish
from loans.origination.decisions import Decision
from loans.pricing.agreed_instalments import (
    AgreedInstalmentBelowCharges,
    AgreedInstalmentNoMultiple,
    AgreedInstalmentNotSold,
    AgreedInstalmentOrNumber,
    AgreedInstalmentTooHigh,
    AgreedInstalmentTooLow,
)
from loans.pricing.quotes import quote_for
from loans.proof.verifying import compare
from tests.loans.books import a_product
from tests.loans.factories import ApplicantFactory

pytestmark = pytest.mark.django_db
ON = date(2026, 1, 15)


def a_version(code: str = "what-i-can-pay", **settings: Any) -> ProductVersion:
    """18 % a year, from three to 24 instalments, whose number may follow from an agreed one."""
    return a_product(code, **{"allows_agreed_instalment": True, "min_count": 3, "max_count": 24} | settings)


def a_wish(version: ProductVersion, agreed: str | None = "1000.00", count: int | None = None) -> ApplicationWish:
    return ApplicationWish(
        borrower_id=ApplicantFactory(income__as_of=ON).pk,
        product_id=version.product_id,
        amount=Decimal("10000.00"),
        term_count=count,
        agreed_instalment=None if agreed is None else Decimal(agreed),
        purpose="renovation",
    )


def approved(application: Application, **terms: Any) -> Loan:
    chosen = {
        "principal": application.amount,
        "term_count": application.term_count,
        "agreed_instalment": application.agreed_instalment,
    }
    decision = Decision(outcome="approve", reasons=("meets_policy",), **(chosen | terms))
    origination.decide(application_id=application.pk, decision=decision, on=ON)
    return origination.accept_offer(offer_id=application.offers.get().pk, on=ON, accepted_via="counter")


def test_a_thousand_a_month_from_wish_to_loan() -> None:
    """10,000 at 18 %: eleven instalments, the last of 916.22 (the figures of the pure test)."""
    application = origination.submit_application(a_wish(a_version()), on=ON, channel="web")
    assert application.term_count == 11

    loan = approved(application)

    assert (loan.instalment_count, loan.fixed_instalment) == (11, Decimal("1000.00"))
    activate(loan_id=loan.pk, disbursed_on=ON)
    rows = list(loan.instalments.order_by("number"))
    assert [row.principal + row.interest for row in rows[:10]] == [Decimal("1000.00")] * 10
    assert rows[10].principal + rows[10].interest == Decimal("916.22")
    assert compare(Loan.objects.select_related("position").get(pk=loan.pk)) == []
    terms = application.offers.get().contract.snapshot["terms"]
    assert (terms["count"], terms["fixed_instalment"]) == (11, "1000.00")


def test_the_count_follows_the_rate_and_the_amount_that_are_decided() -> None:
    """At 24 % a year 10,000.00 take twelve instalments of 1,000.00; 5,000.00 take six."""
    first = origination.submit_application(a_wish(a_version()), on=ON, channel="web")
    second = origination.submit_application(a_wish(a_version()), on=ON, channel="web")

    assert approved(first, annual_rate=Decimal("0.235")).instalment_count == 12
    assert approved(second, principal=Decimal("5000.00")).instalment_count == 6


def test_a_term_chosen_by_a_person_takes_its_place() -> None:
    application = origination.submit_application(a_wish(a_version()), on=ON, channel="web")

    loan = approved(application, term_count=6, agreed_instalment=None)

    assert (loan.instalment_count, loan.fixed_instalment) == (6, None)


@pytest.mark.parametrize(
    ("agreed", "refusal", "words"),
    [
        ("150.00", AgreedInstalmentBelowCharges, "Agree on 499.25 or more"),
        ("499.24", AgreedInstalmentTooLow, "Agree on 499.25 or more"),
        ("6000.00", AgreedInstalmentTooHigh, "it would take 2 instalments; the fewest are 3"),
        ("500.005", AgreedInstalmentNoMultiple, "give a multiple of 0.01"),
    ],
)
def test_what_cannot_be_agreed_is_refused_by_name(agreed: str, refusal: type[Exception], words: str) -> None:
    """Over 24 months 10,000.00 at 1.5 % a month are 499.24 rounded down, and 499.25 repay them."""
    with pytest.raises(refusal, match=words):
        origination.submit_application(a_wish(a_version(), agreed), on=ON, channel="web")
    assert not Application.objects.exists()


def test_one_of_the_two_is_given() -> None:
    for agreed, count in ((None, None), ("1000.00", 12)):
        with pytest.raises(AgreedInstalmentOrNumber):
            origination.submit_application(a_wish(a_version(), agreed, count), on=ON, channel="web")


def test_a_product_that_does_not_offer_it_refuses() -> None:
    with pytest.raises(AgreedInstalmentNotSold):
        origination.submit_application(a_wish(a_product()), on=ON, channel="web")


def test_only_products_with_such_instalments_can_offer_it() -> None:
    for settings in ({"method": "bullet"}, {"interest_type": "flat"}):
        with pytest.raises(IntegrityError, match="agreed_instalment"), transaction.atomic():
            a_version("none", **settings)


def test_asked_again_with_its_key_it_is_the_same_application() -> None:
    wish = a_wish(a_version())

    first = origination.submit_application(wish, on=ON, channel="web", idempotency_key="once")

    assert origination.submit_application(wish, on=ON, channel="web", idempotency_key="once").pk == first.pk


def test_the_quote_says_what_is_agreed_with_its_fee() -> None:
    quote = quote_for(
        version=a_version(fee_rate=Decimal("0.02")),
        principal=Decimal("10000.00"),
        term_count=None,
        on=ON,
        agreed_instalment=Decimal("1000.00"),
    )

    assert (quote.agreed_instalment, quote.first_instalment) == (Decimal("1000.00"), Decimal("1000.00"))
    assert (quote.terms.count, quote.terms.fixed_instalment) == (12, Decimal("983.33"))  # 200.00 over 12 is 16.67


def test_the_page_quotes_it_and_refuses_it_by_name(client: Client, staff_member: Any) -> None:
    business_date.move_to(ON)
    version = a_version()
    client.force_login(staff_member(superuser=True), backend="staff.backends.StaffBackend")
    asked = {"product": version.product_id, "amount": "10000.00", "agreed_instalment": "1000.00"}

    shown = client.get("/app/applications/quote", asked).content.decode()
    refused = client.get("/app/applications/quote", {**asked, "agreed_instalment": "150.00"}).content.decode()
    both = client.get("/app/applications/quote", {**asked, "term_count": "12"}).content.decode()

    assert "Instalment agreed" in shown
    assert "<dd>11</dd>" in shown
    assert "Agree on 499.25 or more" in refused
    assert "Instalment agreed" not in both
