"""Three loans of a product version, worked out: what each pays and costs, so that two versions can be held side by side."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import mode

from core.errors import DomainError
from loans.models import ProductVersion
from loans.pricing.price_tables import amounts_between, counts_between
from loans.pricing.quotes import Quote, quote_for, require_lawful, require_sellable


@dataclass(frozen=True, slots=True)
class Wanted:
    """A loan of ``amount`` over ``count`` instalments."""

    amount: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class Priced:
    """What a version makes of a wanted loan: its quote, or why there is none; ``unlawful`` says why it may not be sold."""

    quote: Quote | None = None
    refusal: DomainError | None = None
    unlawful: DomainError | None = None

    @property
    def instalment(self) -> Decimal | None:
        """What most instalments are."""
        if self.quote is None:
            return None
        return mode(row.total for row in self.quote.schedule.instalments if row.total)

    @property
    def why_not(self) -> DomainError | None:
        return self.refusal or self.unlawful


def usual(version: ProductVersion) -> tuple[Wanted, Wanted, Wanted]:
    """The smallest loan of the version, a typical one, the largest."""
    amounts, counts = (
        amounts_between(version.min_amount, version.max_amount),
        counts_between(version.min_count, version.max_count),
    )
    middle = Wanted(amounts[len(amounts) // 2], counts[len(counts) // 2])
    return Wanted(amounts[0], counts[0]), middle, Wanted(amounts[-1], counts[-1])


def priced(version: ProductVersion, wanted: Wanted, on: date) -> Priced:
    """The wanted loan as ``version`` sells it, paid out on ``on``; a refusal is part of the answer."""
    try:
        price = wanted.amount if version.is_purchase else None
        require_sellable(version, wanted.amount, wanted.count, price)
        quote = quote_for(version=version, principal=wanted.amount, term_count=wanted.count, on=on)
    except DomainError as refusal:
        return Priced(refusal=refusal)
    try:
        require_lawful(quote)
    except DomainError as refusal:
        return Priced(quote=quote, unlawful=refusal)
    return Priced(quote=quote)
