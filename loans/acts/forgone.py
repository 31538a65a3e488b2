"""What an act gives up of days to come, which no plan of today shows: by the worst that can still come of it.

A hold, a free holiday and a lower rate cost as much as is owed while they last, and what can still be drawn or falls overdue
meanwhile is not in the plan. So they are measured as if all that can be drawn were drawn at once, and nobody paid.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from core.calendars import days_between
from core.money import ZERO, round_money
from loans.account.account import Account, age
from loans.account.changes.due_dates import PaymentHoliday
from loans.account.changes.holds import HoldPlaced
from loans.account.interest import STOPS_INTEREST, STOPS_LATE_INTEREST, Stops
from loans.account.late_interest import rate_on as late_rate_on
from loans.events.act_kinds import INTEREST_FORGONE, Tried
from loans.events.of_acts import drawn, line_is_open
from loans.models import Loan
from loans.schedules.period_rates import rate_on

# A loan whose plan is at its end is looked at for so many days at least.
_LATE_DAYS = 90


def forgone(tried: Tried) -> Decimal:
    """Interest of days to come that nobody will owe for the act, in currency units; never negative.

    What the act itself tells of extra time without a price, and beyond it: what could be drawn under a hold or in free time
    bears nothing then, and late interest is not charged under a hold or falls with the rate.
    """
    found = tried.effect.figures.get(INTEREST_FORGONE, ZERO) + _free_if_drawn(tried) + _late_interest(tried)
    return round_money(found)


def drawable(loan: Loan, account: Account, on: date) -> Decimal:
    """What can still be drawn of the approved amount on ``on``, in currency units."""
    if loan.line_open_months:
        left = loan.principal - account.principal_outstanding if line_is_open(loan, on) else ZERO
    else:
        left = loan.principal - drawn(loan)
    return max(left, ZERO)


def lowers_what_can_be_drawn(tried: Tried) -> bool:
    """Whether the contract rate falls while more can be drawn: no sum of today can bound what is given up by it."""
    if all(now >= was for was, now in _rates(tried)):
        return False
    return drawable(tried.loan, tried.before, tried.recorded_on) > ZERO


def highest_raised_rate(tried: Tried) -> Decimal | None:
    """The highest contract rate of a day that the act makes dearer; None where it raises no rate."""
    return max((now for was, now in _rates(tried) if now > was), default=None)


def _rates(tried: Tried) -> list[tuple[Decimal, Decimal]]:
    """The contract rates before and after the act, of each day from it on from which one of them holds."""
    before, after = tried.before.rate_steps, tried.after.rate_steps
    if before == after:
        return []
    first, agreed = tried.effective_on, tried.loan.annual_rate
    days = {first, *(step.from_on for step in (*before, *after) if step.from_on >= first)}
    return [(rate_on(agreed, before, day), rate_on(agreed, after, day)) for day in sorted(days)]


def _free_if_drawn(tried: Tried) -> Decimal:
    days = _free_days(tried)
    if not days:
        return ZERO
    left = drawable(tried.loan, tried.before, tried.recorded_on)
    rate = rate_on(tried.loan.annual_rate, tried.before.rate_steps, tried.effective_on)
    return left * rate * days / 365


def _free_days(tried: Tried) -> int:
    """The days for which an act lets what is owed bear nothing."""
    change = tried.change
    if isinstance(change, HoldPlaced) and Stops(change.stops) in STOPS_INTEREST:
        return days_between(change.on, change.until) + 1
    if isinstance(change, PaymentHoliday):
        known = tried.before.holds
        free = [hold for hold in tried.after.holds if hold.stops is Stops.FREE_TIME and hold not in known]
        return sum(days_between(hold.first, hold.last) + 1 for hold in free)
    return 0


def _late_interest(tried: Tried) -> Decimal:
    """Late interest of days to come that is not charged for the act, if nobody pays until then."""
    change, before = tried.change, tried.before
    if isinstance(change, HoldPlaced):
        if Stops(change.stops) not in STOPS_LATE_INTEREST:
            return ZERO
        days = days_between(change.on, change.until) + 1
        left = drawable(tried.loan, before, tried.recorded_on)
        if_drawn = left * late_rate_on(before.late_rates, before.late_annual_rate, change.on) * days / 365
        freed = max(before.late_interest_accrued - tried.after.late_interest_accrued, ZERO)  # of days gone by
        return if_drawn + max(_charged_less(before, tried.after, change.until) - freed, ZERO)
    on = max(tried.recorded_on, tried.effective_on)
    was, becomes = (
        late_rate_on(account.late_rates, account.late_annual_rate, on + timedelta(days=1))
        for account in (before, tried.after)
    )
    if becomes >= was:
        return ZERO
    last = max((row.due_on for row in before.instalments), default=on)
    lowered = replace(before, late_rates=tried.after.late_rates)
    return _charged_less(before, lowered, max(last, on + timedelta(days=_LATE_DAYS)))


def _charged_less(before: Account, after: Account, until: date) -> Decimal:
    return max(age(before, until).late_interest_accrued - age(after, until).late_interest_accrued, ZERO)
