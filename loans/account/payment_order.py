"""The order in which a payment pays, as data (pure).

Twelve steps at most: what is past due, due or in advance, by fee, late interest, interest and principal. ``walk`` says
whether money goes instalment by instalment or component by component; ``future`` which instalment in advance comes first.
The form is that of Apache Fineract's advanced payment allocation; the plain order of a product is a special case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import groupby
from typing import Any

COMPONENTS = ("fee", "late_interest", "interest", "principal")


class Timing(StrEnum):
    """Where an instalment's due date lies, seen from the day of the payment."""

    PAST_DUE = "past_due"
    DUE = "due"
    IN_ADVANCE = "in_advance"


class Walk(StrEnum):
    """What comes first among several instalments of one timing."""

    BY_INSTALMENT = "by_instalment"  # all components of one before the next
    BY_COMPONENT = "by_component"  # one component of all before the next component


class Future(StrEnum):
    """Which instalment not yet due money in advance pays."""

    NEXT = "next"
    LAST = "last"
    SPREAD = "spread"  # equal parts on all of them


class PaymentOrderRefused(ValueError):
    """The order names a step twice, leaves one out, or uses an unknown word. ``code`` never changes."""

    code = "payment_order_refused"


Step = tuple[Timing, str]
Run = tuple[Timing, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """All twelve steps in order. Raises PaymentOrderRefused unless each is there once."""

    steps: tuple[Step, ...]
    walk: Walk = Walk.BY_INSTALMENT
    future: Future = Future.NEXT

    def __post_init__(self) -> None:
        wanted = sorted((timing, component) for timing in Timing for component in COMPONENTS)
        if sorted(self.steps) != wanted:
            raise PaymentOrderRefused(
                "a payment order must name each of past_due, due and in_advance with each of "
                + ", ".join(COMPONENTS)
                + " once"
            )

    def runs(self) -> tuple[Run, ...]:
        """Steps taken together: by instalment all that follow each other in one timing, by component each alone."""
        return _runs(self.steps, self.walk)


@cache
def _runs(steps: tuple[Step, ...], walk: Walk) -> tuple[Run, ...]:
    if walk is Walk.BY_COMPONENT:
        return tuple((timing, (component,)) for timing, component in steps)
    together = groupby(steps, key=lambda step: step[0])
    return tuple((timing, tuple(component for _timing, component in of_timing)) for timing, of_timing in together)


def plain_order(components: Sequence[str], future: Future = Future.NEXT) -> PaymentOrder:
    """The order of a product that names its components once: the same for every timing, oldest instalment first."""
    return _plain_order(tuple(components), future)


@cache
def _plain_order(components: tuple[str, ...], future: Future) -> PaymentOrder:
    if sorted(components) != sorted(COMPONENTS):
        raise PaymentOrderRefused(f"the allocation order must name each of {', '.join(COMPONENTS)} once")
    return PaymentOrder(tuple((timing, component) for timing in Timing for component in components), future=future)


def parse_order(data: Mapping[str, Any], kind: str = "default") -> PaymentOrder:
    """The order for transactions of ``kind``, or the default one, from a product's JSON.

    ``{"default": {"steps": ["past_due:fee", …], "walk": "by_instalment", "future": "next"}, "goodwill_credit": {…}}``
    Raises PaymentOrderRefused.
    """
    rows = data.get(kind) or data.get("default")
    if not isinstance(rows, Mapping):
        raise PaymentOrderRefused("a payment order must have an entry “default”")
    try:
        steps = tuple(_step(text) for text in rows["steps"])
        return PaymentOrder(steps, Walk(rows.get("walk", "by_instalment")), Future(rows.get("future", "next")))
    except (KeyError, ValueError) as problem:
        raise PaymentOrderRefused(str(problem)) from problem


def _step(text: str) -> Step:
    timing, _colon, component = str(text).partition(":")
    return Timing(timing), component
