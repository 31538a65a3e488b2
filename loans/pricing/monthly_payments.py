"""What a loan takes from a month's income."""

from decimal import Decimal

from core.money import ZERO, round_money
from loans.schedules.schedule import Schedule
from loans.schedules.terms import Frequency, LoanTerms

# Units of a frequency in a month.
_A_MONTH = {Frequency.MONTH: Decimal(1), Frequency.WEEK: Decimal(52) / 12, Frequency.DAY: Decimal(365) / 12}


def monthly_payment(terms: LoanTerms, schedule: Schedule) -> Decimal:
    """In currency units: all of the loan when it is due within a month, else its highest instalment.

    Instalments by weeks and days are taken as so many in a month; the last one, which may be a balloon, counts with its
    monthly share of all that is repaid.
    """
    rows = [row for row in schedule.instalments if row.due_on > terms.start_on]
    days = (rows[-1].due_on - terms.start_on).days
    share = (terms.drawn + schedule.total_interest + schedule.total_fee) * 30 / max(days, 30)
    highest = max((row.total for row in rows[:-1]), default=ZERO)
    return round_money(max(share, of_a_month(highest, terms.frequency, terms.every)))


def of_a_month(instalment: Decimal, frequency: str, every: int) -> Decimal:
    """What instalments of that size, each ``every`` units of ``frequency``, come to in a month; not rounded."""
    return instalment * _A_MONTH[Frequency(frequency)] / max(every, 1)
