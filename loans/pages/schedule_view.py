"""The schedule as people read it: one row an instalment with its state in words, and totals that add up.

Pure apart from its words: instalments and a day in, rows out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.calendars import days_between
from core.choices import Shown, Tone
from core.money import ZERO, round_to
from loans.account.parts import PartsPaid
from loans.models import Instalment, Loan, LoanStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow(PartsPaid):
    number: int
    starts_on: date
    due_on: date
    state: Shown


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """One version of the schedule. ``is_indicative``: nothing was paid out yet, so the days may still move."""

    version: int
    rows: tuple[ScheduleRow, ...]
    totals: PartsPaid
    is_indicative: bool = False

    @property
    def has_fees(self) -> bool:
        return bool(self.totals.fee)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far repayment has come: four amounts that sum to everything this loan asks for."""

    paid: Decimal
    overdue: Decimal
    due: Decimal
    later: Decimal

    @property
    def total(self) -> Decimal:
        return self.paid + self.overdue + self.due + self.later


def schedule_view(
    loan: Loan, instalments: Sequence[Instalment], *, as_of: date, on: date, version: int
) -> ScheduleView:
    """``as_of``: the day the figures were reckoned to; ``on``: the open business day, which is usually the next.

    Lateness is told as of the reckoning, so that the rows never disagree with the head of the page by a day.
    """
    rows = tuple(_row(loan, instalment, as_of, on) for instalment in instalments)
    totals = PartsPaid.summed(rows)
    return ScheduleView(version, rows, totals, loan.status == LoanStatus.PENDING_DISBURSEMENT)


def progress(view: ScheduleView, *, as_of: date, on: date) -> Progress:
    return Progress(
        paid=view.totals.paid,
        overdue=sum((row.owed for row in view.rows if row.due_on < as_of), ZERO),
        due=sum((row.owed for row in view.rows if as_of <= row.due_on <= on), ZERO),
        later=sum((row.owed for row in view.rows if row.due_on > on), ZERO),
    )


def _row(loan: Loan, row: Instalment, as_of: date, on: date) -> ScheduleRow:
    paid = row.principal_paid + row.interest_paid + row.fee_paid + row.late_interest_paid
    return ScheduleRow(
        number=row.number,
        starts_on=row.starts_on,
        due_on=row.due_on,
        principal=row.principal,
        interest=row.interest,
        fee=row.fee,
        late_interest=round_to(row.late_interest, Decimal(loan.rounding_step)),
        paid=paid,
        state=_state(loan, row, paid, as_of, on),
    )


def _state(loan: Loan, row: Instalment, paid: Decimal, as_of: date, on: date) -> Shown:
    if row.settled_on is not None:
        return _settled(row, row.settled_on)
    if loan.status == LoanStatus.WRITTEN_OFF:
        return Shown(_("written off"), Tone.NEUTRAL)
    if loan.status == LoanStatus.CANCELLED:
        return Shown(_("cancelled"), Tone.NEUTRAL)
    if row.due_on < as_of:
        return _late(days_between(row.due_on, as_of), paid)
    if row.due_on < on:
        return Shown(_("Due %(due)s, unpaid") % {"due": row.due_on.isoformat()}, Tone.ATTENTION)
    if row.due_on == on:
        return Shown(_("Due today"), Tone.INFO)
    return Shown(_("%(paid)s paid") % {"paid": f"{paid:,.2f}"}, Tone.INFO) if paid else Shown("", Tone.NEUTRAL)


def _settled(row: Instalment, settled_on: date) -> Shown:
    late = days_between(row.due_on, settled_on)
    if late <= 0:
        return Shown(_("Paid %(on)s") % {"on": settled_on.isoformat()}, Tone.GOOD)
    words = ngettext("Paid %(days)d day late", "Paid %(days)d days late", late)
    return Shown(words % {"days": late}, Tone.ATTENTION)


def _late(days: int, paid: Decimal) -> Shown:
    words = ngettext("%(days)d day late", "%(days)d days late", days) % {"days": days}
    if paid:
        words = _("%(late)s · %(paid)s paid") % {"late": words, "paid": f"{paid:,.2f}"}
    return Shown(words, Tone.BAD)
