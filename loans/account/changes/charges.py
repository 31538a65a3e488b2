"""Fees and penalties added to a running loan, and fees of its instalments raised and lowered (pure)."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.money import ZERO, round_to
from loans.account.account import Account, InstalmentState, age, settle_rows
from loans.account.changes.base import Effect, EventImpossible
from loans.schedules.plan import FeeChange


class NoInstalmentLeft(EventImpossible):
    code = "no_instalment_left"
    message = _("No open instalment is left that it could fall due with.")


class NoFeeThere(EventImpossible):
    code = "no_fee_there"
    field = "instalment"
    message = _("Instalment %(number)s has no fee. Choose one that has, or add a fee.")


class FeeLoweredTooFar(EventImpossible):
    code = "fee_lowered_too_far"
    field = "amount"
    message = _("Of this fee %(owed)s is still owed; it cannot be lowered by %(amount)s.")


class WaiverTooHigh(EventImpossible):
    code = "waiver_too_high"
    field = "amount"
    message = _("Only %(owed)s is owed; %(amount)s cannot be waived.")


class FeeLongPaid(EventImpossible):
    code = "fee_long_paid"
    field = "instalment"
    message = _(
        "Instalment %(number)s fell due on %(due_on)s and is paid; a higher fee would make it late from that day. "
        "Add a fee instead: it falls due with an open instalment."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeAdded:
    """A fee of ``amount``, due with the first open instalment on or after ``due_on`` (the last one where none is later)."""

    on: date
    amount: Decimal
    due_on: date | None = None
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoInstalmentLeft."""
        account = age(account, self.on)
        target = _falls_due_with(account, self.due_on or self.on)
        return Effect(_with(account, replace(target, fee=target.fee + self.amount)), figures={"fee_added": self.amount})


@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltyAdded:
    """A penalty of ``amount``, owed like late interest, with the first open instalment on or after ``due_on``."""

    on: date
    amount: Decimal
    due_on: date | None = None
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoInstalmentLeft."""
        account = age(account, self.on)
        target = _falls_due_with(account, self.due_on or self.on)
        charged = replace(target, late_interest=target.late_interest + self.amount)
        return Effect(_with(account, charged), figures={"penalty_added": self.amount})


def _falls_due_with(account: Account, wanted: date) -> InstalmentState:
    open_rows = [row for row in account.instalments if row.settled_on is None]
    if not open_rows:
        raise NoInstalmentLeft()
    return next((row for row in open_rows if row.due_on >= wanted), open_rows[-1])


def _with(account: Account, changed: InstalmentState) -> Account:
    rows = tuple(changed if row.number == changed.number else row for row in account.instalments)
    return _with_fees_noted(account, replace(account, instalments=rows))


def _with_fees_noted(before: Account, after: Account) -> Account:
    """``after`` with its plan, where it has one, told by how much fees of its instalments differ: they may bear interest."""
    if after.plan is None:
        return after
    fees = {row.number: row.fee for row in before.instalments}
    noted = [
        FeeChange(row.number, before.as_of, row.fee - fees[row.number])
        for row in after.instalments
        if row.number in after.plan.numbers and row.fee != fees[row.number]
    ]
    return replace(after, plan=replace(after.plan, charged=(*after.plan.charged, *noted))) if noted else after


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRaised:
    """The fee of instalment ``instalment`` is ``amount`` higher from ``on``."""

    on: date
    instalment: int
    amount: Decimal
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoFeeThere, FeeLongPaid."""
        account = age(account, self.on)
        target = _with_fee(account, self.instalment)
        if target is None:
            if self.source is None:
                raise NoFeeThere(number=self.instalment)
            return Effect(account, figures={"fee_raised": ZERO})
        if self.source is None and target.settled_on is not None and target.due_on < self.on:
            raise FeeLongPaid(number=self.instalment, due_on=target.due_on.isoformat())
        raised = replace(target, fee=target.fee + self.amount, settled_on=None)
        return Effect(_with(account, raised), figures={"fee_raised": self.amount})


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeLowered:
    """The fee of instalment ``instalment`` is ``amount`` lower from ``on``; what was paid of it stays paid."""

    on: date
    instalment: int
    amount: Decimal
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises NoFeeThere, FeeLoweredTooFar. Applied again it lowers by what is then still owed."""
        account = age(account, self.on)
        target = _with_fee(account, self.instalment)
        if target is None and self.source is None:
            raise NoFeeThere(number=self.instalment)
        owed = target.fee_owed if target is not None else ZERO
        if self.amount > owed and self.source is None:
            raise FeeLoweredTooFar(owed=owed, amount=self.amount)
        part = min(self.amount, owed)
        if target is not None and part:
            account = settle_rows(_with(account, replace(target, fee=target.fee - part)), self.on)
        return Effect(account, figures={"fee_lowered": part})


def _with_fee(account: Account, number: int) -> InstalmentState | None:
    return next((row for row in account.instalments if row.number == number and row.fee), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargesWaived:
    """``amount`` of late interest or fees given up, oldest instalment first. ``component``: late_interest or fee."""

    on: date
    component: str
    amount: Decimal
    source: Any = None

    def apply(self, account: Account) -> Effect:
        """Raises WaiverTooHigh. Applied again it gives up what is then still owed."""
        account, left = age(account, self.on), self.amount
        rows: list[InstalmentState] = []
        for row in account.instalments:
            part = min(row.owed_parts.of(self.component), round_to(left, row.step, "ROUND_DOWN"))
            rows.append(self._waived(row, part) if part else row)
            left -= part
        if left and self.source is None:
            raise WaiverTooHigh(owed=self.amount - left, amount=self.amount)
        after = _with_fees_noted(account, settle_rows(replace(account, instalments=tuple(rows)), self.on))
        return Effect(after, figures={"waived": self.amount - left})

    def _waived(self, row: InstalmentState, part: Decimal) -> InstalmentState:
        if self.component == "fee":
            return replace(row, fee=row.fee - part)
        # All of it given up: the fraction of a cent goes too, half a cent below nothing would round to a cent.
        all_of_it = part == row.late_interest_owed
        return replace(row, late_interest=row.late_interest_paid if all_of_it else row.late_interest - part)
