"""From what on an act takes two people, as the page of two-person rules tells it: an amount, words, or None for always.

What is told here is read from the same dated rules by which ``authority`` decides.
"""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from core.currencies import house_currency
from core.rules import rule
from core.writing import conditions, money, percent
from loans.acts.authority import always
from loans.events.act_kinds import ActKind
from loans.gate.authority import one_person_decides
from loans.servicing.given_up import RULE, may_waive

_EXTENSION = "extension"
_COUNTS = frozenset(
    {"days_cured", "days_held", "days_moved", "instalments_added", "instalments_planned", "instalments_skipped"}
)
_RATES = frozenset({"new_rate"})


def threshold_of(kind: ActKind, on: date) -> str | Decimal | None:
    """From what on an act of ``kind`` done on ``on`` takes two people."""
    if kind.code == _EXTENSION:
        limits = rule("extension_authority", on)
        return _("more than %(days)s days, or %(times)s extensions before") % {
            "days": limits["days"],
            "times": limits["times_per_loan"],
        }
    if kind.order is not None:
        return one_person_decides(on)
    if kind.beyond_authority is always:
        return None
    bounds: dict[str, str] | None = rule(RULE, on).get(kind.code)
    if bounds is not None:
        asked = {parameter.name: parameter.label for parameter in kind.parameters}
        words = {name: name.replace("_", " ") for name in bounds} | asked | dict(kind.figures) | dict(kind.told)
        above = [
            _("%(figure)s: above %(most)s") % {"figure": words[name], "most": _written(name, most)}
            for name, most in sorted(bounds.items())
        ]
        return conditions(above)
    if kind.measures or kind.beyond_authority is None:
        return _("waived by it: above %(amount)s; or a late loan cured again") % {"amount": _waived_alone(on)}
    return None


def _written(name: str, most: str) -> str:
    """A bound as its figure is read: a count, a rate, a share in per cent, else a sum of money."""
    if name in _COUNTS:
        return most
    if name in _RATES:
        return percent(most)
    return f"{most} %" if name.endswith("_percent") else money(most, house_currency())


def _waived_alone(on: date) -> str:
    return money(may_waive(on, None), house_currency())


def threshold_of_undoing(kind: ActKind, on: date) -> str | Decimal | None:
    """From what on undoing an act of ``kind`` on ``on`` takes two people."""
    if kind.undone_by_two:
        return None
    return _("what two agreed to; or waived by it: above %(amount)s") % {"amount": _waived_alone(on)}


def one_person_reverses(on: date) -> Decimal:
    """Above which amount, in currency units, reversing a receipt on ``on`` takes two people."""
    return Decimal(rule(RULE, on).get("repayment", {}).get("reversed", "0"))
