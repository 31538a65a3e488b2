"""What each door would bind the house to, as the gate sees it."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from core.money import ZERO
from loans.events.unproved import principal_by_word
from loans.gate.commitments import payment_on
from loans.models import Application, Disbursement, Loan, LoanPosition, Offer, Product, ProductVersion
from loans.payees.payees import PayeeState
from loans.pricing.cost_caps import CostCap, cost_cap
from loans.pricing.monthly_payments import monthly_payment
from loans.pricing.quotes import ProductNotSold, Quote, version_on_sale
from loans.rates.apr import AllInCost, CapBasis, NoRate, cost_of
from loans.schedules.schedule import build_schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is bound, of whom. ``amount`` of principal and ``payment`` a month, in units of the currency of ``market``.

    ``application`` and ``loan`` are what the act is about: what binds the house by them already is part of ``amount``. The
    account to be paid is that of the accepted ``offer``, else of the ``loan``; ``payee`` is its state where who asks has
    looked at it under the same lock.
    """

    borrower_id: int
    market: str
    amount: Decimal
    payment: Decimal | None = None
    cost: AllInCost | None = None
    cap: CostCap | None = None
    on_sale: bool | None = None
    application: Application | None = None
    loan: Loan | None = None
    offer: Offer | None = None
    payee: PayeeState | None = None

    @property
    def cost_allowed(self) -> bool | None:
        return None if self.cost is None or self.cap is None else self.cap.allows(self.cost)

    @property
    def yearly_cost(self) -> Decimal | None:
        """On the basis of the cap, which it is held against."""
        if self.cost is None:
            return None
        simple = self.cap is None or self.cap.basis is CapBasis.SIMPLE
        return self.cost.simple if simple else self.cost.compound


def of_offer(
    application: Application, quote: Quote, on: date, *, accepted: Offer | None = None, is_sold: bool | None = None
) -> Subject:
    """An offer of ``quote``; ``accepted`` where it is one that stands and is to be accepted, which orders the money.
    ``is_sold`` where who asks has just read what the product sells."""
    approved = quote.terms.principal
    return Subject(
        borrower_id=application.borrower_id,
        market=quote.market,
        amount=approved,
        payment=monthly_payment(quote.terms, quote.schedule) * approved / quote.terms.drawn,
        cost=quote.cost,
        cap=quote.cap,
        on_sale=_is_sold(application.product_id, on) if is_sold is None else is_sold,
        application=application,
        offer=accepted,
    )


def of_payout(loan: Loan, on: date) -> Subject:
    """The first payout of ``loan``, or its repetition."""
    return _of_loan(loan, loan.principal, on)


def of_drawdown(loan: Loan, amount: Decimal, on: date) -> Subject:
    """A further part of ``amount`` drawn of ``loan``: with it, what is outstanding then, or was paid down by word, or given
    up, by one person alone."""
    owed = LoanPosition.objects.filter(loan_id=loan.pk).values_list("principal_outstanding", flat=True).first()
    return _of_loan(loan, (owed or ZERO) + principal_by_word(loan.pk) + amount, on)


def of_order(order: Disbursement, on: date, *, payee: PayeeState | None = None) -> Subject:
    """What an order to the bank pays out: a further part of its loan, or the loan; ``payee`` as of the same moment."""
    subject = of_drawdown(order.loan, order.amount, on) if order.is_drawdown else of_payout(order.loan, on)
    return replace(subject, payee=payee)


def of_limit(borrower_id: int, market: str, amount: Decimal) -> Subject:
    """A limit of ``amount``: all that the borrower may owe."""
    return Subject(borrower_id=borrower_id, market=market, amount=amount)


def _of_loan(loan: Loan, amount: Decimal, on: date) -> Subject:
    product = _product_of(loan)
    return Subject(
        borrower_id=loan.borrower_id,
        market=product.market,
        amount=amount,
        payment=payment_on(loan, amount, on),
        cost=_cost_of(loan, on),
        cap=cost_cap(on, product.market),
        # A contract stands when its product is no longer sold. One that was stopped binds nobody any further.
        on_sale=product.active,
        application=loan.application,
        loan=loan,
    )


def _product_of(loan: Loan) -> Product:
    return ProductVersion.objects.select_related("product").get(pk=loan.product_version_id).product


def _is_sold(product_id: int, on: date) -> bool:
    try:
        version_on_sale(product_id, on)
    except ProductNotSold:
        return False
    return True


def _cost_of(loan: Loan, on: date) -> AllInCost | None:
    """What the loan costs in a year as agreed; None where no rate can be found."""
    terms = loan.terms(None if loan.disbursed_on else on)
    try:
        return cost_of(terms, build_schedule(terms))
    except NoRate:
        return None
