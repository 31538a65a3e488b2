"""What a loan would be: schedule, total cost and annualised all-in cost for wished terms, tested against the cap.

The same quote stands behind the live preview of the application page, the API's quotes, and every offer that is made.
"""

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import rows
from core.calendars import DayCount
from core.currencies import currency_of, house_currency
from core.day_counts import DayCountRefused
from core.errors import Invalid, NotFound
from core.money import ZERO, round_rate
from core.rules import rule_versions
from loans.models import Product, ProductVersion, VersionStatus
from loans.pricing.advance_deduction import charged_in_advance, require_paid_in_full
from loans.pricing.agreed_instalments import counted
from loans.pricing.cost_caps import CostCap, cost_cap, require_cost_within
from loans.pricing.cost_words import RATE_NAMES
from loans.pricing.index_rates import index_rate
from loans.rates.apr import AllInCost, AnnualRates, cost_of, rates_of
from loans.rates.cost_table import CostComponent, CostPart, components_of
from loans.schedules.schedule import Schedule, build_schedule, fee_parts, require_something_due
from loans.schedules.terms import Drawdown, FeeTiming, Frequency, LoanTerms, Method, TermsRefused

# A version whose day has come is sold from its morning on, also before the night has called it live.
SOLD = (VersionStatus.LIVE.value, VersionStatus.AGREED.value)


class ProductNotSold(NotFound):
    code = "product_not_sold"
    field = "product"
    message = _("This product is not sold on %(on)s.")


class AmountOutOfRange(Invalid):
    code = "amount_out_of_range"
    field = "amount"
    message = _("The amount must be between %(least)s and %(most)s.")


class TermOutOfRange(Invalid):
    code = "term_out_of_range"
    field = "term_count"
    message = _("The number of instalments must be between %(least)s and %(most)s.")


class ScheduleNotPossible(Invalid):
    code = "schedule_not_possible"
    message = _("No schedule can be made of these settings: %(why)s.")


class PriceMissing(Invalid):
    code = "price_missing"
    field = "price"
    message = _("A purchase needs its price, and no more than the price can be lent.")


class PriceNotExpected(Invalid):
    code = "price_not_expected"
    field = "price"
    message = _("This product lends money, not a purchase: leave the price empty.")


class DrawdownsNotSold(Invalid):
    code = "drawdowns_not_sold"
    field = "first_drawdown"
    message = _("This product is paid out in one sum: leave the first drawdown empty.")


class FirstDrawdownOutOfRange(Invalid):
    code = "first_drawdown_out_of_range"
    field = "first_drawdown"
    message = _("The first drawdown must be more than zero and at most the approved amount, %(most)s.")


@dataclass(frozen=True, slots=True)
class Quote:
    """Terms with everything that follows from them."""

    terms: LoanTerms
    schedule: Schedule
    cost: AllInCost
    cap: CostCap
    down_payment: Decimal = ZERO
    market: str = ""
    fee_payee: str = ""
    version: ProductVersion | None = None

    @property
    def currency(self) -> str:
        """ISO 4217, from the market; the house's where a quote names none."""
        return currency_of(self.market) if self.market else house_currency()

    @property
    def price(self) -> Decimal:
        return self.terms.principal + self.down_payment

    @property
    def first_drawdown(self) -> Decimal | None:
        """What is paid out at first of the approved amount; None where all of it is. Costs are those of this sum."""
        return self.terms.drawn if self.terms.drawdowns else None

    @property
    def agreed_instalment(self) -> Decimal | None:
        """What is paid each period but the last, the fee spread over them included, where the count follows from it; of
        equal principal the part of principal. None where the count was agreed.
        """
        fixed = self.terms.fixed_instalment
        if (
            fixed is None
            or self.terms.method is Method.EQUAL_PRINCIPAL
            or self.terms.fee_timing is not FeeTiming.SPREAD
        ):
            return fixed
        return fixed + max(fee_parts(self.terms, self.terms.count))

    @property
    def total_cost(self) -> Decimal:
        return self.schedule.total_interest + self.schedule.total_fee + self.terms.fee_deducted

    @property
    def total_repayable(self) -> Decimal:
        """All instalments; a fee taken out of the sum paid out is none of them."""
        return self.terms.drawn + self.schedule.total_interest + self.schedule.total_fee

    @property
    def components(self) -> tuple[CostComponent, ...]:
        """The table of all costs: what, by whom, how much, when."""
        deducted = CostPart(self.terms.start_on, self.terms.fee_deducted)
        return components_of(self.schedule.instalments, self.fee_payee, deducted)

    @property
    def rates(self) -> AnnualRates:
        """The annual rate by the law of each market."""
        return rates_of(self.terms, self.schedule)

    @property
    def rates_shown(self) -> tuple[str, ...]:
        """Which of the rates the market's rule has shown, by name; all of them where it has no such rule."""
        return rates_shown(self.terms.start_on, self.market)

    @property
    def named_rates(self) -> list[tuple[Promise, Decimal]]:
        """The rates that must be shown, each with what it is called."""
        found = self.rates
        return [(RATE_NAMES[name], getattr(found, name)) for name in self.rates_shown]

    @property
    def first_instalment(self) -> Decimal:
        return self.schedule.instalments[0].total

    @property
    def within_cap(self) -> bool:
        return self.cap.allows(self.cost)


