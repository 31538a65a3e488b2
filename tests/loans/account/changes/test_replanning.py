"""More money drawn, another rate, other due dates: worked by hand on 600.00 at 12 %, six months of 100.00 each.

Equal principal at one per cent a month bears 6.00, 5.00, 4.00, 3.00, 2.00, 1.00: 21.00 in all. The second period,
15 February to 15 March, has 28 days.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.day_counts import DayCount
from core.money import ZERO
from loans.account.account import Account, open_account
from loans.account.changes.base import Effect
from loans.account.changes.plan_rows import NoInstalmentAhead
from loans.account.changes.replanning import (
    DrawnDown,
    RateChanged,
    periods_of,
    rest_of,
    running,
    to_repay,
)
from loans.account.changes.rescheduling import Rescheduled
from loans.account.late_interest import LateTerms
from loans.account.replay import PaymentEvent, apply
from loans.schedules.due_dates import Period, periods
from loans.schedules.plan import plan_of
from loans.schedules.schedule import build_schedule
from loans.schedules.terms import Drawdown, FirstPeriod, LoanTerms, Method, RateStep, ServicingTerms, Stage
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

    def test_a_first_period_the_money_came_into_late_still_bears_its_days_only(self) -> None:
        """The period began on 15 January, the money went out on the 21st: 25 of 31 days on 600, and 14 on 120 more."""
        late = replace(TERMS, principal=Decimal("720.00"), schedule_start_on=START, start_on=on("1-21"))
        terms = replace(late, drawdowns=(Drawdown(on("1-21"), Decimal("600.00")),))

        effect = DrawnDown(on=on("2-1"), amount=Decimal("120.00"), terms=terms).apply(an_account(terms))

        assert interest(effect.account)[:2] == ["5.38", "6.00"]  # 4.838… + 0.541…

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

        after = change.apply(account).account
        rows = after.instalments

        # half of the second period has passed; 5.00 and 2.00 had been paid for days that bear nothing any more
        assert [str(row.interest) for row in rows] == ["12.00", "5.00", "0.00", "0.00", "0.00", "0.00"]
        assert [row.settled_on for row in rows] == [on("2-20"), on("3-1"), *[None] * 4]
        assert after.overpaid == Decimal("7.00")


class TestRestOfTheTerms:
    def test_the_instalment_in_whose_period_the_day_falls_and_all_later_ones_are_running(self) -> None:
        account = an_account()

        assert [row.number for row in running(account, on("3-14"))] == [2, 3, 4, 5, 6]
        assert [row.number for row in running(account, on("3-15"))] == [3, 4, 5, 6]
        assert to_repay(running(account, on("3-15"))) == 400
        assert periods_of(TERMS, running(account, on("6-15"))) == [
            Period(on("6-15"), on("7-15"), (on("6-15"), on("7-15")))
        ]

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


LONG = replace(TERMS, first_due_on=on("3-2"), first_period=FirstPeriod.SPREAD, day_count=DayCount.THIRTY_U_360)


def test_the_shares_of_a_long_first_period_are_no_turn_in_it() -> None:
    """47 of 360 days bear 9.40, 3.40 more than a month: in equal parts with each. The same rate again changes nothing."""
    account = an_account(LONG)
    assert interest(account) == ["6.57", "5.57", "4.57", "3.57", "2.56", "1.56"]

    found = apply(account, RateChanged(on=on("2-10"), annual_rate=Decimal("0.12"), terms=LONG))[0]

    assert interest(found) == interest(account)


def test_a_new_rate_in_a_long_first_period_is_borne_by_all() -> None:
    """25 days by the day count are 5.00, 22 at 24 % are 8.80; 34/94 of the 13.80 are those of the odd days: 4.99."""
    account = an_account(LONG)

    found = apply(account, RateChanged(on=on("2-10"), annual_rate=TWICE, terms=LONG))[0]

    assert interest(found) == ["9.65", "10.83", "8.83", "6.83", "4.83", "2.83"]
    had, has = account.interest_accrued(on("2-10")), found.interest_accrued(on("2-10"))
    assert had == has == Decimal("5.31")  # 9.40 × 26 ÷ 46: what even days earned more stays earned


def test_odd_days_that_a_reschedule_laid_on_the_first_stay_there() -> None:
    agreed = Rescheduled(on=on("2-10"), from_due_on=on("3-2"), principal_grace=1, terms=LONG)
    account = apply(an_account(LONG), agreed)[0]
    assert interest(account) == ["9.40", "6.00", "5.00", "4.00", "3.00", "2.00", "1.00"]

    found = apply(account, RateChanged(on=on("2-10"), annual_rate=TWICE, terms=LONG))[0]

    assert interest(found)[0] == "13.80"
    assert found.interest_accrued(on("2-10")) == Decimal("5.31")
