"""Reads of risk: what is known about an applicant, and which card, policy and rules are in force."""

from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from loans.models import Application
from risk.models import GradePolicy, Scorecard


class ScorecardMissing(NotFound):
    code = "scorecard_missing"
    message = _("No scorecard is in use. Switch one on in the admin.")


class GradePolicyMissing(NotFound):
    code = "grade_policy_missing"
    message = _("No grade policy is in force for market %(market)s on %(on)s. Add one in the admin.")


def scorecard_in_use() -> Scorecard:
    """The scorecard in use. Raises ScorecardMissing."""
    card = Scorecard.objects.filter(is_active=True).order_by("code").first()
    if card is None:
        raise ScorecardMissing()
    return card


def grade_policy_on(on: date, market: str) -> GradePolicy:
    """The policy in force. Raises GradePolicyMissing."""
    policy = GradePolicy.objects.filter(market=market, effective_from__lte=on).order_by("-effective_from").first()
    if policy is None:
        raise GradePolicyMissing(market=market, on=on.isoformat())
    return policy


def waiting_applications() -> QuerySet[Application]:
    """The underwriting queue, oldest first."""
    return Application.objects.waiting_for_underwriter().select_related("borrower", "product", "claimed_by")
