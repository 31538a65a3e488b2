"""The currency of a market (ISO 3166 → ISO 4217), and how an amount of it is signed. No currency is written anywhere else.

Only currencies of two decimals are here: the engine reckons in hundredths (``core.money``), so a market whose money has
none or three (JP, KR, VN, KW) is refused and not reckoned wrongly.
"""

from collections.abc import Iterable
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from core.money import ZERO

NO_CURRENCY = "XXX"

_MARKETS_OF = {
    "AED": "AE",
    "ARS": "AR",
    "AUD": "AU",
    "BDT": "BD",
    "BRL": "BR",
    "CAD": "CA",
    "CHF": "CH LI",
    "CNY": "CN",
    "COP": "CO",
    "CZK": "CZ",
    "DKK": "DK",
    "EGP": "EG",
    "EUR": "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK",
    "GBP": "GB",
    "GHS": "GH",
    "HKD": "HK",
    "HUF": "HU",
    "IDR": "ID",
    "ILS": "IL",
    "INR": "IN",
    "KES": "KE",
    "KHR": "KH",
    "KZT": "KZ",
    "LKR": "LK",
    "MAD": "MA",
    "MOP": "MO",
    "MXN": "MX",
    "MYR": "MY",
    "NGN": "NG",
    "NOK": "NO",
    "NPR": "NP",
    "NZD": "NZ",
    "PEN": "PE",
    "PHP": "PH",
    "PKR": "PK",
    "PLN": "PL",
    "RON": "RO",
    "SAR": "SA",
    "SEK": "SE",
    "SGD": "SG",
    "THB": "TH",
    "TRY": "TR",
    "TWD": "TW",
    "TZS": "TZ",
    "UAH": "UA",
    "USD": "US EC PA SV",
    "UZS": "UZ",
    "ZAR": "ZA",
    "ZMW": "ZM",
    NO_CURRENCY: "ZZ",  # no market in particular: published cases that name none
}
_CURRENCY_OF = {market: currency for currency, markets in _MARKETS_OF.items() for market in markets.split()}
_SIGNS = {"CNY": "¥", "EUR": "€", "GBP": "£", "USD": "$"}
# As people type or paste it, beside the sign and the code.
_OTHER_WORDS = {"CNY": ("￥", "元", "RMB")}


class MarketWithoutCurrency(NotFound):
    """Nothing can be lent in a market whose money is not known."""

    code = "market_without_currency"
    message = _("The currency of market %(market)s is not known.")


def currency_of(market: str) -> str:
    """The ISO 4217 code of a market's money. Raises MarketWithoutCurrency."""
    currency = _CURRENCY_OF.get(market)
    if currency is None:
        raise MarketWithoutCurrency(market=market)
    return currency


def currencies() -> dict[str, str]:
    """The currency by market, for statements that write messages of many loans at once."""
    return dict(_CURRENCY_OF)


def house_currency() -> str:
    """The currency of the market this installation works in, for what belongs to no loan and no borrower."""
    return currency_of(settings.DEFAULT_MARKET)


def sign_of(currency: str) -> str:
    """The sign before an amount: the code itself where readers do not know another."""
    return _SIGNS.get(currency, currency)


def by_currency(amounts: Iterable[tuple[str, Decimal | None]]) -> dict[str, Decimal]:
    """Sums of (market, amount), one a currency: money of different kinds is never added up."""
    sums: dict[str, Decimal] = {}
    for market, amount in amounts:
        currency = currency_of(market)
        sums[currency] = sums.get(currency, ZERO) + (amount or ZERO)
    return sums


def without_currency(text: str) -> str:
    """An amount as people paste it, without the signs and words of any currency: “¥ 1,234.50” → “1,234.50”."""
    words = [*_SIGNS.values(), *_MARKETS_OF, *(word for others in _OTHER_WORDS.values() for word in others)]
    for word in words:
        text = text.replace(word, "").replace(word.lower(), "")
    return text.strip()
