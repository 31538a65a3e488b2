"""From what on an act takes two people, as the page of two-person rules tells it: an amount, words, or None for always.

What is told here is read from the same dated rules by which ``authority`` decides.
"""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from core.rules import rule
from loans.acts.authority import always
from loans.events.act_kinds import ActKind
from loans.gate.authority import one_person_decides
from loans.servicing.given_up import RULE, may_waive

_EXTENSION = "extension"


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
        words = {name: name.replace("_", " ") for name in bounds} | dict(kind.figures) | dict(kind.told)
        return "; ".join(f"{words[name]} > {most}" for name, most in sorted(bounds.items()))
    if kind.measures or kind.beyond_authority is None:
        return _("what is given up by it > %(amount)s, or a late loan cured again") % {"amount": may_waive(on, None)}
    return None


def threshold_of_undoing(kind: ActKind, on: date) -> str | Decimal | None:
    """From what on undoing an act of ``kind`` on ``on`` takes two people."""
    if kind.undone_by_two:
        return None
    return _("what two agreed to, or what is given up by it > %(amount)s") % {"amount": may_waive(on, None)}


def one_person_reverses(on: date) -> Decimal:
    """Above which amount, in currency units, reversing a receipt on ``on`` takes two people."""
    return Decimal(rule(RULE, on).get("repayment", {}).get("reversed", "0"))