def quote_for(
    *,
    version: ProductVersion,
    principal: Decimal,
    term_count: int | None,
    on: date,
    annual_rate: Decimal | None = None,
    down_payment: Decimal = ZERO,
    flat_charge: Decimal | None = None,
    fee_total: Decimal | None = None,
    first_due_on: date | None = None,
    first_drawdown: Decimal | None = None,
    agreed_instalment: Decimal | None = None,
    fixed_instalment: Decimal | None = None,
) -> Quote:
    """The quote for ``principal`` over ``term_count`` periods of ``version``, paid out on ``on``.

    With an ``agreed_instalment`` the count follows from it (``loans.schedules.agreed_instalment``), or it is refused by
    name: AgreedInstalmentNotSold, -NoMultiple, -BelowCharges, -TooLow, -TooHigh. ``fixed_instalment`` is what it came to,
    without fee, where the count was worked out before. With a ``first_drawdown`` the principal is the approved amount, and
    schedule, fees and annual cost are those of the sum drawn. Raises ScheduleNotPossible where no schedule can be made
    of the product's settings, IndexRateUnknown.
    """
    if flat_charge is not None and version.recalculates:
        raise ScheduleNotPossible(why="a charge agreed for the whole term cannot follow the balance")
    rate = rate_on_sale(version, on) if annual_rate is None else annual_rate
    facts = _facts_of(version, principal, term_count or version.max_count, on, rate)
    facts |= {"first_due_on": first_due_on, "flat_charge": flat_charge}
    if first_drawdown is not None:
        facts |= {
            "drawdowns": (Drawdown(on, first_drawdown),),
            "fee_total": fee_of(version, first_drawdown),
        }
    if fee_total is not None:
        facts["fee_total"] = fee_total
    if agreed_instalment is not None:
        facts |= _counted(version, facts, agreed_instalment)
    elif fixed_instalment is not None:
        facts["fixed_instalment"] = fixed_instalment
    terms, schedule = _scheduled(facts)
    market = version.product.market
    cost, cap = cost_of(terms, schedule), cost_cap(on, market)
    return Quote(terms, schedule, cost, cap, down_payment, market, version.fee_payee, version)


def _counted(version: ProductVersion, facts: dict[str, Any], amount: Decimal) -> dict[str, Any]:
    try:
        terms = counted(version, LoanTerms(**facts), amount)
    except (TermsRefused, DayCountRefused) as refusal:
        raise ScheduleNotPossible(why=str(refusal)) from refusal
    return {"count": terms.count, "fixed_instalment": terms.fixed_instalment}


def terms_on_sale(version: ProductVersion, principal: Decimal, term_count: int, on: date) -> LoanTerms:
    """The terms of such a loan paid out on ``on``. Raises ScheduleNotPossible, IndexRateUnknown."""
    try:
        return LoanTerms(**_facts_of(version, principal, term_count, on, rate_on_sale(version, on)))
    except (TermsRefused, DayCountRefused) as refusal:
        raise ScheduleNotPossible(why=str(refusal)) from refusal


def _facts_of(version: ProductVersion, principal: Decimal, term_count: int, on: date, rate: Decimal) -> dict[str, Any]:
    return dict(
        principal=principal,
        annual_rate=rate,
        count=term_count,
        start_on=on,
        method=Method(version.method),
        frequency=Frequency(version.frequency),
        every=version.every,
        day_count=DayCount(version.day_count),
        fee_total=fee_of(version, principal),
        fee_timing=FeeTiming(version.fee_due),
        **version.schedule_settings(),
    )


def fee_of(version: ProductVersion, amount: Decimal) -> Decimal:
    """The fee of ``amount``, in the smallest sum that is paid."""
    return version.rounding().payable(amount * version.fee_rate)


def _scheduled(facts: dict[str, Any]) -> tuple[LoanTerms, Schedule]:
    try:
        terms = LoanTerms(**facts)
        schedule = build_schedule(terms)
        require_something_due(terms, schedule)
        return terms, schedule
    except (TermsRefused, DayCountRefused) as refusal:
        raise ScheduleNotPossible(why=str(refusal)) from refusal


def rate_on_sale(version: ProductVersion, on: date) -> Decimal:
    """The product's annual rate on ``on``: fixed, or its index as published by then plus its spread."""
    if not version.rate_index:
        return version.annual_rate
    return index_rate(version.rate_index, on, version.product.market) + Decimal(version.rate_spread)


def require_within_cap(quote: Quote) -> None:
    """Raise AllInCostTooHigh, naming both figures, unless the quote keeps the cap."""
    require_cost_within(quote.cap, quote.cost)


