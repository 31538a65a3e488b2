"""Instalments moved to days on which another rate is in force: each day bears the rate of that day (pure)."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from core.calendars import days_between
from core.money import ZERO
from loans.account.account import InstalmentState
from loans.account.changes.earning import curve_of
from loans.account.changes.plan_rows import spans_by_rate
from loans.schedules.earning import as_curve, from_parts, plus
from loans.schedules.instalment_amounts import year_share
from loans.schedules.terms import InterestType, LoanTerms


def at_rates_in_force(
    terms: LoanTerms, rows: Sequence[InstalmentState], moved: Sequence[InstalmentState]
) -> list[InstalmentState]:
    """``moved``, which are ``rows`` on other days, with the interest of each period at the rates of its new days.

    ``terms`` have the rates in force. A period keeps the part of a year that it bears. The first row only became longer or
    shorter, which is priced by itself; where interest waits for a later row, that one bears the difference.
    """
    found = list(moved)
    if terms.flat_charge is not None or terms.interest_type is InterestType.FLAT or not terms.rate_steps:
        return found
    for k, (was, now) in enumerate(zip(rows, moved, strict=True)):
        is_free = not was.interest and terms.grace_on_interest_charged
        if k == 0 or was.starts_on >= was.due_on or is_free or _mean(terms, now) == _mean(terms, was):
            continue
        balance = sum((row.principal for row in rows[k:]), ZERO)
        within, days, gone = (
            (was.starts_on, was.due_on),
            days_between(now.starts_on, now.due_on),
            now.due_on - was.due_on,
        )
        shares = [(end, year_share(terms, a, end, within), rate) for (a, end), rate in spans_by_rate(terms, *within)]
        whole = sum((share for _end, share, _rate in shares), Decimal(0))
        bears = [
            (end, balance * rate * whole * days_between(start, end) / days)
            for (start, end), rate in spans_by_rate(terms, now.starts_on, now.due_on)
        ]
        less = [(min(max(end + gone, now.starts_on), now.due_on), -balance * rate * part) for end, part, rate in shares]
        turned = plus(from_parts(now.starts_on, bears), from_parts(now.starts_on, less))
        bearer = next((n for n in range(k, len(found)) if found[n].interest), k)
        more = terms.rounding.payable(turned[-1][1])
        curve = as_curve(plus(curve_of(found[bearer]), turned))
        found[bearer] = replace(found[bearer], interest=found[bearer].interest + more, curve=curve)
    return found


def _mean(terms: LoanTerms, row: InstalmentState) -> Decimal:
    """The rate of the period on an average of its days."""
    spans = spans_by_rate(terms, row.starts_on, row.due_on)
    weighed = sum((rate * days_between(*span) for span, rate in spans), Decimal(0))
    return weighed / max(days_between(row.starts_on, row.due_on), 1)
