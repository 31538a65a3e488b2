"""Interest on the sum first lent, or one charge agreed for the whole term (pure)."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from core.calendars import days_between
from core.money import ZERO, round_to, split_evenly
from loans.schedules.due_dates import Period
from loans.schedules.instalment_amounts import rounded_level
from loans.schedules.period_rates import share_of_year
from loans.schedules.principal_parts import shares
from loans.schedules.terms import LoanTerms, Method


def flat(terms: LoanTerms, count: int, opening: Decimal, paid: Mapping[int, Decimal]) -> list[tuple[Decimal, Decimal]]:
    """Principal and interest of each row, ``paid`` of whose principal can be no less.

    Interest is on the sum first lent: each row its even part, the last one what is left of the agreed total. A level
    instalment of a flat loan is the even parts of principal and interest rounded together.
    """
    step, mode = terms.rounding.step, terms.rounding.mode.decimal
    if terms.flat_charge is not None:
        interest = split_evenly(terms.flat_charge, count, step)
    else:
        even = terms.principal * terms.annual_rate * share_of_year(terms)
        interest = [round_to(even, step, mode)] * count
        interest[-1] = round_to(even * count, step, mode) - sum(interest[:-1], ZERO)
        if interest[-1] < 0:  # rounding up took more than there is
            interest = split_evenly(round_to(even * count, step, mode), count, step)
        interest[: terms.grace_on_interest_charged] = [ZERO] * min(terms.grace_on_interest_charged, count)
    principal = _flat_principal(terms, count, opening, interest)
    return list(zip(_not_below(principal, paid), interest, strict=True))


def _not_below(parts: Sequence[Decimal], paid: Mapping[int, Decimal]) -> list[Decimal]:
    """``parts`` with none less than what was already paid of it; what that takes is missing from the last ones."""
    if not paid:
        return list(parts)
    balance, reserved, rows = sum(parts, ZERO), sum(paid.values(), ZERO), []
    for k, part in enumerate(parts):
        reserved -= paid.get(k, ZERO)
        part = balance if k == len(parts) - 1 else max(min(part, balance - reserved), paid.get(k, ZERO))
        rows.append(part)
        balance -= part
    return rows


def _flat_principal(terms: LoanTerms, count: int, balance: Decimal, interest: Sequence[Decimal]) -> list[Decimal]:
    begin = terms.instalment_total - count
    grace = max(terms.grace_on_principal - begin, 0)
    if terms.method is not Method.EQUAL_INSTALMENTS or terms.rounding.multiple is None:
        return [ZERO] * grace + shares(terms, balance, begin + grace)
    paying = interest[grace:-1]
    charged = max(paying, default=interest[-1])  # the last one takes what rounding leaves, free ones bear none
    parts, level = [ZERO] * grace, rounded_level(balance / (count - grace) + charged, terms.rounding)
    for due in paying:
        parts.append(min(max(level - due, ZERO), balance - sum(parts, ZERO)))
    return [*parts, balance - sum(parts, ZERO)]


def flat_unwound(
    terms: LoanTerms, periods: Sequence[Period], interest: Sequence[Decimal], left: Decimal, on: date
) -> list[Decimal]:
    """Flat ``interest`` of ``periods`` once only ``left`` of their principal (a fraction) is lent from ``on``.

    It is on the sum first lent, however much was repaid: it falls with the part of that sum given back, and in the running
    period for the days to come.
    """
    found = []
    for period, whole in zip(periods, interest, strict=True):
        gone = Decimal(max(days_between(period.starts_on, on), 0)) / days_between(period.starts_on, period.due_on)
        found.append(terms.rounding.payable(whole * (gone + (1 - gone) * left)))
    return found
