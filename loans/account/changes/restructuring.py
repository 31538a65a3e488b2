"""Overdue money put into other instalments, and all that is outstanding put into a new plan (pure).

Late interest charged so far stays owed where it is. Interest and fees that were earned and move to later instalments
are taken out of income and earned again as those run: the accrual after the act books that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.money import ZERO, round_to, split_evenly
from loans.account.account import Account, InstalmentState, age, settle_rows
from loans.account.changes.base import Effect, EventImpossible
from loans.account.changes.earning import curve_of, with_earned
from loans.account.changes.made_dates import agreed_dues, agreed_on, later_dues, rolled
from loans.account.changes.paid_ahead import with_interest_given_back
from loans.account.changes.plan_rows import (
    NoInstalmentAhead,
    NothingOverdue,
    ahead,
    closed,
    overdue,
    price_of_time,
    spans_by_rate,
    with_rows,
)
from loans.account.changes.replanning import is_one_step
from loans.schedules.due_dates import Period, on_working_days
from loans.schedules.earning import STRAIGHT, as_curve, ending_at, from_parts, line, plus
from loans.schedules.instalment_amounts import level_instalment, part_factor
from loans.schedules.principal_parts import even_parts
from loans.schedules.terms import LoanTerms, Method


class FirstDueTooEarly(EventImpossible):
    code = "first_due_too_early"
    field = "first_due_on"
    message = _("The first instalment of the new plan must fall due after the day the change counts from.")


class FlatChargeStays(EventImpossible):
    code = "flat_charge_stays"
    message = _("A flat charge was agreed: there is no rate that a new plan could be worked out with.")


class NoPrincipalLeft(EventImpossible):
    code = "no_principal_left"
    message = _("No principal is outstanding that a new plan could repay.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueSpread:
    """What is overdue is added in equal parts to the instalments ahead; ``priced``: its principal bears interest."""

    on: date
    priced: bool | None
    terms: LoanTerms
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NothingOverdue, NoInstalmentAhead."""
        account = age(account, self.on)
        late, rows = overdue(account, self.on), ahead(account, self.on)
        if not late or not rows:
            if self.source is None:
                raise NoInstalmentAhead() if late else NothingOverdue()
            return Effect(account)
        terms = account.in_force(self.terms)
        parts = _parts(late, [row.due_on for row in rows], terms, self.on)
        more = [_with_part(row, part, self.on, self.priced) for row, part in zip(rows, parts, strict=True)]
        return _effect(account, late, more, self.on, _forgone(parts, self.priced))


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueReaged:
    """What is overdue becomes ``count`` equal further instalments at the end of the plan."""

    on: date
    count: int
    priced: bool | None
    terms: LoanTerms
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NothingOverdue."""
        account = age(account, self.on)
        late = overdue(account, self.on)
        if not late:
            if self.source is None:
                raise NothingOverdue()
            return Effect(account)
        end = max(max(row.due_on for row in account.instalments), self.on)
        agreed = later_dues(self.terms, agreed_dues(account.instalments, self.terms), self.count, end)
        dues = rolled(self.terms, agreed, end)
        parts = _parts(late, dues, account.in_force(self.terms), self.on)
        number = max(row.number for row in account.instalments)
        starts, agreed_as = [end, *dues], [agreed_on(on, self.terms) for on in agreed]
        more = [
            replace(
                _with_part(_nothing_yet(number + n, starts[n - 1], due_on), part, self.on, self.priced), agreed_on=kept
            )
            for n, (due_on, part, kept) in enumerate(zip(dues, parts, agreed_as, strict=True), start=1)
        ]
        figures = {"instalments_added": Decimal(self.count), **_forgone(parts, self.priced)}
        return _effect(account, late, [row for row in more if row.owed], self.on, figures)


@dataclass(frozen=True, slots=True)
class _Part:
    """What of overdue money goes to one instalment; ``price`` is the interest of the time from then to its due date."""

    principal: Decimal
    interest: Decimal
    fee: Decimal
    price: Decimal


def _nothing_yet(number: int, starts_on: date, due_on: date) -> InstalmentState:
    return InstalmentState(number, starts_on, due_on, ZERO, ZERO, ZERO)


def _with_part(row: InstalmentState, part: _Part, on: date, priced: bool | None) -> InstalmentState:
    """``row`` with ``part``, whose interest was earned before and whose price, if charged, is earned until the due date."""
    row = with_earned(row, on, part.interest)
    if part.price and priced:
        curve = as_curve(plus(curve_of(row), line(on, row.due_on, part.price)))
        row = replace(row, interest=row.interest + part.price, curve=curve)
    return replace(row, principal=row.principal + part.principal, fee=row.fee + part.fee)


def _forgone(parts: Sequence[_Part], priced: bool | None) -> dict[str, Decimal]:
    """The price of the extra time, where nobody is to pay it."""
    return {} if priced else {"interest_forgone": sum((part.price for part in parts), ZERO)}


def _parts(late: Sequence[InstalmentState], dues: Sequence[date], terms: LoanTerms, on: date) -> list[_Part]:
    """Principal, interest and fee of ``late`` in equal parts for ``dues``."""
    unit = terms.rounding.unit
    principal = split_evenly(sum((row.principal_owed for row in late), ZERO), len(dues), unit)
    interest = split_evenly(sum((row.interest_owed for row in late), ZERO), len(dues), unit)
    fees = split_evenly(sum((row.fee_owed for row in late), ZERO), len(dues), unit)
    prices = [price_of_time(terms, part, on, due) for part, due in zip(principal, dues, strict=True)]
    return [_Part(*part) for part in zip(principal, interest, fees, prices, strict=True)]


def _effect(
    account: Account,
    late: Sequence[InstalmentState],
    more: Sequence[InstalmentState],
    on: date,
    told: Mapping[str, Decimal],
) -> Effect:
    after = with_rows(account, [*(closed(row) for row in late), *more])
    figures = {
        "overdue_moved": sum((row.agreed_owed for row in late), ZERO),
        "interest_added": _interest(after) - _interest(account),
        **told,
    }
    return Effect(settle_rows(after, on), figures=figures)


def _interest(account: Account) -> Decimal:
    return sum((row.interest for row in account.instalments), ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reamortised:
    """All principal outstanding is repaid in a new plan of ``count`` instalments at the contract rate.

    ``first_due_on`` is by default the next due date of the old plan, or the one that would have followed it. Interest
    accrued so far and fees owed fall due with the first new instalment; ``capitalised`` interest becomes principal.
    """

    on: date
    count: int
    terms: LoanTerms
    first_due_on: date | None = None
    capitalised: bool | None = None
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoPrincipalLeft, FlatChargeStays, FirstDueTooEarly."""
        account = age(account, self.on)
        if not account.principal_outstanding:
            if self.source is None:
                raise NoPrincipalLeft()
            return Effect(account)
        if self.terms.flat_charge is not None:
            raise FlatChargeStays()
        agreed = self._agreed(account)
        dues = rolled(self.terms, agreed, self.on)
        accrued = {row.number: row.interest_earned(self.on) for row in account.instalments}
        unpaid = sum((max(accrued[row.number] - row.interest_paid, ZERO) for row in account.instalments), ZERO)
        ended = tuple(self._ended(row, accrued[row.number]) for row in account.instalments)
        ended_account = with_interest_given_back(replace(account, instalments=ended))
        kept = tuple(row for row in ended_account.instalments if _has_a_past(row))
        principal = account.principal_outstanding + (unpaid if self.capitalised else ZERO)
        first = (ZERO if self.capitalised else unpaid, sum((row.fee_owed for row in account.instalments), ZERO))
        terms = account.in_force(self.terms)
        found = self._periods(agreed, dues)
        rows = self._new_rows(terms, principal, first, found, max((row.number for row in kept), default=0))
        rows = [replace(row, agreed_on=agreed_on(on, self.terms)) for row, on in zip(rows, agreed, strict=True)]
        rows = [row for row in rows if row.owed]
        figures = {
            "replanned_principal": principal,
            "interest_capitalised": unpaid if self.capitalised else ZERO,
            "instalments_planned": Decimal(len(rows)),
        }
        after = replace(ended_account, instalments=(*kept, *rows))
        return Effect(settle_rows(after, self.on), figures=figures)

    def _agreed(self, account: Account) -> list[date]:
        """The due dates of the new plan, before they move to working days."""
        first = self.first_due_on
        if first is not None:
            if on_working_days(self.terms, [first])[0] <= self.on:
                raise FirstDueTooEarly()
            return [first, *later_dues(self.terms, [first], self.count - 1, first)]
        # Not those of claims, nor of what an earlier plan ended before it began.
        rows = [row for row in account.instalments if row.starts_on < row.due_on] or account.instalments
        old = agreed_dues(rows, self.terms)
        pairs = zip(old, rows, strict=True)
        coming = [on for on, row in pairs if row.due_on > self.on][: self.count]
        return [*coming, *later_dues(self.terms, old, self.count - len(coming), self.on)]

    def _ended(self, row: InstalmentState, accrued: Decimal) -> InstalmentState:
        """The old instalment with what was paid of it for days gone by: no others are left of its period. Capitalised
        interest counts as paid by the new principal; what was paid for days to come is given back, as the new plan charges
        them."""
        row = replace(row, interest_paid=max(accrued, row.interest_paid)) if self.capitalised else row
        ended = replace(closed(row), interest=min(accrued, row.interest_paid))
        if row.due_on <= self.on:
            return ended
        return replace(ended, starts_on=min(row.starts_on, self.on), due_on=self.on, agreed_on=None, curve=STRAIGHT)

    def _periods(self, agreed: Sequence[date], dues: Sequence[date]) -> list[Period]:
        """The periods of the new plan: the first is measured by itself, one step between days agreed is a regular one."""
        steps = [False, *(is_one_step(self.terms, *days) and not self.terms.due_dates for days in pairwise(agreed))]
        spans = pairwise([self.on, *dues])
        return [Period(*span, span if regular else None) for span, regular in zip(spans, steps, strict=True)]

    def _new_rows(
        self,
        terms: LoanTerms,
        principal: Decimal,
        first: tuple[Decimal, Decimal],
        periods: Sequence[Period],
        after: int,
    ) -> list[InstalmentState]:
        bears = [_bears(terms, period) for period in periods]
        parts = _planned(terms, principal, [sum((share for _end, share in shares), Decimal(0)) for shares in bears])
        rows, balance = [], principal
        for n, ((start, due, _part_of), (part, interest)) in enumerate(zip(periods, parts, strict=True)):
            owed, fee = first if n == 0 else (ZERO, ZERO)
            row = InstalmentState(after + n + 1, start, due, part, interest, fee)
            if len(bears[n]) > 1:
                curve = from_parts(start, [(end, balance * share) for end, share in bears[n]])
                row = replace(row, curve=as_curve(ending_at(curve, interest)))
            rows.append(with_earned(row, self.on, owed))
            balance -= part
        return rows


def _has_a_past(row: InstalmentState) -> bool:
    return bool(row.principal or row.interest or row.fee or row.late_interest)


def _bears(terms: LoanTerms, period: Period) -> list[tuple[date, Decimal]]:
    """What one unit of money bears in ``period``, by the ends of its stretches with one rate in force."""
    spans = spans_by_rate(terms, period.starts_on, period.due_on)
    return [(span[1], part_factor(terms, span, rate, period)) for span, rate in spans]


def _planned(terms: LoanTerms, principal: Decimal, factors: Sequence[Decimal]) -> list[tuple[Decimal, Decimal]]:
    """Principal and interest of each new instalment; the last one repays what is left."""
    step, mode = terms.rounding.step, terms.rounding.mode.decimal
    even = terms.method is Method.EQUAL_PRINCIPAL or not any(factors)
    shares = even_parts(terms, principal, len(factors))
    level = ZERO if even else level_instalment(principal, factors, terms.rounding)
    parts, balance = [], principal
    for n, rate in enumerate(factors):
        interest = round_to(balance * rate, step, mode)
        part = shares[n] if even else min(max(level - interest, ZERO), balance)
        part = balance if n == len(factors) - 1 else part
        parts.append((part, interest))
        balance -= part
    return parts
