"""What the page of a product's design shows: the terms of two versions side by side, and three loans under each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loans.models import ProductVersion
from loans.products.examples import Priced, Wanted, priced
from loans.products.terms import QUESTIONS, changed_terms
from loans.schedules.schedule import ScheduledInstalment


class Term(NamedTuple):
    """One term under both versions."""

    name: str
    label: str | Promise
    before: Any
    after: Any
    changed: bool


class Answered(NamedTuple):
    """A borrower's question with the terms that answer it."""

    title: str | Promise
    terms: list[Term]

    @property
    def changed(self) -> int:
        """How many of its terms differ."""
        return sum(term.changed for term in self.terms)


def compared(before: ProductVersion | None, after: ProductVersion) -> list[Answered]:
    """Every term of ``after`` beside that of ``before``; where nothing stood before, nothing counts as changed."""
    changed = set() if before is None else set(changed_terms(before, after))

    def term(name: str) -> Term:
        label = ProductVersion._meta.get_field(name).verbose_name  # type: ignore[union-attr]
        was = None if before is None else getattr(before, name)
        return Term(name, label, was, getattr(after, name), name in changed)

    return [Answered(title, [term(name) for name in names]) for title, names in QUESTIONS]


class Figure(NamedTuple):
    """One figure of a loan under both versions; ``kind`` says how it is written."""

    label: str | Promise
    kind: str
    before: Decimal | None
    after: Decimal | None

    @property
    def changed(self) -> bool:
        return self.before is not None and self.before != self.after


@dataclass(frozen=True, slots=True)
class Example:
    """A wanted loan under the version that holds and under the new one."""

    wanted: Wanted
    before: Priced | None
    after: Priced

    @property
    def figures(self) -> list[Figure]:
        was, now = _figures(self.before), _figures(self.after)
        return [Figure(label, kind, was[label], now[label]) for label, kind in _FIGURES]

    @property
    def instalments(self) -> Iterator[tuple[ScheduledInstalment | None, ScheduledInstalment | None]]:
        """What falls due, before beside after."""
        return zip_longest(_instalments(self.before), _instalments(self.after))


def examples(before: ProductVersion | None, after: ProductVersion, wanted: Sequence[Wanted], on: date) -> list[Example]:
    """Each wanted loan, paid out on ``on``, under both versions."""
    return [Example(one, None if before is None else priced(before, one, on), priced(after, one, on)) for one in wanted]


_INSTALMENT, _TOTAL = _("Each instalment"), _("Repayable in all")
_INTEREST, _FEES = _("Interest in all"), _("Fees in all")
_SIMPLE, _COMPOUND = _("Annualised all-in cost, simple"), _("Annualised all-in cost, compounded")
_CAP = _("Cap on the all-in cost")
_FIGURES: tuple[tuple[str | Promise, str], ...] = (
    (_INSTALMENT, "money"),
    (_INTEREST, "money"),
    (_FEES, "money"),
    (_TOTAL, "money"),
    (_SIMPLE, "rate"),
    (_COMPOUND, "rate"),
    (_CAP, "rate"),
)


def _figures(one: Priced | None) -> dict[str | Promise, Decimal | None]:
    if one is None or one.quote is None:
        return {label: None for label, _kind in _FIGURES}
    quote = one.quote
    return {
        _INSTALMENT: one.instalment,
        _INTEREST: quote.schedule.total_interest,
        _FEES: quote.schedule.total_fee + quote.terms.fee_deducted,
        _TOTAL: quote.total_repayable,
        _SIMPLE: quote.cost.simple,
        _COMPOUND: quote.cost.compound,
        _CAP: quote.cap.rate,
    }


def _instalments(one: Priced | None) -> list[ScheduledInstalment]:
    return [] if one is None or one.quote is None else [row for row in one.quote.schedule.instalments if row.total]
