"""The findings of the gate as underwriting reads them (pure): what each leads to while nothing is decided yet.

What a result leads to is written here once: a failed check declines, refers or reduces, and one without an answer always
refers. Missing data never approves anybody, and never declines.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from loans.gate.gate import Finding, Result
from loans.gate.reasons import income_reason


class Effect(StrEnum):
    """What a failed check leads to."""

    DECLINE = "decline"
    REFER = "refer"
    REDUCE = "reduce"


@dataclass(frozen=True, slots=True)
class Check:
    """One check with its result, its reason code, what failing leads to, and the figures behind it."""

    code: str
    result: Result
    reason: str
    effect: Effect
    facts: Mapping[str, Any]

    @property
    def declines(self) -> bool:
        return self.result is Result.FAILED and self.effect is Effect.DECLINE

    @property
    def refers(self) -> bool:
        return self.result is Result.MISSING or (self.result is Result.FAILED and self.effect is Effect.REFER)


# Reason and effect of each check that underwriting reads; the score has its own place in the policy.
_READ: Mapping[str, tuple[str, Effect]] = {
    "alive": ("deceased", Effect.DECLINE),
    "identity": ("identity_uncertain", Effect.REFER),
    "age": ("age", Effect.DECLINE),
    "consent": ("consent_missing", Effect.REFER),
    "do_not_lend": ("do_not_lend", Effect.DECLINE),
    "student": ("student", Effect.DECLINE),
    "product": ("product_not_sold", Effect.REFER),
    "purpose": ("purpose", Effect.DECLINE),
    "price": ("cost_cap", Effect.REFER),
    "other_applications": ("duplicate", Effect.REFER),
    "arrears": ("arrears", Effect.REFER),
    "data_age": ("data_old", Effect.REFER),
    "exposure": ("exposure", Effect.REDUCE),
    "limit": ("amount_over_limit", Effect.REDUCE),
    "affordability": ("affordability", Effect.REDUCE),
}
LATE_DAYS = 30  # beyond them, or after a write-off, the rules say no by themselves


def read_findings(findings: Iterable[Finding]) -> tuple[Check, ...]:
    """The findings that underwriting reads, each with its reason and effect."""
    return tuple(_read(found) for found in findings if found.code in _READ)


def _read(found: Finding) -> Check:
    reason, effect = _READ[found.code]
    reason = income_reason(found) or reason
    if found.code == "arrears" and _is_bad(found.facts):
        effect = Effect.DECLINE
    return Check(found.code, found.result, reason, effect, found.facts)


def _is_bad(facts: Mapping[str, Any]) -> bool:
    return (facts["days_past_due"] or 0) > LATE_DAYS or bool(facts["written_off"])
