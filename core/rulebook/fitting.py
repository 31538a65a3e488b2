"""Whether data fits the shape of its rule, told in a sentence that names the place.

``jsonschema`` reads the shapes: it is the reference implementation in Python, and it shares nothing with the check of
PostgreSQL, so that each proves the other.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext_lazy as _
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend

from core.errors import Invalid
from core.rulebook.shapes import Shape


class RuleDataInvalid(Invalid):
    """What is wrong first, with its place as a JSON pointer; an empty place is the whole."""

    code = "rule_data_invalid"
    field = "data"
    message = _("The rule %(rule)s cannot say this: %(place)s %(problem)s.")


def require_fit(rule: str, shape: Shape, data: Any) -> None:
    """Raise RuleDataInvalid, naming the first place that does not fit, unless ``data`` fits ``shape``."""
    error = best_match(_Validator(shape).iter_errors(data))
    if error is not None:
        place = "/" + "/".join(str(step) for step in error.absolute_path)
        raise RuleDataInvalid(rule=rule, place=place, problem=_problem(error))


def fits(shape: Shape, data: Any) -> bool:
    """Whether ``data`` fits ``shape``."""
    return bool(_Validator(shape).is_valid(data))


def _decimal(_validator: Any, bounds: Mapping[str, str], value: Any, _shape: Any) -> Iterator[ValidationError]:
    number = _number(value)
    if number is not None and not Decimal(bounds["least"]) <= number <= Decimal(bounds["most"]):
        yield ValidationError("out of bounds")


def _ascending(_validator: Any, names: list[str], value: Any, _shape: Any) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        given = [number for name in names if (number := _number(value.get(name))) is not None]
        if given != sorted(given):
            yield ValidationError("not ascending")


def _rising(_validator: Any, place: int, value: Any, _shape: Any) -> Iterator[ValidationError]:
    if isinstance(value, list):
        numbers = [_number(row[place]) for row in value if isinstance(row, list) and len(row) > place]
        known = [number for number in numbers if number is not None]
        if any(after <= before for before, after in pairwise(known)):
            yield ValidationError("not rising")


def _number(value: Any) -> Decimal | None:
    """A number, or text that is one; times of the day compare as their minutes."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if clock := re.fullmatch(r"(\d\d):(\d\d)", str(value)):
        return Decimal(60 * int(clock[1]) + int(clock[2]))
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


_Validator = extend(Draft202012Validator, {"decimal": _decimal, "ascending": _ascending, "rising": _rising})


def _problem(error: ValidationError) -> Any:
    word, wanted = str(error.validator), error.validator_value
    told = _PROBLEMS.get(word, lambda _wanted, _given: _("does not fit"))
    return told(wanted, error.instance)


def _said(message: Any, **values: Any) -> Any:
    return message % values


_TYPES = {
    "object": _("named values"),
    "array": _("a list"),
    "string": _("text (also a number is written in quotation marks here, so that nothing is rounded)"),
    "integer": _("a whole number"),
    "boolean": _("true or false"),
    "null": _("nothing"),
}
_PROBLEMS: dict[str, Callable[[Any, Any], Any]] = {
    "type": lambda wanted, _given: _said(_("must be %(type)s"), type=_TYPES[wanted]),
    "enum": lambda wanted, given: _said(
        _("must be one of %(codes)s, not “%(given)s”"), codes=", ".join(map(str, wanted)), given=given
    ),
    "pattern": lambda _wanted, given: _said(_("is not written as it must be: “%(given)s”"), given=given),
    "decimal": lambda wanted, given: _said(
        _("must be from %(least)s to %(most)s, not %(given)s"), **wanted, given=given
    ),
    "minimum": lambda wanted, given: _said(_("must be at least %(least)s, not %(given)s"), least=wanted, given=given),
    "maximum": lambda wanted, given: _said(_("must be at most %(most)s, not %(given)s"), most=wanted, given=given),
    "minItems": lambda wanted, _given: _said(_("needs at least %(count)s entries"), count=wanted),
    "maxItems": lambda wanted, _given: _said(_("may have at most %(count)s entries"), count=wanted),
    "minProperties": lambda wanted, _given: _said(_("needs at least %(count)s entries"), count=wanted),
    "uniqueItems": lambda _wanted, _given: _("names something twice"),
    "required": lambda wanted, given: _said(
        _("lacks %(names)s"), names=", ".join(name for name in wanted if name not in given)
    ),
    "ascending": lambda wanted, _given: _said(
        _("must not fall from each of these to the next: %(names)s"), names=", ".join(wanted)
    ),
    "rising": lambda _wanted, _given: _("must rise from row to row"),
    "additionalProperties": lambda _wanted, _given: _("names something that this rule does not know"),
    "anyOf": lambda _wanted, _given: _("fits none of the forms that this rule has"),
}
