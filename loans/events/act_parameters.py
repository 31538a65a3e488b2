"""What an act asks for, declared once: the page's form, the API's shape and the stored JSON all follow from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from core import strict
from core.errors import Invalid
from core.money import CENT, MOST_MONEY, in_cents
from core.strict import FIRST_DAY, LAST_DAY, require_plain

Words = str | Promise

LONGEST_REASON = 200


class Sort(StrEnum):
    """What kind of value a parameter is."""

    MONEY = "money"  # whole cents
    RATE = "rate"  # a fraction: 0.18 is 18 %
    COUNT = "count"
    DATE = "date"
    CHOICE = "choice"
    FLAG = "flag"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One value an act asks for.

    ``least`` and ``most`` bound amounts, rates and counts, both included; a text has ``longest`` characters at the most.
    ``answers`` is the code of the refusal which this flag answers: a page asks for it only once it was refused so.
    """

    name: str
    sort: Sort
    label: Words
    hint: Words = ""
    required: bool = True
    choices: Sequence[tuple[str, Words]] = ()
    least: Decimal | int | None = None
    most: Decimal | int | None = None
    initial: Any = None
    longest: int = 200
    answers: str = ""


class ParameterUnknown(Invalid):
    code = "parameter_unknown"
    message = _("%(name)s is not asked for here. Give: %(known)s.")


class ParameterMissing(Invalid):
    code = "parameter_missing"
    message = _("%(name)s is missing.")


class ParameterOutOfRange(Invalid):
    code = "parameter_out_of_range"
    message = _("%(name)s cannot be %(value)s.")


def in_words(act: Words, parameters: Sequence[Parameter], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The act and its ``stored`` values as a request for a second person keeps them: in English, which is what the
    catalogue is asked by when somebody reads them in another language."""
    with override("en"):
        shown: dict[str, Any] = {"act": str(act)}
        for parameter in parameters:
            if (value := stored.get(parameter.name)) is not None:
                choices = dict(parameter.choices)
                shown[str(parameter.label)] = str(choices[value]) if value in choices else value
    return shown


def require_possible(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> None:
    """Every value asked for is there, within its bounds and among its choices.

    Raises ParameterMissing, ParameterOutOfRange, TextNotPlain.
    """
    for parameter in parameters:
        value = values.get(parameter.name)
        if value is None and parameter.required:
            raise ParameterMissing(field=parameter.name, name=parameter.label)
        if value is not None and not _possible(parameter, value):
            raise ParameterOutOfRange(field=parameter.name, name=parameter.label, value=value)
        if value is not None and parameter.sort is Sort.TEXT:
            require_plain(value, field=parameter.name)


def _possible(parameter: Parameter, value: Any) -> bool:
    if isinstance(value, Decimal) and not (value.is_finite() and value.copy_abs() <= MOST_MONEY):
        return False
    if parameter.sort is Sort.MONEY and value % CENT:
        return False
    if parameter.sort is Sort.DATE:
        return FIRST_DAY <= value <= LAST_DAY
    if parameter.sort is Sort.TEXT:
        return len(value) <= parameter.longest and "\0" not in value
    if parameter.choices:
        return value in [code for code, _label in parameter.choices]
    below = parameter.least is not None and value < parameter.least
    return not below and not (parameter.most is not None and value > parameter.most)


def encoded(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` as JSON keeps them: amounts and rates as text, days as ISO dates. Raises ParameterUnknown."""
    known = {parameter.name: parameter for parameter in parameters}
    for name in values:
        if name not in known:
            raise ParameterUnknown(field=name, name=name, known=", ".join(sorted(known)))
    return {name: _plain(known[name], value) for name, value in values.items()}


def _plain(parameter: Parameter, value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(in_cents(value) if parameter.sort is Sort.MONEY else value)
    return value.isoformat() if isinstance(value, date) else value


def decoded(parameters: Sequence[Parameter], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a stored act, as Python works with them."""
    return {parameter.name: _read(parameter, stored.get(parameter.name)) for parameter in parameters}


class ParameterUnreadable(Invalid):
    code = "parameter_unreadable"
    message = _("%(name)s cannot be read: give %(form)s.")


_FORMS: dict[Sort, Words] = {
    Sort.MONEY: _("an amount as text, like 25.00"),
    Sort.RATE: _("a fraction as text, like 0.18"),
    Sort.COUNT: _("a whole number"),
    Sort.DATE: _("a day like 2026-07-15"),
    Sort.FLAG: _("true or false"),
    Sort.TEXT: _("a text"),
    Sort.CHOICE: _("one of the choices"),
}


def read_values(parameters: Sequence[Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON brings them, as Python works with them. Raises ParameterUnknown, ParameterUnreadable."""
    encoded(parameters, given)
    values = {}
    for parameter in parameters:
        if given.get(parameter.name) is None:
            continue
        try:
            values[parameter.name] = _checked(parameter, given[parameter.name])
        except (ArithmeticError, TypeError, ValueError) as unreadable:
            facts = {"name": parameter.label, "form": _FORMS[parameter.sort]}
            raise ParameterUnreadable(field=parameter.name, **facts) from unreadable
    return values


def _checked(parameter: Parameter, value: Any) -> Any:
    kinds: dict[Sort, type] = {Sort.COUNT: int, Sort.FLAG: bool, Sort.TEXT: str, Sort.CHOICE: str, Sort.DATE: str}
    wanted = kinds.get(parameter.sort, str)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise TypeError(parameter.name)
    if parameter.sort in (Sort.MONEY, Sort.RATE) and not strict.is_decimal(str(value)):
        raise ValueError(parameter.name)
    read = strict.calendar_day(str(value)) if parameter.sort is Sort.DATE else _read(parameter, value)
    if isinstance(read, Decimal) and (not read.is_finite() or (parameter.sort is Sort.MONEY and read % CENT)):
        raise ValueError(parameter.name)
    return read


def _read(parameter: Parameter, value: Any) -> Any:
    if value is None:
        return None
    if parameter.sort in (Sort.MONEY, Sort.RATE):
        return Decimal(value)
    return date.fromisoformat(value) if parameter.sort is Sort.DATE else value
