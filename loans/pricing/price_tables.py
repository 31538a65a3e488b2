"""What a product version costs by amount and number of instalments: a table worked out at once by ``bulk_schedules``.

Each price is the quote of its amount and count, cent by cent: level instalment, interest, fee and all-in annual rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

import numpy as np
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.money import ZERO, from_minor, round_money, to_minor
from loans.models import ProductVersion
from loans.pricing.cost_caps import cost_cap
from loans.pricing.quotes import AmountOutOfRange, TermOutOfRange, fee_of, terms_on_sale
from loans.rates.apr import AllInCost, cost_by_periods
from loans.schedules.bulk_schedules import PARTS, BulkSchedules, build_many
from loans.schedules.schedule import fee_parts
from loans.schedules.terms import Frequency, LoanTerms, Method

T = TypeVar("T")
MOST_BY_ITSELF = 5  # amounts and counts the table chooses
_CUSTOMARY_COUNTS = (1, 3, 6, 9, 12, 18, 24, 36, 48, 60, 120, 240, 360)


class PriceTableNotPossible(Invalid):
    code = "price_table_not_possible"
    message = _("There is no price table for this version: %(why)s. Ask for the quote of one amount instead.")


@dataclass(frozen=True, slots=True)
class Price:
    """One amount over one number of instalments. ``instalment`` is the level one, without the fee."""

    amount: Decimal
    count: int
    instalment: Decimal
    total_interest: Decimal
    total_fee: Decimal
    total_repayable: Decimal
    cost: AllInCost
    within_cap: bool


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices as of ``on``: a row an amount, a column a count."""

    version: ProductVersion
    on: date
    annual_rate: Decimal
    amounts: tuple[Decimal, ...]
    counts: tuple[int, ...]
    rows: tuple[tuple[Price, ...], ...]

    @property
    def currency(self) -> str:
        """ISO 4217, from the market of the product."""
        return self.version.product.currency

    @property
    def prices(self) -> list[Price]:
        return [price for row in self.rows for price in row]


def price_table(
    version: ProductVersion, on: date, amounts: Sequence[Decimal] = (), counts: Sequence[int] = ()
) -> PriceTable:
    """The prices of ``version`` for loans paid out on ``on``; without ``amounts`` or ``counts`` some of its range.

    Raises AmountOutOfRange, TermOutOfRange, PriceTableNotPossible, ScheduleNotPossible, IndexRateUnknown.
    """
    amounts = sorted(set(amounts)) or amounts_between(version.min_amount, version.max_amount)
    counts = sorted(set(counts)) or counts_between(version.min_count, version.max_count)
    _require_on_sale(version, amounts, counts)
    first = _ordinary_terms(version, amounts[0], counts[-1], on)
    wanted = [_terms(version, first, amount, count) for amount in amounts for count in counts]
    prices = iter(_priced(wanted, version, on))
    rows = tuple(tuple(next(prices) for _count in counts) for _amount in amounts)
    return PriceTable(version, on, first.annual_rate, tuple(amounts), tuple(counts), rows)


def amounts_between(least: Decimal, most: Decimal) -> list[Decimal]:
    """Both ends and round amounts between them (1, 2 and 5 of each power of ten), a few spread over the range."""
    powers = range(least.adjusted(), most.adjusted() + 1)
    rounds = [Decimal(digit).scaleb(power) for power in powers for digit in (1, 2, 5)]
    return _few([least, *(round_money(x) for x in rounds if least < x < most), *([most] if most > least else [])])


def counts_between(least: int, most: int) -> list[int]:
    """Both ends and customary numbers of instalments between them."""
    return _few([least, *(x for x in _CUSTOMARY_COUNTS if least < x < most), *([most] if most > least else [])])


def _few(values: list[T]) -> list[T]:
    """The ends and as many in between, evenly chosen, as the table shows."""
    if len(values) <= MOST_BY_ITSELF:
        return values
    last, steps = len(values) - 1, MOST_BY_ITSELF - 1
    return [values[(2 * k * last + steps) // (2 * steps)] for k in range(MOST_BY_ITSELF)]


def _require_on_sale(version: ProductVersion, amounts: Sequence[Decimal], counts: Sequence[int]) -> None:
    if amounts[0] < version.min_amount or amounts[-1] > version.max_amount:
        raise AmountOutOfRange(least=version.min_amount, most=version.max_amount)
    if counts[0] < version.min_count or counts[-1] > version.max_count:
        raise TermOutOfRange(least=version.min_count, most=version.max_count)


def _ordinary_terms(version: ProductVersion, amount: Decimal, count: int, on: date) -> LoanTerms:
    """Terms of a loan of the version. Raises PriceTableNotPossible where ``build_many`` does not know their schedules."""
    if version.method != Method.EQUAL_INSTALMENTS.value:
        raise PriceTableNotPossible(why=_("its instalments are not equal ones"))
    if version.frequency != Frequency.MONTH.value or version.every != 1:
        raise PriceTableNotPossible(why=_("its instalments do not fall due every month"))
    terms = terms_on_sale(version, amount, count, on)
    ordinary = LoanTerms(
        principal=terms.principal,
        annual_rate=terms.annual_rate,
        count=terms.count,
        start_on=terms.start_on,
        day_count=terms.day_count,  # months bear twelfths whatever it is
        calendar=terms.calendar,  # asked only where due dates move
        fee_total=terms.fee_total,
        fee_timing=terms.fee_timing,
    )
    if terms != ordinary or terms.annual_rate * PARTS % 1:
        raise PriceTableNotPossible(why=_("its due dates, interest, grace, down payment or rounding are special"))
    return terms


def _terms(version: ProductVersion, first: LoanTerms, amount: Decimal, count: int) -> LoanTerms:
    return replace(first, principal=amount, count=count, fee_total=fee_of(version, amount))


def _priced(wanted: Sequence[LoanTerms], version: ProductVersion, on: date) -> list[Price]:
    made, cap = _built(wanted), cost_cap(on, version.product.market)
    found = []
    for k, terms in enumerate(wanted):
        parts = [from_minor(cents) for cents in made.principal[k, : terms.count].tolist()]
        interest = [from_minor(cents) for cents in made.interest[k, : terms.count].tolist()]
        paid = [sum(row, ZERO) for row in zip(parts, interest, fee_parts(terms, terms.count), strict=True)]
        cost = cost_by_periods([terms.paid_out, *(-amount for amount in paid)])
        level, total = parts[0] + interest[0], sum(interest, ZERO)
        found.append(
            Price(terms.principal, terms.count, level, total, terms.fee_total, sum(paid, ZERO), cost, cap.allows(cost))
        )
    return found


def _built(wanted: Sequence[LoanTerms]) -> BulkSchedules:
    """Columns of the database hold no amount or rate beyond what ``build_many`` takes."""
    return build_many(
        np.array([to_minor(terms.principal) for terms in wanted], np.int64),
        np.array([int(terms.annual_rate * PARTS) for terms in wanted], np.int64),
        np.array([terms.count for terms in wanted], np.int64),
        np.array([terms.start_on for terms in wanted], "datetime64[D]"),
    )
