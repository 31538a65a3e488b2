"""A fee taken out of the sum paid out, where the market allows it: quote, schedule, journal and annual rate agree."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from loans.disbursement import disbursing
from loans.models import Disbursement, Loan, Offer, ProductVersion
from loans.pricing.advance_deduction import AdvanceDeductionRefused
from loans.pricing.quotes import ScheduleNotPossible, quote_for, require_lawful
from loans.rates.annual_rates.dated import xirr
from loans.rates.apr import flows_of
from loans.servicing.settling import settlement_quote
from tests.loans.factories import ON, ApplicationFactory, DisbursementFactory, OfferFactory, ProductVersionFactory
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.pricing.test_advance_deduction import allow
from tests.loans.servicing.test_repayments import assert_books_agree, position

pytestmark = pytest.mark.django_db
LENT, FEE = Decimal("12000.00"), Decimal("120.00")


def a_product_with_deducted_fee(**changes: Any) -> ProductVersion:
    """1 % of the loan is taken out of the sum paid out."""
    return ProductVersionFactory(product__code="deducted", fee_rate=Decimal("0.01"), fee_due="deducted", **changes)


def an_order() -> Disbursement:
    """The order to pay out a loan of that product."""
    application = ApplicationFactory(version=a_product_with_deducted_fee(), amount=LENT)
    return DisbursementFactory(contract__offer__application=application)


def quoted(version: ProductVersion, **changes: Any) -> Any:
    return quote_for(version=version, on=ON, **{"principal": LENT, "term_count": 12, **changes})


def test_no_instalment_bears_the_fee_and_the_borrower_has_less_in_hand() -> None:
    quote, plain = quoted(a_product_with_deducted_fee()), quoted(ProductVersionFactory())

    assert quote.schedule == plain.schedule
    assert (quote.terms.fee_deducted, quote.terms.paid_out) == (FEE, LENT - FEE)
    assert quote.total_repayable == plain.total_repayable
    assert quote.total_cost == plain.total_cost + FEE
    assert [(part.kind, part.amount, part.first_due_on) for part in quote.components][1] == ("fee", FEE, ON)


def test_the_annual_rate_is_that_of_the_sum_in_hand() -> None:
    quote = quoted(a_product_with_deducted_fee())
    flows = flows_of(quote.terms, quote.schedule)

    assert flows[0] == (ON, LENT - FEE)
    assert sum(amount for _on, amount in flows) == -quote.total_cost
    # the yardstick of the law: what is in hand against what is paid, and dearer than the same fee spread over the year
    assert abs(quote.rates.xirr - xirr(flows)) < Decimal("0.000001")
    spread = quoted(ProductVersionFactory(product__code="spread", fee_rate=Decimal("0.01"), fee_due="spread"))
    assert quote.cost.simple > spread.cost.simple > Decimal("0.18")


def test_in_china_it_is_refused_with_both_sums() -> None:
    version = a_product_with_deducted_fee()

    with pytest.raises(AdvanceDeductionRefused) as refused:
        require_lawful(quoted(version))
    with pytest.raises(AdvanceDeductionRefused):
        OfferFactory(application__version=version, application__amount=LENT)

    assert refused.value.context == {"lent": LENT, "paid": LENT - FEE}


def test_the_journal_shows_what_was_paid_and_what_was_earned() -> None:
    allow()
    order = an_order()
    loan, offer = order.loan, Offer.objects.get()

    with the_journal() as journal:
        disbursing.send(disbursement_id=order.pk, on=ON)

    assert (offer.fee_deducted, offer.paid_out, order.amount) == (FEE, LENT - FEE, LENT - FEE)
    assert offer.total_repayable == LENT + offer.total_interest
    assert journal.text == told("""
        2026-06-15 disbursement
          Loan principal receivable       12000.00
          Cash at bank                               11880.00
          Fee income                                   120.00
    """)
    assert position(loan).principal_outstanding == LENT
    assert position(loan).fee_accrued == 0
    assert_books_agree(loan)
    (_interest, fees) = Offer.objects.get().contract.snapshot["all_in_cost"]["items"]
    assert (fees["total"], fees["deducted"]) == ("120.00", "120.00")


def test_paid_off_on_the_first_day_the_whole_loan_comes_back() -> None:
    allow()
    disbursing.send(disbursement_id=an_order().pk, on=ON)

    assert settlement_quote(Loan.objects.get(), ON).total == LENT


def test_of_a_first_drawdown_its_own_fee_is_taken() -> None:
    quote = quoted(a_product_with_deducted_fee(allows_drawdowns=True), first_drawdown=Decimal("5000.00"))

    assert (quote.terms.fee_deducted, quote.terms.paid_out) == (Decimal("50.00"), Decimal("4950.00"))


def test_a_fee_cannot_take_the_whole_sum() -> None:
    with pytest.raises(ScheduleNotPossible):
        quoted(a_product_with_deducted_fee(), fee_total=LENT)


def test_postgresql_pays_a_merchant_whole() -> None:
    version = ProductVersionFactory(product__code="purchase", is_purchase=True)

    with pytest.raises(IntegrityError, match="merchant_paid_whole"), transaction.atomic():
        ProductVersion.objects.filter(pk=version.pk).update(fee_due="deducted")
