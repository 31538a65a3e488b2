"""The checks before any score counts (pure): each passes, fails, or cannot be answered for want of data.

What a result leads to is written here once: a failed check declines or refers, and one without an answer always refers.
Missing data never approves anybody.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from risk.features.profile import ApplicantProfile


class Result(StrEnum):
    """What a check found."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Effect(StrEnum):
    """What a failed check leads to."""

    DECLINE = "decline"
    REFER = "refer"
    REDUCE = "reduce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The numbers the checks compare with; rule data in force on the day."""

    least_age: int
    most_age: int
    exposure_cap: Decimal
    debt_share_cap: Decimal


@dataclass(frozen=True, slots=True)
class Check:
    """One check with its result, its reason code, what failing leads to, and the figures behind it."""

    code: str
    result: Result
    reason: str
    effect: Effect
    facts: dict[str, Any]

    @property
    def declines(self) -> bool:
        return self.result is Result.FAILED and self.effect is Effect.DECLINE

    @property
    def refers(self) -> bool:
        return self.result is Result.UNKNOWN or (self.result is Result.FAILED and self.effect is Effect.REFER)

    def as_json(self) -> dict[str, object]:
        # Pairs, not an object: JSON columns do not keep the order of keys, and readers need it.
        facts = [[name, str(value)] for name, value in self.facts.items() if value is not None]
        return {"code": self.code, "result": self.result, "reason": self.reason, "effect": self.effect, "facts": facts}


def run_checks(
    profile: ApplicantProfile, limits: Limits, *, principal: Decimal, monthly_payment: Decimal
) -> tuple[Check, ...]:
    """All checks of an application for ``principal`` that would take ``monthly_payment`` a month."""
    return (
        _identity(profile),
        _age(profile, limits),
        _do_not_lend(profile),
        _other_applications(profile),
        _arrears(profile),
        _exposure(profile, limits, principal),
        _affordability(profile, limits, monthly_payment),
    )


def affordable_payment(profile: ApplicantProfile, limits: Limits) -> Decimal | None:
    """What is left for a month's payment once debts here and elsewhere are paid; None while income is not known."""
    if profile.income is None:
        return None
    room = profile.income * limits.debt_share_cap - profile.debt_payments - profile.own_payments
    return max(room, Decimal(0))


def _found(passed: bool | None) -> Result:
    if passed is None:
        return Result.UNKNOWN
    return Result.PASSED if passed else Result.FAILED


def _identity(profile: ApplicantProfile) -> Check:
    result = Result.PASSED if profile.identity_proved else Result.UNKNOWN
    return Check("identity", result, "identity_uncertain", Effect.REFER, {})


def _age(profile: ApplicantProfile, limits: Limits) -> Check:
    passed = None if profile.age is None else limits.least_age <= profile.age <= limits.most_age
    facts = {"age": profile.age, "least": limits.least_age, "most": limits.most_age}
    return Check("age", _found(passed), "age", Effect.DECLINE, facts)


def _do_not_lend(profile: ApplicantProfile) -> Check:
    return Check("do_not_lend", _found(not profile.do_not_lend), "do_not_lend", Effect.DECLINE, {})


def _other_applications(profile: ApplicantProfile) -> Check:
    facts = {"open": profile.other_applications}
    return Check("other_applications", _found(not profile.other_applications), "duplicate", Effect.REFER, facts)


def _arrears(profile: ApplicantProfile) -> Check:
    facts = {"days_past_due": profile.own_days_past_due, "written_off": profile.loans_written_off}
    clean = not profile.own_days_past_due and not profile.loans_written_off
    late = profile.own_days_past_due > 30 or profile.loans_written_off
    return Check("arrears", _found(clean), "arrears", Effect.DECLINE if late else Effect.REFER, facts)


def _exposure(profile: ApplicantProfile, limits: Limits, principal: Decimal) -> Check:
    after = profile.own_outstanding + principal
    facts = {"outstanding": profile.own_outstanding, "after": after, "cap": limits.exposure_cap}
    return Check("exposure", _found(after <= limits.exposure_cap), "exposure", Effect.REDUCE, facts)


def _affordability(profile: ApplicantProfile, limits: Limits, monthly_payment: Decimal) -> Check:
    room = affordable_payment(profile, limits)
    facts = {"payment": monthly_payment, "room": room, "income": profile.income, "share": limits.debt_share_cap}
    reason = "income_unknown" if room is None else "affordability"
    passed = None if room is None else monthly_payment <= room
    return Check("affordability", _found(passed), reason, Effect.REDUCE, facts)
