"""Making an offer out of a decision: the quote behind it, the cap test, and the row that fixes the terms."""

from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from core.rules import rule
from loans.merchants.merchants import require_purchase
from loans.models import Application, DecisionSource, Offer, Outcome, ProductVersion
from loans.origination.decisions import Decision
from loans.payees import payees
from loans.pricing.early_charges import require_early_charge_allowed
from loans.pricing.monthly_payments import monthly_payment
from loans.pricing.quotes import (
    Quote,
    quote_for,
    require_lawful,
    require_sellable,
    schedule_as_json,
    terms_as_json,
    version_on_sale,
)


class OfferMissing(NotFound):
    code = "offer_missing"
    message = _("There is no such offer.")


def quote_of_decision(
    application: Application, decision: Decision, on: date, version: ProductVersion | None = None
) -> tuple[Quote, Offer]:
    """The quote of ``decision`` and the offer it becomes, not saved yet. ``version`` is what the product sells on ``on``,
    where the caller has just read it.

    Raises AllInCostTooHigh, AdvanceDeductionRefused, ProductNotSold, AmountOutOfRange, TermOutOfRange, PriceMissing,
    MerchantMissing, MerchantNotActive, GoodsMissing, DrawdownsNotSold, FirstDrawdownOutOfRange, and what ``quote_for``
    raises of an agreed instalment and ``require_early_charge_allowed`` of a charge.
    """
    assert decision.principal is not None
    assert decision.term_count is not None
    version = version or version_on_sale(application.product_id, on)
    if decision.source != DecisionSource.IMPORTED:
        require_sellable(version, decision.principal, decision.term_count, application.price, decision.first_drawdown)
        require_purchase(version, application.merchant, application.goods)
    quote = quote_for(
        version=version,
        principal=decision.principal,
        term_count=decision.term_count,
        on=on,
        annual_rate=decision.annual_rate,
        down_payment=decision.down_payment,
        flat_charge=decision.flat_charge,
        fee_total=decision.fee_total,
        first_due_on=decision.first_due_on,
        first_drawdown=decision.first_drawdown,
        agreed_instalment=decision.agreed_instalment,
    )
    require_lawful(quote)
    require_early_charge_allowed(version, on)
    return quote, _offer(application, decision, quote, version.pk, on)


def quote_of_offer(offer: Offer, on: date) -> Quote:
    """The quote of ``offer`` once more, with the money paid out on ``on``: the dates move, the terms do not."""
    terms = offer.terms
    return quote_for(
        version=offer.product_version,
        principal=offer.principal,
        term_count=offer.term_count,
        on=on,
        annual_rate=offer.annual_rate,
        down_payment=offer.down_payment,
        flat_charge=_decimal(terms["flat_charge"]),
        fee_total=_decimal(terms["fee_total"]),
        first_due_on=date.fromisoformat(terms["first_due_on"]) if terms["first_due_on"] else None,
        first_drawdown=offer.first_drawdown,
        fixed_instalment=_decimal(terms.get("fixed_instalment")),
    )


def _offer(application: Application, decision: Decision, quote: Quote, version_id: int, on: date) -> Offer:
    return Offer(
        application=application,
        product_version_id=version_id,
        is_counter_offer=decision.outcome == Outcome.COUNTER_OFFER,
        price=quote.price,
        down_payment=quote.down_payment,
        merchant_id=application.merchant_id,
        goods=application.goods,
        principal=quote.terms.principal,
        first_drawdown=quote.first_drawdown,
        term_count=quote.terms.count,
        annual_rate=quote.terms.annual_rate,
        grade=decision.grade,
        terms=terms_as_json(quote.terms),
        schedule=schedule_as_json(quote.schedule),
        total_interest=quote.schedule.total_interest,
        total_fees=quote.schedule.total_fee,
        fee_deducted=quote.terms.fee_deducted,
        total_repayable=quote.total_repayable,
        monthly_payment=monthly_payment(quote.terms, quote.schedule),
        annualised_simple=quote.cost.simple,
        annualised_compound=quote.cost.compound,
        cost_cap=quote.cap.rate,
        payee_index=payees.index_now(application.borrower_id, application.merchant),
        made_on=on,
        expires_on=on + timedelta(days=rule("offer_validity", on)["days"]),
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
