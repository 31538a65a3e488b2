"""When a failed direct debit is tried again, and for what share (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from core.money import round_money


@dataclass(frozen=True, slots=True)
class Retry:
    """The next try: ``after_days`` after the first one, for ``share`` of what is due then (1 is all)."""

    after_days: int
    share: Decimal


@dataclass(frozen=True, slots=True)
class Tried:
    """A debit the bank refused, with its reason."""

    on: date
    code: str = ""


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """The tries after the first one, and the reasons of refusal that no further try can cure."""

    retries: Sequence[Retry]
    final_codes: frozenset[str] = frozenset()

    @classmethod
    def of_rule(cls, data: Mapping[str, Any]) -> "RetryPlan":
        retries = [Retry(int(row["after_days"]), Decimal(row["share"])) for row in data["retries"]]
        return cls(retries, frozenset(data["final_codes"]))

    def next_try(self, tried: Sequence[Tried]) -> tuple[date | None, Decimal] | None:
        """The first day of the next try and its share, after ``tried`` in their order; None when no try is left.

        The first try is for everything and on the due date itself: its day is None.
        """
        if not tried:
            return None, Decimal(1)
        if len(tried) > len(self.retries) or tried[-1].code in self.final_codes:
            return None
        retry = self.retries[len(tried) - 1]
        return tried[0].on + timedelta(days=retry.after_days), retry.share


def amount_of_try(due: Decimal, share: Decimal) -> Decimal:
    """The part of ``due`` a try asks for, in cents."""
    return round_money(due * share)
