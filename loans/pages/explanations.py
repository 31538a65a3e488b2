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
from django.utils.translation import ngettext

from core.calendars import days_between
from core.money import ZERO, round_to
from loans.account.account import Account
from loans.account.interest import late_interest_of_day
from loans.account.late_interest import days_by_rate, rate_on
from loans.bookkeeping import positions
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
    """What is overdue × yearly late rate ÷ 365 for each day after the grace days: the days of each rate, then the sums."""
    account = positions.load(loan, loan.position)
    terms = [_late_term(account, row, on) for row in instalments if row.late_interest or _is_late(row, on)]
    charged = sum((round_to(row.late_interest, account.late.step) for row in instalments), ZERO)
    paid = sum((row.late_interest_paid for row in instalments), ZERO)
    if paid:
        terms.append(Term(_("Paid of it"), -paid))
    return Explanation(_late_formula(loan, account), terms, charged - paid)


def _late_formula(loan: Loan, account: Account) -> str:
    """The rates with the day each holds from, on what they are charged, and the days that are free."""
    rates = [_percent(account.late_annual_rate)]
    rates += [
        _("%(rate)s from %(day)s") % {"rate": _percent(rate.annual_rate), "day": rate.first.isoformat()}
        for rate in account.late_rates
    ]
    facts = {"rate": ", ".join(rates), "grace": loan.grace_days}
    formula = _("overdue principal × %(rate)s a year ÷ 365, for each day after %(grace)d grace days") % facts
    if account.late.compounds:
        formula = (
            _("overdue principal and interest × %(rate)s a year ÷ 365, for each day after %(grace)d grace days") % facts
        )
    if account.late.most is None:
        return formula
    return formula + "; " + _("at most %(amount)s in all, penalties included") % {"amount": f"{account.late.most:,.2f}"}


def _percent(rate: Decimal) -> str:
    return f"{rate * 100:.2f} %"


def _is_late(row: Instalment, on: date) -> bool:
    return row.due_on < on and row.settled_on is None


def _late_term(account: Account, row: Instalment, on: date) -> Term:
    """One instalment: how many days at which rate up to the day it was settled, and what a day costs now."""
    until = min(row.settled_on or account.as_of, account.as_of)
    days = days_by_rate(account.late_reckoning, row.due_on, row.due_on, until)
    said = [
        ngettext("%(days)d day at %(rate)s", "%(days)d days at %(rate)s", count)
        % {"days": count, "rate": _percent(rate)}
        for rate, count in days
    ]
    owed = row.principal - row.principal_paid
    if account.late.compounds:
        owed += row.interest - row.interest_paid
    if owed and _is_late(row, on):
        daily = late_interest_of_day(owed, rate_on(account.late_rates, account.late_annual_rate, on))
        said.append(_("now %(owed)s overdue, %(daily)s a day") % {"owed": f"{owed:,.2f}", "daily": f"{daily:,.4f}"})
    label = _("Instalment %(number)d, due %(due)s") % {"number": row.number, "due": row.due_on.isoformat()}
    return Term(label, round_to(row.late_interest, account.late.step), "; ".join(said))
