"""Schedules and annual rates a second, beside what others make in Python. ``./dev bench schedules``

One process, no servers. Everybody gets the same loans of 12 equal monthly instalments. Rounds go in turn, a slice of the
loans each, measured in processor time; the figures are medians of the rounds, and so are the ratios, each taken inside a
round. Ratios are what to compare between machines. Here a schedule is what ``build_schedule`` gives for terms made anew:
dates and exact cents; in bulk it is arrays of the same cents and dates, which is checked before anything is measured.
Of the others only pyloan gives dates.
"""

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from statistics import median
from time import process_time
from typing import Any

import numpy as np

from core.money import from_minor, to_minor
from loans.rates.apr import cost_of
from loans.schedules.bulk_schedules import PARTS, build_many
from loans.schedules.schedule import Schedule, build_schedule
from loans.schedules.terms import LoanTerms

MONTHS = 12
ROUNDS = 31
LOANS = 20_000
MODULES = ("amortization", "pyloan", "mortgage", "numpy_financial", "pyxirr")
GOALS = {"pyloan": ("build_schedule", 20), "amortization": ("build_many", 10)}


@dataclass(frozen=True, slots=True)
class Wish:
    """One loan as both worlds write it."""

    principal: Decimal
    rate: Decimal
    start_on: date

    def terms(self) -> LoanTerms:
        return LoanTerms(principal=self.principal, annual_rate=self.rate, count=MONTHS, start_on=self.start_on)


@dataclass(frozen=True, slots=True)
class Contestant:
    """``run`` works through the loans it is given; ``slice`` is how many of them a round."""

    name: str
    slice: int
    run: Callable[[Sequence[Any]], object]
    remark: str = ""


def main() -> int:
    libraries, missing = _libraries()
    wishes = _wishes()
    _check_bulk(wishes)
    print(f"{MONTHS} equal monthly instalments, medians of {ROUNDS} rounds in turn, processor time\n")
    schedules = [*_ours(wishes), *_others(libraries)]
    rates = _measure(schedules, wishes)
    _tell("schedules", schedules, rates, "build_schedule")
    made = [(wish.terms(), build_schedule(wish.terms())) for wish in wishes[:400]]
    annual = _annual_rates(libraries)
    _tell("annual rates", annual, _measure(annual, [_Priced.of(*pair) for pair in made]), "loans.rates.apr.cost_of")
    for name in missing:
        print(f"MISSING: {name} could not be imported, so nothing is said about it.", file=sys.stderr)
    return _judge(rates)


def _libraries() -> tuple[dict[str, Any], list[str]]:
    sys.path.append(os.environ.get("LOANDESK_BENCH_LIBRARIES", ""))  # last, so that our own packages stay ours
    found: dict[str, Any] = {}
    for name in MODULES:
        try:
            found[name] = importlib.import_module(name)
        except ImportError:
            continue
    return found, [name for name in MODULES if name not in found]


def _wishes() -> list[Wish]:
    random = Random(20260101)
    return [
        Wish(
            principal=from_minor(random.randint(1_000_00, 50_000_00)),
            rate=Decimal(random.randint(300, 3600)).scaleb(-4),
            start_on=date(2026, 1, 1) + timedelta(days=random.randrange(365)),
        )
        for _ in range(LOANS)
    ]


def _check_bulk(wishes: Sequence[Wish]) -> None:
    made = build_many(*_arrays(wishes))
    for loan, wish in enumerate(wishes[:2000]):
        rows = build_schedule(wish.terms()).instalments
        expected = [(row.due_on, to_minor(row.principal), to_minor(row.interest)) for row in rows]
        columns = (made.due_on[loan].tolist(), made.principal[loan].tolist(), made.interest[loan].tolist())
        if expected != list(zip(*columns, strict=True)):
            raise SystemExit(f"In bulk the schedule of {wish} is another one: nothing was measured.")


def _arrays(wishes: Sequence[Wish]) -> tuple[Any, Any, Any, Any]:
    return (
        np.array([to_minor(wish.principal) for wish in wishes]),
        np.array([int(wish.rate * PARTS) for wish in wishes]),
        np.full(len(wishes), MONTHS),
        np.array([wish.start_on for wish in wishes], "datetime64[D]"),
    )


def _ours(wishes: Sequence[Wish]) -> list[Contestant]:
    arrays = _arrays(wishes)  # who builds in bulk reads arrays
    return [
        Contestant("build_schedule", 500, lambda part: [build_schedule(x.terms()) for x in part], "exact, dates"),
        Contestant("build_many", LOANS, lambda _all: build_many(*arrays), "exact, dates, in arrays"),
    ]


