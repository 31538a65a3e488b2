"""The recommendation at its edges: which room binds, what a reason says, what a purchase leaves to pay down."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loans.gate.gate import BindingAct, Result, gate
from risk.policy.checks import Check, Effect, read_findings
from risk.policy.policy import GradeTerms, Recommendation, Wish, read_grades, recommend, wished_principal
from tests.loans.gate.known import known

B = GradeTerms("B", "approve", Decimal(30000), Decimal("0.01"), Decimal("0.10"))


def a_check(reason: str, result: Result, effect: Effect) -> Check:
    return Check(reason, result, reason, effect, {})


def recommended(
    *checks: Check, terms: GradeTerms = B, facts: dict[str, Any] | None = None, **wish: Any
) -> Recommendation:
    """What is said to a wish for 10,000.00 at 1,000.00 a month, of an income of 12,000.00 of which half may go to debts."""
    wished = {
        "principal": Decimal(10000),
        "least": Decimal(1000),
        "monthly_payment": Decimal(1000),
        "product_rate": Decimal("0.18"),
    }
    return recommend(wish=Wish(**{**wished, **wish}), facts=known(**(facts or {})), terms=terms, checks=checks)


def said(found: Recommendation) -> tuple[str, tuple[str, ...], Decimal]:
    return found.outcome, found.reasons, found.principal


class TestRoom:
    @pytest.mark.parametrize(
        ("bound", "principal", "outcome", "reasons"),
        [
            (10000, 10000, "approve", ("meets_policy",)),  # to the last yuan
            (10001, 9900, "counter_offer", ("exposure",)),
            (18950, 1000, "counter_offer", ("exposure",)),
            (19000, 1000, "counter_offer", ("exposure",)),  # the least the product sells is enough
            (19001, 900, "decline", ("exposure",)),
            (25000, 0, "decline", ("exposure",)),
        ],
    )
    def test_what_the_house_is_bound_to_takes_from_the_cap(
        self, bound: int, principal: int, outcome: str, reasons: tuple[str, ...]
    ) -> None:
        assert said(recommended(facts={"committed": Decimal(bound)})) == (outcome, reasons, principal)

    def test_the_smallest_room_gives_the_reason(self) -> None:
        poor = GradeTerms("D", "approve", Decimal(8000), Decimal("0.04"), Decimal(0))

        assert said(recommended(terms=poor)) == ("counter_offer", ("amount_over_limit",), 8000)
        assert said(recommended(terms=poor, facts={"debt_payments": Decimal(5500)})) == (
            "counter_offer", ("affordability",), 5000,
        )  # fmt: skip

    @pytest.mark.parametrize(("payment", "principal"), [("6000.00", 10000), ("6000.01", 9900), ("12000.00", 5000)])
    def test_half_the_income_may_go_to_the_payment(self, payment: str, principal: int) -> None:
        assert recommended(monthly_payment=Decimal(payment)).principal == principal

    @pytest.mark.parametrize("payment", ["0.00", "0.50"])
    def test_a_payment_of_next_to_nothing_can_be_borne(self, payment: str) -> None:
        assert recommended(monthly_payment=Decimal(payment)).principal == 10000

    def test_even_half_a_yuan_a_month_needs_room(self) -> None:
        found = recommended(monthly_payment=Decimal("0.50"), facts={"debt_payments": Decimal(6000)})

        assert said(found) == ("decline", ("affordability",), 0)

    def test_where_income_is_not_known_it_binds_nothing_here(self) -> None:
        assert recommended(facts={"income": None}).principal == 10000


class TestOutcome:
    DECLINE = a_check("age", Result.FAILED, Effect.DECLINE)
    REFER = a_check("duplicate", Result.FAILED, Effect.REFER)
    UNKNOWN = a_check("income_unknown", Result.MISSING, Effect.REDUCE)
    PASSED = a_check("arrears", Result.PASSED, Effect.DECLINE)

    @pytest.mark.parametrize(
        ("decision", "checks", "outcome", "reasons"),
        [
            ("approve", (), "approve", ("meets_policy",)),
            ("approve", (PASSED,), "approve", ("meets_policy",)),
            ("approve", (REFER,), "refer", ("duplicate",)),
            ("approve", (UNKNOWN, REFER, UNKNOWN), "refer", ("income_unknown", "duplicate")),
            ("refer", (), "refer", ("score_borderline",)),
            ("refer", (REFER,), "refer", ("duplicate", "score_borderline")),
            ("approve", (DECLINE,), "decline", ("age",)),
            ("approve", (REFER, DECLINE, DECLINE), "decline", ("age",)),
            ("decline", (), "decline", ("score_low",)),
            ("decline", (REFER, DECLINE), "decline", ("age", "score_low")),
        ],
    )
    def test_each_outcome_tells_its_reasons_once(
        self, decision: str, checks: tuple[Check, ...], outcome: str, reasons: tuple[str, ...]
    ) -> None:
        terms = GradeTerms("C", decision, Decimal(30000), Decimal("0.01"), Decimal(0))

        found = recommended(*checks, terms=terms)

        assert (found.outcome, found.reasons) == (outcome, reasons)


class TestPrice:
    @pytest.mark.parametrize(("margin", "rate"), [("0.01", "0.19"), ("-0.03", "0.15"), ("-0.18", "0"), ("-0.20", "0")])
    def test_the_grade_moves_the_rate_but_never_below_nothing(self, margin: str, rate: str) -> None:
        terms = GradeTerms("A", "approve", Decimal(30000), Decimal(margin), Decimal(0))

        assert recommended(terms=terms).annual_rate == Decimal(rate)

    def test_what_a_purchase_costs_beyond_the_loan_is_paid_down(self) -> None:
        assert recommended(price=Decimal("11500.00")).down_payment == 1500
        assert recommended(price=Decimal("11500.00"), facts={"committed": Decimal(12000)}).down_payment == 3500
        assert recommended().down_payment == 0

    def test_the_limit_of_the_grade_is_told_whatever_is_lent(self) -> None:
        assert recommended(principal=Decimal(2000)).limit == 30000

    def test_a_down_payment_is_rounded_up_to_the_cent(self) -> None:
        assert wished_principal(Decimal(10000), Decimal("0.11"), B) == Decimal("0.09")  # of 0.011 a whole 0.02 is paid


def test_grades_are_read_from_a_policys_rows() -> None:
    row = {"decision": "approve", "limit": "30000", "rate_margin": "0.01", "down_payment_share": "0.10"}

    assert read_grades([{"grade": "A", **row}, {"grade": "B", **row}]) == {
        "A": GradeTerms("A", "approve", Decimal(30000), Decimal("0.01"), Decimal("0.10")),
        "B": B,
    }


class TestReading:
    """What a finding of the gate leads to while nothing is decided."""

    def read(self, **facts: Any) -> dict[str, Check]:
        verdict = gate(known(**facts), BindingAct.RULES_DECISION)
        return {check.code: check for check in read_findings(verdict.findings)}

    def test_the_score_has_its_own_place(self) -> None:
        read = self.read()

        assert "score" not in read
        assert {check.result for check in read.values()} == {Result.PASSED}

    @pytest.mark.parametrize(
        ("facts", "reason"),
        [
            ({"alive": False}, "deceased"),
            ({"age": 17}, "age"),
            ({"do_not_lend": True}, "do_not_lend"),
            ({"occupation": "student"}, "student"),
            ({"purpose": "forbidden"}, "purpose"),
            ({"days_past_due": 31}, "arrears"),
            ({"loans_written_off": 1}, "arrears"),
        ],
    )
    def test_what_no_person_would_change_is_declined(self, facts: dict[str, Any], reason: str) -> None:
        found = self.read(**facts).values()

        assert [check.reason for check in found if check.declines] == [reason]
        assert not any(check.refers for check in found)

    @pytest.mark.parametrize(
        ("facts", "reason"),
        [
            ({"identity_proved": None}, "identity_uncertain"),
            ({"consents_missing": ("credit_query",)}, "consent_missing"),
            ({"on_sale": False}, "product_not_sold"),
            ({"cost_allowed": False}, "cost_cap"),
            ({"other_applications": 1}, "duplicate"),
            ({"days_past_due": 30}, "arrears"),
            ({"income_as_of": date(2025, 6, 15)}, "data_old"),
            ({"income": None}, "income_unknown"),
            ({"income": None, "declared_income": Decimal(9000)}, "income_declared"),
            ({"income_as_of": None}, "income_unknown"),
            ({"do_not_lend": None}, "do_not_lend"),
            ({"exposure_cap": None}, "exposure"),
        ],
    )
    def test_what_a_person_must_see_is_referred(self, facts: dict[str, Any], reason: str) -> None:
        found = self.read(**facts).values()

        assert [check.reason for check in found if check.refers] == [reason]
        assert not any(check.declines for check in found)

    @pytest.mark.parametrize("facts", [{"committed": Decimal(15000)}, {"limit": Decimal(9000)}, {"payment": 9000}])
    def test_what_less_money_mends_is_reduced(self, facts: dict[str, Any]) -> None:
        found = self.read(**facts).values()

        assert any(check.result is Result.FAILED for check in found)
        assert not any(check.refers or check.declines for check in found)
