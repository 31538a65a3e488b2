"""Prices of a product over the API: a table by amount and number of instalments."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from core import business_date
from core.money import from_minor
from loans.api import reading
from loans.models import ProductVersion
from loans.pricing.price_tables import price_table
from partners.api.base import PartnerView
from partners.api.fields import Constant, InItsCurrency, LiveMode, MoneyField, RateField

MOST = 12  # amounts or counts of one table


def _numbers(digits: int, help_text: str) -> serializers.RegexField:
    """Whole numbers above zero, separated by commas."""
    number = rf"[1-9]\d{{0,{digits - 1}}}"
    words = _("Whole numbers above zero, separated by commas, twelve at most.")
    return serializers.RegexField(
        rf"^{number}(,{number}){{0,{MOST - 1}}}$",
        required=False,
        help_text=help_text,
        error_messages={"invalid": words},
    )


def _read(text: str) -> list[int]:
    return [int(word) for word in text.split(",") if word]


class PriceTableQuery(serializers.Serializer[Any]):
    """Which part of the product's range; without them a few of each."""

    amounts = _numbers(13, "Whole numbers of fen, separated by commas.")
    term_counts = _numbers(4, "Numbers of instalments, separated by commas.")


class PriceSerializer(serializers.Serializer[Any]):
    """What one amount over one number of instalments costs; ``instalment`` is the level one, without the fee."""

    amount = MoneyField()
    term_count = serializers.IntegerField(source="count", help_text="Number of instalments.")
    instalment = MoneyField()
    total_interest = MoneyField()
    total_fees = MoneyField(source="total_fee", help_text="The whole fee, also one taken out of the sum paid out.")
    total_repayable = MoneyField()
    annualised_simple = RateField(source="cost.simple")
    annualised_compound = RateField(source="cost.compound")
    within_cap = serializers.BooleanField()


class PriceTableSerializer(InItsCurrency):
    object = Constant("price_table")
    product = serializers.CharField(source="version.product.public_id")
    version = serializers.IntegerField(source="version.version")
    on = serializers.DateField(help_text="The day the money would go out.")
    annual_rate = RateField()
    rate_basis = Constant("annual")
    prices = PriceSerializer(many=True)
    livemode = LiveMode()


class PriceTables(PartnerView):
    name, tag = "product_price_table", "products"
    scopes = {"GET": "products:read"}

    @extend_schema(summary="Retrieve a price table", parameters=[PriceTableQuery], responses=PriceTableSerializer)
    def get(self, request: Request, product_id: str) -> Response:
        """Instalment, interest, fee and annual rate by amount and number of instalments, paid out today. Binds nobody."""
        given = self.query(PriceTableQuery)
        amounts, counts = (_read(given.get(name, "")) for name in ("amounts", "term_counts"))
        on = business_date.current()
        table = price_table(_live(product_id), on, [from_minor(fen) for fen in amounts], counts)
        return self.answer(PriceTableSerializer, table)


def _live(product_id: str) -> ProductVersion:
    """The version on sale. Raises NotFound."""
    for product in reading.products_on_sale():
        if product.public_id == product_id:
            return product.live  # type: ignore[attr-defined]
    raise NotFound
