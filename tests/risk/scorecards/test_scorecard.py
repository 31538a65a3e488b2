"""The points table, its grades and its reasons."""

import tomllib
from decimal import Decimal
from typing import Any

import pytest

from risk.features.profile import ApplicantProfile
from risk.scorecards.scorecard import MOST_REASONS, PointsTable, Score, ScoreReason, read_card
from tests.places import ROOT

SEEDED = tomllib.loads((ROOT / "risk/seeds/scorecard.toml").read_text())["data"]


def lin(**changes: Any) -> ApplicantProfile:
    facts: dict[str, Any] = {
        "age": 36,
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
        codes = ["phone_verified", "income_verified", "loans_settled", "lenders_elsewhere", "months_known"]
        simple = read_card(
            {
                "grades": [["A", 0]],
                "characteristics": [{"code": code, "missing": 0, "bands": bands} for code in codes],
            }
        )
        nothing = lin(phone_verified=False, income_verified=False)

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
