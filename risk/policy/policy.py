"""The policy: from grade and checks to decision, amount, price and down payment (pure).

A grade says how much may be lent, what it costs on top of the product's rate, and how much of a purchase must be paid
down. The amount is the least of what was asked, what the grade allows, what fits under the cap of one person's debts and
what income can carry; smaller than asked is a counter-offer, smaller than the product sells is a decline.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from core.money import ZERO, round_money
from loans.gate.gate import room_for_payment
from loans.gate.known_facts import Facts
from risk.policy.checks import Check

STEP = Decimal(100)  # principals are whole hundreds when the policy chooses them


@dataclass(frozen=True, slots=True)
class GradeTerms:
    """What one grade may have. ``decision``: approve, refer or decline."""

    grade: str
    decision: str
    limit: Decimal
    rate_margin: Decimal
    down_payment_share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for, for a purchase after the least down payment of the grade (``wished_principal``).

    ``monthly_payment`` is what that principal would take from a month's income.
    """

    principal: Decimal
    least: Decimal
    monthly_payment: Decimal
    product_rate: Decimal
    price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """What the policy says. The terms are filled even for a referral, for the person who will decide."""

    outcome: str
    reasons: tuple[str, ...]
    principal: Decimal
    annual_rate: Decimal
    down_payment: Decimal
    limit: Decimal


def read_grades(rows: Sequence[dict[str, Any]]) -> dict[str, GradeTerms]:
    """The grades of a policy's rows."""
    return {
        row["grade"]: GradeTerms(
            row["grade"],
            row["decision"],
            Decimal(row["limit"]),
            Decimal(row["rate_margin"]),
            Decimal(row["down_payment_share"]),
        )
        for row in rows
    }


def recommend(
    *,
    wish: Wish,
    facts: Facts,
    terms: GradeTerms,
    checks: Sequence[Check],
) -> Recommendation:
    """The recommendation for ``wish``. Only an applicant with every check answered is approved."""
    principal, binding = _principal(wish, facts, terms)
    outcome, reasons = _outcome(wish, terms, checks, principal, binding)
    return Recommendation(
        outcome=outcome,
        reasons=reasons,
        principal=principal,
        annual_rate=max(wish.product_rate + terms.rate_margin, Decimal(0)),
        down_payment=ZERO if wish.price is None else wish.price - principal,
        limit=terms.limit,
    )


def wished_principal(amount: Decimal, price: Decimal | None, terms: GradeTerms) -> Decimal:
    """The part of the wish that is to be lent: a purchase first bears the down payment its grade asks for."""
    if price is None:
        return amount
    down_payment = round_money(price * terms.down_payment_share, mode=ROUND_CEILING)
    return min(amount, price - down_payment)


def _principal(wish: Wish, facts: Facts, terms: GradeTerms) -> tuple[Decimal, tuple[str, ...]]:
    """The principal that fits beside all that the house is bound to, and the reason that bound it (none when all that was
    asked for fits)."""
    committed, cap = facts.committed or ZERO, facts.house.exposure_cap or ZERO
    rooms = [(terms.limit - committed, "amount_over_limit"), (cap - committed, "exposure")]
    room = room_for_payment(facts)
    if room is not None and wish.monthly_payment > 0:
        rooms.append((wish.principal * room / wish.monthly_payment, "affordability"))
    smallest, reason = min(rooms, key=lambda pair: pair[0])
    if smallest >= wish.principal:
        return wish.principal, ()
    return max(smallest // STEP * STEP, ZERO), (reason,)


def _outcome(
    wish: Wish, terms: GradeTerms, checks: Sequence[Check], principal: Decimal, binding: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    declining = tuple(check.reason for check in checks if check.declines)
    if declining or terms.decision == "decline":
        return "decline", _once(declining + (("score_low",) if terms.decision == "decline" else ()))
    referring = tuple(check.reason for check in checks if check.refers)
    if referring or terms.decision == "refer":
        return "refer", _once(referring + (("score_borderline",) if terms.decision == "refer" else ()))
    if principal < wish.least:
        return "decline", binding
    return ("counter_offer", binding) if binding else ("approve", ("meets_policy",))


def _once(reasons: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reasons))
