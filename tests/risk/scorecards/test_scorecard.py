"""The points table, its grades and its reasons; and the policy that follows."""

import tomllib
from decimal import Decimal
from typing import Any

import pytest

from risk.features.profile import ApplicantProfile
from risk.policy.checks import Limits, Result, run_checks
from risk.policy.policy import GradeTerms, Wish, recommend, wished_principal
from risk.scorecards.scorecard import MOST_REASONS, PointsTable, Score, ScoreReason, read_card
from tests.places import ROOT

SEEDED = tomllib.loads((ROOT / "risk/seeds/scorecard.toml").read_text())["data"]
LIMITS = Limits(least_age=18, most_age=60, exposure_cap=Decimal(200000), debt_share_cap=Decimal("0.50"))
B = GradeTerms("B", "approve", Decimal(30000), Decimal("0.01"), Decimal("0.10"))


def lin(**changes: Any) -> ApplicantProfile:
    facts: dict[str, Any] = {
        "age": 36,
        "identity_proved": True,
        "phone_verified": True,
        "income": Decimal(12000),
        "income_verified": True,
    }
    return ApplicantProfile(**{**facts, **changes})


def card(**changes: Any) -> PointsTable:
    return read_card({**SEEDED, **changes})


class TestScore:
    def test_the_points_are_the_sum_of_the_bands(self) -> None:
        simple = read_card(
            {
                "grades": [["A", 50], ["B", 0]],
                "characteristics": [
                    {"code": "age", "missing": 1, "bands": [{"below": 25, "points": 10}, {"points": 30}]},
                    {"code": "phone_verified", "missing": 2, "bands": [{"equals": True, "points": 20}]},
                ],
            }
        )

        assert simple.score(lin(age=24)).points == 30
        assert simple.score(lin(age=25)).points == 50
        assert simple.score(lin(age=None, phone_verified=False)).points == 3

    @pytest.mark.parametrize(
        ("points", "grade"), [(600, "A"), (599, "B"), (560, "B"), (525, "C"), (489, "E"), (-5, "E")]
    )
    def test_the_grade_is_the_best_whose_floor_is_reached(self, points: int, grade: str) -> None:
        assert card().grade_of(points) == grade

    def test_reasons_are_where_most_was_lost_at_most_four_and_none_without_loss(self) -> None:
        poor = lin(
            age=20, income=None, income_verified=False, lenders_elsewhere=6, phone_verified=False, worst_days_late=40
        )

        reasons = card().score(poor).reasons

        lost = [reason.points_lost for reason in reasons]
        assert len(reasons) == MOST_REASONS
        assert lost == sorted(lost, reverse=True)
        assert min(lost) > 0
        assert reasons[0].code == "record_here"

    def test_related_characteristics_are_one_reason(self) -> None:
        codes = [reason.code for reason in card().score(lin(lenders_elsewhere=9, debt_payments=Decimal(9000))).reasons]

        assert codes.count("debts") == 1
        assert "lenders_elsewhere" not in codes

    def test_the_best_applicant_has_no_reasons(self) -> None:
        best = lin(income=Decimal(20000), loans_settled=5, worst_days_late=0, months_known=24)

        score = card().score(best)

        assert (score.grade, score.reasons) == ("A", ())

    def test_a_reason_says_what_was_lost_against_the_best_band_and_what_was_known(self) -> None:
        """Best 30, 20, 10 and 5; together 65."""
        simple = read_card(
            {
                "grades": [["A", 60], ["B", 0]],
                "characteristics": [
                    {"code": "age", "missing": 1, "bands": [{"below": 25, "points": 10}, {"points": 30}]},
                    {"code": "phone_verified", "missing": 2, "bands": [{"equals": True, "points": 20}]},
                    {"code": "income", "missing": 0, "bands": [{"below": 5000, "points": 9}, {"points": 10}]},
                    {"code": "loans_settled", "missing": 0, "bands": [{"below": 1, "points": 5}, {"points": 3}]},
                ],
            }
        )

        assert simple.score(lin(age=24, phone_verified=False, income=Decimal("4999.999"))) == Score(
            points=26,  # 10, 2, 9 and 5
            grade="B",
            reasons=(
                ScoreReason("age", 20, "24"),
                ScoreReason("phone_verified", 18, "false"),
                ScoreReason("income", 1, "5000.00"),
            ),
        )
        assert simple.score(lin(age=None)).reasons == (ScoreReason("age", 29, ""),)

    def test_a_reason_of_several_characteristics_adds_their_losses_and_tells_the_first(self) -> None:
        simple = read_card(
            {
                "grades": [["A", 0]],
                "characteristics": [
                    {"code": "age", "missing": 0, "bands": [{"below": 25, "points": 4}, {"points": 5}]},
                    {
                        "code": "lenders_elsewhere",
                        "group": "debts",
                        "missing": 0,
                        "bands": [{"below": 1, "points": 9}, {"points": 6}],
                    },
                    {
                        "code": "debt_share",
                        "group": "debts",
                        "missing": 0,
                        "bands": [{"below": "0.5", "points": 7}, {"points": 3}],
                    },
                ],
            }
        )

        reasons = simple.score(lin(age=20, lenders_elsewhere=2, debt_payments=Decimal(9000))).reasons

        assert reasons == (ScoreReason("debts", 7, "2"), ScoreReason("age", 1, "20"))

    def test_of_equal_losses_the_first_of_the_card_comes_first(self) -> None:
        bands = [{"equals": True, "points": 7}]
        codes = ["phone_verified", "loans_settled", "identity_proved", "income_verified", "do_not_lend"]
        simple = read_card(
            {
                "grades": [["A", 0]],
                "characteristics": [{"code": code, "missing": 0, "bands": bands} for code in codes],
            }
        )
        nothing = lin(phone_verified=False, identity_proved=False, income_verified=False)

        assert [reason.code for reason in simple.score(nothing).reasons] == codes[:4]

    @pytest.mark.parametrize(("share", "words"), [("6000", "0.50"), ("8000", "0.67")])
    def test_a_share_is_told_to_the_hundredth(self, share: str, words: str) -> None:
        (reason,) = (
            reason
            for reason in read_card(
                {
                    "grades": [["A", 0]],
                    "characteristics": [
                        {"code": "debt_share", "missing": 0, "bands": [{"below": "0.1", "points": 7}, {"points": 3}]}
                    ],
                }
            )
            .score(lin(debt_payments=Decimal(share)))
            .reasons
        )

        assert (reason.points_lost, reason.value) == (4, words)

    def test_points_rise_with_what_speaks_for_somebody(self) -> None:
        steps = [lin(income=Decimal(value)) for value in (1000, 4000, 8000, 15000)]
        points = [card().score(step).points for step in steps]

        assert points == sorted(set(points))

    def test_a_card_that_asks_for_what_nobody_knows_is_refused(self) -> None:
        with pytest.raises(ValueError, match="shoe_size"):
            card(characteristics=[{"code": "shoe_size", "missing": 0, "bands": []}])
        with pytest.raises(ValueError, match="falling"):
            card(grades=[["B", 0], ["A", 600]])