def _others(libraries: dict[str, Any]) -> list[Contestant]:
    known = {
        "amortization": Contestant("amortization", 500, lambda part: _amortization(libraries, part), "floats"),
        "pyloan": Contestant("pyloan", 20, lambda part: _pyloan(libraries, part), "Decimal, dates"),
        "mortgage": Contestant("mortgage", 20, lambda part: _mortgage(libraries, part), "Decimal, not in cents"),
        "numpy_financial": Contestant(
            "numpy_financial", 60, lambda part: _numpy_financial(libraries, part), "floats, not in cents"
        ),
    }
    return [known[name] for name in libraries if name in known]


def _amortization(libraries: dict[str, Any], wishes: Sequence[Wish]) -> list[Any]:
    build = libraries["amortization"].amortization_schedule
    return [list(build(float(wish.principal), float(wish.rate), MONTHS)) for wish in wishes]


def _pyloan(libraries: dict[str, Any], wishes: Sequence[Wish]) -> list[Any]:
    loan = libraries["pyloan"].Loan
    return [
        loan(
            loan_amount=float(wish.principal),
            interest_rate=float(wish.rate) * 100,
            loan_term=1,
            start_date=wish.start_on.isoformat(),
            payment_end_of_month=False,
        ).get_payment_schedule()
        for wish in wishes
    ]


def _mortgage(libraries: dict[str, Any], wishes: Sequence[Wish]) -> list[Any]:
    loan = libraries["mortgage"].Loan
    return [loan(principal=float(wish.principal), interest=float(wish.rate), term=1).schedule() for wish in wishes]


def _numpy_financial(libraries: dict[str, Any], wishes: Sequence[Wish]) -> list[Any]:
    finance, numbers = libraries["numpy_financial"], np.arange(1, MONTHS + 1)
    made = []
    for wish in wishes:
        facts = (float(wish.rate) / 12, numbers, MONTHS, float(wish.principal))
        made.append((finance.ipmt(*facts), finance.ppmt(*facts)))
    return made


@dataclass(frozen=True, slots=True)
class _Priced:
    """A loan with its flows, as ``loans.rates.apr`` and as pyxirr take them."""

    terms: LoanTerms
    schedule: Schedule
    flows: list[float]
    dates: list[date]

    @classmethod
    def of(cls, terms: LoanTerms, schedule: Schedule) -> "_Priced":
        flows = [float(terms.principal), *(-float(row.total) for row in schedule.instalments)]
        return cls(terms, schedule, flows, [terms.start_on, *(row.due_on for row in schedule.instalments)])


def _annual_rates(libraries: dict[str, Any]) -> list[Contestant]:
    return [
        Contestant(
            "loans.rates.apr.cost_of",
            100,
            lambda part: [cost_of(x.terms, x.schedule) for x in part],
            "exact to 24 digits",
        ),
        *_annual_rates_of_others(libraries.get("pyxirr")),
    ]


def _annual_rates_of_others(pyxirr: Any) -> list[Contestant]:
    if pyxirr is None:
        return []
    return [
        Contestant("pyxirr.irr", 400, lambda part: [pyxirr.irr(x.flows) for x in part], "float, by periods"),
        Contestant("pyxirr.xirr", 400, lambda part: [pyxirr.xirr(x.dates, x.flows) for x in part], "float, by dates"),
    ]


def _measure(contestants: Sequence[Contestant], given: Sequence[Any]) -> dict[str, list[float]]:
    """Pieces of work a second, one figure a round."""
    rates: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    for turn in range(ROUNDS):
        for contestant in contestants:
            first = turn * contestant.slice % (len(given) - contestant.slice + 1)
            part = given[first : first + contestant.slice]
            began = process_time()
            contestant.run(part)
            rates[contestant.name].append(len(part) / (process_time() - began))
    return rates


def _tell(what: str, contestants: Sequence[Contestant], rates: dict[str, list[float]], ours: str) -> None:
    print(f"{what + ' a second':<28} {'median':>10}   {ours} / it")
    for contestant in contestants:
        name = contestant.name
        print(f"  {name:<26} {median(rates[name]):>10,.0f}   {_ratio(rates, ours, name):>8.2f} x   {contestant.remark}")
    print()


def _ratio(rates: dict[str, list[float]], ours: str, theirs: str) -> float:
    return median(mine / other for mine, other in zip(rates[ours], rates[theirs], strict=True))


def _judge(rates: dict[str, list[float]]) -> int:
    reached = []
    for name, (ours, goal) in GOALS.items():
        ratio = _ratio(rates, ours, name) if name in rates else 0.0
        reached.append(ratio >= goal)
        print(f"{ours} / {name}: {ratio:.1f} x   (goal: {goal} x{'' if reached[-1] else ', NOT reached'})")
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
