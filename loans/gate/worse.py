"""What became worse since two people agreed to bind in spite of it (pure)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from loans.gate.gate import Finding, Result, Severity, Verdict


def still_overridden(verdict: Verdict, agreed: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The soft checks that an override still covers: ``agreed`` are findings as they were kept when two people agreed, and
    what has become worse since (deeper in arrears, further over the limit, a lower grade) was not agreed to."""
    found = {finding.code: finding for finding in verdict.findings if finding.severity is Severity.SOFT}
    return frozenset(
        told["code"] for told in agreed if told["code"] in found and not _is_worse(found[told["code"]], told)
    )


def _is_worse(now: Finding, then: Mapping[str, Any]) -> bool:
    if now.passes:
        return False
    if now.result != then["result"]:
        return True
    figures = dict(then["facts"])
    measure = _BADNESS[now.code]
    # One figure for the better does not make up for another for the worse.
    return now.result is Result.FAILED and any(a > b for a, b in zip(measure(now.facts), measure(figures), strict=True))


def _over(facts: Mapping[str, Any], named: str, bound: str) -> tuple[Decimal]:
    """By how much one figure is over another."""
    return (Decimal(facts[named]) - Decimal(facts[bound]),)


# How bad a failed soft check is: the larger, the worse.
_BADNESS: Mapping[str, Callable[[Mapping[str, Any]], tuple[Any, ...]]] = {
    "limit": lambda facts: _over(facts, "after", "limit"),
    "affordability": lambda facts: (
        (Decimal(facts["over_by"]),) if "over_by" in facts else _over(facts, "payment", "room")
    ),
    "score": lambda facts: (str(facts["grade"]),),  # grades are named in the order of the alphabet, the best first
    "data_age": lambda facts: (-date.fromisoformat(str(facts["as_of"])).toordinal(),),
    "arrears": lambda facts: (int(facts["written_off"]), int(facts["days_past_due"])),
    "authority": lambda facts: _over(facts, "bound_by_one", "one_decides"),
    "other_applications": lambda facts: (int(facts["open"]),),
}
