"""More money drawn, another rate, other due dates: worked by hand on 600.00 at 12 %, six months of 100.00 each.

Equal principal at one per cent a month bears 6.00, 5.00, 4.00, 3.00, 2.00, 1.00: 21.00 in all. The second period,
15 February to 15 March, has 28 days.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.money import ZERO
from loans.account.account import Account, open_account
from loans.account.changes.base import Effect
from loans.account.changes.plan_rows import NoInstalmentAhead
from loans.account.changes.replanning import (
    DrawnDown,
    DueDateNotLater,
    NoSuchDueDate,
    NothingRescheduled,
    RateChanged,
    Rescheduled,
    periods_of,
    rest_of,
    running,
    to_repay,
)
from loans.account.late_interest import LateTerms
from loans.account.replay import PaymentEvent, apply
from loans.schedules.due_dates import Period, periods
from loans.schedules.plan import plan_of
from loans.schedules.schedule import build_schedule
from loans.schedules.terms import Drawdown, InterestType, LoanTerms, Method, RateStep, ServicingTerms, Stage
from tests.loans.account.by_hand import on

START = date(2026, 1, 15)
ORDER = ("late_interest", "fee", "interest", "principal")
STORED = object()
TWICE = Decimal("0.24")  # the rate of the terms
TERMS = LoanTerms(
    principal=Decimal("600.00"),
    annual_rate=Decimal("0.12"),
    count=6,
    start_on=START,
    method=Method.EQUAL_PRINCIPAL,
)


def an_account(terms: LoanTerms = TERMS, *, planned: bool = False, **more: Any) -> Account:
    schedule = build_schedule(terms)
    plan = plan_of(terms, ServicingTerms(recalculates=True), schedule, periods(terms)) if planned else None
    return open_account(schedule, on=START, grace_days=0, late_annual_rate=ZERO, plan=plan, **more)


def paid(account: Account, day: str, amount: str) -> Account:
    return apply(account, PaymentEvent(on=on(day), amount=Decimal(amount), order=ORDER))[0]


def in_time(account: Account) -> Account:
    """The first instalment paid on its day: where interest follows the balance, nothing overdue bears any."""
    return paid(account, "2-15", "106.00")


def principal(account: Account) -> list[Decimal]:
    return [row.principal for row in account.instalments]


def interest(account: Account) -> list[str]:
    return [str(row.interest) for row in account.instalments]


def dues(account: Account) -> list[str]:
    return [f"{row.due_on.month}-{row.due_on.day}" for row in account.instalments]


class TestDrawnDown:
    def drawn(self, day: str, account: Account | None = None, amount: str = "120.00", **terms: Any) -> Effect:
        change = DrawnDown(on=on(day), amount=Decimal(amount), terms=replace(TERMS, **terms))
        return change.apply(account or an_account())

    @pytest.mark.parametrize("planned", [False, True])
    def test_inside_a_period_the_money_bears_interest_for_its_days(self, planned: bool) -> None:
        in_parts = replace(TERMS, principal=Decimal("900.00"), drawdowns=(Drawdown(START, Decimal("600.00")),))

        effect = self.drawn("3-1", in_time(an_account(in_parts, planned=planned)))

        # 120 × 1 % × 14 ÷ 28 = 0.60 on top of 5.00; then on 496, 372, 248 and 124
        assert interest(effect.account) == ["6.00", "5.60", "4.96", "3.72", "2.48", "1.24"]
        assert principal(effect.account) == [100, *[124] * 5]
        assert effect.figures == {"drawn": 120, "interest_added": Decimal("3.00")}
        assert dues(effect.account) == dues(an_account())

    def test_on_a_due_date_it_belongs_to_the_period_that_begins(self) -> None:
        effect = self.drawn("3-15")

        assert principal(effect.account) == [100, 100, *[130] * 4]
        assert interest(effect.account) == ["6.00", "5.00", "5.20", "3.90", "2.60", "1.30"]
        assert effect.figures["interest_added"] == Decimal("3.00")

    def test_on_the_day_the_loan_begins_it_is_as_if_it_had_been_more(self) -> None:
        effect = self.drawn("1-15")

        assert principal(effect.account) == [120] * 6
        assert interest(effect.account) == ["7.20", "6.00", "4.80", "3.60", "2.40", "1.20"]

    def test_what_was_paid_ahead_stays_paid_and_what_was_settled_may_open_again(self) -> None:
        account = paid(an_account(), "2-20", "240.00")  # 106, then 105, then 29: 4 of interest, 25 of principal

        effect = self.drawn("3-1", account)

        rows = effect.account.instalments
        assert [row.principal_paid for row in rows] == [100, 100, 25, 0, 0, 0]
        assert principal(effect.account) == [100, *[124] * 5]
        assert [row.settled_on for row in rows] == [on("2-20"), *[None] * 5]

    def test_an_instalment_never_owes_less_than_was_paid_of_it(self) -> None:
        account = paid(an_account(replace(TERMS, annual_rate=Decimal(0))), "1-20", "300.00")

        effect = DrawnDown(on=on("1-25"), amount=Decimal("6.00"), terms=TERMS).apply(account)

        assert sum(principal(effect.account)) == 606
        assert all(row.principal_owed >= 0 for row in effect.account.instalments)
        assert [row.principal_paid for row in effect.account.instalments] == [100, 100, 100, 0, 0, 0]

    def test_beyond_what_was_approved_the_terms_grow_with_what_is_lent(self) -> None:
        effect = self.drawn("3-15", amount="800.00")

        assert principal(effect.account)[2:] == [300] * 4

    @pytest.mark.parametrize("planned", [False, True])
    def test_with_the_last_part_of_the_approved_sum_the_balloon_is_its_share_of_all_of_it(self, planned: bool) -> None:
        balloon = {"method": Method.BALLOON, "balloon_rate": Decimal("0.5"), "principal": Decimal("900.00")}
        in_parts = replace(TERMS, **balloon, drawdowns=(Drawdown(START, Decimal("600.00")),))
        # (600 − 300 ÷ 1.01⁶) × 0.01 ÷ (1 − 1.01⁻⁶) = 54.764…
        account = paid(an_account(in_parts, planned=planned), "2-15", "54.76")

        effect = self.drawn("2-15", account, amount="300.00", **balloon)

        # 551.24 and 300.00 over five months to 450.00: (851.24 − 450 ÷ 1.01⁵) × 0.01 ÷ (1 − 1.01⁻⁵) = 87.171…;
        # the last one is 87.17, the balloon, and the cent that rounding left
        totals = [row.principal + row.interest for row in effect.account.instalments]
        assert totals == [Decimal("54.76"), *[Decimal("87.17")] * 4, Decimal("537.18")]

    @pytest.mark.parametrize("planned", [False, True])
    @pytest.mark.parametrize("day", ["7-15", "8-1"])
    def test_after_the_last_due_date_there_is_nothing_to_add_it_to(self, planned: bool, day: str) -> None:
        with pytest.raises(NoInstalmentAhead):
            self.drawn(day, an_account(planned=planned))


class TestRateChanged:
    def changed(self, day: str, account: Account | None = None, source: Any = None) -> Effect:
        change = RateChanged(on=on(day), annual_rate=Decimal("0.24"), terms=TERMS, source=source)
        return change.apply(account or an_account())

    @pytest.mark.parametrize("planned", [False, True])
    def test_on_a_due_date_the_periods_from_there_on_bear_it(self, planned: bool) -> None:
        effect = self.changed("3-15", in_time(an_account(planned=planned)))

        assert interest(effect.account) == ["6.00", "5.00", "8.00", "6.00", "4.00", "2.00"]
        assert principal(effect.account) == [100] * 6
        assert effect.figures == {"new_rate": Decimal("0.24"), "interest_added": Decimal("10.00")}

    @pytest.mark.parametrize("planned", [False, True])
    def test_inside_a_period_each_day_bears_its_own(self, planned: bool) -> None:
        effect = self.changed("3-1", in_time(an_account(planned=planned)))

        # 500 × (1 % + 2 %) × 14 ÷ 28 = 7.50
        assert interest(effect.account) == ["6.00", "7.50", "8.00", "6.00", "4.00", "2.00"]
        assert effect.figures["interest_added"] == Decimal("12.50")

    def test_the_level_instalment_is_worked_out_anew(self) -> None:
        terms = replace(TERMS, method=Method.EQUAL_INSTALMENTS, annual_rate=Decimal(0))
        change = RateChanged(on=on("3-15"), annual_rate=Decimal("0.12"), terms=terms)

        effect = change.apply(an_account(terms))

        # 400.00 over four months at 1 %: 400 × 0.01 ÷ (1 − 1.01⁻⁴) = 102.512…
        assert [row.principal + row.interest for row in effect.account.instalments] == [
            100, 100, Decimal("102.51"), Decimal("102.51"), Decimal("102.51"), Decimal("102.52"),
        ]  # fmt: skip

    def test_the_late_rate_follows_from_the_day_after(self) -> None:
        late = LateTerms(multiplier=Decimal("1.5"), contract_rate=Decimal("0.12"))

        effect = self.changed("3-1", an_account(late=late))

        ((first, annual_rate),) = [(rate.first, rate.annual_rate) for rate in effect.account.late_rates]
        assert (first, annual_rate) == (on("3-2"), Decimal("0.36"))

    def test_after_the_last_due_date_a_wish_is_refused_and_what_stands_changes_no_instalment(self) -> None:
        with pytest.raises(NoInstalmentAhead):
            self.changed("7-15")

        effect = self.changed("7-15", source=STORED)

        assert interest(effect.account) == interest(an_account())
        assert not effect.figures

    def test_an_instalment_that_owes_nothing_any_more_is_settled_that_day(self) -> None:
        free = replace(TERMS, annual_rate=Decimal("0.24"))
        account = paid(an_account(free), "2-20", "224.00")  # 112 with 2 %, 110 with 2 %, and 2.00 of the third
        change = RateChanged(on=on("3-1"), annual_rate=Decimal(0), terms=free)

        rows = change.apply(account).account.instalments

        assert [str(row.interest) for row in rows] == ["12.00", "10.00", "2.00", "0.00", "0.00", "0.00"]
        assert [row.settled_on for row in rows] == [on("2-20"), on("3-1"), *[None] * 4]


class TestRescheduled:
    def rescheduled(self, account: Account | None = None, day: str = "3-1", due: str = "3-15", **what: Any) -> Effect:
        terms = what.pop("terms", TERMS)
        change = Rescheduled(on=on(day), from_due_on=on(due), terms=terms, **what)
        return change.apply(account or an_account(terms))

    def test_a_later_due_date_moves_all_later_ones_and_its_period_bears_more(self) -> None:
        effect = self.rescheduled(new_due_on=on("3-29"))

        assert dues(effect.account) == ["2-15", "3-29", "4-29", "5-29", "6-29", "7-29"]
        assert [row.starts_on for row in effect.account.instalments[1:]] == [
            row.due_on for row in effect.account.instalments[:-1]
        ]
        # 500 × 12 % × 42 ÷ 365
        assert interest(effect.account) == ["6.00", "6.90", "4.00", "3.00", "2.00", "1.00"]
        assert effect.figures == {"days_moved": 14, "interest_added": Decimal("1.90")}

    def test_an_earlier_one_costs_less(self) -> None:
        effect = self.rescheduled(new_due_on=on("3-1"), day="2-20")

        # 500 × 12 % × 14 ÷ 365 = 2.301…
        assert interest(effect.account)[1] == "2.30"
        assert effect.figures == {"days_moved": -14, "interest_added": Decimal("-2.70")}

    def test_a_moved_level_loan_keeps_its_instalment_and_the_last_one_takes_the_rest(self) -> None:
        terms = replace(TERMS, method=Method.EQUAL_INSTALMENTS)
        agreed = [row.principal + row.interest for row in an_account(terms).instalments]
        assert agreed[:5] == [Decimal("103.52")] * 5  # 600 × 0.01 ÷ (1 − 1.01⁻⁶) = 103.5290…

        effect = self.rescheduled(terms=terms, new_due_on=on("3-29"))

        totals = [row.principal + row.interest for row in effect.account.instalments]
        assert totals[:5] == agreed[:5]
        assert totals[5] > agreed[5]
        assert effect.account.instalments[1].interest == Decimal("6.94")  # 502.48 × 12 % × 42 ÷ 365

    @pytest.mark.parametrize(("what", "level"), [({"extra_count": 5}, "53.05"), ({"annual_rate": TWICE}, "106.60")])
    def test_more_of_them_or_a_new_rate_make_another_level(self, what: dict[str, Any], level: str) -> None:
        rows = self.rescheduled(terms=replace(TERMS, method=Method.EQUAL_INSTALMENTS), **what).account.instalments

        # 502.48 × 0.01 ÷ (1 − 1.01⁻¹⁰) = 53.052…, and 502.48 × 0.02 ÷ (1 − 1.02⁻⁵) = 106.605…
        assert {row.principal + row.interest for row in rows[1:-1]} == {Decimal(level)}

    def test_the_last_instalment_alone_may_be_moved(self) -> None:
        terms = replace(TERMS, method=Method.EQUAL_INSTALMENTS, annual_rate=Decimal(0))

        effect = self.rescheduled(terms=terms, due="7-15", new_due_on=on("7-31"))

        assert dues(effect.account)[4:] == ["6-15", "7-31"]
        assert (principal(effect.account)[5], effect.figures["days_moved"]) == (100, 16)

    def test_further_instalments_follow_in_the_same_step_and_make_each_smaller(self) -> None:
        effect = self.rescheduled(terms=replace(TERMS, annual_rate=Decimal(0)), extra_count=2)

        assert dues(effect.account) == ["2-15", "3-15", "4-15", "5-15", "6-15", "7-15", "8-15", "9-15"]
        # 500.00 in seven: six of 71.43 and 71.42
        assert principal(effect.account) == [100, *[Decimal("71.43")] * 6, Decimal("71.42")]
        assert [row.number for row in effect.account.instalments] == [1, 2, 3, 4, 5, 6, 7, 8]
        assert [row.starts_on for row in effect.account.instalments[1:]] == [
            row.due_on for row in effect.account.instalments[:-1]
        ]
        assert effect.figures["days_moved"] == 62

    def test_further_instalments_bear_interest_too(self) -> None:
        effect = self.rescheduled(due="6-15", extra_count=2)

        # 200.00 in four of 50.00 from 15 May: 2.00, 1.50, 1.00, 0.50 instead of 2.00 and 1.00
        assert interest(effect.account) == ["6.00", "5.00", "4.00", "3.00", "2.00", "1.50", "1.00", "0.50"]
        assert effect.figures == {"days_moved": 62, "interest_added": Decimal("2.00")}

    def test_moved_and_lengthened_at_once(self) -> None:
        effect = self.rescheduled(terms=replace(TERMS, annual_rate=Decimal(0)), new_due_on=on("3-20"), extra_count=1)

        assert dues(effect.account) == ["2-15", "3-20", "4-20", "5-20", "6-20", "7-20", "8-20"]
        assert effect.figures["days_moved"] == 36

    def test_another_rate_bears_from_the_period_of_the_due_date_on(self) -> None:
        effect = self.rescheduled(annual_rate=Decimal("0.24"))

        assert interest(effect.account) == ["6.00", "10.00", "8.00", "6.00", "4.00", "2.00"]
        assert effect.figures == {"days_moved": 0, "interest_added": Decimal("15.00")}

    def test_a_rate_of_nothing_is_a_rate(self) -> None:
        assert interest(self.rescheduled(annual_rate=Decimal(0)).account) == ["6.00", *["0.00"] * 5]

    @pytest.mark.parametrize(("day", "first"), [("3-1", "3-2"), ("1-20", "2-16")])
    def test_the_late_rate_follows_when_the_rate_holds_and_never_before_the_change(self, day: str, first: str) -> None:
        late = LateTerms(multiplier=Decimal("1.5"), contract_rate=Decimal("0.12"))

        effect = self.rescheduled(an_account(late=late), day=day, annual_rate=Decimal("0.24"))
        moved = self.rescheduled(an_account(late=late), day=day, new_due_on=on("3-29"))

        assert [(rate.first, rate.annual_rate) for rate in effect.account.late_rates] == [(on(first), Decimal("0.36"))]
        assert moved.account.late_rates == ()

    @pytest.mark.parametrize("due", ["3-14", "3-16", "8-15", "1-15"])
    def test_a_day_on_which_nothing_is_due_is_refused(self, due: str) -> None:
        with pytest.raises(NoSuchDueDate) as refusal:
            self.rescheduled(due=due, extra_count=1)
        assert refusal.value.field == "from_due_on"

    @pytest.mark.parametrize("extra_count", [None, 0])
    def test_nothing_to_change_is_refused(self, extra_count: int | None) -> None:
        with pytest.raises(NothingRescheduled):
            self.rescheduled(extra_count=extra_count)

    def test_a_period_cannot_end_on_the_day_it_begins(self) -> None:
        with pytest.raises(DueDateNotLater):
            self.rescheduled(new_due_on=on("2-15"))
        assert dues(self.rescheduled(day="2-1", new_due_on=on("2-16")).account)[1] == "2-16"

    def test_what_was_paid_ahead_is_kept(self) -> None:
        account = paid(an_account(replace(TERMS, annual_rate=Decimal(0))), "2-1", "350.00")

        effect = self.rescheduled(account, terms=replace(TERMS, annual_rate=Decimal(0)), extra_count=5)

        # 500.00 in ten would be 50.00 each; of two 100.00, of one 50.00 is paid already
        assert principal(effect.account)[:4] == [100, 100, 100, 50]
        assert sum(principal(effect.account)) == 600
        assert all(row.principal_owed >= 0 for row in effect.account.instalments)

    def test_flat_interest_stays_and_no_instalment_owes_less_than_was_paid_of_it(self) -> None:
        terms = replace(TERMS, interest_type=InterestType.FLAT)
        account = paid(an_account(terms), "1-20", "420.00")  # thrice 106.00, then 6.00 of interest and 96.00

        rows = self.rescheduled(account, day="2-1", due="2-15", terms=terms, extra_count=6).account.instalments

        # 600.00 in twelve would be 50.00 each; 396.00 are paid, and the last 204.00 are due as soon as they can be
        assert [row.principal for row in rows] == [100, 100, 100, 96, 50, 50, 50, 50, 4, 0, 0, 0]
        assert [row.interest for row in rows] == [6] * 12

    def test_a_down_payment_is_no_instalment_to_move(self) -> None:
        terms = replace(TERMS, down_payment_rate=Decimal("0.1"), annual_rate=Decimal(0))

        with pytest.raises(NoSuchDueDate):
            self.rescheduled(terms=terms, due="1-15", extra_count=1)
        effect = self.rescheduled(terms=terms, day="1-16", due="2-15", extra_count=3)

        assert principal(effect.account) == [60, *[60] * 9]  # 540.00 in nine


class TestRestOfTheTerms:
    def test_the_instalment_in_whose_period_the_day_falls_and_all_later_ones_are_running(self) -> None:
        account = an_account()

        assert [row.number for row in running(account, on("3-14"))] == [2, 3, 4, 5, 6]
        assert [row.number for row in running(account, on("3-15"))] == [3, 4, 5, 6]
        assert to_repay(running(account, on("3-15"))) == 400
        assert periods_of(running(account, on("6-15"))) == [Period(on("6-15"), on("7-15"), (on("6-15"), on("7-15")))]

    def test_a_down_payment_is_not_running(self) -> None:
        account = an_account(replace(TERMS, down_payment_rate=Decimal("0.1")))

        assert account.instalments[0].due_on == START
        assert running(account, on("1-1"))[0].due_on == on("2-15")

    @pytest.mark.parametrize(
        ("changes", "method"),
        [
            ({"method": Method.STAGES, "stages": (Stage(6, Decimal(1)),)}, Method.EQUAL_PRINCIPAL),
            ({"method": Method.CUSTOM, "amounts": (Decimal("110.00"),) * 5}, Method.EQUAL_INSTALMENTS),
            ({"method": Method.BALLOON, "balloon_rate": Decimal("0.5")}, Method.BALLOON),
        ],
    )
    def test_what_only_concerned_the_whole_loan_is_left_out(self, changes: dict[str, Any], method: Method) -> None:
        terms = replace(
            TERMS,
            grace_on_interest_payment=1,
            down_payment_rate=Decimal("0.1"),
            fee_total=Decimal("9.00"),
            rate_steps=(RateStep(on("3-1"), Decimal("0.2")),),
            drawdowns=(Drawdown(START, Decimal("600.00")),),
            schedule_start_on=START,
            **changes,
        )
        rows = an_account().instalments[2:]

        rest = rest_of(an_account(), terms, rows, annual_rate=Decimal("0.3"))

        assert (rest.method, rest.count, rest.start_on, rest.annual_rate) == (method, 4, on("3-15"), Decimal("0.3"))
        assert (rest.drawdowns, rest.rate_steps, rest.stages, rest.amounts) == ((), (), (), ())
        assert (rest.grace_on_interest_payment, rest.down_payment_rate, rest.fee_total) == (0, 0, ZERO)
        assert (rest.schedule_start_on, rest.balloon_rate) == (None, terms.balloon_rate)

    def test_a_loan_due_once_keeps_its_length(self) -> None:
        terms = replace(TERMS, method=Method.BULLET)

        assert rest_of(an_account(terms), terms, an_account(terms).instalments).count == 6
