"""What every form of a page and of the admin refuses, whatever its own fields say.

A browser sends text, and Django mends much of it in silence: digits of any script, ``1e3``, a sign nobody sees, ``+5``,
the year 1. A form that derives from ``StrictForm`` or ``StrictModelForm`` says instead which field is written wrongly, as
``core.strict`` has it for every door. ``tests/core/test_forms.py`` finds each form that does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import strict
from core.currencies import without_currency
from core.strict import FIRST_DAY, LAST_DAY, DayOutOfRange, TextNotPlain, flaw_of

NOT_DAY = _("Give the day as YYYY-MM-DD, such as 2026-11-30.")
NOT_WHOLE = _("Give a whole number in digits, such as 12.")
NOT_NUMBER = _("Give a number in digits, such as 1234.50 or 1,234.50.")
NOT_JSON = _("Give JSON in which each key stands once, without NaN and Infinity.")
NOT_ASKED_FOR = _("The page sent a field that this form does not have: %(names)s. Load the page again.")

Refusal = ValidationError | None


class Strictly:
    """For forms: each field is also held against how its kind of value must be written."""

    fields: dict[str, forms.Field]

    def full_clean(self) -> None:
        super().full_clean()  # type: ignore[misc]
        form: Any = self
        if not form.is_bound:
            return
        for name, field in self.fields.items():
            if name in form.errors and not form.has_error(name, "invalid"):
                continue
            refusal = refusal_of(field, form[name].data)
            if refusal is not None:
                form.errors.pop(name, None)  # that it is invalid, which says less
                form.add_error(name, refusal)


class StrictForm(Strictly, forms.Form):
    """The base of every form of a page."""


class StrictModelForm(Strictly, forms.ModelForm):
    """The base of every form of the admin."""


class NothingElse(Strictly):
    """For forms that move money: refuses what was sent and is no field of it, as a tick whose name is mistyped.

    ``also_sent`` names what the page sends beside its fields.
    """

    also_sent: frozenset[str] = frozenset({"csrfmiddlewaretoken"})

    def full_clean(self) -> None:
        super().full_clean()
        form: Any = self
        if form.is_bound:
            known = {*self.also_sent, *(form.add_prefix(name) for name in self.fields)}
            if unknown := sorted(set(form.data) - known):
                form.add_error(None, ValidationError(NOT_ASKED_FOR % {"names": ", ".join(unknown)}, "field_unknown"))


def refusal_of(field: forms.Field, sent: Any) -> Refusal:
    """Why ``sent``, as the browser sent it, is not written as a value of ``field`` must be."""
    if field.disabled or isinstance(field, forms.FileField) or isinstance(field.widget, forms.PasswordInput):
        return None
    if isinstance(field, forms.MultiValueField):
        parts = zip(field.fields, sent if isinstance(sent, list | tuple) else [], strict=False)
        return next((refusal for part, text in parts if (refusal := refusal_of(part, text)) is not None), None)
    texts = [text for text in _texts(sent) if text.strip()]
    for kind, check in _CHECKS:
        if isinstance(field, kind):
            return next((refusal for text in texts if (refusal := check(field, text)) is not None), None)
    return None


def _texts(sent: Any) -> Iterable[str]:
    if isinstance(sent, str):
        return [sent]
    return [text for text in sent if isinstance(text, str)] if isinstance(sent, list | tuple) else []


def _refused(sentence: str | Promise, code: str) -> ValidationError:
    return ValidationError(str(sentence), code=code)


def _day(_field: forms.Field, text: str) -> Refusal:
    try:
        day = strict.calendar_day(text.strip())
    except ValueError:
        return _refused(NOT_DAY, "not_a_day")
    return None if FIRST_DAY <= day <= LAST_DAY else _out_of_range()


def _moment(field: forms.Field, text: str) -> Refusal:
    """The day of a day and time; the time is Django's to read."""
    return _day(field, text.strip()[:10])


def _out_of_range() -> ValidationError:
    refusal = DayOutOfRange(first=FIRST_DAY.isoformat(), last=LAST_DAY.isoformat())
    return _refused(refusal.detail, refusal.code)


def _number(_field: forms.Field, text: str) -> Refusal:
    try:
        strict.amount_text(without_currency(text.strip()))
    except ValueError:
        return _refused(NOT_NUMBER, "not_a_number")
    return None


def _whole(_field: forms.Field, text: str) -> Refusal:
    return None if strict.is_whole(text.strip()) else _refused(NOT_WHOLE, "not_whole")


def _json(_field: forms.Field, text: str) -> Refusal:
    """JSON has each key once, and neither NaN nor Infinity: PostgreSQL stores none of them."""
    try:
        strict.plain_json(text)
    except ValueError:
        return _refused(NOT_JSON, "not_json")
    return None


def _text(field: forms.Field, text: str) -> Refusal:
    flaw = flaw_of(text, lines=isinstance(field.widget, forms.Textarea))
    return None if flaw is None else _refused(TextNotPlain(what=flaw.words).detail, TextNotPlain.code)


# The first that fits; DecimalField is an IntegerField to Django.
_CHECKS = (
    (forms.DateTimeField, _moment),
    (forms.DateField, _day),
    (forms.DecimalField, _number),
    (forms.FloatField, _number),
    (forms.IntegerField, _whole),
    (forms.JSONField, _json),
    (forms.CharField, _text),
)
