"""Loans tied to an index: priced by it, and set anew on the days their contract names."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from loans.disbursement.disbursing import disburse
from loans.models import Contract, Instalment, Loan, LoanAct
from loans.night.repricing import current_rate, reprice_due
from loans.origination.origination import accept_offer
from loans.pricing.index_rates import index_rate
from loans.pricing.quotes import ScheduleNotPossible, quote_for
from risk import underwriting
from risk.models import GradePolicy
from tests.core.factories import RuleFactory
from tests.loans.books import close_until
from tests.loans.factories import ON, ApplicationFactory, LoanFactory, ProductVersionFactory
from tests.loans.servicing.test_repayments import assert_books_agree
from tests.risk.factories import GradePolicyFactory

pytestmark = pytest.mark.django_db
NEW_QUOTE = date(2026, 3, 20)


@pytest.fixture
def quoted() -> None:
    """The index falls to 2.50 % on 20 March 2026."""
    RuleFactory(code="index_rates", effective_from=NEW_QUOTE, data={"LPR1Y": "0.0250"}, source="a test")


def tied(repricing: str) -> Loan:
    spread = Decimal("0.15")
    rate = index_rate("LPR1Y", date(2026, 1, 15)) + spread
    return LoanFactory(active=True, rate_index="LPR1Y", rate_spread=spread, repricing=repricing, annual_rate=rate)


def interest(loan: Loan) -> list[Decimal]:
    return list(
        Instalment.objects.filter(loan=loan, superseded_on__isnull=True)
        .order_by("number")
        .values_list("interest", flat=True)
    )


def test_a_new_quote_counts_from_its_day(quoted: None) -> None:
    loan = tied("every_quote")
    before = interest(loan)
    close_until(date(2026, 3, 19))

    counts = reprice_due(loan.pk, loan.pk, NEW_QUOTE)

    assert counts == {"rates_changed": 1}
    assert current_rate(Loan.objects.get(pk=loan.pk)) == Decimal("0.1750")
    after = interest(loan)
    assert after[:2] == before[:2] and all(new < old for new, old in zip(after[3:], before[3:], strict=True))
    assert_books_agree(loan)


def test_a_repeated_night_sets_nothing_twice(quoted: None) -> None:
    loan = tied("every_quote")

    reprice_due(loan.pk, loan.pk, NEW_QUOTE)
    counts = reprice_due(loan.pk, loan.pk, NEW_QUOTE)

    assert counts == {"rates_changed": 0}
    assert LoanAct.objects.count() == 1


@pytest.mark.parametrize(
    ("repricing", "due"),
    [("quarterly", date(2026, 4, 15)), ("anniversary", date(2027, 1, 15)), ("first_of_january", date(2027, 1, 1))],
)
def test_the_rate_moves_on_the_contracts_day_only(quoted: None, repricing: str, due: date) -> None:
    loan = tied(repricing)

    assert reprice_due(loan.pk, loan.pk, NEW_QUOTE) == {"rates_changed": 0}
    reprice_due(loan.pk, loan.pk, due)

    expected = due < date(2027, 1, 15)  # by then the last instalment is due and nothing lies ahead
    assert LoanAct.objects.filter(loan=loan).exists() is expected


def test_a_product_tied_to_an_index_is_quoted_by_it(quoted: None) -> None:
    version = ProductVersionFactory(
        product__code="floating", rate_index="LPR1Y", rate_spread=Decimal("0.10"), repricing="quarterly"
    )

    quote = quote_for(version=version, principal=Decimal("1000"), term_count=3, on=NEW_QUOTE)

    assert quote.terms.annual_rate == Decimal("0.1250")


def test_settings_no_schedule_can_be_made_of_are_refused_by_name() -> None:
    version = ProductVersionFactory(product__code="odd", grace_on_principal=9)

    with pytest.raises(ScheduleNotPossible, match="grace cannot reach it"):
        quote_for(version=version, principal=Decimal("1000"), term_count=3, on=NEW_QUOTE)


def test_what_the_grade_adds_stays_above_the_index_for_the_whole_life(
    client: Client, signed_in: Callable[..., Client]
) -> None:
    policy = GradePolicy.objects.get()
    rows = [{**row, "rate_margin": "0.0200"} for row in policy.rows]
    GradePolicyFactory(effective_from=date(2026, 1, 1), rows=rows)
    on, later = ON, date(2026, 7, 20)
    version = ProductVersionFactory(
        product__code="floating", rate_index="LPR1Y", rate_spread=Decimal("0.10"), repricing="every_quote"
    )
    application = ApplicationFactory(version=version)
    index = index_rate("LPR1Y", on)

    offer = underwriting.decide_automatically(application_id=application.pk, on=on).offers.get()
    loan = accept_offer(offer_id=offer.pk, on=on, accepted_via="counter")
    disburse(loan_id=loan.pk, on=on)
    RuleFactory(code="index_rates", effective_from=later, data={"LPR1Y": "0.0250"})
    reprice_due(loan.pk, loan.pk, later)

    loan.refresh_from_db()
    assert (offer.annual_rate, loan.annual_rate, loan.rate_spread) == (index + Decimal("0.12"),) * 2 + (
        Decimal("0.12"),
    )
    assert current_rate(Loan.objects.get(pk=loan.pk)) == Decimal("0.1450")
    agreed = json.loads(Contract.objects.get().document)["floating_rate"]
    assert agreed == {"index": "LPR1Y", "spread": "0.12000000", "set_anew": "every_quote"}
    assert_books_agree(loan)
    page = signed_in(client, "officer").get(f"/app/loans/{loan.number}").content.decode()
    assert "LPR1Y plus 12.00" in page and "set anew with every new quote" in page
