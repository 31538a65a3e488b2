"""What a request must not hold: fields nobody asked for, and values written in another way than the reference says.

Every body and every query is walked here beside its serializer, so that no serializer has to remember it: text is not
taken for a number, "yes" not for true, a week not for a day, and a name with a sign that nobody sees not for a name.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core import strict
from core.strict import FIRST_DAY, LAST_DAY, DayOutOfRange, TextNotPlain, flaw_of
from partners.api.fields import MoneyField
from partners.api.problems import ValuesRefused, Wrong, escaped, pointers_of

FIELD_UNKNOWN_CODE = "field_unknown"
FIELD_UNKNOWN = _("There is no field %(name)s here. Known: %(known)s.")
FIELD_MISSPELT = _("There is no field %(name)s here. Did you mean %(nearest)s?")
NO_FIELDS = _("There is no field %(name)s here: this request has no body.")
NOT_TEXT = _("Send a JSON string.")
NOT_FLAG = _("Send true or false.")
NOT_WHOLE = _("Send a whole number without quotes, point or exponent.")
NOT_WHOLE_IN_QUERY = _("Give a whole number.")
NOT_DECIMAL = _('Send a decimal number as a JSON string, such as "0.18".')
NOT_DAY = _("Give a day as YYYY-MM-DD, such as 2026-11-30.")
NOT_INSTANT = _("Give a time with its zone, such as 2026-11-30T09:15:00Z.")
NOT_OBJECT = _("Send a JSON object.")
NOT_LIST = _("Send a JSON array.")

D = TypeVar("D", bound=date)
Fields = Mapping[str, serializers.Field]


def checked(
    serializer: serializers.Serializer[Any], data: Mapping[str, Any], *, as_text: bool = False
) -> dict[str, Any]:
    """The values of ``data`` as ``serializer`` reads them. Raises ValuesRefused, which names all that is wrong."""
    wrong = wrong_values(serializer.fields, data, as_text=as_text)
    if not serializer.is_valid() or wrong:
        told = tuple(one.pointer for one in wrong)
        more = pointers_of(serializer.errors, "")
        wrong += [one for one in more if not any(f"{one.pointer}/".startswith(f"{pointer}/") for pointer in told)]
        raise ValuesRefused(wrong)
    return serializer.validated_data


def wrong_values(fields: Fields, data: Mapping[str, Any], *, as_text: bool = False) -> list[Wrong]:
    """What ``data`` holds that ``fields`` do not ask for, or not so written; ``as_text`` for the words of a query."""
    return list(_object(fields, data, "", as_text))


def unknown_fields(fields: Fields, data: Mapping[str, Any]) -> list[Wrong]:
    """Only the names that ``fields`` do not ask for, at any depth."""
    return [one for one in wrong_values(fields, data) if one.code == FIELD_UNKNOWN_CODE]


def wrong_fields(data: Mapping[str, Any], known: list[str], pointer: str) -> Iterator[Wrong]:
    """The names of ``data`` that are not ``known``, each with the nearest name that is."""
    for name in data:
        if name in known:
            continue
        nearest = get_close_matches(str(name), known, n=1, cutoff=0.7)
        if nearest:
            detail = FIELD_MISSPELT % {"name": name, "nearest": nearest[0]}
        else:
            detail = (FIELD_UNKNOWN if known else NO_FIELDS) % {"name": name, "known": ", ".join(known)}
        yield Wrong(f"{pointer}/{escaped(str(name))}", FIELD_UNKNOWN_CODE, str(detail))


def _object(fields: Fields, data: Mapping[str, Any], pointer: str, as_text: bool) -> Iterator[Wrong]:
    written = {name: field for name, field in fields.items() if not field.read_only}
    yield from wrong_fields(data, list(written), pointer)
    for name, field in written.items():
        if data.get(name) is not None:
            yield from _value(field, data[name], f"{pointer}/{escaped(name)}", as_text)


def _value(field: serializers.Field, value: Any, pointer: str, as_text: bool) -> Iterator[Wrong]:
    if isinstance(field, serializers.ListSerializer | serializers.ListField):
        assert field.child is not None
        yield from _list(field.child, value, pointer)
    elif isinstance(field, serializers.Serializer):
        if isinstance(value, dict):
            yield from _object(field.fields, value, pointer, as_text)
        else:
            yield Wrong(pointer, "not_an_object", str(NOT_OBJECT))
    elif isinstance(field, MoneyField):
        if isinstance(value, dict):
            yield from wrong_fields(value, ["amount", "currency"], pointer)
    else:
        for kind, check in _CHECKS.items():
            if isinstance(field, kind):
                yield from (Wrong(pointer, code, str(detail)) for code, detail in check(field, value, as_text))
                break


def _list(child: serializers.Field, value: Any, pointer: str) -> Iterator[Wrong]:
    if not isinstance(value, list):
        yield Wrong(pointer, "not_a_list", str(NOT_LIST))
        return
    for place, item in enumerate(value):
        yield from _value(child, item, f"{pointer}/{place}", as_text=False)


Found = Iterator[tuple[str, str | Promise]]


def _flag(_field: serializers.Field, value: Any, as_text: bool) -> Found:
    if not (value in ("true", "false", "1", "0") if as_text else isinstance(value, bool)):
        yield "not_a_flag", NOT_FLAG


def _whole(_field: serializers.Field, value: Any, as_text: bool) -> Found:
    if as_text:
        if not strict.is_whole(value):
            yield "not_whole", NOT_WHOLE_IN_QUERY
    elif not isinstance(value, int) or isinstance(value, bool):
        yield "not_whole", NOT_WHOLE


def _decimal(_field: serializers.Field, value: Any, _as_text: bool) -> Found:
    if not isinstance(value, str) or not strict.is_decimal(value):
        yield "not_a_decimal", NOT_DECIMAL


def _day(_field: serializers.Field, value: Any, _as_text: bool) -> Found:
    day = _read(strict.calendar_day, value)
    if day is None:
        yield "not_a_day", NOT_DAY
    elif not FIRST_DAY <= day <= LAST_DAY:
        yield DayOutOfRange.code, DayOutOfRange(first=FIRST_DAY.isoformat(), last=LAST_DAY.isoformat()).detail


def _instant(_field: serializers.Field, value: Any, _as_text: bool) -> Found:
    at = _read(strict.instant, value)
    if at is None:
        yield "not_an_instant", NOT_INSTANT
    elif not FIRST_DAY < at.date() < LAST_DAY:
        yield DayOutOfRange.code, DayOutOfRange(first=FIRST_DAY.isoformat(), last=LAST_DAY.isoformat()).detail


def _read(reader: Callable[[str], D], value: Any) -> D | None:
    try:
        return reader(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _word(_field: serializers.Field, value: Any, _as_text: bool) -> Found:
    if not isinstance(value, str):
        yield "not_text", NOT_TEXT


def _text(field: serializers.Field, value: Any, as_text: bool) -> Found:
    if not isinstance(value, str):
        yield "not_text", NOT_TEXT
    elif "\0" not in value and (flaw := flaw_of(value, lines=getattr(field, "lines", False))):
        yield TextNotPlain.code, TextNotPlain(what=flaw.words).detail


# The first that fits: DRF's kinds of fields from the special to the general.
_CHECKS: dict[type[serializers.Field], Callable[[serializers.Field, Any, bool], Found]] = {
    serializers.BooleanField: _flag,
    serializers.IntegerField: _whole,
    serializers.DecimalField: _decimal,
    serializers.DateTimeField: _instant,
    serializers.DateField: _day,
    serializers.ChoiceField: _word,
    serializers.CharField: _text,
}
