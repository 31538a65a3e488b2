"""Late interest at dated rates, on overdue interest, under a cap: the pure room, the night in SQL, and the books."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO, round_money
from ledger.queries import difference
from loans.account.account import age, open_account
from loans.account.interest import late_interest_of_day
from loans.account.late_interest import LateRate, LateTerms, capped_rate, rates_with, spans
from loans.acts.kinds.late_rates import LateMultiplierFixed, LateRateOnItsOwn
from loans.acts.performing import perform
from loans.acts.undoing import undo
from loans.disbursement import disbursing
from loans.models import Instalment, Loan, LoanAct
from loans.night.closing import accrue_and_age
from loans.night.late_repricing import follow_rule
from loans.pricing.late_rules import LateMultiplierOutOfRange, agree, late_cap
from loans.proof.verifying import compare
from loans.schedules.schedule import build_schedule
from loans.schedules.terms import LoanTerms
from tests.examples import lives
from tests.loans.acts.test_acts import wish
from tests.loans.books import close_until
from tests.loans.doing import waive
from tests.loans.factories import (
    DISBURSED,
    ON,
    ContractFactory,
    LoanFactory,
    ProductVersionFactory,
    RepaymentFactory,
)
from tests.loans.pricing.test_cost_caps import set_rule
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

RATE = Decimal("0.18")
FIRST_DUE = date(2026, 2, 15)  # 920.15 principal and 180.00 interest; five grace days
OVERDUE = Decimal("920.15")
BY_MULTIPLE: dict[str, Any] = {"late_rate_multiplier": Decimal("1.50"), "late_annual_rate": Decimal("0.27")}


def charged(loan: Loan) -> Decimal:
    rows = Instalment.objects.filter(loan=loan, superseded_on__isnull=True)
    return sum((row.late_interest for row in rows), Decimal(0))


def days_at(rate: str, days: int, base: Decimal = OVERDUE) -> Decimal:
    return late_interest_of_day(base, Decimal(rate)) * days


class TestPureRoom:
    TERMS = LateTerms(multiplier=Decimal("1.5"), contract_rate=RATE, ceiling=Decimal("0.24"))

    def test_the_rate_is_the_contract_rate_times_the_multiplier_up_to_the_ceiling(self) -> None:
        assert capped_rate(RATE, Decimal("1.3"), Decimal("0.24")) == Decimal("0.234")
        assert capped_rate(RATE, Decimal("1.5"), Decimal("0.24")) == Decimal("0.24")
        assert capped_rate(RATE, Decimal("1.5"), None) == Decimal("0.27")

    def test_where_contract_interest_goes_on_it_is_what_exceeds_that(self) -> None:
        assert capped_rate(RATE, Decimal("1.5"), None, on_top=True) == Decimal("0.09")
        assert capped_rate(RATE, Decimal("1.5"), Decimal("0.24"), on_top=True) == Decimal("0.06")
        assert capped_rate(Decimal("0.36"), Decimal("1.3"), Decimal("0.24"), on_top=True) == 0
        terms = replace(self.TERMS, on_top=True)
        assert [rate.annual_rate for rate in rates_with((), terms, FIRST_DUE, multiplier=Decimal("1.3"))] == [
            Decimal("0.054")
        ]

    def test_each_day_belongs_to_the_rate_that_holds_on_it(self) -> None:
        rates = rates_with((), self.TERMS, date(2026, 3, 1), multiplier=Decimal("1.3"))

        assert spans(rates, Decimal("0.24"), date(2026, 2, 20), date(2026, 3, 10)) == [
            (date(2026, 2, 20), date(2026, 2, 28), Decimal("0.24")),
            (date(2026, 2, 28), date(2026, 3, 10), Decimal("0.234")),
        ]
        assert spans(rates, Decimal("0.24"), date(2026, 3, 1), date(2026, 3, 1)) == []

    def test_a_change_told_later_leaves_what_it_does_not_change(self) -> None:
        rates = rates_with((), self.TERMS, date(2026, 3, 1), multiplier=Decimal("1.3"))
        rates = rates_with(rates, self.TERMS, date(2026, 2, 1), contract_rate=Decimal("0.12"))

        assert rates == (
            LateRate(date(2026, 2, 1), Decimal("0.18"), Decimal("0.12"), Decimal("1.5")),
            LateRate(date(2026, 3, 1), Decimal("0.156"), Decimal("0.12"), Decimal("1.3")),
        )

    def test_a_rate_agreed_by_itself_follows_nothing(self) -> None:
        assert rates_with((), LateTerms(), date(2026, 3, 1), multiplier=Decimal("1.3")) == ()

    @given(
        most=st.integers(0, 8_000),
        compounds=st.booleans(),
        cuts=st.lists(st.integers(1, 200), max_size=4),
        grace=st.integers(0, 6),
    )
    def test_a_cap_is_never_passed_and_it_does_not_matter_how_often_one_reckons(
        self, most: int, compounds: bool, cuts: list[int], grace: int
    ) -> None:
        cap = Decimal(most).scaleb(-2)
        terms = LoanTerms(principal=Decimal("5000"), annual_rate=RATE, count=4, start_on=DISBURSED)
        account = open_account(
            build_schedule(terms),
            on=DISBURSED,
            grace_days=grace,
            late_annual_rate=Decimal("0.27"),
            late=LateTerms(compounds=compounds, most=cap),
        )
        last = DISBURSED + timedelta(days=200)

        stepwise = account
        for day in sorted(cuts):
            stepwise = age(stepwise, DISBURSED + timedelta(days=day))

        assert age(stepwise, last) == age(account, last)
        assert age(account, last).late_interest_accrued <= cap


@pytest.mark.django_db
class TestMultiplier:
    def test_days_before_and_after_a_change_bear_their_own_rate(self) -> None:
        loan = LoanFactory(active=True, **BY_MULTIPLE)
        close_until(date(2026, 2, 24))

        perform(wish(loan, "late_multiplier_changed", date(2026, 2, 25), multiplier=Decimal("1.30")), approved=True)
        close_until(date(2026, 3, 2))

        # 21 to 24 February at 27 %, 25 February to 2 March at 23.4 %
        assert charged(loan) == days_at("0.27", 4) + days_at("0.234", 6)
        assert position(loan).late_by_day
        assert_books_agree(loan)

    def test_a_change_told_late_charges_the_same_as_one_told_in_time_and_undoing_restores(self) -> None:
        loan = LoanFactory(active=True, **BY_MULTIPLE)
        close_until(date(2026, 3, 2))
        before = charged(loan)
        late = wish(
            loan, "late_multiplier_changed", date(2026, 2, 25), multiplier=Decimal("1.30"), recorded_on=date(2026, 3, 3)
        )

        act = perform(late, approved=True)

        assert charged(loan) == days_at("0.27", 4) + days_at("0.234", 6)
        assert_books_agree(loan)
        undo(act_id=act.pk, reason="agreed for another loan", on=date(2026, 3, 3))
        assert charged(loan) == before == days_at("0.27", 10)
        assert not position(loan).late_by_day
        assert_books_agree(loan)

    def test_money_told_late_is_divided_by_the_rates_of_the_days_gone_by(self) -> None:
        loan = LoanFactory(active=True, **BY_MULTIPLE)
        close_until(date(2026, 2, 24))
        perform(wish(loan, "late_multiplier_changed", date(2026, 2, 25), multiplier=Decimal("1.30")), approved=True)
        close_until(date(2026, 3, 4))

        receipt = pay(loan, "200.00", date(2026, 2, 26), recorded_on=date(2026, 3, 5))

        assert receipt.late_interest == round_money(days_at("0.27", 4) + days_at("0.234", 2))
        left = OVERDUE - receipt.principal
        assert charged(loan) == days_at("0.27", 4) + days_at("0.234", 2) + days_at("0.234", 6, left)
        assert_books_agree(loan)

    def test_the_late_rate_follows_a_new_contract_rate_from_the_next_day(self) -> None:
        loan = LoanFactory(active=True, **BY_MULTIPLE)
        close_until(date(2026, 2, 24))

        perform(wish(loan, "rate_changed", date(2026, 2, 24), annual_rate=Decimal("0.12")))
        close_until(date(2026, 2, 28))

        assert charged(loan) == days_at("0.27", 4) + days_at("0.18", 4)
        assert_books_agree(loan)

    def test_no_change_lifts_the_rate_over_the_ceiling_of_the_contract(self) -> None:
        loan = LoanFactory(
            active=True,
            late_rate_multiplier=Decimal("1.30"),
            late_annual_rate=Decimal("0.234"),
            late_rate_ceiling=Decimal("0.24"),
            late_rate_follows_rule=True,
        )
        close_until(date(2026, 2, 24))

        perform(wish(loan, "late_multiplier_changed", date(2026, 2, 25), multiplier=Decimal("1.50")), approved=True)
        close_until(date(2026, 2, 26))

        assert charged(loan) == days_at("0.234", 4) + days_at("0.24", 2)

    def test_a_fixed_multiplier_is_lowered_but_not_raised(self) -> None:
        loan = LoanFactory(active=True, late_rate_multiplier=Decimal("1.30"), late_annual_rate=Decimal("0.234"))

        with pytest.raises(LateMultiplierFixed) as refused:
            perform(wish(loan, "late_multiplier_changed", date(2026, 2, 1), multiplier=Decimal("1.50")))

        assert "1.30" in refused.value.detail and "1.50" in refused.value.detail

    def test_the_market_bounds_it_and_both_numbers_are_told(self) -> None:
        loan = LoanFactory(active=True, **BY_MULTIPLE)

        with pytest.raises(LateMultiplierOutOfRange) as refused:
            perform(wish(loan, "late_multiplier_changed", date(2026, 2, 1), multiplier=Decimal("1.20")))

        assert all(number in refused.value.detail for number in ("1.20", "1.30", "1.50"))
        assert not LoanAct.objects.exists()

    def test_a_rate_of_its_own_has_no_multiplier_to_change(self) -> None:
        with pytest.raises(LateRateOnItsOwn):
            perform(
                wish(LoanFactory(active=True), "late_multiplier_changed", date(2026, 2, 1), multiplier=Decimal("1.30"))
            )


@pytest.mark.django_db
class TestRuleOfTheMarket:
    CHANGE = date(2026, 2, 25)

    def follow(self, on: date) -> dict[str, int]:
        return follow_rule(0, 2**62, on)

    def test_loans_that_follow_the_rule_change_on_its_day_and_no_others(self) -> None:
        following, fixed = (
            LoanFactory(active=True, late_rate_follows_rule=True, **BY_MULTIPLE),
            LoanFactory(active=True, **BY_MULTIPLE),
        )
        set_rule("late_rate_multiplier", self.CHANGE, {"multiplier": "1.30"})
        close_until(date(2026, 2, 24))
        assert self.follow(date(2026, 2, 24)) == {"late_rates_changed": 0}

        assert self.follow(self.CHANGE) == {"late_rates_changed": 1}
        close_until(date(2026, 3, 2))

        assert charged(following) == days_at("0.27", 4) + days_at("0.234", 6)
        assert charged(fixed) == days_at("0.27", 10)
        assert_books_agree(following)

    def test_a_repeat_changes_nothing_and_what_people_took_back_stays_so(self) -> None:
        loan = LoanFactory(active=True, late_rate_follows_rule=True, **BY_MULTIPLE)
        set_rule("late_rate_multiplier", self.CHANGE, {"multiplier": "1.30"})
        close_until(date(2026, 2, 24))
        self.follow(self.CHANGE)

        assert self.follow(self.CHANGE) == {"late_rates_changed": 0}
        undo(act_id=LoanAct.objects.get(loan=loan).pk, reason="not agreed", on=self.CHANGE)
        assert self.follow(date(2026, 2, 26)) == {"late_rates_changed": 0}

    def test_a_rule_that_names_the_same_multiplier_again_changes_nothing(self) -> None:
        loan = LoanFactory(active=True, late_rate_follows_rule=True, **BY_MULTIPLE)
        set_rule("late_rate_multiplier", self.CHANGE, {"multiplier": "1.30"})
        set_rule("late_rate_multiplier", date(2026, 2, 27), {"multiplier": "1.30", "least": "1.10"})
        close_until(date(2026, 2, 28))

        assert self.follow(date(2026, 2, 28)) == {"late_rates_changed": 1}
        assert LoanAct.objects.get(loan=loan).effective_on == self.CHANGE

    def test_a_change_between_signing_and_paying_out_counts_from_the_first_day(self) -> None:
        version = ProductVersionFactory(late_rate_follows_rule=True, late_rate_multiplier=Decimal("1.50"))
        loan = ContractFactory(offer__application__version=version).offer.application.loan
        set_rule("late_rate_multiplier", ON + timedelta(days=1), {"multiplier": "1.30"})
        paid_on = ON + timedelta(days=2)
        disbursing.send(disbursement_id=loan.disbursements.get().pk, on=paid_on)

        assert self.follow(paid_on) == {"late_rates_changed": 1}
        assert LoanAct.objects.get(loan=loan).effective_on == paid_on
        assert self.follow(paid_on) == {"late_rates_changed": 0}

    def test_a_rule_entered_late_counts_from_its_own_day(self) -> None:
        loan = LoanFactory(active=True, late_rate_follows_rule=True, **BY_MULTIPLE)
        close_until(date(2026, 3, 2))
        set_rule("late_rate_multiplier", self.CHANGE, {"multiplier": "1.50", "products": {"phone-12": "1.30"}})

        self.follow(date(2026, 3, 3))

        assert charged(loan) == days_at("0.27", 4) + days_at("0.234", 6)
        assert_books_agree(loan)


@pytest.mark.django_db
class TestCompounding:
    def test_overdue_interest_bears_late_interest_too(self) -> None:
        loan = LoanFactory(active=True, late_interest_compounds=True)

        close_until(date(2026, 2, 24))

        assert charged(loan) == days_at("0.27", 4, Decimal("1100.15"))
        assert_books_agree(loan)

    def test_interest_alone_bears_it_where_no_principal_is_due(self) -> None:
        loan = LoanFactory(active=True, late_interest_compounds=True, method="interest_only")

        close_until(date(2026, 2, 24))

        assert charged(loan) == days_at("0.27", 4, Decimal("180.00"))
        assert_books_agree(loan)

    def test_late_interest_itself_bears_none(self) -> None:
        loan = LoanFactory(active=True, late_interest_compounds=True)
        close_until(date(2026, 3, 15))

        assert charged(loan) == days_at("0.27", 23, Decimal("1100.15"))


@pytest.mark.django_db
class TestCap:
    def test_the_sum_of_late_interest_stops_at_the_cap_to_the_cent(self) -> None:
        loan = LoanFactory(active=True, late_interest_most=Decimal("5.00"))

        close_until(date(2026, 5, 31))

        assert position(loan).late_interest_accrued == Decimal("5.00")
        assert_books_agree(loan)

    def test_what_is_given_up_may_be_charged_again_but_never_beyond_the_cap(self) -> None:
        loan = LoanFactory(active=True, late_interest_most=Decimal("5.00"))
        close_until(date(2026, 3, 31))
        waive(loan_id=loan.pk, component="late_interest", amount=Decimal("2.00"), on=date(2026, 3, 31), reason="court")
        assert position(loan).late_interest_accrued == Decimal("3.00")

        close_until(date(2026, 5, 31))

        assert position(loan).late_interest_accrued == Decimal("5.00")

    def test_the_cap_of_the_market_and_of_the_product_of_the_day_of_the_contract_hold(self) -> None:
        version = ProductVersionFactory(late_interest_cap=Decimal("0.30"))
        set_rule(
            "late_interest_cap", date(2026, 1, 1), {"lender_types": {"microloan_company": {"within_cost_cap": True}}}
        )
        set_rule("late_interest_cap", date(2026, 6, 1), {"share_of_principal": "0.20"})

        early, later = (
            agree(version, principal=Decimal("12000"), contract_rate=RATE, on=on)
            for on in (date(2026, 5, 31), date(2026, 6, 1))
        )

        assert (early.late_annual_rate, early.late_interest_most) == (Decimal("0.24"), Decimal("3600.00"))
        assert (later.late_annual_rate, later.late_interest_most) == (Decimal("0.27"), Decimal("2400.00"))

    def test_a_private_lender_keeps_four_times_the_loan_prime_rate(self) -> None:
        assert late_cap(date(2026, 6, 15), "CN", "private_lender").ceiling == Decimal("0.12")


settings = st.fixed_dictionaries(
    {
        "rounding_step": st.sampled_from([Decimal("0.01"), Decimal("0.01"), Decimal("0.05"), Decimal(1)]),
        "late_interest_compounds": st.booleans(),
        "late_interest_most": st.one_of(st.none(), st.integers(0, 6_000).map(lambda n: Decimal(n).scaleb(-2))),
        "late_rate_ceiling": st.one_of(st.none(), st.just(Decimal("0.27"))),
        "method": st.sampled_from(["equal_instalments", "equal_principal", "interest_only", "bullet"]),
        "grace_days": st.integers(0, 10),
    }
)
changes = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.integers(0, 130), st.integers(1, 250_000)),
        st.tuples(st.just("multiply"), st.integers(1, 130), st.sampled_from(["1.30", "1.40", "1.50"])),
        st.tuples(st.just("hold"), st.integers(1, 130), st.integers(0, 30)),
        st.tuples(st.just("close"), st.integers(0, 140), st.just(0)),
    ),
    max_size=7,
)


@pytest.mark.django_db
@lives(60)
@given(agreed=settings, told=changes, last=st.integers(0, 170))
def test_night_and_pure_rooms_agree_on_late_interest_of_any_kind(
    agreed: dict[str, Any], told: list[tuple[str, int, Any]], last: int
) -> None:
    """Closings in SQL between changes, in order or back-dated, equal the account rebuilt from contract and events."""
    loan = LoanFactory(active=True, instalment_count=4, late_rate_follows_rule=True, **BY_MULTIPLE, **agreed)
    told_on = DISBURSED + timedelta(days=200)
    for n, (what, day, value) in enumerate(told):
        on = DISBURSED + timedelta(days=day)
        loan.refresh_from_db()
        accrue_and_age(loan.pk, loan.pk, on)
        if loan.status != "active" and what != "pay":
            continue
        if what == "pay":
            RepaymentFactory(loan=loan, amount=Decimal(value).scaleb(-2), received_on=on, recorded_on=told_on)
        elif what == "multiply":
            values = {"multiplier": Decimal(value)}
            told = wish(loan, "late_multiplier_changed", on, recorded_on=told_on, key=f"{loan.pk}:{n}", **values)
            perform(told, approved=True)
        elif what == "hold":
            until = on + timedelta(days=value)
            hold = {"stops": "late_interest", "until": until}
            perform(wish(loan, "hold_placed", on, recorded_on=told_on, key=f"{loan.pk}:{n}", **hold), approved=True)
    accrue_and_age(loan.pk, loan.pk, DISBURSED + timedelta(days=last))

    loan = Loan.objects.select_related("position").get(pk=loan.pk)
    assert compare(loan) == []
    assert difference() == ZERO
    assert agreed["late_interest_most"] is None or position(loan).late_interest_accrued <= agreed["late_interest_most"]
