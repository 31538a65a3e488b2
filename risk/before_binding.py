"""What risk hands the gate: score, limit, means and the do-not-lend list, read anew each time the house would be bound."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from borrowers.models import Borrower
from loans.gate.facts import provide_credit
from loans.gate.gate import Credit
from loans.models import Application
from risk.limits import limit_of
from risk.policy.policy import read_grades
from risk.queries import (
    GradePolicyMissing,
    ScorecardMissing,
    grade_policy_on,
    is_do_not_lend,
    means_of,
    other_applications,
    profile_of,
    scorecard_in_use,
)
from risk.scorecards.scorecard import read_card


def credit_of(
    *, borrower: Borrower, market: str, on: date, application: Application | None, committed_payments: Decimal
) -> tuple[Credit, bool]:
    """The borrower's credit on ``on``, and whether somebody decided that they get no loan.

    The limit is their own; before there is one, that of the grade.
    """
    means = means_of(borrower, on, market)
    profile = profile_of(borrower, on, committed_payments, means)
    limit = limit_of(borrower.pk)
    credit = Credit(
        limit=limit,
        income=profile.income,
        income_as_of=means.income_as_of,
        debt_payments=profile.debt_payments,
        other_applications=other_applications(borrower.pk, application),
        days_past_due=profile.own_days_past_due,
        loans_written_off=profile.loans_written_off,
    )
    try:
        score = read_card(scorecard_in_use().data).score(profile)
        terms = read_grades(grade_policy_on(on, market).rows)[score.grade]
    except (ScorecardMissing, GradePolicyMissing):
        return credit, is_do_not_lend(borrower.pk)
    scored = replace(
        credit,
        limit=terms.limit if limit is None else limit,
        grade=score.grade,
        points=score.points,
        grade_decision=terms.decision,
    )
    return scored, is_do_not_lend(borrower.pk)


provide_credit(credit_of)