def require_lawful(quote: Quote) -> None:
    """Raise AllInCostTooHigh or AdvanceDeductionRefused, naming both figures, unless the market allows the quote."""
    require_within_cap(quote)
    lent = quote.terms.drawn
    paid = lent - charged_in_advance(quote.terms, quote.schedule)
    require_paid_in_full(lent=lent, paid=paid, on=quote.terms.start_on, market=quote.market)


def rates_shown(on: date, market: str) -> tuple[str, ...]:
    """The names of the annual rates that rule ``rates_shown`` of the market has shown; all where there is no rule."""
    for effective_from, data in rule_versions("rates_shown", market):
        if effective_from <= on:
            return tuple(data["rates"])
    return tuple(field.name for field in fields(AnnualRates))


def require_product_within_cap(version: ProductVersion, on: date) -> None:
    """Raise what ``require_lawful`` raises for a loan the version sells: fees weigh most on the shortest term."""
    for amount in (version.min_amount, version.max_amount):
        for term_count in (version.min_count, version.max_count):
            require_lawful(quote_for(version=version, principal=amount, term_count=term_count, on=on))


def versions_on_sale(on: date) -> QuerySet[ProductVersion]:
    """The version that each product sells on ``on``: of those two people agreed to, the last whose day has come."""
    sold = ProductVersion.objects.filter(status__in=SOLD, effective_from__lte=on, product__active=True)
    ended = Q(product__sale_ends_on__lt=on)
    return sold.exclude(ended).order_by("product_id", "-version").distinct("product_id")


def version_on_sale(product_id: int, on: date) -> ProductVersion:
    """The version of the product that is sold on ``on``. Raises ProductNotSold."""
    still_sold = "WHERE id = %s AND active AND (sale_ends_on IS NULL OR sale_ends_on >= %s)"
    product = rows.first(Product, still_sold, [product_id, on])
    version = rows.first(
        ProductVersion,
        "WHERE product_id = %s AND status = ANY(%s) AND effective_from <= %s ORDER BY version DESC",
        [product_id, list(SOLD), on],
    )
    if product is None or version is None:
        raise ProductNotSold(on=on.isoformat())
    version.product = product
    return version


def require_sellable(
    version: ProductVersion,
    amount: Decimal,
    term_count: int | None,
    price: Decimal | None,
    first_drawdown: Decimal | None = None,
) -> None:
    """Raise the refusal by name when the wish is outside what the version sells.

    ``term_count`` None: it follows from an agreed instalment, and whoever works it out refuses what cannot be.
    """
    require_within_version(version, amount, term_count, price, first_drawdown)
    if version.is_purchase and price is None:
        raise PriceMissing()


def require_within_version(
    version: ProductVersion,
    amount: Decimal,
    term_count: int | None,
    price: Decimal | None,
    first_drawdown: Decimal | None = None,
) -> None:
    """As ``require_sellable``, for a wish that may still lack its price."""
    if not version.min_amount <= amount <= version.max_amount:
        raise AmountOutOfRange(least=version.min_amount, most=version.max_amount)
    if term_count is not None and not version.min_count <= term_count <= version.max_count:
        raise TermOutOfRange(least=version.min_count, most=version.max_count)
    if version.is_purchase and price is not None and price < amount:
        raise PriceMissing()
    if not version.is_purchase and price is not None:
        raise PriceNotExpected()
    if first_drawdown is not None:
        _require_drawable(version, amount, first_drawdown)


def _require_drawable(version: ProductVersion, amount: Decimal, first_drawdown: Decimal) -> None:
    if not version.allows_drawdowns:
        raise DrawdownsNotSold()
    if not ZERO < first_drawdown <= amount:
        raise FirstDrawdownOutOfRange(most=amount)


def schedule_as_json(schedule: Schedule) -> list[dict[str, object]]:
    """The schedule as it is stored with an offer and sealed with a contract; what waits for later drawdowns is none."""
    return [
        {
            "number": row.number,
            "due_on": row.due_on.isoformat(),
            "principal": str(row.principal),
            "interest": str(row.interest),
            "fee": str(row.fee),
            "total": str(row.total),
        }
        for row in schedule.instalments
        if row.total
    ]


def terms_as_json(terms: LoanTerms) -> dict[str, object]:
    """The terms as they are stored and sealed."""
    return {
        "principal": str(terms.principal),
        "annual_rate": str(round_rate(terms.annual_rate)),
        "count": terms.count,
        "start_on": terms.start_on.isoformat(),
        "method": terms.method.value,
        "frequency": terms.frequency.value,
        "every": terms.every,
        "first_due_on": terms.first_due_on.isoformat() if terms.first_due_on else None,
        "day_count": terms.day_count.value,
        "fee_total": str(terms.fee_total),
        "fee_timing": terms.fee_timing.value,
        "flat_charge": None if terms.flat_charge is None else str(terms.flat_charge),
        "first_drawdown": str(terms.drawdowns[0].amount) if terms.drawdowns else None,
        "fixed_instalment": None if terms.fixed_instalment is None else str(terms.fixed_instalment),
    }
