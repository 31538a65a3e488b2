"""A plan as its loan's position keeps it: what the contract does not say, as JSON (pure).

Terms are the contract's; drawdowns, new rates, moved periods and payments are added to them in the order they came.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from loans.schedules.course import AddedTime
from loans.schedules.due_dates import Period
from loans.schedules.plan import DownPayment, FeeChange, GivenBack, Lengthened, PaidPart, Plan
from loans.schedules.terms import Drawdown, LoanTerms, RateStep, ServicingTerms


def as_json(plan: Plan | None) -> dict[str, object] | None:
    """The plan without what the contract says; None where there is no plan."""
    if plan is None:
        return None
    moved: dict[str, object] = {}
    if plan.level_periods:
        moved = {
            "level_periods": [_period_as_json(period) for period in plan.level_periods],
            "agreed": [on.isoformat() for on in plan.agreed],
            "added": [[number, *(on.isoformat() for on in (a, b, *counted))] for number, (a, b, counted) in plan.added],
        }
    beside: dict[str, object] = {
        name: [[number, on.isoformat(), str(amount)] for number, on, amount in parts]
        for name, parts in (("down", plan.down), ("again", plan.again), ("charged", plan.charged))
        if parts
    }
    back = [[back.number, back.on.isoformat(), str(back.amount)] for back in plan.given_back]
    looks = {"looks": [look.isoformat() for look in plan.looks]} if plan.looks else {}
    return {
        "count": plan.terms.count,
        "drawdowns": [[part.on.isoformat(), str(part.amount)] for part in plan.terms.drawdowns],
        "rate_steps": [[step.from_on.isoformat(), str(step.annual_rate)] for step in plan.terms.rate_steps],
        "periods": [_period_as_json(period) for period in plan.periods],
        "numbers": list(plan.numbers),
        "fees": [str(fee) for fee in plan.fees],
        "paid": [
            [part.number, part.counts_from.isoformat(), str(part.principal), str(part.interest), str(part.fee)]
            for part in plan.paid
        ],
        **moved,
        **looks,
        **beside,
        **({"given_back": back} if back else {}),
    }


def from_json(data: Mapping[str, Any], terms: LoanTerms, servicing: ServicingTerms) -> Plan:
    """The plan of a loan with ``terms``, as ``as_json`` wrote it."""
    terms = replace(
        terms,
        count=data["count"],
        drawdowns=tuple(Drawdown(_day(on), Decimal(amount)) for on, amount in data["drawdowns"]),
        rate_steps=tuple(RateStep(_day(on), Decimal(rate)) for on, rate in data["rate_steps"]),
    )
    return Plan(
        terms=terms,
        servicing=servicing,
        periods=tuple(_period(row) for row in data["periods"]),
        numbers=tuple(data["numbers"]),
        fees=tuple(Decimal(fee) for fee in data["fees"]),
        paid=tuple(_paid(row) for row in data["paid"]),
        level_periods=tuple(_period(row) for row in data.get("level_periods", ())),
        looks=tuple(_day(look) for look in data.get("looks", ())),
        agreed=tuple(_day(on) for on in data.get("agreed", ())),
        down=tuple(DownPayment(number, _day(on), Decimal(amount)) for number, on, amount in data.get("down", ())),
        again=tuple(DownPayment(number, _day(on), Decimal(amount)) for number, on, amount in data.get("again", ())),
        charged=tuple(FeeChange(number, _day(on), Decimal(amount)) for number, on, amount in data.get("charged", ())),
        given_back=tuple(
            GivenBack(number=number, on=_day(on), amount=Decimal(amount))
            for number, on, amount in data.get("given_back", ())
        ),
        added=tuple(_lengthened(*row) for row in data.get("added", ())),
    )


def _lengthened(number: int, *days: str) -> Lengthened:
    starts_on, due_on, *counted = map(_day, days)
    return Lengthened(number, AddedTime(starts_on, due_on, (counted[0], counted[1])))


def _period_as_json(period: Period) -> list[str | None]:
    part_of = (None, None) if period.part_of is None else tuple(day.isoformat() for day in period.part_of)
    return [period.starts_on.isoformat(), period.due_on.isoformat(), *part_of]


def _period(row: list[str | None]) -> Period:
    starts_on, due_on, begin, end = row
    part_of = None if begin is None or end is None else (_day(begin), _day(end))
    return Period(_day(starts_on), _day(due_on), part_of)


def _paid(row: list[Any]) -> PaidPart:
    number, counts_from, principal, interest, fee = row
    return PaidPart(
        number=number,
        counts_from=_day(counts_from),
        principal=Decimal(principal),
        interest=Decimal(interest),
        fee=Decimal(fee),
    )


def _day(text: str | None) -> date:
    return date.fromisoformat(text or "")
