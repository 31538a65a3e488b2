"""Level instalments of loans paid out in parts or given another rate: a share of the whole loan stays one, a plan made once
stays made, and what was paid is never asked for again. Fixed schedules and plans that follow the balance agree.

600.00 of 900.00 approved at one per cent a month, six months, the first instalment paid on its day, 15 February.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from loans.account.account import Account
from loans.account.changes.base import Change
from loans.account.changes.replanning import DrawnDown, RateChanged
from loans.account.changes.rescheduling import Rescheduled
from loans.schedules.terms import Drawdown, LevelFrom, LevelOn, LoanTerms, Method
from tests.loans.account.by_hand import on
from tests.loans.account.changes.test_replanning import START, TERMS, TWICE, an_account, paid

IN_PARTS = replace(TERMS, principal=Decimal("900.00"), drawdowns=(Drawdown(START, Decimal("600.00")),))
BALLOON = replace(IN_PARTS, method=Method.BALLOON, balloon_rate=Decimal("0.5"))
APPROVED = replace(IN_PARTS, method=Method.EQUAL_INSTALMENTS, level_on=LevelOn.APPROVED)
LEVEL = replace(TERMS, method=Method.EQUAL_INSTALMENTS)
FREE = {"annual_rate": Decimal(0)}
SAME = Decimal("0.12")
BOTH_KINDS = pytest.mark.parametrize("planned", [False, True], ids=["fixed", "planned"])


def served(terms: LoanTerms, planned: bool) -> Account:
    account = an_account(terms, planned=planned)
    first = account.instalments[0]
    return paid(account, "2-15", str(first.principal + first.interest))


def totals(account: Account, change: Change) -> list[Decimal]:
    """What is to pay with each instalment after the change; the first one must stay paid."""
    after = change.apply(account).account.instalments
    assert after[0] == account.instalments[0]
    found = [row.principal + row.interest for row in after]
    while not found[-1]:  # a plan drops what has nothing to repay, a fixed schedule keeps its place
        found.pop()
    return found


def drawn(day: str, terms: LoanTerms) -> DrawnDown:
    return DrawnDown(on=on(day), amount=Decimal("120.00"), terms=terms)


def repriced(day: str, rate: Decimal, terms: LoanTerms) -> RateChanged:
    return RateChanged(on=on(day), annual_rate=rate, terms=terms)


def amounts(*values: str) -> list[Decimal]:
    return [Decimal(value) for value in values]


@BOTH_KINDS
@pytest.mark.parametrize(
    ("day", "level"),
    [
        # 551.24 left and 120.00 to 360.00 in five months: (671.24 − 360 ÷ 1.01⁵) × 0.01 ÷ (1 − 1.01⁻⁵) = 67.728…
        ("2-15", "67.72"),
        # a day of the 28 less on 120.00 is 0.04 less of the first month: 67.719…
        ("2-16", "67.71"),
    ],
)
def test_a_balloon_is_the_share_of_all_that_was_lent(planned: bool, day: str, level: str) -> None:
    # the last is the level, the balloon of 360.00, and what rounding left
    found = totals(served(BALLOON, planned), drawn(day, BALLOON))

    assert found == [Decimal("54.76"), *[Decimal(level)] * 4, Decimal("427.76")]


@BOTH_KINDS
@pytest.mark.parametrize("day", ["2-15", "2-16", "3-1"])
def test_the_same_rate_again_changes_nothing_of_a_balloon(planned: bool, day: str) -> None:
    found = totals(served(BALLOON, planned), repriced(day, SAME, BALLOON))

    assert found == [*[Decimal("54.76")] * 5, Decimal("354.78")]


def test_further_instalments_keep_the_balloon_of_what_was_lent() -> None:
    # 551.24 to 300.00 in six months: (551.24 − 300 ÷ 1.01⁶) × 0.01 ÷ (1 − 1.01⁻⁶) = 46.35…
    change = Rescheduled(on=on("2-20"), from_due_on=on("3-15"), terms=BALLOON, extra_count=1)

    found = totals(served(BALLOON, False), change)

    assert found[1:6] == [Decimal("46.35")] * 5
    assert Decimal("346.30") < found[6] < Decimal("346.45")


@BOTH_KINDS
@pytest.mark.parametrize("day", ["2-15", "2-16", "3-1"])
def test_a_plan_on_the_approved_amount_is_made_once(planned: bool, day: str) -> None:
    terms = replace(APPROVED, **FREE)  # 900 ÷ 6 = 150 until 600, and then 720, are repaid
    account = served(terms, planned)

    assert totals(account, drawn(day, terms)) == amounts("150", "150", "150", "150", "120")
    assert totals(account, repriced(day, Decimal(0), terms)) == amounts("150", "150", "150", "150")


@BOTH_KINDS
def test_a_level_on_the_approved_amount_is_kept_to_the_cent(planned: bool) -> None:
    # 900 × 0.01 ÷ (1 − 1.01⁻⁶) = 155.293…
    account = served(APPROVED, planned)

    assert totals(account, drawn("2-15", APPROVED))[:4] == [Decimal("155.29")] * 4
    assert totals(account, repriced("2-15", SAME, APPROVED))[:3] == [Decimal("155.29")] * 3


@BOTH_KINDS
def test_a_new_rate_works_out_what_would_be_left_of_the_approved_amount(planned: bool) -> None:
    # 900 + 9.00 − 155.29 = 753.71 at 2 % over five months: 753.71 × 0.02 ÷ (1 − 1.02⁻⁵) = 159.905…
    found = totals(served(APPROVED, planned), repriced("2-15", TWICE, APPROVED))

    assert found[1:3] == amounts("159.90", "159.90")


@BOTH_KINDS
@pytest.mark.parametrize(
    ("day", "level", "last"),
    [
        ("2-15", "106.07", "106.12"),  # 500 × 0.02 ÷ (1 − 1.02⁻⁵) = 106.079…
        ("2-16", "106.00", "106.02"),  # the first month bears 27 days of 28: 1.9286 % in place of 2 %
    ],
)
def test_a_rate_raised_from_nothing_gives_a_level_plan(planned: bool, day: str, level: str, last: str) -> None:
    terms = replace(LEVEL, **FREE)

    found = totals(served(terms, planned), repriced(day, TWICE, terms))

    assert found == [Decimal(100), *[Decimal(level)] * 4, Decimal(last)]


@BOTH_KINDS
def test_a_rate_lowered_to_nothing_leaves_equal_parts(planned: bool) -> None:
    # 600 at 1 % is 103.52 a month, of it 97.52 principal: 502.48 over five
    found = totals(served(LEVEL, planned), repriced("2-15", Decimal(0), LEVEL))

    assert found == amounts("103.52", "100.50", "100.50", "100.50", "100.49", "100.49")


@BOTH_KINDS
@pytest.mark.parametrize(
    ("level_from", "day", "expected"),
    [
        # 502.48 at 2 % over five months: 106.605…
        (LevelFrom.EVERY_PERIOD, "2-15", ["103.52", *["106.60"] * 4, "106.63"]),
        (LevelFrom.FIRST_PERIOD, "2-15", ["103.52", *["106.60"] * 4, "106.63"]),
        # 403.98 at 2 % over four months: 106.094…; the month before is left alone
        (LevelFrom.EVERY_PERIOD, "3-15", ["103.52", "103.52", *["106.09"] * 3, "106.11"]),
    ],
)
def test_a_higher_rate_asks_for_no_more_of_what_was_paid(
    planned: bool, level_from: LevelFrom, day: str, expected: list[str]
) -> None:
    terms: Any = replace(LEVEL, level_from=level_from)

    assert totals(served(terms, planned), repriced(day, TWICE, terms)) == amounts(*expected)