class TestChecks:
    def results(self, profile: ApplicantProfile, **wish: Any) -> dict[str, Result]:
        facts = {"principal": Decimal(10000), "monthly_payment": Decimal(1000), **wish}
        return {check.code: check.result for check in run_checks(profile, LIMITS, **facts)}

    def test_a_clean_profile_passes_all(self) -> None:
        assert set(self.results(lin()).values()) == {Result.PASSED}

    @pytest.mark.parametrize(
        ("age", "result"),
        [(17, "failed"), (18, "passed"), (60, "passed"), (61, "failed"), (None, "unknown")],
    )
    def test_ages_at_their_edges(self, age: int | None, result: str) -> None:
        assert self.results(lin(age=age))["age"] == result

    def test_the_last_yuan_of_room_is_affordable(self) -> None:
        assert self.results(lin(), monthly_payment=Decimal("6000.00"))["affordability"] == Result.PASSED
        assert self.results(lin(), monthly_payment=Decimal("6000.01"))["affordability"] == Result.FAILED
        assert self.results(lin(debt_payments=Decimal(6000)))["affordability"] == Result.FAILED

    def test_exposure_counts_what_is_owed_already(self) -> None:
        assert self.results(lin(own_outstanding=Decimal(190000)))["exposure"] == Result.PASSED
        assert self.results(lin(own_outstanding=Decimal("190000.01")))["exposure"] == Result.FAILED


class TestPolicy:
    def recommend(self, profile: ApplicantProfile | None = None, terms: GradeTerms = B, **wish: Any) -> Any:
        facts: dict[str, Any] = {
            "principal": Decimal(10000),
            "least": Decimal(1000),
            "monthly_payment": Decimal(1000),
            "product_rate": Decimal("0.18"),
        }
        wished, profile = Wish(**{**facts, **wish}), profile or lin()
        checks = run_checks(profile, LIMITS, principal=wished.principal, monthly_payment=wished.monthly_payment)
        score = Score(570, terms.grade, ())
        return recommend(wish=wished, profile=profile, score=score, terms=terms, checks=checks, limits=LIMITS)

    def test_what_fits_is_approved_at_the_price_of_the_grade(self) -> None:
        found = self.recommend()

        assert (found.outcome, found.reasons, found.principal) == ("approve", ("meets_policy",), 10000)
        assert found.annual_rate == Decimal("0.19")

    def test_the_smallest_room_binds_in_whole_hundreds(self) -> None:
        found = self.recommend(lin(debt_payments=Decimal("5544.00")))

        assert (found.outcome, found.reasons, found.principal) == ("counter_offer", ("affordability",), 4500)

    def test_less_than_the_product_sells_is_a_decline(self) -> None:
        assert self.recommend(lin(debt_payments=Decimal(5950))).outcome == "decline"

    def test_what_is_owed_here_takes_from_the_limit(self) -> None:
        found = self.recommend(lin(own_outstanding=Decimal(26000)))

        assert (found.outcome, found.principal) == ("counter_offer", 4000)

    @pytest.mark.parametrize(("decision", "outcome"), [("refer", "refer"), ("decline", "decline")])
    def test_a_grade_may_refer_or_decline_everybody(self, decision: str, outcome: str) -> None:
        terms = GradeTerms("D", decision, Decimal(8000), Decimal("0.04"), Decimal(0))

        assert self.recommend(terms=terms).outcome == outcome

    def test_a_hard_no_beats_a_missing_answer(self) -> None:
        found = self.recommend(lin(do_not_lend=True, income=None))

        assert (found.outcome, found.reasons) == ("decline", ("do_not_lend",))

    def test_a_purchase_first_bears_its_down_payment(self) -> None:
        assert wished_principal(Decimal(10000), None, B) == 10000
        assert wished_principal(Decimal(10000), Decimal(10000), B) == 9000
        assert wished_principal(Decimal(5000), Decimal(10000), B) == 5000
        assert wished_principal(Decimal("99.99"), Decimal("99.99"), B) == Decimal("89.99")
