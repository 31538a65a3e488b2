"""Unpaid interest made principal (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from loans.account.account import Account, InstalmentState, age, settle_rows
from loans.account.changes.base import Effect, EventImpossible
from loans.account.changes.earning import curve_of
from loans.account.changes.plan_rows import price_of_time
from loans.schedules.earning import STRAIGHT, Curve, as_curve, line, plus
from loans.schedules.terms import LoanTerms


class NothingToCapitalise(EventImpossible):
    code = "nothing_to_capitalise"
    message = _("No interest was unpaid on the day the change counts from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestCapitalised:
    """All interest accrued by ``on`` and not paid becomes principal, and bears interest itself from that day.

    Interest that fell due, late interest, and the accrued part of the running period are taken; the running instalment
    ends on ``on`` and goes on as a further one. The new principal is repaid with the last instalment ahead; each
    instalment ahead bears its interest at the contract rate. Where all instalments are due it joins the last of them.
    """

    on: date
    terms: LoanTerms
    source: Any = None
    takes_back: ClassVar[bool] = True
    tells_what_was_paid_ahead: ClassVar[bool] = True  # nothing is given back, only numbers change

    def apply(self, account: Account) -> Effect:
        """Raises NothingToCapitalise."""
        account = age(account, self.on)
        interest = sum((self._unpaid(row) for row in account.instalments), ZERO)
        late_interest = sum((row.late_interest_owed for row in account.instalments), ZERO)
        if not interest + late_interest:
            if self.source is None:
                raise NothingToCapitalise()
            return Effect(account)
        taken = list(self._taken(account.instalments))
        rows = self._with_principal(account.in_force(self.terms), taken, interest + late_interest)
        figures = {"interest_capitalised": interest, "late_interest_capitalised": late_interest}
        return Effect(settle_rows(replace(account, instalments=tuple(rows)), self.on), figures=figures)

    def _accrued(self, row: InstalmentState) -> Decimal:
        return row.interest_accrued(self.on)

    def _unpaid(self, row: InstalmentState) -> Decimal:
        return self._accrued(row) - row.interest_paid

    def _taken(self, rows: tuple[InstalmentState, ...]) -> Iterator[InstalmentState]:
        """The instalments with their interest to ``on`` counted as paid, by the new principal; the running ones in two."""
        further = 0
        for row in rows:
            accrued = self._accrued(row)
            row = replace(row, number=row.number + further, late_interest_paid=row.late_interest_due)
            if not row.starts_on < self.on < row.due_on:
                yield replace(row, interest_paid=accrued)
                continue
            yield replace(
                row,
                due_on=self.on,
                agreed_on=None,
                principal=row.principal_paid,
                interest=accrued,
                interest_paid=accrued,
                fee=row.fee_paid,
                curve=STRAIGHT,
            )
            further += 1
            left = (row.principal_owed, row.interest - accrued, row.fee_owed)
            rest = _rest_of(row, accrued, self.on)
            yield InstalmentState(row.number + 1, self.on, row.due_on, *left, agreed_on=row.agreed_on, curve=rest)

    def _with_principal(self, terms: LoanTerms, rows: list[InstalmentState], added: Decimal) -> list[InstalmentState]:
        last = max(rows, key=lambda row: (row.due_on, row.number)).number
        return [self._bearing(terms, row, added, is_last=row.number == last) for row in rows]

    def _bearing(self, terms: LoanTerms, row: InstalmentState, added: Decimal, *, is_last: bool) -> InstalmentState:
        price = price_of_time(terms, added, row.starts_on, row.due_on) if row.starts_on >= self.on else ZERO
        if not price and not is_last:
            return row
        principal = row.principal + (added if is_last else ZERO)
        curve = as_curve(plus(curve_of(row), line(row.starts_on, row.due_on, price))) if row.curve else STRAIGHT
        return replace(row, principal=principal, interest=row.interest + price, settled_on=None, curve=curve)


def _rest_of(row: InstalmentState, accrued: Decimal, on: date) -> Curve:
    """How what is left of the interest of ``row`` after ``on`` is earned."""
    if not row.curve:
        return STRAIGHT
    later = [(day, max(earned - accrued, ZERO)) for day, earned in curve_of(row) if day > on]
    return as_curve(((on, ZERO), *later))
