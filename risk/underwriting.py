"""Underwriting: what is known → checks → score → policy → a decision handed down to origination.

The rules may approve, counter-offer or decline only what every check has answered; everything else goes to a person.
Every assessment is kept with what was known and with the versions of the card and policy that judged it.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypedDict

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower, ConsentPurpose
from core.aftermath import whole
from core.errors import DomainError
from core.money import ZERO
from loans.gate import asking, subjects
from loans.gate.authority import authority_beside
from loans.gate.facts import bound_beside, standing_of
from loans.gate.gate import BindingAct, Verdict
from loans.merchants.merchants import GoodsMissing, MerchantMissing, PurchaseNotExpected
from loans.models import Application, ApplicationStatus, DecisionSource, Outcome
from loans.origination import origination
from loans.origination.decided import ReadForRules
from loans.origination.decisions import Decision, DecisionReason
from loans.origination.offering import quote_of_decision
from loans.preconditions.consents import missing_consents, require_consents_for_a_person
from loans.pricing.advance_deduction import AdvanceDeductionRefused
from loans.pricing.agreed_instalments import (
    AgreedInstalmentBelowCharges,
    AgreedInstalmentNoMultiple,
    AgreedInstalmentNotSold,
    AgreedInstalmentTooHigh,
    AgreedInstalmentTooLow,
)
from loans.pricing.cost_caps import AllInCostTooHigh
from loans.pricing.index_rates import IndexRateUnknown
from loans.pricing.quotes import (
    AmountOutOfRange,
    DrawdownsNotSold,
    FirstDrawdownOutOfRange,
    PriceMissing,
    PriceNotExpected,
    ProductNotSold,
    ScheduleNotPossible,
    TermOutOfRange,
    quote_for,
    rate_on_sale,
    version_on_sale,
)
from risk import limits as limits_of_people
from risk.features.profile import ApplicantProfile
from risk.models import Assessment
from risk.people import Judges, judges_on, known_of
from risk.policy.checks import read_findings
from risk.policy.policy import Recommendation, Wish, recommend, wished_principal
from risk.scorecards.scorecard import Score
from risk.work_queue import require_claim
from staff.models import User


class AssessmentMissing(DomainError):
    code = "assessment_missing"
    message = _("Application %(number)s was not assessed yet. Assess it first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Assessed:
    """An assessment with what it was made of, for the decision that follows in the same transaction."""

    assessment: Assessment
    read: ReadForRules


@transaction.atomic
def assess(*, application_id: int, on: date) -> Assessment:
    """Assess the application and keep the result. May be repeated when more became known; each time is kept.

    Raises ConsentsMissing before anything about the borrower is read or scored.
    """
    application = Application.objects.locked(application_id)
    require_consents_for_a_person(application, on)
    return _assess(application, on).assessment


def _assess(application: Application, on: date) -> _Assessed:
    """The assessment of an application that is held and has its consents. Holds the borrower and reads each fact once."""
    market = application.product.market
    version = version_on_sale(application.product_id, on)
    judges = judges_on(on, market)
    borrower = Borrower.objects.locked(application.borrower_id)
    bound = bound_beside(borrower.pk, market, application, on)
    known = known_of(
        [borrower],
        market,
        on,
        application=application,
        committed_payments={borrower.pk: bound.payment},
        by_rules=True,
        judges=judges,
    )[borrower.pk]
    assert known.score is not None
    assert known.terms is not None
    standing = standing_of(
        borrower, application=application, on=on, bound=bound, credit=known.credit, do_not_lend=known.do_not_lend
    )
    wanted = wished_principal(application.amount, application.price, known.terms)
    product_rate = rate_on_sale(version, on)
    quote = quote_for(
        version=version,
        principal=wanted,
        term_count=application.term_count,
        on=on,
        annual_rate=max(product_rate + known.terms.rate_margin, Decimal(0)),
        agreed_instalment=application.agreed_instalment,
    )
    subject = subjects.of_offer(application, quote, on, is_sold=True)
    answer = asking.ask(subject, BindingAct.RULES_DECISION, on, standing)
    wish = Wish(
        principal=wanted,
        least=version.min_amount,
        monthly_payment=answer.facts.deal.payment or ZERO,
        product_rate=product_rate,
        price=application.price,
    )
    checks = read_findings(answer.verdict.findings)
    found = recommend(wish=wish, facts=answer.facts, terms=known.terms, checks=checks)
    assessment = _keep(application, known.profile, known.score, found, answer.verdict, judges, on)
    if not known.has_limit:
        limits_of_people.first_limit(standing, assessment)
    return _Assessed(assessment=assessment, read=ReadForRules(standing=standing, version=version))


def decide_automatically(*, application_id: int, on: date) -> Application:
    """Assess a submitted application and let the rules decide. One decided meanwhile is returned as it is.

    Where a consent is missing by now, or the borrower wants a person to decide, nothing is scored and a person decides.
    Raises ScorecardMissing and GradePolicyMissing: without them nothing can be decided, and the application waits.
    """
    with transaction.atomic():
        application = Application.objects.locked(application_id)
        if application.status != ApplicationStatus.SUBMITTED:
            return application
        read, decision = None, _left_to_a_person(application, on)
        if decision is None:
            read, decision = _decision_of_the_rules(application, on)
        return origination.decide(application_id=application_id, decision=decision, on=on, read=read)


def _automatic_decision(application: Application, assessed: _Assessed, on: date) -> Decision:
    """The recommendation as a decision; what the rules may not decide alone becomes a referral."""
    assessment, standing = assessed.assessment, assessed.read.standing
    decision = Decision(
        outcome=assessment.recommended_outcome,
        reasons=tuple(assessment.recommendation_reasons),
        source=DecisionSource.AUTOMATIC.value,
        grade=assessment.grade,
        **_terms_of(application, assessment),
    )
    if not decision.makes_offer:
        return decision
    authority = authority_beside(standing.bound, standing.market, on)
    if decision.principal is not None and authority.exceeded_by(decision.principal):
        return _refer(assessment, DecisionReason.LARGE_AMOUNT)
    if application.merchant is not None and not application.merchant.active:
        return _refer(assessment, DecisionReason.MERCHANT_NOT_ACTIVE)
    try:
        quote_of_decision(application, decision, on, assessed.read.version)
    except AllInCostTooHigh:
        return _refer(assessment, DecisionReason.COST_CAP)
    return decision


def decide(
    *,
    application_id: int,
    outcome: str,
    reasons: tuple[str, ...],
    on: date,
    by: User,
    principal: Decimal | None = None,
    term_count: int | None = None,
    note: str = "",
    override: str = "",
) -> Application:
    """A person decides. Price and down payment follow the grade; amount and term may be chosen for an offer. ``override`` is
    the reason for which a second person is asked to offer in spite of soft checks.

    Raises ClaimedByAnother, AssessmentMissing, and whatever origination refuses.
    """
    with whole():
        application = Application.objects.locked(application_id)
        require_claim(application, by)
        assessment = latest_assessment(application)
        decision = Decision(
            outcome=outcome,
            reasons=reasons,
            note=note,
            grade=assessment.grade if assessment else "",
            **_chosen_terms(application, assessment, outcome, principal, term_count),
        )
        return origination.decide(application_id=application_id, decision=decision, on=on, by=by, override=override)


def latest_assessment(application: Application) -> Assessment | None:
    """The last assessment, if there is one."""
    return application.assessments.order_by("-id").first()


# Inside --------------------------------------------------------------------------------------------------------------


# What the product may have come to refuse since the application came in.
_NOT_SOLD = (
    ProductNotSold,
    AmountOutOfRange,
    TermOutOfRange,
    PriceMissing,
    PriceNotExpected,
    DrawdownsNotSold,
    FirstDrawdownOutOfRange,
    MerchantMissing,
    GoodsMissing,
    PurchaseNotExpected,
)
_NO_PRICE = (
    ScheduleNotPossible,
    IndexRateUnknown,
    AdvanceDeductionRefused,
    AgreedInstalmentNotSold,
    AgreedInstalmentNoMultiple,
    AgreedInstalmentBelowCharges,
    AgreedInstalmentTooLow,
    AgreedInstalmentTooHigh,
)


def _left_to_a_person(application: Application, on: date) -> Decision | None:
    """The referral of what the rules may not look at: consents withdrawn since it came in, or a person wished for."""
    missing = missing_consents(application, on)
    if (application.wants_person and not missing) or missing == (ConsentPurpose.AUTOMATED_DECISION,):
        reason, note = DecisionReason.PERSON_WISHED, ""
    elif missing:
        reason, note = DecisionReason.CONSENT_MISSING, ", ".join(missing)  # codes: read in any language
    else:
        return None
    return Decision(outcome=Outcome.REFER, reasons=(reason.value,), source=DecisionSource.AUTOMATIC.value, note=note)


def _decision_of_the_rules(application: Application, on: date) -> tuple[ReadForRules | None, Decision]:
    """The automatic decision with what it was read from; where there is nothing to offer any more, a person says what
    becomes of it."""
    try:
        with transaction.atomic():
            assessed = _assess(application, on)
        return assessed.read, _automatic_decision(application, assessed, on)
    except (*_NOT_SOLD, *_NO_PRICE) as refusal:
        reason = DecisionReason.PRODUCT_NOT_SOLD if isinstance(refusal, _NOT_SOLD) else DecisionReason.NO_PRICE
        return None, Decision(
            outcome=Outcome.REFER, reasons=(reason.value,), source=DecisionSource.AUTOMATIC.value, note=str(refusal)
        )


def _keep(
    application: Application,
    profile: ApplicantProfile,
    score: Score,
    found: Recommendation,
    verdict: Verdict,
    judges: Judges,
    on: date,
) -> Assessment:
    return Assessment.objects.create(
        application=application,
        scorecard=judges.card,
        grade_policy=judges.policy,
        assessed_on=on,
        points=score.points,
        grade=score.grade,
        score_reasons=[
            {"code": reason.code, "points_lost": reason.points_lost, "value": reason.value} for reason in score.reasons
        ],
        profile=profile.as_json(),
        checks=[one.as_json() for one in verdict.findings],
        recommended_outcome=found.outcome,
        recommendation_reasons=list(found.reasons),
        recommended_principal=found.principal,
        recommended_rate=found.annual_rate,
        recommended_down_payment=found.down_payment,
        limit_amount=found.limit,
    )


class _OfferTerms(TypedDict, total=False):
    """What a decision that makes an offer says of it; empty where it makes none."""

    principal: Decimal | None
    term_count: int
    annual_rate: Decimal | None
    down_payment: Decimal
    first_drawdown: Decimal | None
    agreed_instalment: Decimal | None


def _terms_of(application: Application, assessment: Assessment) -> _OfferTerms:
    if assessment.recommended_outcome not in {Outcome.APPROVE, Outcome.COUNTER_OFFER}:
        return {}
    return {
        "principal": assessment.recommended_principal,
        "term_count": application.term_count,
        "annual_rate": assessment.recommended_rate,
        "down_payment": assessment.recommended_down_payment,
        "first_drawdown": _first_drawdown(application, assessment.recommended_principal),
        "agreed_instalment": application.agreed_instalment,
    }


def _chosen_terms(
    application: Application,
    assessment: Assessment | None,
    outcome: str,
    principal: Decimal | None,
    term_count: int | None,
) -> _OfferTerms:
    """The terms of a person's offer: their amount and term, at the price of the assessed grade."""
    if outcome not in {Outcome.APPROVE, Outcome.COUNTER_OFFER}:
        return {}
    if assessment is None:
        raise AssessmentMissing(number=application.number)
    chosen = principal or assessment.recommended_principal
    return {
        "principal": chosen,
        "term_count": term_count or application.term_count,
        "annual_rate": assessment.recommended_rate,
        "down_payment": application.price - chosen if application.price is not None and chosen else ZERO,
        "first_drawdown": _first_drawdown(application, chosen),
        "agreed_instalment": None if term_count else application.agreed_instalment,
    }


def _first_drawdown(application: Application, approved: Decimal | None) -> Decimal | None:
    """What was asked for at first, and no more than is approved."""
    asked = application.first_drawdown
    return asked if asked is None or approved is None else min(asked, approved)


def _refer(assessment: Assessment, reason: DecisionReason) -> Decision:
    return Decision(
        outcome=Outcome.REFER,
        reasons=(reason.value,),
        source=DecisionSource.AUTOMATIC.value,
        grade=assessment.grade,
    )
