"""How principal is shared over instalments: level ones, equal parts, stages, a balloon at the end (pure)."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from core.money import ZERO, round_to, split, split_evenly
from loans.schedules.instalment_amounts import level_instalment
from loans.schedules.terms import Drawdown, LoanTerms, Method, Residue

PrincipalPlan = Callable[[int, Decimal], Decimal]  # the principal of a row, by the row and its interest

LEVEL = (Method.EQUAL_INSTALMENTS, Method.BALLOON)


def plan_from(
    terms: LoanTerms, balance: Decimal, factors: Sequence[Decimal], level: Decimal | None = None
) -> PrincipalPlan:
    """How ``balance`` is repaid in the last ``len(factors)`` instalments: the principal of each, given its interest."""
    total = terms.instalment_total
    first = total - len(factors)
    begin = max(terms.grace_on_principal, first)
    if terms.method is Method.CUSTOM:
        agreed = (*terms.amounts, ZERO)  # the last instalment pays what is left
        return lambda k, interest: max(agreed[k] - interest, ZERO)
    # Whether there is interest is told by the periods: a rate may come to a loan that began without one, or leave it.
    if terms.method in LEVEL and (
        factors[-1] or any(factors) or level is not None or terms.fixed_instalment is not None
    ):
        paid = level if level is not None else _level(terms, balance, factors[begin - first :])
        return lambda k, interest: paid - interest if k >= begin and paid > interest else ZERO
    parts = shares(terms, balance, begin)
    return lambda k, _interest: parts[k - begin] if k >= begin else ZERO


def _level(terms: LoanTerms, balance: Decimal, factors: Sequence[Decimal]) -> Decimal:
    if terms.fixed_instalment is not None:
        return terms.fixed_instalment
    balloon = min(balloon_of(terms), balance) if terms.balloon_rate else ZERO
    return level_instalment(balance, factors, terms.rounding, balloon)


def shares(terms: LoanTerms, balance: Decimal, begin: int) -> list[Decimal]:
    """Principal by instalment where it does not depend on interest, from row ``begin`` on."""
    count = terms.instalment_total - begin
    if terms.fixed_instalment is not None:
        return _fixed_parts(terms.fixed_instalment, balance, count)
    if terms.method in (Method.INTEREST_ONLY, Method.BULLET):
        return [ZERO] * (count - 1) + [balance]
    if terms.method is Method.STAGES:
        return _staged(terms, balance, count)
    if terms.method is Method.BALLOON:
        balloon = min(balloon_of(terms), balance)
        parts = even_parts(terms, balance - balloon, count)
        return [*parts[:-1], parts[-1] + balloon]
    return even_parts(terms, balance, count)


def principal_unit(terms: LoanTerms) -> Decimal:
    """What parts of principal are multiples of, where they do not follow from a level instalment."""
    rounding = terms.rounding
    return rounding.unit if rounding.multiple_for_principal or terms.method in LEVEL else rounding.step


def even_parts(terms: LoanTerms, balance: Decimal, count: int) -> list[Decimal]:
    """``balance`` in equal parts; what rounding leaves goes where the terms say."""
    rounding, unit = terms.rounding, principal_unit(terms)
    if rounding.residue is Residue.EVEN:
        return split_evenly(balance, count, unit)
    part = round_to(balance / count, unit, rounding.mode.decimal)
    rest = balance - part * (count - 1)
    if rest < 0:
        part = round_to(balance / count, unit, "ROUND_DOWN")
        rest = balance - part * (count - 1)
    return [rest] + [part] * (count - 1) if rounding.residue is Residue.FIRST else [part] * (count - 1) + [rest]


def _fixed_parts(fixed: Decimal, balance: Decimal, count: int) -> list[Decimal]:
    """``fixed`` of principal a row, as long as there is some; the last row repays what is left."""
    parts = [max(min(fixed, balance - k * fixed), ZERO) for k in range(count - 1)]
    return [*parts, balance - sum(parts, ZERO)]


def _staged(terms: LoanTerms, balance: Decimal, count: int) -> list[Decimal]:
    weights = [stage.share / stage.count for stage in terms.stages for _ in range(stage.count)]
    ahead = weights[-count:]
    if len(ahead) < len(weights):
        return split(balance, ahead, principal_unit(terms))
    by_stage = split(balance, [stage.share for stage in terms.stages], principal_unit(terms))
    return [
        part
        for stage, sum_ in zip(terms.stages, by_stage, strict=True)
        for part in even_parts(terms, sum_, stage.count)
    ]


def down_payment_of(terms: LoanTerms, part: Drawdown) -> Decimal:
    """What of ``part`` is paid on the day it is lent."""
    if not terms.down_payment_rate or part.in_full:
        return ZERO
    return terms.rounding.payable_unit(part.amount * terms.down_payment_rate)


def balloon_of(terms: LoanTerms) -> Decimal:
    """What the last instalment repays beside its level part; nothing where no balloon was agreed."""
    if not terms.balloon_rate:
        return ZERO
    return terms.rounding.payable_unit((terms.lent_in_all or terms.drawn) * terms.balloon_rate)
