"""From terms to schedule: due dates, and what of principal, interest and fee falls due on each (pure).

Interest of a regular month is a twelfth of the annual rate, of weeks and days the days over the day-count year; a first
period of another length than a regular one is charged by its days. The level instalment is rounded down to the cent and
the last instalment takes the residue: rounded up, 10,000.00 at 24 % over 12 months would cost 24.0008 %.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from core.calendars import add_months, year_fraction
from core.money import ROUND_DOWN, ZERO, round_money, split, split_evenly
from loans.terms import FeeTiming, Frequency, LoanTerms, Method


@dataclass(frozen=True, slots=True)
class ScheduledInstalment:
    """What falls due on ``due_on`` for the period that begins on ``starts_on``."""

    number: int
    starts_on: date
    due_on: date
    principal: Decimal
    interest: Decimal
    fee: Decimal

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest + self.fee


@dataclass(frozen=True, slots=True)
class Schedule:
    """All instalments of a loan, in order."""

    instalments: tuple[ScheduledInstalment, ...]

    @property
    def total_interest(self) -> Decimal:
        return sum((row.interest for row in self.instalments), ZERO)

    @property
    def total_fee(self) -> Decimal:
        return sum((row.fee for row in self.instalments), ZERO)

    @property
    def total(self) -> Decimal:
        return sum((row.total for row in self.instalments), ZERO)


def build_schedule(terms: LoanTerms) -> Schedule:
    """The schedule of ``terms``; its principal always sums to the loan."""
    starts, dues = _periods(terms)
    factors = [_rate_of_period(terms, start, due) for start, due in zip(starts, dues, strict=True)]
    principal = _principal_parts(terms, factors)
    interest = _interest_parts(terms, principal, factors)
    fees = _fee_parts(terms, len(dues))
    rows = tuple(
        ScheduledInstalment(n + 1, starts[n], dues[n], principal[n], interest[n], fees[n]) for n in range(len(dues))
    )
    assert sum((row.principal for row in rows), ZERO) == terms.principal, "principal must be conserved"
    return Schedule(rows)


def due_dates(terms: LoanTerms) -> list[date]:
    """The due dates, each stepped from the anchor so that month ends do not drift."""
    steps = range(1, terms.count + 1)
    if terms.first_due_on is None:
        dates = [_step(terms, terms.start_on, n) for n in steps]
    else:
        dates = [_step(terms, terms.first_due_on, n - 1) for n in steps]
    return [dates[-1]] if terms.method is Method.BULLET else dates


def _step(terms: LoanTerms, anchor: date, n: int) -> date:
    if terms.frequency is Frequency.MONTH:
        return add_months(anchor, n * terms.every)
    days = 7 if terms.frequency is Frequency.WEEK else 1
    return anchor + timedelta(days=n * terms.every * days)


def _periods(terms: LoanTerms) -> tuple[list[date], list[date]]:
    dues = due_dates(terms)
    return [terms.start_on, *dues[:-1]], dues


def _rate_of_period(terms: LoanTerms, start: date, due: date) -> Decimal:
    """The part of the annual rate that the period bears."""
    if terms.frequency is Frequency.MONTH:
        months = terms.every * (terms.count if terms.method is Method.BULLET else 1)
        if add_months(start, months) == due or start != terms.start_on or terms.first_due_on is None:
            return terms.annual_rate * months / 12
    return terms.annual_rate * year_fraction(start, due, terms.day_count)


def _principal_parts(terms: LoanTerms, factors: list[Decimal]) -> list[Decimal]:
    count = len(factors)
    if terms.method in (Method.INTEREST_ONLY, Method.BULLET):
        return [ZERO] * (count - 1) + [terms.principal]
    if terms.method is Method.EQUAL_PRINCIPAL or terms.flat_charge is not None or not terms.annual_rate:
        return split_evenly(terms.principal, count)
    return _annuity_principal(terms.principal, factors)


def _annuity_principal(principal: Decimal, factors: list[Decimal]) -> list[Decimal]:
    """Level instalment over periods of any length: P · ∏(1+f) ÷ F, F₁ = 1, Fₖ = Fₖ₋₁·(1+fₖ) + 1."""
    growth, annuity = 1 + factors[0], Decimal(1)
    for factor in factors[1:]:
        growth *= 1 + factor
        annuity = annuity * (1 + factor) + 1
    level = round_money(principal * growth / annuity, mode=ROUND_DOWN)
    parts, balance = [], principal
    for factor in factors[:-1]:
        part = min(max(level - round_money(balance * factor), ZERO), balance)
        parts.append(part)
        balance -= part
    return [*parts, balance]


def _interest_parts(terms: LoanTerms, principal: list[Decimal], factors: list[Decimal]) -> list[Decimal]:
    if terms.flat_charge is not None:
        return split_evenly(terms.flat_charge, len(factors))
    parts, balance = [], terms.principal
    for part, factor in zip(principal, factors, strict=True):
        parts.append(round_money(balance * factor))
        balance -= part
    return parts


def _fee_parts(terms: LoanTerms, count: int) -> list[Decimal]:
    if terms.fee_timing is FeeTiming.SPREAD:
        return split_evenly(terms.fee_total, count)
    return split(terms.fee_total, [1] + [0] * (count - 1))
