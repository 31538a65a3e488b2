"""The gate (pure): nothing binds the house unless everything known at that moment allows it.

``gate(facts, at)`` asks every check that belongs to the act ``at`` and answers with a verdict. A **hard** check that does
not pass stops everyone. A **soft** one needs an override by a second person. A fact that is not known never passes: its
check is ``missing``, which stops or needs an override as a failure does.

Which check is asked of which act is one table, ``ASKED_OF``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from core.money import ZERO
from loans.gate.known_facts import Facts, plain_json


class BindingAct(StrEnum):
    """What binds the house. An offer is bound by the decision that makes it, and the second person's by theirs."""

    RULES_DECISION = "rules_decision"
    PERSON_DECISION = "person_decision"
    SECOND_PERSON = "second_person"
    ACCEPTANCE = "acceptance"
    DISBURSEMENT = "disbursement"
    RETRY = "retry"
    DRAWDOWN = "drawdown"
    LIMIT_RAISE = "limit_raise"


class Severity(StrEnum):
    """Who can do something about a check that does not pass."""

    HARD = "hard"
    SOFT = "soft"


class Result(StrEnum):
    """What a check found. ``missing``: the facts do not say. ``overridden``: two people agreed to bind all the same."""

    PASSED = "passed"
    FAILED = "failed"
    MISSING = "missing"
    OVERRIDDEN = "overridden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found, with the figures behind it."""

    code: str
    severity: Severity
    result: Result
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passes(self) -> bool:
        return self.result in {Result.PASSED, Result.OVERRIDDEN}

    def as_json(self) -> dict[str, Any]:
        # Pairs, not an object: JSON columns do not keep the order of keys, and readers need it.
        facts = [[name, plain_json(value)] for name, value in self.facts.items() if value is not None]
        return {"code": self.code, "severity": self.severity, "result": self.result, "facts": facts}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate answers: every finding, in the order of the table."""

    at: BindingAct
    findings: tuple[Finding, ...]

    @property
    def stopped_by(self) -> tuple[Finding, ...]:
        """Hard checks that do not pass: nobody may."""
        return tuple(found for found in self.findings if found.severity is Severity.HARD and not found.passes)

    @property
    def to_override(self) -> tuple[Finding, ...]:
        """Soft checks that do not pass: a second person may agree all the same."""
        return tuple(found for found in self.findings if found.severity is Severity.SOFT and not found.passes)

    @property
    def binds(self) -> bool:
        return all(found.passes for found in self.findings)


def gate(facts: Facts, at: BindingAct) -> Verdict:
    """The verdict over ``facts`` for the act ``at``."""
    found = (_ask(code, facts, at) for code, asked_of in ASKED_OF.items() if at in asked_of)
    return Verdict(at=at, findings=tuple(found))


# The checks ----------------------------------------------------------------------------------------------------------

# A check answers whether it passes, None where the facts do not say; and shows the figures it looked at.
_Answer = tuple[bool | None, dict[str, Any]]


def _alive(facts: Facts, _at: BindingAct) -> _Answer:
    return facts.person.alive, {}


def _identity(facts: Facts, _at: BindingAct) -> _Answer:
    return facts.person.identity_proved or None, {}


def _age(facts: Facts, _at: BindingAct) -> _Answer:
    age, least, most = facts.person.age, facts.house.least_age, facts.house.most_age
    shown = {"age": age, "least": least, "most": most}
    return (None if age is None or least is None or most is None else least <= age <= most), shown


def _consent(facts: Facts, _at: BindingAct) -> _Answer:
    missing = facts.person.consents_missing
    return (None if missing is None else not missing), {"missing": ", ".join(missing or ())} if missing else {}


def _do_not_lend(facts: Facts, _at: BindingAct) -> _Answer:
    listed = facts.person.do_not_lend
    return (None if listed is None else not listed), {}


def _student(facts: Facts, at: BindingAct) -> _Answer:
    occupation, lending = facts.person.occupation, facts.house.student_lending
    shown = {"occupation": occupation}
    if lending == "allowed":
        return True, shown
    if occupation is None or lending is None:
        return None, shown
    if occupation != "student":
        return True, shown
    return lending == "conditions" and at is not BindingAct.RULES_DECISION, shown


def _product(facts: Facts, _at: BindingAct) -> _Answer:
    return facts.deal.on_sale, {}


def _purpose(facts: Facts, _at: BindingAct) -> _Answer:
    purpose = facts.deal.purpose
    return (None if purpose is None else purpose == "known"), {}


def _price(facts: Facts, _at: BindingAct) -> _Answer:
    return facts.deal.cost_allowed, {"cost": facts.deal.yearly_cost, "highest_cost": facts.deal.cost_cap}


def _exposure(facts: Facts, _at: BindingAct) -> _Answer:
    after, cap = _after(facts), facts.house.exposure_cap
    shown = {"committed": facts.committed, "after": after, "cap": cap}
    return (None if after is None or cap is None else after <= cap), shown


def _payee(facts: Facts, _at: BindingAct) -> _Answer:
    payee = facts.deal.payee
    return (None if payee is None else payee == "verified"), {"payee": payee}


def _limit(facts: Facts, _at: BindingAct) -> _Answer:
    after, limit = _after(facts), facts.credit.limit
    shown = {"committed": facts.committed, "after": after, "limit": limit}
    return (None if after is None or limit is None else after <= limit), shown


def _affordability(facts: Facts, _at: BindingAct) -> _Answer:
    room, payment = room_for_payment(facts), facts.deal.payment
    over = over_room(facts)
    shown = {
        "payment": payment,
        "room": room,
        "over_by": over if over is not None and over > ZERO else None,
        "income": facts.credit.income,
        "declared_income": facts.credit.declared_income,
        "committed_payments": facts.committed_payments,
        "share": facts.house.debt_share_cap,
    }
    return (None if room is None or payment is None else payment <= room), shown


def _score(facts: Facts, at: BindingAct) -> _Answer:
    """A grade that is declined needs an override; one that is referred needs a person, so the rules alone may not."""
    decision = facts.credit.grade_decision
    shown = {"points": facts.credit.points, "grade": facts.credit.grade}
    if decision is None:
        return None, shown
    enough = {"approve"} if at is BindingAct.RULES_DECISION else {"approve", "refer"}
    return decision in enough, shown


def _data_age(facts: Facts, _at: BindingAct) -> _Answer:
    as_of, most = facts.credit.income_as_of, facts.house.data_age_days
    shown = {"as_of": as_of, "days": most}
    return (None if as_of is None or most is None else (facts.on - as_of).days <= most), shown


def _arrears(facts: Facts, _at: BindingAct) -> _Answer:
    late, lost = facts.credit.days_past_due, facts.credit.loans_written_off
    shown = {"days_past_due": late, "written_off": lost}
    return (None if late is None or lost is None else not late and not lost), shown


def _authority(facts: Facts, _at: BindingAct) -> _Answer:
    bound, most = bound_by_one(facts), facts.house.one_person_decides
    shown = {"bound_by_one": bound, "one_decides": most}
    return (None if bound is None or most is None else bound <= most), shown


def _other_applications(facts: Facts, _at: BindingAct) -> _Answer:
    others = facts.credit.other_applications
    return (None if others is None else not others), {"open": others}


def bound_by_one(facts: Facts) -> Decimal | None:
    """What the house would be bound to that no second person agreed to yet, the deal among it; None: not known."""
    if facts.agreed_by_one is None or facts.deal.amount is None:
        return None
    return facts.agreed_by_one + (ZERO if facts.agreed_by_two else facts.deal.amount)


def room_for_payment(facts: Facts) -> Decimal | None:
    """What a month's income leaves once debts elsewhere and all that the house is bound to are paid: nothing where they take
    more than it may bear; None: not known."""
    left = _left_of_income(facts)
    return None if left is None else max(left, ZERO)


def over_room(facts: Facts) -> Decimal | None:
    """By how much the payments of a month would be more than the income may bear, what is missing without the deal among it:
    how far below nothing says whether it became worse. Negative while there is room; None: not known."""
    left, payment = _left_of_income(facts), facts.deal.payment
    return None if left is None or payment is None else payment - left


def _left_of_income(facts: Facts) -> Decimal | None:
    income, share, elsewhere = facts.credit.income, facts.house.debt_share_cap, facts.credit.debt_payments
    if income is None or share is None or elsewhere is None or facts.committed_payments is None:
        return None
    return income * share - elsewhere - facts.committed_payments


def _after(facts: Facts) -> Decimal | None:
    """All principal the house would be bound to."""
    if facts.committed is None or facts.deal.amount is None:
        return None
    return facts.committed + facts.deal.amount


_DECISIONS = frozenset({BindingAct.RULES_DECISION, BindingAct.PERSON_DECISION, BindingAct.SECOND_PERSON})
_PAYOUTS = frozenset({BindingAct.DISBURSEMENT, BindingAct.RETRY, BindingAct.DRAWDOWN})
_LENDING = _DECISIONS | _PAYOUTS | {BindingAct.ACCEPTANCE}
_ALL = _LENDING | {BindingAct.LIMIT_RAISE}

# Each check once: which acts ask it. A limit is no loan yet: it has no product, price, purpose, payee or instalments.
ASKED_OF: Mapping[str, frozenset[BindingAct]] = {
    "alive": _ALL,
    "identity": _ALL,
    "age": _ALL,
    "consent": _ALL,
    "do_not_lend": _ALL,
    "student": _ALL,
    "product": _LENDING,
    "purpose": _LENDING,
    "price": _LENDING,
    "exposure": _ALL,
    "payee": _PAYOUTS | {BindingAct.ACCEPTANCE},
    "limit": _LENDING,
    "affordability": _LENDING,
    "score": _ALL,
    "data_age": _ALL,
    "arrears": _ALL,
    # A decision asks for the second person itself, and so does a drawdown: what follows from it asks again on its own day.
    "authority": frozenset({BindingAct.ACCEPTANCE, BindingAct.DISBURSEMENT, BindingAct.RETRY}),
    "other_applications": _DECISIONS,
}

_CHECKS: Mapping[str, tuple[Severity, Callable[[Facts, BindingAct], _Answer]]] = {
    "alive": (Severity.HARD, _alive),
    "identity": (Severity.HARD, _identity),
    "age": (Severity.HARD, _age),
    "consent": (Severity.HARD, _consent),
    "do_not_lend": (Severity.HARD, _do_not_lend),
    "student": (Severity.HARD, _student),
    "product": (Severity.HARD, _product),
    "purpose": (Severity.HARD, _purpose),
    "price": (Severity.HARD, _price),
    "exposure": (Severity.HARD, _exposure),
    "payee": (Severity.HARD, _payee),
    "limit": (Severity.SOFT, _limit),
    "affordability": (Severity.SOFT, _affordability),
    "score": (Severity.SOFT, _score),
    "data_age": (Severity.SOFT, _data_age),
    "arrears": (Severity.SOFT, _arrears),
    "authority": (Severity.SOFT, _authority),
    "other_applications": (Severity.SOFT, _other_applications),
}


def severity_of(code: str) -> Severity:
    """Whether the check ``code`` is hard or soft."""
    return _CHECKS[code][0]


def _ask(code: str, facts: Facts, at: BindingAct) -> Finding:
    severity, check = _CHECKS[code]
    passes, shown = check(facts, at)
    result = Result.MISSING if passes is None else Result.PASSED if passes else Result.FAILED
    if not passes and severity is Severity.SOFT and code in facts.overridden:
        result = Result.OVERRIDDEN
    return Finding(code=code, severity=severity, result=result, facts=shown)
