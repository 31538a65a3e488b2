"""Every check of the gate at its edges (no Django)."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loans.gate.gate import (
    _CHECKS,
    ASKED_OF,
    BindingAct,
    Finding,
    Result,
    Severity,
    bound_by_one,
    gate,
    room_for_payment,
    severity_of,
)
from loans.gate.reasons import income_reason
from loans.gate.words import NEXT
from loans.gate.worse import still_overridden
from tests.loans.gate.known import BROKEN, FINE, known

A = BindingAct
HARD = {
    "alive", "identity", "age", "consent", "do_not_lend", "student", "product", "purpose", "price", "exposure", "payee",
}  # fmt: skip
SOFT = {"limit", "affordability", "score", "data_age", "arrears", "authority", "other_applications"}


def found(code: str, at: BindingAct = A.ACCEPTANCE, **changes: Any) -> Finding:
    at = at if at in ASKED_OF[code] else A.PERSON_DECISION
    (one,) = (finding for finding in gate(known(**changes), at).findings if finding.code == code)
    return one


def result(code: str, at: BindingAct = A.ACCEPTANCE, **changes: Any) -> str:
    return found(code, at, **changes).result.value


class TestWhichActAsksWhat:
    """The whole table once more by hand: a check that is left out of an act is a hole."""

    @pytest.mark.parametrize(
        ("at", "without"),
        [
            (A.RULES_DECISION, {"payee", "authority"}),
            (A.PERSON_DECISION, {"payee", "authority"}),
            (A.SECOND_PERSON, {"payee", "authority"}),
            (A.ACCEPTANCE, {"other_applications"}),
            (A.DISBURSEMENT, {"other_applications"}),
            (A.RETRY, {"other_applications"}),
            (A.DRAWDOWN, {"other_applications", "authority"}),
            (
                A.LIMIT_RAISE,
                {"other_applications", "authority", "payee", "product", "purpose", "price", "limit", "affordability"},
            ),
        ],
    )
    def test_every_act(self, at: BindingAct, without: set[str]) -> None:
        assert {finding.code for finding in gate(FINE, at).findings} == (HARD | SOFT) - without

    def test_every_check_has_its_severity(self) -> None:
        assert {code for code in ASKED_OF if severity_of(code) is Severity.HARD} == HARD
        assert {code for code in ASKED_OF if severity_of(code) is Severity.SOFT} == SOFT
        assert set(_CHECKS) == set(ASKED_OF)

    def test_every_hard_check_says_what_can_be_done(self) -> None:
        assert set(NEXT) == HARD

    @pytest.mark.parametrize("at", A)
    def test_where_nothing_is_wrong_it_binds(self, at: BindingAct) -> None:
        verdict = gate(FINE, at)

        assert (verdict.at, verdict.binds, verdict.stopped_by, verdict.to_override) == (at, True, (), ())
        assert {finding.result for finding in verdict.findings} == {Result.PASSED}
        assert all(finding.severity is severity_of(finding.code) for finding in verdict.findings)


class TestEdges:
    @pytest.mark.parametrize(
        ("code", "changes", "expected"),
        [
            ("alive", {"alive": True}, "passed"),
            ("alive", {"alive": False}, "failed"),
            ("alive", {"alive": None}, "missing"),
            ("identity", {"identity_proved": True}, "passed"),
            ("identity", {"identity_proved": False}, "missing"),
            ("identity", {"identity_proved": None}, "missing"),
            ("age", {"age": 17}, "failed"),
            ("age", {"age": 18}, "passed"),
            ("age", {"age": 60}, "passed"),
            ("age", {"age": 61}, "failed"),
            ("age", {"age": None}, "missing"),
            ("age", {"least_age": None}, "missing"),
            ("age", {"most_age": None}, "missing"),
            ("consent", {"consents_missing": ()}, "passed"),
            ("consent", {"consents_missing": ("credit_query",)}, "failed"),
            ("consent", {"consents_missing": None}, "missing"),
            ("do_not_lend", {"do_not_lend": False}, "passed"),
            ("do_not_lend", {"do_not_lend": True}, "failed"),
            ("do_not_lend", {"do_not_lend": None}, "missing"),
            ("student", {"occupation": "employed"}, "passed"),
            ("student", {"occupation": "student"}, "failed"),
            ("student", {"occupation": "student", "student_lending": "allowed"}, "passed"),
            ("student", {"occupation": None, "student_lending": "allowed"}, "passed"),
            ("student", {"occupation": "student", "student_lending": "conditions"}, "passed"),
            ("student", {"occupation": "student", "student_lending": "anything else"}, "failed"),
            ("student", {"occupation": None}, "missing"),
            ("student", {"student_lending": None}, "missing"),
            ("student", {"occupation": None, "student_lending": None}, "missing"),
            ("product", {"on_sale": True}, "passed"),
            ("product", {"on_sale": False}, "failed"),
            ("product", {"on_sale": None}, "missing"),
            ("purpose", {"purpose": "known"}, "passed"),
            ("purpose", {"purpose": "forbidden"}, "failed"),
            ("purpose", {"purpose": None}, "missing"),
            ("price", {"cost_allowed": True}, "passed"),
            ("price", {"cost_allowed": False}, "failed"),
            ("price", {"cost_allowed": None}, "missing"),
            ("exposure", {"committed": Decimal("10000.00")}, "passed"),
            ("exposure", {"committed": Decimal("10000.01")}, "failed"),
            ("exposure", {"committed": None}, "missing"),
            ("exposure", {"amount": None}, "missing"),
            ("exposure", {"exposure_cap": None}, "missing"),
            ("payee", {"payee": "verified"}, "passed"),
            ("payee", {"payee": "unverified"}, "failed"),
            ("payee", {"payee": None}, "missing"),
            ("limit", {"limit": Decimal("10000.00")}, "passed"),
            ("limit", {"limit": Decimal("9999.99")}, "failed"),
            ("limit", {"limit": Decimal(12000), "committed": Decimal("2000.00")}, "passed"),
            ("limit", {"limit": Decimal(12000), "committed": Decimal("2000.01")}, "failed"),
            ("limit", {"limit": None}, "missing"),
            ("limit", {"committed": None}, "missing"),
            ("limit", {"amount": None}, "missing"),
            ("affordability", {"payment": Decimal("6000.00")}, "passed"),
            ("affordability", {"payment": Decimal("6000.01")}, "failed"),
            ("affordability", {"payment": Decimal(0), "debt_payments": Decimal(7000)}, "passed"),
            ("affordability", {"debt_payments": Decimal("5000.00")}, "passed"),
            ("affordability", {"debt_payments": Decimal("5000.01")}, "failed"),
            ("affordability", {"committed_payments": Decimal("5000.00")}, "passed"),
            ("affordability", {"committed_payments": Decimal("5000.01")}, "failed"),
            ("affordability", {"payment": None}, "missing"),
            ("affordability", {"income": None}, "missing"),
            ("affordability", {"debt_payments": None}, "missing"),
            ("affordability", {"committed_payments": None}, "missing"),
            ("affordability", {"debt_share_cap": None}, "missing"),
            ("score", {"grade_decision": "approve"}, "passed"),
            ("score", {"grade_decision": "refer"}, "passed"),
            ("score", {"grade_decision": "decline"}, "failed"),
            ("score", {"grade_decision": "anything else"}, "failed"),
            ("score", {"grade_decision": None}, "missing"),
            ("data_age", {"income_as_of": date(2026, 3, 17)}, "passed"),  # ninety days before
            ("data_age", {"income_as_of": date(2026, 3, 16)}, "failed"),
            ("data_age", {"income_as_of": None}, "missing"),
            ("data_age", {"data_age_days": None}, "missing"),
            ("arrears", {"days_past_due": 1}, "failed"),
            ("arrears", {"loans_written_off": 1}, "failed"),
            ("arrears", {"days_past_due": None}, "missing"),
            ("arrears", {"loans_written_off": None}, "missing"),
            ("other_applications", {"other_applications": 0}, "passed"),
            ("other_applications", {"other_applications": 1}, "failed"),
            ("other_applications", {"other_applications": None}, "missing"),
        ],
    )
    def test_each_check(self, code: str, changes: dict[str, Any], expected: str) -> None:
        assert result(code, **changes) == expected

    def test_what_the_rules_alone_may_not(self) -> None:
        assert result("score", A.RULES_DECISION, grade_decision="refer") == "failed"
        assert result("score", A.RULES_DECISION, grade_decision="approve") == "passed"
        on_conditions = {"occupation": "student", "student_lending": "conditions"}
        assert result("student", A.RULES_DECISION, **on_conditions) == "failed"
        assert result("student", A.RULES_DECISION, occupation="student", student_lending="allowed") == "passed"

    def test_the_room_is_never_below_nothing(self) -> None:
        assert room_for_payment(known(debt_payments=Decimal("1250.50"), committed_payments=Decimal(250))) == Decimal(
            "4499.50"
        )
        assert room_for_payment(known(debt_payments=Decimal(9000))) == 0
        assert room_for_payment(known(income=None)) is None

    def test_what_no_second_person_agreed_to_is_one_sum(self) -> None:
        beside = {"agreed_by_one": Decimal(40_000), "amount": Decimal(10_000)}

        assert bound_by_one(known(**beside)) == 50_000
        assert bound_by_one(known(**beside, agreed_by_two=True)) == 40_000
        assert bound_by_one(known(**{**beside, "amount": None})) is None
        assert bound_by_one(known(**{**beside, "agreed_by_one": None})) is None

    def test_why_an_income_is_missing(self) -> None:
        def reasons(**changes: Any) -> set[str | None]:
            return {income_reason(one) for one in gate(known(**changes), A.RULES_DECISION).findings}

        assert reasons() == {None}
        assert reasons(income=Decimal(1)) == {None}  # too little, but known
        assert reasons(income=None) == reasons(income_as_of=None) == {None, "income_unknown"}
        assert reasons(income=None, declared_income=Decimal(9_000)) == {None, "income_declared"}
        assert reasons(limit=None) == {None}


class TestFigures:
    """What a finding shows: whoever overrides it, or reads the verdict years later, sees these."""

    @pytest.mark.parametrize(
        ("code", "shown"),
        [
            ("age", {"age": 36, "least": 18, "most": 60}),
            ("consent", {}),
            ("student", {"occupation": "employed"}),
            ("price", {"cost": Decimal("0.18"), "highest_cost": Decimal("0.24")}),
            ("exposure", {"committed": 500, "after": 10500, "cap": 20000}),
            ("payee", {"payee": "verified"}),
            ("limit", {"committed": 500, "after": 10500, "limit": 30000}),
            (
                "affordability",
                {
                    "payment": 1000,
                    "room": 5960,
                    "over_by": None,
                    "income": 12000,
                    "declared_income": None,
                    "committed_payments": 40,
                    "share": Decimal("0.50"),
                },
            ),
            ("score", {"points": 570, "grade": "B"}),
            ("data_age", {"as_of": date(2026, 6, 1), "days": 90}),
            ("arrears", {"days_past_due": 0, "written_off": 0}),
            ("authority", {"bound_by_one": 10000, "one_decides": 30000}),
            ("other_applications", {"open": 0}),
        ],
    )
    def test_of_each_check(self, code: str, shown: dict[str, Any]) -> None:
        assert found(code, committed=Decimal(500), committed_payments=Decimal(40)).facts == shown

    def test_the_consents_that_are_missing_are_named(self) -> None:
        assert found("consent", consents_missing=("credit_query", "third_party")).facts == {
            "missing": "credit_query, third_party"
        }

    def test_kept_as_pairs_of_text_without_what_is_not_known(self) -> None:
        assert found("exposure", exposure_cap=None).as_json() == {
            "code": "exposure",
            "severity": "hard",
            "result": "missing",
            "facts": [["committed", "0"], ["after", "10000"]],
        }
        assert found("data_age").as_json()["facts"] == [["as_of", "2026-06-01"], ["days", 90]]

    def test_all_facts_are_kept(self) -> None:
        kept = replace(FINE, overridden=frozenset({"score", "limit"})).as_json()

        assert kept["on"] == "2026-06-15"
        assert kept["overridden"] == ["limit", "score"]
        assert kept["person"] == {
            "alive": True,
            "identity_proved": True,
            "age": 36,
            "occupation": "employed",
            "consents_missing": [],
            "do_not_lend": False,
        }
        assert kept["deal"]["amount"] == "10000"
        assert kept["credit"]["income_as_of"] == "2026-06-01"
        assert (kept["committed"], kept["committed_payments"]) == ("0", "0")
        assert known(limit=None).as_json()["credit"]["limit"] is None


class TestOverriding:
    @pytest.mark.parametrize("code", sorted(SOFT))
    def test_a_soft_check_stops_until_it_is_overridden(self, code: str) -> None:
        at = A.PERSON_DECISION if A.PERSON_DECISION in ASKED_OF[code] else A.ACCEPTANCE
        facts = known(**BROKEN[code])
        assert [one.code for one in gate(facts, at).to_override] == [code]
        assert not gate(facts, at).binds
        assert gate(facts, at).stopped_by == ()

        verdict = gate(replace(facts, overridden=frozenset({code})), at)

        assert (verdict.binds, verdict.to_override) == (True, ())
        (one,) = (one for one in verdict.findings if one.code == code)
        assert one.result is Result.OVERRIDDEN

    @pytest.mark.parametrize("code", sorted(HARD))
    def test_a_hard_check_is_never_overridden(self, code: str) -> None:
        at = A.ACCEPTANCE
        verdict = gate(known(**BROKEN[code], overridden=frozenset(ASKED_OF)), at)

        assert [one.code for one in verdict.stopped_by] == [code]
        assert not verdict.binds

    def test_what_passes_is_not_called_overridden(self) -> None:
        verdict = gate(known(overridden=frozenset(ASKED_OF)), A.ACCEPTANCE)

        assert {one.result for one in verdict.findings} == {Result.PASSED}

    def test_another_check_is_asked_for_again(self) -> None:
        facts = known(limit=Decimal(1), days_past_due=3, overridden=frozenset({"limit"}))

        assert [one.code for one in gate(facts, A.PERSON_DECISION).to_override] == ["arrears"]


class TestWorseSinceTheOverride:
    """What two people agreed to is what they saw: deeper trouble is asked for again."""

    @pytest.mark.parametrize(
        ("seen", "same_or_better", "worse"),
        [
            ({"days_past_due": 3}, ({"days_past_due": 3}, {"days_past_due": 2}), {"days_past_due": 4}),
            ({"days_past_due": 3}, ({"days_past_due": 1},), {"days_past_due": 1, "loans_written_off": 1}),
            (
                {"other_applications": 2},
                ({"other_applications": 2}, {"other_applications": 1}),
                {"other_applications": 3},
            ),
            ({"limit": Decimal(1000)}, ({"limit": Decimal(1000)}, {"limit": Decimal(1500)}), {"limit": Decimal(999)}),
            (
                {"grade": "D", "grade_decision": "decline"},
                ({"grade": "D", "grade_decision": "decline"}, {"grade": "C", "grade_decision": "decline"}),
                {"grade": "E", "grade_decision": "decline"},
            ),
            (
                {"income_as_of": date(2025, 1, 2)},
                ({"income_as_of": date(2025, 1, 3)},),
                {"income_as_of": date(2025, 1, 1)},
            ),
            ({"income": Decimal(100)}, ({"income": Decimal(100)}, {"income": Decimal(102)}), {"income": Decimal(98)}),
            # no room at all: how much is missing already
            (
                {"income": Decimal(100), "debt_payments": Decimal(600)},
                (
                    {"income": Decimal(100), "debt_payments": Decimal(599)},
                    {"income": Decimal(2), "debt_payments": Decimal(551)},
                ),
                {"income": Decimal(100), "debt_payments": Decimal(601)},
            ),
            (
                {"income": Decimal(100), "committed_payments": Decimal(600)},
                ({"income": Decimal(100), "committed_payments": Decimal(600)},),
                {"income": Decimal(1), "committed_payments": Decimal(90_000)},
            ),
            ({"income": None}, ({"income": None},), {"income": Decimal(1)}),
            (
                {"days_past_due": 3, "loans_written_off": 2},
                ({"days_past_due": 3, "loans_written_off": 1},),
                {"days_past_due": 300, "loans_written_off": 1},
            ),
        ],
        ids=[
            "arrears",
            "written-off",
            "other-applications",
            "limit",
            "score",
            "data-age",
            "affordability",
            "debts-elsewhere",
            "no-room-at-all",
            "missing",
            "later-but-less-written-off",
        ],
    )
    def test_it_covers_what_was_seen_and_nothing_worse(
        self, seen: dict[str, Any], same_or_better: tuple[dict[str, Any], ...], worse: dict[str, Any]
    ) -> None:
        at = A.PERSON_DECISION
        kept = json.loads(json.dumps([found.as_json() for found in gate(known(**seen), at).to_override]))
        codes = {found["code"] for found in kept}
        assert codes

        for change in same_or_better:
            assert still_overridden(gate(known(**change), at), kept) == codes
        assert still_overridden(gate(known(**worse), at), kept) < codes

    def test_what_was_agreed_to_before_the_shortfall_was_kept_is_measured_by_its_room(self) -> None:
        kept = gate(known(income=Decimal(100)), A.PERSON_DECISION).to_override[0].as_json()
        kept["facts"] = [pair for pair in kept["facts"] if pair[0] != "over_by"]

        assert still_overridden(gate(known(income=Decimal(100)), A.PERSON_DECISION), [kept]) == {"affordability"}
        assert still_overridden(gate(known(income=Decimal(98)), A.PERSON_DECISION), [kept]) == frozenset()

    def test_what_passes_again_stays_covered(self) -> None:
        kept = [found.as_json() for found in gate(known(days_past_due=3), A.PERSON_DECISION).to_override]

        assert still_overridden(gate(FINE, A.PERSON_DECISION), kept) == {"arrears"}

    def test_a_check_that_the_act_does_not_ask_is_not_covered(self) -> None:
        kept = [found.as_json() for found in gate(known(other_applications=1), A.PERSON_DECISION).to_override]

        assert still_overridden(gate(FINE, A.DISBURSEMENT), kept) == frozenset()
