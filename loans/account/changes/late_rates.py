"""Another multiplier of late interest from a day on (pure)."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from loans.account.account import Account, age
from loans.account.changes.base import Effect
from loans.account.late_interest import rates_with
from loans.schedules.terms import RateStep


@dataclass(frozen=True, slots=True, kw_only=True)
class LateMultiplierChanged:
    """Late interest is ``multiplier`` times the contract rate from ``on``, that day included; days before it keep theirs."""

    on: date
    multiplier: Decimal
    source: Any = None
    begins_day: ClassVar[bool] = True

    def apply(self, account: Account) -> Effect:
        account = age(account, self.on - timedelta(days=1))
        rates = rates_with(account.late_rates, account.late, self.on, multiplier=self.multiplier)
        late_rate = next((rate.annual_rate for rate in rates if rate.first == self.on), account.late_annual_rate)
        return Effect(replace(account, late_rates=rates), figures={"late_rate": late_rate})


def with_contract_rate(account: Account, on: date, annual_rate: Decimal) -> Account:
    """The contract rate is ``annual_rate`` from ``on``, and from no later day any other; the late rate follows it.

    A contract rate of a day bears on the night after it, a late day is the one that has passed: hence from the next day.
    """
    first = on + timedelta(days=1)
    rates = rates_with(account.late_rates, account.late, first, contract_rate=annual_rate)
    steps = (*(step for step in account.rate_steps if step.from_on < on), RateStep(on, annual_rate))
    return replace(account, late_rates=rates, rate_steps=steps)
