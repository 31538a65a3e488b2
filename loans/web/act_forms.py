"""The form of an act, made from the parameters its kind declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.forms import NothingElse, StrictForm
from loans.events.act_kinds import ActKind
from loans.events.act_parameters import Parameter, Sort
from loans.models import Loan
from loans.web.forms import DayInput, KeyedForm, money_input

DAY, REASON = "effective_on", "reason"


class PercentField(forms.DecimalField):
    """A rate typed in per cent, 18 for the fraction 0.18."""

    def to_python(self, value: Any) -> Any:
        percent = super().to_python(value)
        if percent is None:
            return None
        try:
            return percent / 100
        except ArithmeticError as too_large:  # 1e5000000 is a number, but none that can be reckoned with
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from too_large

    def prepare_value(self, value: Any) -> Any:
        return value * 100 if isinstance(value, Decimal) else value


class ActForm(KeyedForm):
    """The values of an act of ``kind`` on ``loan``, the day it counts from, and why; as far as the kind asks for them."""

    # Every act has these two to the pages that lead to it, though some kinds have only today, or need no reason.
    also_sent = frozenset({"csrfmiddlewaretoken", DAY, REASON})

    def __init__(self, kind: ActKind, loan: Loan, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.answers = {parameter.answers: parameter.name for parameter in kind.parameters if parameter.answers}
        self._refused_by: set[str] = set()
        options = kind.options(loan) if kind.options is not None else {}
        for parameter in kind.parameters:
            self.fields[parameter.name] = _field(
                replace(parameter, choices=options.get(parameter.name, parameter.choices))
            )
        if not kind.counts_from_today:
            self.fields[DAY] = forms.DateField(label=str(kind.day_label), widget=DayInput())
        if kind.asks_reason:
            self.fields[REASON] = forms.CharField(label=_("Reason"), max_length=200)

    @property
    def asked(self) -> list[forms.BoundField]:
        """The fields people fill in, in order."""
        return [self[name] for name in self.fields if name not in {"key", *self.answers.values()}]

    @property
    def questions(self) -> list[forms.BoundField]:
        """The ticks that answer a refusal: those it was refused for, and those that are set."""
        return [self[name] for code, name in self.answers.items() if code in self._refused_by or self[name].value()]

    def refused(self, refusal: DomainError) -> None:
        """Put the sentence beside the field it concerns: what can be answered by a tick beside the tick; what receipts call
        the day received is the act's day."""
        self._refused_by.add(refusal.code)
        field = DAY if refusal.field == "received_on" else self.answers.get(refusal.code, refusal.field)
        self.add_error(field if field in self.fields else None, refusal.detail)

    @property
    def has_question(self) -> bool:
        """Whether it was refused for what a tick answers."""
        return not self._refused_by.isdisjoint(self.answers)

    def values(self) -> dict[str, Any]:
        """What was given of the parameters; what was left empty is not among it."""
        given = {parameter.name: self.cleaned_data.get(parameter.name) for parameter in self.kind.parameters}
        return {name: value for name, value in given.items() if value not in (None, "")}


class DayForm(StrictForm):
    """The day alone, for what is drawn anew while it is typed."""

    effective_on = forms.DateField()


class UndoForm(NothingElse, StrictForm):
    reason = forms.CharField(label=_("Reason"), max_length=200)


def _field(parameter: Parameter) -> forms.Field:
    bounds = {"min_value": parameter.least, "max_value": parameter.most}
    given = {
        "label": parameter.label,
        "help_text": parameter.hint,
        "required": parameter.required and parameter.sort is not Sort.FLAG,
        "initial": parameter.initial,
    }
    if parameter.choices:
        return forms.ChoiceField(choices=parameter.choices, **given)
    if parameter.sort is Sort.TEXT:
        return forms.CharField(max_length=parameter.longest, **given)
    return _FIELDS[parameter.sort](given, bounds)


def _percent(given: dict[str, Any], bounds: dict[str, Any]) -> forms.Field:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    label = _("%(label)s, in per cent") % {"label": given["label"]}
    return PercentField(widget=widget, **{**given, "label": label}, **bounds)


_FIELDS: dict[Sort, Callable[[dict[str, Any], dict[str, Any]], forms.Field]] = {
    Sort.MONEY: lambda given, bounds: money_input(given.pop("label"), min_value=bounds["min_value"], **given),
    Sort.RATE: _percent,
    Sort.COUNT: lambda given, bounds: forms.IntegerField(**given, **bounds),
    Sort.DATE: lambda given, _bounds: forms.DateField(widget=DayInput(), **given),
    Sort.CHOICE: lambda given, _bounds: forms.CharField(**given),
    Sort.FLAG: lambda given, _bounds: forms.BooleanField(**given),
}
