"""What people type about products. The form knows every term of a version; the use cases say what goes together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import permutations
from typing import Any

from django import forms
from django.db.models import DecimalField, Field, JSONField
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.day_counts import DayCount
from core.forms import StrictForm, StrictModelForm
from core.models import Calendar
from loans.models import ProductVersion
from loans.models.product import standard_allocation_order
from loans.products.examples import Wanted
from loans.products.terms import QUESTIONS, TERMS, Question
from loans.templatetags.loan_words import component_words, day_count_words, product_name
from loans.templatetags.product_words import FRACTIONS
from loans.web.act_forms import PercentField
from loans.web.forms import DayInput, MoneyField, money_input

PLACES = (1, 2, 3)
# The help of these columns speaks of fractions; here per cent are typed.
_HINTS: dict[str, Any] = {
    "annual_rate": "",
    "rate_spread": "",
    "balloon_rate": _("What the last instalment repays of the loan."),
    "down_payment_rate": _("Due on the day the money goes out."),
    "late_interest_cap": _("Empty: only the cap of the market, if it has one."),
    "early_charge_rate": _(
        "Charged only when the whole loan is settled before its time; never more than the interest saved, nor than the "
        "market's cap on all costs leaves. 0: none."
    ),
    "early_charge_last_year_rate": _("No more than before the last year. Empty: the same."),
}


class _Percent(PercentField):
    """18 for the fraction 0.18000000 of the column."""

    def prepare_value(self, value: Any) -> Any:
        return f"{(value * 100).normalize():f}" if isinstance(value, Decimal) else value


class _Plain(MoneyField):
    """1.5 where the column makes 1.50000000 of it."""

    def prepare_value(self, value: Any) -> Any:
        return f"{value.normalize():f}" if isinstance(value, Decimal) else value


class _OptionalList(forms.JSONField):
    """Shows nothing where there is no list, not the word null."""

    def prepare_value(self, value: object) -> str:
        return "" if value is None else super().prepare_value(value)


def _typed(column: Field[Any, Any], **options: Any) -> Any:
    if column.name == "day_count":
        return forms.ChoiceField(choices=_day_counts)
    if column.name == "business_calendar":
        return forms.ChoiceField(help_text=column.help_text, required=False)
    if column.name == "allocation_order":
        return forms.TypedChoiceField(choices=_orders, coerce=lambda text: text.split(","))
    if column.name in FRACTIONS:
        options |= {"form_class": _Percent, "help_text": _HINTS.get(column.name, "")}
    elif isinstance(column, DecimalField):
        options |= {"form_class": _Plain}
    elif isinstance(column, JSONField):
        return column.formfield(form_class=_OptionalList, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    if isinstance(column, DecimalField):
        options["widget"] = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return column.formfield(**options)


def _day_counts() -> list[tuple[str, str]]:
    return [(count.value, day_count_words(count.value)) for count in DayCount]


def _orders() -> list[tuple[str, str]]:
    return [
        (",".join(order), " → ".join(component_words(part) for part in order))
        for order in permutations(standard_allocation_order())
    ]


class DesignForm(StrictModelForm):
    """Every term of a version by the borrower's questions, and from when it holds."""

    class Meta:
        model = ProductVersion
        fields = ("effective_from", *TERMS)
        formfield_callback = _typed

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["effective_from"] = forms.DateField(label=_("Holds from"), widget=DayInput())
        for name in TERMS:
            label = capfirst(str(ProductVersion._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
            in_percent = name in FRACTIONS
            self.fields[name].label = _("%(label)s, in per cent") % {"label": label} if in_percent else label
        kept = [(calendar.code, f"{product_name(calendar)} ({calendar.code})") for calendar in Calendar.objects.all()]
        self.fields["business_calendar"].choices = [("", "—"), *kept]  # type: ignore[attr-defined]
        self.initial["allocation_order"] = ",".join(self.instance.allocation_order)

    @property
    def questions(self) -> Iterator[tuple[Question, list[forms.BoundField]]]:
        for question in QUESTIONS:
            yield question, [self[name] for name in question.names]

    @property
    def terms(self) -> dict[str, Any]:
        """What was typed of the terms."""
        return {name: self.cleaned_data[name] for name in TERMS}


class ExamplesForm(StrictForm):
    """Three loans to try a version with; what is left empty is chosen from its range."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for place in PLACES:
            self.fields[f"amount_{place}"] = money_input(_("Amount"), required=False, min_value=Decimal("0.01"))
            self.fields[f"count_{place}"] = forms.IntegerField(
                label=_("Instalments"), required=False, min_value=1, max_value=360
            )

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"amount_{place}"], self[f"count_{place}"]) for place in PLACES]

    def wanted(self, usual: Sequence[Wanted]) -> list[Wanted]:
        """The loans asked for; those of ``usual`` where nothing, or nothing usable, was typed."""
        self.is_valid()
        given = getattr(self, "cleaned_data", {})
        return [
            Wanted(given.get(f"amount_{place}") or one.amount, given.get(f"count_{place}") or one.count)
            for place, one in zip(PLACES, usual, strict=True)
        ]


class AskForm(StrictForm):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class CopyForm(StrictForm):
    code = forms.SlugField(label=_("Code"), max_length=40)
    name = forms.CharField(label=pgettext_lazy("product", "Name"), max_length=80)
    name_zh = forms.CharField(label=_("Chinese name"), max_length=80, required=False)


class EndOfSaleForm(StrictForm):
    last_day = forms.DateField(
        label=_("Last day of sale"), widget=DayInput(), required=False, help_text=_("Empty: it is sold without an end.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)
