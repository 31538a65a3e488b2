"""Why is this number what it is? The formula behind each figure of the loan page, with this loan's own inputs.

Nothing is computed differently here: each explanation adds up the stored parts and says so when they do not meet the
stored result, which would be a fault worth seeing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.calendars import days_between
from core.money import ZERO, round_money
from loans.interest import late_interest_of_day
from loans.models import Instalment, Loan, LoanPosition


@dataclass(frozen=True, slots=True)
class Term:
    """One line of a sum: its name, how it came about, and the amount."""

    label: str | Promise
    value: Decimal | int | str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    formula: str
    terms: list[Term] = field(default_factory=list)
    result: Decimal | int | None = None
    unit: str = "money"


def outstanding(position: LoanPosition) -> Explanation:
    """Principal and what has accrued on it, less what was paid."""
    paid = _("%(accrued)s accrued less %(paid)s paid")
    terms = [Term(_("Principal not yet repaid"), position.principal_outstanding)]
    parts = (
        (_("Interest"), position.interest_accrued, position.interest_paid),
        (_("Fees"), position.fee_accrued, position.fee_paid),
        (_("Late interest"), position.late_interest_accrued, position.late_interest_paid),
    )
    for label, accrued, settled in parts:
        if accrued or settled:
            note = paid % {"accrued": f"{accrued:,.2f}", "paid": f"{settled:,.2f}"}
            terms.append(Term(label, accrued - settled, note))
    return Explanation(
        _("principal + interest + fees + late interest, each less what was paid"), terms, position.outstanding_total
    )


def days_past_due(position: LoanPosition) -> Explanation:
    """Calendar days since the oldest due date that is not fully paid."""
    formula = _("calendar days from the oldest due date with something unpaid, to the day of the figures")
    if position.oldest_due_on is None:
        return Explanation(formula, [Term(_("Oldest unpaid due date"), _("none"))], 0, "days")
    terms = [
        Term(_("Figures as of"), position.as_of.isoformat()),
        Term(_("Oldest unpaid due date"), position.oldest_due_on.isoformat()),
    ]
    return Explanation(formula, terms, days_between(position.oldest_due_on, position.as_of), "days")


def overdue(position: LoanPosition) -> Explanation:
    """What should have been paid before the day of the figures."""
    terms = [
        Term(_("Principal"), position.overdue_principal),
        Term(_("Interest"), position.overdue_interest),
        Term(_("Fees"), position.overdue_fee),
        Term(_("Late interest"), position.late_interest_receivable),
    ]
    return Explanation(
        _("unpaid parts of instalments due before the day of the figures, and late interest on them"),
        [term for term in terms if term.value],
        position.overdue_total,
    )


def late_interest(loan: Loan, instalments: Sequence[Instalment], on: date) -> Explanation:
    """Overdue principal × yearly late rate ÷ 365 for each day after the grace days, kept to eight decimals."""
    formula = _("overdue principal × %(rate)s a year ÷ 365, for each day after %(grace)d grace days") % {
        "rate": f"{loan.late_annual_rate * 100:.2f} %",
        "grace": loan.grace_days,
    }
    terms = [_late_term(loan, row, on) for row in instalments if row.late_interest or _is_late(row, on)]
    charged = sum((round_money(row.late_interest) for row in instalments), ZERO)
    paid = sum((row.late_interest_paid for row in instalments), ZERO)
    if paid:
        terms.append(Term(_("Paid of it"), -paid))
    return Explanation(formula, terms, charged - paid)


def _is_late(row: Instalment, on: date) -> bool:
    return row.due_on < on and row.settled_on is None


def _late_term(loan: Loan, row: Instalment, on: date) -> Term:
    owed = row.principal - row.principal_paid
    note = ""
    if owed and _is_late(row, on):
        daily = late_interest_of_day(owed, loan.late_annual_rate)
        note = _("now %(owed)s overdue, %(daily)s a day") % {"owed": f"{owed:,.2f}", "daily": f"{daily:,.4f}"}
    label = _("Instalment %(number)d, due %(due)s") % {"number": row.number, "due": row.due_on.isoformat()}
    return Term(label, round_money(row.late_interest), note)
