"""What repaying early costs beside interest: an early-repayment charge, where product and contract agree on one (pure).

It is a part of the principal that is repaid before its day, and never more than the interest that is saved, nor than what
the cap on all costs of the loan leaves: all that was charged, over the principal really in use (People's Bank of China,
Announcement [2021] No. 3). In the European Union 1 %, and 0.5 % where a year or less is left (Directive 2008/48/EC, 16).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.calendars import add_months
from core.money import ROUND_DOWN, ZERO, round_to


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyCharge:
    """What a contract says of it. Rates are parts of the principal repaid early (0.01 is 1 %), zero or more.

    ``last_year_rate`` holds where a year or less is left to the last due date. Nothing is charged from ``free_from`` on.
    ``cost_cap`` is the highest yearly cost of the loan, interest, fees and late interest included; None: no cap.
    ``charged_before`` is a fee that was taken out of the sum paid out.
    """

    rate: Decimal
    last_year_rate: Decimal
    free_from: date | None = None
    cost_cap: Decimal | None = None
    charged_before: Decimal = ZERO

    def rate_on(self, on: date, ends_on: date) -> Decimal:
        """The rate on ``on`` for a loan whose last due date is ``ends_on``."""
        if self.free_from is not None and on >= self.free_from:
            return ZERO
        return self.rate if ends_on > add_months(on, 12) else self.last_year_rate

    def amount(
        self, early: Decimal, rate: Decimal, *, saved: Decimal, charged: Decimal, in_use: Decimal, step: Decimal
    ) -> Decimal:
        """What is charged for ``early`` of principal, in the smallest sum ``step`` that is paid.

        ``saved`` is interest that is not charged any more, ``charged`` all costs so far, ``in_use`` the principal times the
        years it was used.
        """
        most = [early * rate, saved]
        if self.cost_cap is not None:
            most.append(self.cost_cap * in_use - charged - self.charged_before)
        return max(round_to(min(most), step, ROUND_DOWN), ZERO)
