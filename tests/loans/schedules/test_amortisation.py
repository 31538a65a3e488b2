"""The loop of every schedule, row by row, with figures worked by hand: one per cent a month on whole hundreds."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.day_counts import DayCount
from core.money import ZERO
from loans.schedules.amortisation import amortise
from loans.schedules.course import Course
from loans.schedules.due_dates import periods
from loans.schedules.period_rates import rate_on
from loans.schedules.principal_parts import down_payment_of, even_parts, plan_from
from loans.schedules.schedule import build_schedule
from loans.schedules.terms import (
    Drawdown,
    EmiRule,
    FirstPeriod,
    LevelOn,
    LoanTerms,
    Method,
    Prepayment,
    RateStep,
    Residue,
    Rounding,
    RoundingMode,
    Stage,
)

START = date(2026, 1, 15)  # 31 days to 15 February, then 28, 31, 30, 31, 30
TENS = tuple(Decimal(amount) for amount in ("6.00", "5.00", "4.00", "3.00", "2.00", "1.00"))
WHOLE = Rounding(multiple=Decimal(1), emi=EmiRule.NEAREST)


def terms(**changes: Any) -> LoanTerms:
    """600.00 in six equal parts of principal, 12 % a year."""
    facts = {
        "principal": Decimal("600.00"),
        "annual_rate": Decimal("0.12"),
        "count": 6,
        "start_on": START,
        "method": Method.EQUAL_PRINCIPAL,
    }
    return LoanTerms(**{**facts, **changes})


def rows(**changes: Any) -> list[tuple[Decimal, Decimal]]:
    agreed = terms(**changes)
    opening = agreed.drawdowns[0].amount if agreed.drawdowns else agreed.principal
    return amortise(agreed, periods(agreed), Course(opening=opening))


def principal(**changes: Any) -> list[Decimal]:
    return [part for part, _interest in rows(**changes)]


def interest(**changes: Any) -> list[Decimal]:
    return [interest for _part, interest in rows(**changes)]


def d(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


class TestEvenParts:
    @pytest.mark.parametrize(
        ("balance", "count", "rounding", "expected"),
        [
            ("100.00", 3, Rounding(), ["33.34", "33.33", "33.33"]),
            # 16.67 is 17: five of them are 85
            ("100.00", 6, Rounding(multiple=Decimal(1), residue=Residue.LAST), ["17"] * 5 + ["15"]),
            ("100.00", 6, Rounding(multiple=Decimal(1), residue=Residue.FIRST), ["15"] + ["17"] * 5),
            ("100.00", 6, Rounding(mode=RoundingMode.DOWN, multiple=Decimal(1), residue=Residue.LAST), ["16"] * 5 + ["20"]),
            # 3.50 would be 4, and nine of 4 more than there is
            ("35.00", 10, Rounding(multiple=Decimal(1), residue=Residue.LAST), ["3"] * 9 + ["8"]),
            ("36.00", 10, Rounding(multiple=Decimal(1), residue=Residue.LAST), ["4"] * 9 + ["0"]),
            ("100.00", 3, Rounding(residue=Residue.LAST), ["33.33", "33.33", "33.34"]),
        ],
    )  # fmt: skip
    def test_what_rounding_leaves_goes_where_the_terms_say(
        self, balance: str, count: int, rounding: Rounding, expected: list[str]
    ) -> None:
        assert even_parts(terms(rounding=rounding), Decimal(balance), count) == d(*expected)

    @pytest.mark.parametrize(
        ("method", "for_principal", "part"),
        [
            (Method.EQUAL_PRINCIPAL, True, "330.00"),
            (Method.EQUAL_PRINCIPAL, False, "333.33"),
            (Method.EQUAL_INSTALMENTS, False, "330.00"),  # it is the instalment itself, where it bears no interest
        ],
    )
    def test_a_multiple_of_instalments_is_one_of_equal_principal_where_the_terms_say_so(
        self, method: Method, for_principal: bool, part: str
    ) -> None:
        rounding = Rounding(multiple=Decimal(10), multiple_for_principal=for_principal, residue=Residue.LAST)
        agreed = terms(principal=Decimal("1000.00"), count=3, method=method, rounding=rounding)

        assert even_parts(agreed, Decimal("1000.00"), 3)[:2] == d(part, part)


class TestUndisturbed:
    def test_interest_falls_with_the_balance(self) -> None:
        assert rows() == [(100, charged) for charged in TENS]

    def test_grace_on_principal_leaves_the_later_rows_more(self) -> None:
        assert rows(grace_on_principal=2) == list(
            zip(d("0", "0", "150", "150", "150", "150"), d("6", "6", "6", "4.50", "3", "1.50"), strict=True)
        )

    def test_interest_free_rows_bear_none(self) -> None:
        assert interest(grace_on_interest_charged=2) == [0, 0, 4, 3, 2, 1]

    def test_deferred_interest_falls_due_with_the_first_row_after_it(self) -> None:
        assert interest(grace_on_interest_payment=2) == [0, 0, 15, 3, 2, 1]
        assert principal(grace_on_interest_payment=2) == [100] * 6

    def test_principal_at_the_end(self) -> None:
        assert rows(method=Method.INTEREST_ONLY) == [(0, 6)] * 5 + [(600, 6)]

    def test_what_is_paid_of_a_row_it_owes_at_least(self) -> None:
        agreed = terms()

        found = amortise(agreed, periods(agreed), Course(opening=Decimal("600.00"), paid={1: Decimal("150.00")}))

        assert [part for part, _ in found] == [100, 150, 100, 100, 100, 50]

    def test_a_level_agreed_before_is_kept(self) -> None:
        agreed = terms(method=Method.EQUAL_INSTALMENTS)

        found = amortise(agreed, periods(agreed), Course(opening=Decimal("600.00"), level=Decimal("206.00")))

        # 6.00 of 206.00, then one per cent of 400.00 and of 198.00; nothing is left after that
        assert found == [
            (200, 6), (202, 4), (198, Decimal("1.98")), (0, 0), (0, 0), (0, 0),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("first_period", "expected"),
        [
            # to 1 March it is one month and 14 days: 600 × 12 % × 45 ÷ 365 = 8.88, 2.88 more than a month
            (FirstPeriod.CHARGED, ["8.88", "3.00"]),
            (FirstPeriod.ADDED, ["8.88", "3.00"]),
            (FirstPeriod.SPREAD, ["7.44", "4.44"]),
        ],
    )
    def test_odd_days_of_the_first_period_are_borne_as_agreed(
        self, first_period: FirstPeriod, expected: list[str]
    ) -> None:
        assert interest(count=2, first_due_on=date(2026, 3, 1), first_period=first_period) == d(*expected)

    def test_a_first_period_without_a_second_is_charged_as_it_is(self) -> None:
        assert interest(count=1, first_due_on=date(2026, 3, 1), first_period=FirstPeriod.SPREAD) == d("8.88")


class TestStages:
    def staged(self, opening: str, count: int) -> list[Decimal]:
        agreed = terms(method=Method.STAGES, stages=(Stage(2, Decimal("0.25")), Stage(4, Decimal("0.75"))))
        found = periods(agreed)[-count:]
        return [part for part, _ in amortise(agreed, found, Course(opening=Decimal(opening), bearing=_nothing))]

    def test_each_stage_repays_its_share_in_even_parts(self) -> None:
        assert self.staged("600.00", 6) == d("75", "75", "112.50", "112.50", "112.50", "112.50")


def _nothing(_rows: Any, _on: date) -> Decimal:
    return ZERO


class TestDisturbed:
    def test_rounding_up_takes_no_cent_for_what_a_division_leaves(self) -> None:
        """A month of 1,200 at 7.25 % is 7.25, the 16 odd days before it 3.87: 11.12, also where a balance is followed."""
        agreed = terms(
            principal=Decimal("1200.00"),
            annual_rate=Decimal("0.0725"),
            count=4,
            method=Method.EQUAL_INSTALMENTS,
            first_due_on=date(2026, 3, 2),
            first_period=FirstPeriod.ADDED,
            day_count=DayCount.ACT_360,
            rounding=Rounding(mode=RoundingMode.UP),
        )
        followed = Course(opening=agreed.principal, bearing=lambda _rows, _on: ZERO)

        found = amortise(agreed, periods(agreed), Course(opening=agreed.principal))

        assert found[0][1] == Decimal("11.12")
        assert amortise(agreed, periods(agreed), followed) == found

    def test_money_drawn_inside_the_first_period_makes_all_parts_larger(self) -> None:
        """To 15 February 31 days, 10 of them with 62.00 more: 6.00 + 62 × 1 % × 10 ÷ 31 = 6.20."""
        parts = (Drawdown(START, Decimal("600.00")), Drawdown(date(2026, 2, 5), Decimal("62.00")))

        found = rows(principal=Decimal("700.00"), drawdowns=parts)

        assert found[0] == (Decimal("110.34"), Decimal("6.20"))
        assert [part for part, _ in found] == d("110.34", "110.34", "110.33", "110.33", "110.33", "110.33")
        assert found[1][1] == Decimal("5.52")  # 551.66

    def test_money_drawn_later_is_repaid_by_the_rows_from_there_on(self) -> None:
        parts = (Drawdown(START, Decimal("600.00")), Drawdown(date(2026, 3, 1), Decimal("100.00")))

        found = rows(principal=Decimal("700.00"), drawdowns=parts)

        assert [part for part, _ in found] == [100, 120, 120, 120, 120, 120]
        assert [charged for _, charged in found] == d("6.00", "5.50", "4.80", "3.60", "2.40", "1.20")

    def test_a_down_payment_is_taken_off_each_drawdown_once(self) -> None:
        parts = (Drawdown(START, Decimal("600.00")), Drawdown(date(2026, 3, 15), Decimal("200.00")))
        agreed = terms(
            principal=Decimal("800.00"), annual_rate=Decimal(0), drawdowns=parts, down_payment_rate=Decimal("0.5")
        )

        schedule = build_schedule(agreed)

        # 300.00 down; 300.00 in six of 50.00; 100.00 more down in March, and 100.00 more over the last four
        assert [(row.due_on.month, row.principal) for row in schedule.instalments] == [
            (1, 300), (2, 50), (3, 100), (3, 50), (4, 75), (5, 75), (6, 75), (7, 75),
        ]  # fmt: skip
        assert [down_payment_of(agreed, part.amount) for part in parts] == [300, 100]

    def test_an_approved_amount_is_the_level_and_what_was_drawn_the_end(self) -> None:
        parts = (Drawdown(START, Decimal("200.00")), Drawdown(date(2026, 3, 1), Decimal("250.00")))

        found = principal(annual_rate=Decimal(0), drawdowns=parts, level_on=LevelOn.APPROVED)

        assert found == [100, 100, 100, 100, 50, 0]

    def test_a_rate_from_inside_the_first_period(self) -> None:
        """16 days at 1 % and 15 at 2 % of 31: 3.10 and 5.81, each rounded."""
        found = interest(rate_steps=(RateStep(date(2026, 1, 31), Decimal("0.24")),))

        assert found == d("8.91", "10.00", "8.00", "6.00", "4.00", "2.00")

    @pytest.mark.parametrize("step_on", [date(2026, 1, 31), date(2026, 3, 1), date(2026, 3, 15)])
    def test_after_a_new_rate_all_instalments_are_level_again(self, step_on: date) -> None:
        steps = (RateStep(step_on, Decimal("0.24")),)

        found = [part + charged for part, charged in rows(method=Method.EQUAL_INSTALMENTS, rate_steps=steps)]

        from_there = found[0 if step_on.month == 1 else 1 if step_on.day == 1 else 2 :]
        assert max(from_there) - min(from_there) <= Decimal("0.06")
        assert from_there[0] > Decimal("103.53")  # more than at the rate first agreed

    def test_after_money_drawn_inside_a_period_all_instalments_are_level_again(self) -> None:
        parts = (Drawdown(START, Decimal("600.00")), Drawdown(date(2026, 3, 1), Decimal("100.00")))

        found = [
            part + charged
            for part, charged in rows(method=Method.EQUAL_INSTALMENTS, principal=Decimal("700.00"), drawdowns=parts)
        ]

        assert found[0] == Decimal("103.52")
        assert max(found[1:]) - min(found[1:]) <= Decimal("0.06")

    def test_interest_free_rows_stay_free_whatever_disturbs_them(self) -> None:
        steps = (RateStep(date(2026, 2, 20), Decimal("0.24")),)

        assert interest(grace_on_interest_charged=2, rate_steps=steps) == [0, 0, 8, 6, 4, 2]

    def test_a_rate_that_comes_and_goes_inside_a_period_is_charged_for_its_days(self) -> None:
        """15 April to 15 May, thirty days in three tens: 2.00, 4.00 and 2.00."""
        steps = (RateStep(date(2026, 4, 25), Decimal("0.24")), RateStep(date(2026, 5, 5), Decimal("0.12")))

        found = interest(start_on=date(2026, 4, 15), method=Method.INTEREST_ONLY, count=2, rate_steps=steps)

        assert found == [8, 6]

    @pytest.mark.parametrize(("each_segment", "charged"), [(True, "0.04"), (False, "0.03")])
    def test_the_parts_of_a_period_are_rounded_one_by_one_or_together(self, each_segment: bool, charged: str) -> None:
        """3.00 at 12 % and then at 12.2 %: 0.015 and 0.01525 of the two halves of April to May."""
        steps = (RateStep(date(2026, 4, 30), Decimal("0.122")),)
        rounding = Rounding(each_segment=each_segment)

        (found,) = interest(
            principal=Decimal("3.00"), start_on=date(2026, 4, 15), count=1, rate_steps=steps, rounding=rounding
        )

        assert found == Decimal(charged)

    def test_what_payments_change_is_borne_from_its_day_and_planned_principal_stays(self) -> None:
        agreed, half = terms(start_on=date(2026, 4, 15)), date(2026, 4, 30)

        def bearing(_rows: Any, on: date) -> Decimal:
            return Decimal("-200.00") if on >= half else ZERO

        found = amortise(agreed, periods(agreed), Course(opening=Decimal("600.00"), bearing=bearing, turns={half}))

        # fifteen days on 600 and fifteen on 400; then on 300, 200, 100, and never on less than nothing
        assert [charged for _, charged in found] == d("5.00", "3.00", "2.00", "1.00", "0.00", "0.00")
        assert [part for part, _ in found] == [100] * 6

    @pytest.mark.parametrize(
        ("beyond", "parts"),
        [
            (Prepayment.REDUCE_NUMBER, [250, 100, 100, 100, 50, 0]),
            (Prepayment.REDUCE_INSTALMENT, [250, 70, 70, 70, 70, 70]),
            (Prepayment.LESSEN_NEXT, [250, 0, 50, 100, 100, 100]),
        ],
    )
    def test_principal_beyond_the_level_shortens_the_loan_lowers_the_level_or_lessens_the_next_rows(
        self, beyond: Prepayment, parts: list[int]
    ) -> None:
        agreed, paid = terms(annual_rate=Decimal(0)), {0: Decimal("250.00")}

        found = amortise(agreed, periods(agreed), Course(opening=Decimal("600.00"), paid=paid, beyond=beyond))

        assert [part for part, _ in found] == parts

    def test_what_later_rows_have_been_paid_is_not_an_earlier_ones_to_repay(self) -> None:
        agreed = terms(annual_rate=Decimal(0))
        paid = {4: Decimal("100.00"), 5: Decimal("300.00")}

        found = amortise(agreed, periods(agreed), Course(opening=Decimal("600.00"), bearing=_nothing, paid=paid))

        assert [part for part, _ in found] == [100, 100, 0, 0, 100, 300]

    def test_the_rate_of_a_day_is_that_of_the_latest_step(self) -> None:
        steps = (RateStep(date(2026, 2, 1), Decimal("0.2")), RateStep(date(2026, 3, 1), Decimal("0.3")))
        days = (date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1))

        assert [rate_on(Decimal("0.1"), steps, day) for day in days] == d("0.1", "0.2", "0.2", "0.3")


def test_a_plan_for_the_last_rows_knows_which_row_of_the_loan_they_are() -> None:
    agreed = terms(method=Method.CUSTOM, amounts=tuple(d("10", "20", "30", "40", "50")))

    plan = plan_from(agreed, Decimal("300.00"), d("0.01", "0.01"))

    assert [plan(k, Decimal("3.00")) for k in (0, 4, 5)] == [7, 47, 0]
