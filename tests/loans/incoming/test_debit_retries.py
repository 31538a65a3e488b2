"""The plan of repeats of a failed debit."""

from datetime import date
from decimal import Decimal

from loans.incoming.debit_retries import Retry, RetryPlan, Tried, amount_of_try

DUE = date(2026, 2, 15)
PLAN = RetryPlan([Retry(1, Decimal(1)), Retry(3, Decimal("0.5"))], frozenset({"MD01"}))


def test_the_first_try_is_for_everything_and_waits_for_nothing() -> None:
    assert PLAN.next_try([]) == (None, Decimal(1))


def test_each_failure_brings_the_next_step_counted_from_the_first_try() -> None:
    assert PLAN.next_try([Tried(DUE, "AM04")]) == (date(2026, 2, 16), Decimal(1))
    late = [Tried(DUE, "AM04"), Tried(date(2026, 2, 17), "AM04")]
    assert PLAN.next_try(late) == (date(2026, 2, 18), Decimal("0.5"))
    assert PLAN.next_try([*late, Tried(date(2026, 2, 18), "AM04")]) is None


def test_a_reason_no_repeat_can_cure_ends_the_tries() -> None:
    assert PLAN.next_try([Tried(DUE, "MD01")]) is None


def test_a_share_is_cut_to_the_cent() -> None:
    assert amount_of_try(Decimal("1100.15"), Decimal("0.5")) in {Decimal("550.07"), Decimal("550.08")}


def test_the_rule_as_data() -> None:
    data = {"retries": [{"after_days": 2, "share": "0.25"}], "final_codes": ["AC04"]}
    assert RetryPlan.of_rule(data) == RetryPlan([Retry(2, Decimal("0.25"))], frozenset({"AC04"}))
