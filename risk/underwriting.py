"""Underwriting: what is known → checks → score → policy → a decision handed down to origination.

The rules may approve, counter-offer or decline only what every check has answered; everything else goes to a person.
Every assessment is kept with what was known and with the versions of the card and policy that judged it.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypedDict

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from borrowers.models import ConsentPurpose
from core.aftermath import whole
from core.errors import DomainError
from core.money import ZERO
from loans.gate import asking, subjects
from loans.gate.commitments import commitments_of
from loans.gate.gate import BindingAct
from loans.merchants.merchants import GoodsMissing, MerchantMissing, PurchaseNotExpected
from loans.models import Application, ApplicationStatus, DecisionSource, Outcome
from loans.origination import origination
from loans.origination.decisions import Decision, DecisionReason
from loans.origination.offering import needs_second_person, quote_of_decision
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
from risk.people import profiles_of
from risk.policy.checks import read_findings
from risk.policy.policy import GradeTerms, Recommendation, Wish, read_grades, recommend, wished_principal
from risk.queries import grade_policy_on, scorecard_in_use
from risk.scorecards.scorecard import Score, read_card
from risk.work_queue import require_claim
from staff.models import User


class AssessmentMissing(DomainError):
    code = "assessment_missing"
    message = _("Application %(number)s was not assessed yet. Assess it first.")


@transaction.atomic
def assess(*, application_id: int, on: date) -> Assessment:
    """Assess the application and keep the result. May be repeated when more became known; each time is kept.

    Raises ConsentsMissing before anything about the borrower is read or scored.
    """
    application = Application.objects.locked(application_id)
    require_consents_for_a_person(application, on)
    market = application.product.market
    version = version_on_sale(application.product_id, on)
    card, policy = scorecard_in_use(), grade_policy_on(on, market)
    bound = commitments_of(application.borrower_id, on).of_market(market).beside(application_id=application.pk)
    borrower = application.borrower
    profile, _means = profiles_of([borrower], market, on, {borrower.pk: bound.payment})[borrower.pk]
    score = read_card(card.data).score(profile)
    terms = _with_standing_limit(read_grades(policy.rows)[score.grade], application.borrower_id)
    wanted = wished_principal(application.amount, application.price, terms)
    product_rate = rate_on_sale(version, on)
    quote = quote_for(
        version=version,
        principal=wanted,
        term_count=application.term_count,
        on=on,
        annual_rate=max(product_rate + terms.rate_margin, Decimal(0)),
        agreed_instalment=application.agreed_instalment,
    )
    answer = asking.ask(subjects.of_offer(application, quote, on), BindingAct.RULES_DECISION, on)
    checks = read_findings(answer.verdict.findings)
    wish = Wish(
        principal=wanted,
        least=version.min_amount,
        monthly_payment=answer.facts.deal.payment or ZERO,
        product_rate=product_rate,
        price=application.price,
    )
    found = recommend(wish=wish, facts=answer.facts, terms=terms, checks=checks)
    found_checks = [found.as_json() for found in answer.verdict.findings]
    assessment = _keep(application, profile, score, found, found_checks, (card.pk, policy.pk), on)
    limits_of_people.first_limit(application.borrower_id, market, assessment, on)
    return assessment


def decide_automatically(*, application_id: int, on: date) -> Application:
    """Assess a submitted application and let the rules decide. One decided meanwhile is returned as it is.

    Where a consent is missing by now, or the borrower wants a person to decide, nothing is scored and a person decides.
    Raises ScorecardMissing and GradePolicyMissing: without them nothing can be decided, and the application waits.
    """
    with transaction.atomic():
        application = Application.objects.locked(application_id)
        if application.status != ApplicationStatus.SUBMITTED:
            return application
        decision = _left_to_a_person(application, on) or _decision_of_the_rules(application, on)
        return origination.decide(application_id=application_id, decision=decision, on=on)


def automatic_decision(application: Application, assessment: Assessment, on: date) -> Decision:
    """The recommendation as a decision; what the rules may not decide alone becomes a referral."""
    decision = Decision(
        outcome=assessment.recommended_outcome,
        reasons=tuple(assessment.recommendation_reasons),
        source=DecisionSource.AUTOMATIC.value,
        grade=assessment.grade,
        **_terms_of(application, assessment),
    )
    if not decision.makes_offer:
        return decision
    if needs_second_person(application, decision, on):
        return _refer(assessment, DecisionReason.LARGE_AMOUNT)
    if application.merchant is not None and not application.merchant.active:
        return _refer(assessment, DecisionReason.MERCHANT_NOT_ACTIVE)
    try:
        quote_of_decision(application, decision, on)
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


def _decision_of_the_rules(application: Application, on: date) -> Decision:
    """The automatic decision; where there is nothing to offer any more, a person says what becomes of it."""
    try:
        return automatic_decision(application, assess(application_id=application.pk, on=on), on)
    except (*_NOT_SOLD, *_NO_PRICE) as refusal:
        reason = DecisionReason.PRODUCT_NOT_SOLD if isinstance(refusal, _NOT_SOLD) else DecisionReason.NO_PRICE
        return Decision(
            outcome=Outcome.REFER, reasons=(reason.value,), source=DecisionSource.AUTOMATIC.value, note=str(refusal)
        )


def _keep(
    application: Application,
    profile: ApplicantProfile,
    score: Score,
    found: Recommendation,
    checks: list[dict[str, object]],
    versions: tuple[int, int],
    on: date,
) -> Assessment:
    card_id, policy_id = versions
    return Assessment.objects.create(
        application=application,
        scorecard_id=card_id,
        grade_policy_id=policy_id,
        assessed_on=on,
        points=score.points,
        grade=score.grade,
        score_reasons=[
            {"code": reason.code, "points_lost": reason.points_lost, "value": reason.value} for reason in score.reasons
        ],
        profile=profile.as_json(),
        checks=checks,
        recommended_outcome=found.outcome,
        recommendation_reasons=list(found.reasons),
        recommended_principal=found.principal,
        recommended_rate=found.annual_rate,
        recommended_down_payment=found.down_payment,
        limit_amount=found.limit,
    )


def _with_standing_limit(terms: GradeTerms, borrower_id: int) -> GradeTerms:
    """The borrower's own limit stands before that of the grade: it has moved with how they paid."""
    limit = limits_of_people.limit_of(borrower_id)
    return terms if limit is None else replace(terms, limit=limit)


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
