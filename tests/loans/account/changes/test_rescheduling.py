"""Other due dates, more instalments, some without principal, interest deferred, another rate: worked by hand.

The loan is that of ``test_replanning``: 600.00 at 12 %, six months of 100.00 each, or the same in level instalments.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from loans.account.account import Account
from loans.account.changes.base import Effect
from loans.account.changes.rescheduling import (
    DueDateNotLater,
    NoSuchDueDate,
    NothingRescheduled,
    NothingToAddTo,
    Rescheduled,
)
from loans.account.late_interest import LateTerms
from loans.schedules.terms import InterestType, Method
from tests.loans.account.by_hand import on
from tests.loans.account.changes.test_replanning import TERMS, TWICE, an_account, dues, interest, paid, principal


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

    def test_what_is_repaid_in_one_instalment_has_none_to_add_to(self) -> None:
        terms = replace(TERMS, method=Method.BULLET)

        with pytest.raises(NothingToAddTo):
            self.rescheduled(terms=terms, due="7-15", extra_count=2)

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

    @pytest.mark.parametrize(("what", "level"), [({"extra_count": 5}, "53.05"), ({"annual_rate": TWICE}, "106.08")])
    def test_more_of_them_or_a_new_rate_make_another_level(self, what: dict[str, Any], level: str) -> None:
        rows = self.rescheduled(terms=replace(TERMS, method=Method.EQUAL_INSTALMENTS), **what).account.instalments

        # 502.48 × 0.01 ÷ (1 − 1.01⁻¹⁰) = 53.052…, and, half of the first period at each rate (1.5 % in all),
        # 502.48 × 1.015 ÷ (1 + (1 − 1.02⁻⁴) ÷ 0.02) = 106.08…
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

    def test_another_rate_bears_from_its_day_on_and_takes_nothing_for_the_days_before(self) -> None:
        effect = self.rescheduled(annual_rate=Decimal("0.24"))

        # of the 28 days to 15 March 14 had passed: 500 × (0.5 % + 1 %)
        assert interest(effect.account) == ["6.00", "7.50", "8.00", "6.00", "4.00", "2.00"]
        assert effect.figures == {"days_moved": 0, "interest_added": Decimal("12.50"), "new_rate": Decimal("0.24")}

    def test_of_an_instalment_to_come_another_rate_bears_from_its_period_on(self) -> None:
        effect = self.rescheduled(due="4-15", annual_rate=Decimal("0.24"))

        assert interest(effect.account) == ["6.00", "5.00", "8.00", "6.00", "4.00", "2.00"]

    def test_a_rate_of_nothing_is_a_rate(self) -> None:
        assert interest(self.rescheduled(annual_rate=Decimal(0)).account) == ["6.00", "2.50", *["0.00"] * 4]

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

    @pytest.mark.parametrize("count", [None, 0])
    @pytest.mark.parametrize("name", ["extra_count", "principal_grace", "interest_grace"])
    def test_nothing_to_change_is_refused(self, name: str, count: int | None) -> None:
        with pytest.raises(NothingRescheduled):
            self.rescheduled(**{name: count})

    def test_a_period_cannot_end_on_the_day_it_begins(self) -> None:
        with pytest.raises(DueDateNotLater):
            self.rescheduled(new_due_on=on("2-15"))
        assert dues(self.rescheduled(day="2-1", new_due_on=on("2-16")).account)[1] == "2-16"

    def test_instalments_without_principal_are_put_in_and_bear_interest(self) -> None:
        effect = self.rescheduled(principal_grace=2)

        assert principal(effect.account) == [100, 0, 0, *[100] * 5]
        assert interest(effect.account) == ["6.00", "5.00", "5.00", "5.00", "4.00", "3.00", "2.00", "1.00"]
        assert dues(effect.account)[-2:] == ["8-15", "9-15"]
        assert effect.figures == {"days_moved": 62, "interest_added": Decimal("10.00")}

    def test_a_level_loan_keeps_its_instalment_after_them(self) -> None:
        terms = replace(TERMS, method=Method.EQUAL_INSTALMENTS)

        rows = self.rescheduled(terms=terms, principal_grace=1).account.instalments

        # 502.48 bears 5.02 once more; then 103.52 as before
        assert (rows[1].principal, rows[1].interest) == (0, Decimal("5.02"))
        assert {row.principal + row.interest for row in rows[2:-1]} == {Decimal("103.52")}

    def test_what_was_paid_of_an_instalment_stays_its_principal_in_grace(self) -> None:
        account = paid(an_account(), "2-20", "240.00")  # of the third instalment 25.00 of principal

        effect = self.rescheduled(account, due="4-15", day="3-20", principal_grace=1)

        assert principal(effect.account) == [100, 100, 25, *[100] * 3, 75]

    @pytest.mark.parametrize("interest_type", list(InterestType))
    def test_interest_may_be_deferred(self, interest_type: InterestType) -> None:
        effect = self.rescheduled(terms=replace(TERMS, interest_type=interest_type), interest_grace=2)

        deferred = {
            InterestType.DECLINING: ["6.00", "0.00", "0.00", "12.00", "2.00", "1.00"],
            InterestType.FLAT: ["6.00", "0.00", "0.00", "18.00", "6.00", "6.00"],
        }
        assert interest(effect.account) == deferred[interest_type]
        assert principal(effect.account) == [100] * 6
        assert effect.figures == {"days_moved": 0, "interest_added": 0}

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
