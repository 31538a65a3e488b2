"""How values travel: money in minor units, rates as text, instants in UTC, related objects by id or opened up."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers

from core.currencies import house_currency
from core.money import MOST_MONEY, from_minor, to_minor

LARGEST_MINOR = to_minor(MOST_MONEY)


_spoken: ContextVar[str] = ContextVar("currency of the money spoken of", default="")


@contextmanager
def money_in(currency: str) -> Iterator[None]:
    """Read and write all money inside in ``currency``; empty: in whatever was said around it, else the house's."""
    token = _spoken.set(currency or _spoken.get())
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken_currency() -> str:
    """The currency of the money being read or written."""
    return _spoken.get() or house_currency()


class InItsCurrency(serializers.Serializer[Any]):
    """Writes all money of an object in the object's own currency, also in what is nested in it.

    ``currency_of_input`` tells in which currency a body is to be read: that of the loan or product it names.
    """

    def to_representation(self, instance: Any) -> Any:
        with money_in(self.currency_of_output(instance)):
            return super().to_representation(instance)

    def to_internal_value(self, data: Any) -> Any:
        with money_in(self.currency_of_input(data) if isinstance(data, dict) else ""):
            return super().to_internal_value(data)

    def currency_of_output(self, instance: Any) -> str:
        """Empty where the object itself does not know."""
        return str(getattr(instance, "currency", ""))

    def currency_of_input(self, data: dict[str, Any]) -> str:
        """Empty where the body names nothing that has a currency."""
        return ""


class MoneyField(serializers.Field):
    """``{"amount": 1234560, "currency": …}`` outside, Decimal in major units inside; see ``InItsCurrency``."""

    default_error_messages = {
        "not_money": _('Money is an object: {{"amount": whole number of minor units, "currency": "{currency}"}}.'),
        "not_whole": _("The amount is a whole number of minor units."),
        "not_positive": _("The amount must be above zero."),
        "too_large": _("The amount is too large."),
        "currency_unknown": _("The currency is {currency}."),
    }

    def __init__(self, *, allow_zero: bool = False, **options: Any) -> None:
        self.allow_zero = allow_zero
        super().__init__(**options)

    def to_internal_value(self, data: object) -> Decimal:
        if not isinstance(data, dict) or set(data) != {"amount", "currency"}:
            self.fail("not_money", currency=spoken_currency())
        minor, currency = data["amount"], data["currency"]
        if currency != spoken_currency():
            self.fail("currency_unknown", currency=spoken_currency())
        if not isinstance(minor, int) or isinstance(minor, bool):
            self.fail("not_whole")
        if minor < (0 if self.allow_zero else 1):
            self.fail("not_positive")
        if minor > LARGEST_MINOR:
            self.fail("too_large")
        return from_minor(minor)

    def to_representation(self, value: Decimal | str) -> dict[str, object]:
        return {"amount": to_minor(Decimal(value)), "currency": spoken_currency()}


class RateField(serializers.DecimalField):
    """A rate a year as decimal text: ``"0.1440"``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_digits": 20, "decimal_places": 8, **options})

    def to_representation(self, value: Any) -> str:
        text = format(Decimal(value), "f")
        whole, _dot, places = text.partition(".")
        return f"{whole}.{places.rstrip('0').ljust(4, '0')}"


class InstantField(serializers.DateTimeField):
    """An instant in UTC (RFC 3339)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)


class LinesField(serializers.CharField):
    """A text of several lines. Any other text is one line, without signs that nobody sees."""

    lines = True


class Constant(serializers.ChoiceField):
    """A word that is always the same: ``"object": "loan"``, ``"rate_basis": "annual"``."""

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(choices=[word], read_only=True)

    def get_attribute(self, instance: object) -> str:
        return self.word


class LiveMode(serializers.BooleanField):
    """False in a house whose people are invented."""

    def __init__(self) -> None:
        super().__init__(read_only=True)

    def get_attribute(self, instance: object) -> bool:
        return not settings.DEMO


class Reference(serializers.Field):
    """A related object: its id, or the object itself when the request says ``expand=name``."""

    def __init__(self, serializer: type[serializers.BaseSerializer[Any]], **options: Any) -> None:
        self.serializer = serializer
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> Any:
        wanted: frozenset[str] = self.context.get("expand", frozenset())
        name = str(self.field_name)
        opened = name in wanted
        if seen := self.context.get("seen"):  # a person, as the caller knows them
            value = seen(value, opened)
        if not opened:
            return value.public_id
        return self.serializer(value, context={**self.context, "expand": _beneath(wanted, name)}).data


def _beneath(paths: Iterable[str], name: str) -> frozenset[str]:
    """What is to be expanded one level down: ``loan.borrower`` becomes ``borrower`` inside ``loan``."""
    return frozenset(path.partition(".")[2] for path in paths if path.startswith(f"{name}."))


MONEY_SCHEMA: dict[str, object] = {
    "type": "object",
    "description": "Money in hundredths of the currency's unit: 1234560 is 12,345.60. The currency (ISO 4217) is that of "
    "the market of the loan, product or borrower, and money sent must name the same.",
    "required": ["amount", "currency"],
    "additionalProperties": False,
    "properties": {
        "amount": {"type": "integer", "format": "int64", "maximum": LARGEST_MINOR},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    },
    "example": {"amount": 1234560, "currency": house_currency()},
}


class MoneySchema(OpenApiSerializerFieldExtension):
    target_class = "partners.api.fields.MoneyField"

    def map_serializer_field(self, auto_schema: Any, direction: object) -> dict[str, object]:
        component = ResolvedComponent("Money", ResolvedComponent.SCHEMA, schema=MONEY_SCHEMA, object=MoneyField)
        auto_schema.registry.register_on_missing(component)
        return component.ref


class RateSchema(OpenApiSerializerFieldExtension):
    target_class = "partners.api.fields.RateField"

    def map_serializer_field(self, auto_schema: object, direction: object) -> dict[str, object]:
        return {"type": "string", "format": "decimal", "example": "0.1440", "description": "A fraction a year."}


class ReferenceSchema(OpenApiSerializerFieldExtension):
    target_class = "partners.api.fields.Reference"

    def map_serializer_field(self, auto_schema: Any, direction: object) -> dict[str, object]:
        component = auto_schema.resolve_serializer(self.target.serializer, direction)
        return {"oneOf": [{"type": "string", "description": "The object's id."}, component.ref]}
