"""Everything the application page shows, read in a fixed number of queries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from audit.models import Approval, ApprovalStatus
from borrowers.models import ConsentPurpose
from core.rules import RuleMissing
from core.writing import conditions
from loans.gate import words
from loans.gate.authority import Authority, authority_beside
from loans.gate.commitments import OFFERS_WAIT
from loans.gate.facts import bound_beside
from loans.models import (
    Application,
    ApplicationStatus,
    DecisionSource,
    Disbursement,
    DisbursementStatus,
    GateAct,
    Offer,
    OfferStatus,
    Outcome,
)
from loans.origination.decisions import reason_labels
from loans.pages.bank_reasons import in_words
from loans.pages.gate_page import ShownVerdict, last_verdict
from loans.pages.loan_page import Event
from loans.preconditions.consents import missing_consents, missing_for_a_person
from risk import labels
from risk.models import Assessment

# The states a decision leads to; on later ones its reasons would only be said again.
_DECIDED = {
    ApplicationStatus.REFERRED,
    ApplicationStatus.SECOND_APPROVAL,
    ApplicationStatus.OFFERED,
    ApplicationStatus.DECLINED,
}
_UNDECIDED = {ApplicationStatus.DRAFT, ApplicationStatus.SUBMITTED, ApplicationStatus.REFERRED}


@dataclass(frozen=True)
class CheckRow:
    """A check in words."""

    label: words.Label
    result: words.ShownResult
    facts: str


@dataclass(frozen=True)
class ScoreRow:
    """A characteristic on which points were lost."""

    label: labels.Label
    value: str
    points_lost: int


@dataclass(frozen=True)
class ApplicationPage:
    application: Application
    authority: Authority | None
    assessment: Assessment | None
    offer: Offer | None
    earlier_offers: list[Offer]
    disbursement: Disbursement | None
    approval: Approval | None
    gate: ShownVerdict | None
    events: list[Event]
    missing_consents: list[ConsentPurpose]

    @property
    def is_decidable(self) -> bool:
        return self.application.status in {ApplicationStatus.SUBMITTED, ApplicationStatus.REFERRED}

    @property
    def override_asked_at(self) -> tuple[str, str]:
        """Where an override of what the gate said last is asked for, and the right it needs; empty where nothing is."""
        if self.gate is None or self.gate.verdict.binds:
            return "", ""
        number, act = self.application.number, self.gate.verdict.act
        if act == GateAct.ACCEPTANCE and self.application.has_open_offer:
            return reverse("loans:application_override", args=[number]), "loans.decide_application"
        if act in {GateAct.DISBURSEMENT, GateAct.RETRY} and self.disbursement is not None:
            return reverse("loans:loan_override", args=[self.disbursement.loan.number]), "loans.disburse_loan"
        return "", ""

    @property
    def decision_reasons(self) -> list[str]:
        return reason_labels(self.application.decision_reasons)

    @property
    def decided_by_rules(self) -> bool:
        return self.application.decision_source == DecisionSource.AUTOMATIC

    @property
    def recommendation(self) -> str:
        return str(Outcome(self.assessment.recommended_outcome).label) if self.assessment else ""

    @property
    def recommendation_reasons(self) -> list[str]:
        return reason_labels(self.assessment.recommendation_reasons) if self.assessment else []

    @property
    def checks(self) -> list[CheckRow]:
        return (
            [_check_row(check, self.application.currency) for check in self.assessment.checks]
            if self.assessment
            else []
        )

    @property
    def score_rows(self) -> list[ScoreRow]:
        reasons = self.assessment.score_reasons if self.assessment else []
        return [
            ScoreRow(labels.CHARACTERISTICS.get(row["code"], row["code"]), _known(row["value"]), row["points_lost"])
            for row in reasons
        ]


def application_page(application: Application, on: date) -> ApplicationPage:
    """The page of ``application`` (read with its borrower, product and people) on ``on``."""
    assessments = list(application.assessments.select_related("scorecard", "grade_policy").order_by("-id"))
    offers = list(
        application.offers.select_related("contract", "made_by", "merchant", "product_version").order_by("-id")
    )
    standing = next((offer for offer in offers if offer.status in {OfferStatus.OPEN, OfferStatus.ACCEPTED}), None)
    disbursement = (
        Disbursement.objects.filter(loan__application=application, is_drawdown=False)
        .select_related("loan__merchant")
        .order_by("-id")
        .first()
    )
    return ApplicationPage(
        application=application,
        authority=_authority(application, on),
        assessment=assessments[0] if assessments else None,
        offer=standing,
        earlier_offers=[offer for offer in offers if offer is not standing],
        disbursement=disbursement,
        approval=_waiting_approval(application),
        gate=last_verdict(application.currency, application=application),
        events=sorted(_events(application, assessments, disbursement), key=lambda event: event.at, reverse=True),
        missing_consents=_missing_consents(application, on),
    )


def _authority(application: Application, on: date) -> Authority | None:
    """What one person may still decide for the borrower, while it is undecided; None where no rule says."""
    if application.status not in _UNDECIDED or application.was_agreed_elsewhere:
        return None
    market = application.product.market
    try:
        return authority_beside(bound_beside(application.borrower_id, market, application, on), market, on)
    except RuleMissing:
        return None


def _missing_consents(application: Application, on: date) -> list[ConsentPurpose]:
    """What is still to be agreed to before it can be submitted or decided; nothing once it was decided."""
    if application.status not in _UNDECIDED or application.was_agreed_elsewhere:
        return []
    of_a_draft = application.status == ApplicationStatus.DRAFT
    missing = missing_consents(application, on) if of_a_draft else missing_for_a_person(application, on)
    return [ConsentPurpose(purpose) for purpose in missing]


def _waiting_approval(application: Application) -> Approval | None:
    waiting = Approval.objects.filter(
        kind__in=OFFERS_WAIT,
        object_type="loans.application",
        object_id=str(application.pk),
        status=ApprovalStatus.PENDING,
    )
    return waiting.select_related("requested_by").first()


def _events(
    application: Application, assessments: list[Assessment], disbursement: Disbursement | None
) -> Iterator[Event]:
    for assessment in assessments:
        text = _("%(points)s points, grade %(grade)s") % {"points": assessment.points, "grade": assessment.grade}
        yield Event(at=assessment.created_at, title=_("Assessed"), text=text)
    yield from _moves(application)
    if disbursement is not None:
        for row in disbursement.history.select_related("history_user").order_by("history_id"):
            title = _("Disbursement: %(state)s") % {"state": row.get_status_display()}
            tone = DisbursementStatus(row.status).tone
            yield Event(
                at=row.history_date,
                title=title,
                text=in_words(row.failure_code, row.failure_detail),
                note=_who(row),
                tone=tone,
            )


def _moves(application: Application) -> Iterator[Event]:
    """One line for each change of state; a claim changes no state and is left out."""
    before = ""
    for row in application.history.select_related("history_user").order_by("history_id"):
        if row.status != before:
            text = conditions(reason_labels(row.decision_reasons)) if row.status in _DECIDED else ""
            title = str(row.get_status_display()).capitalize()
            tone = ApplicationStatus(row.status).tone
            yield Event(at=row.history_date, title=title, text=text, note=_who(row), tone=tone)
        before = row.status


def _who(row: Any) -> str:
    return str(row.history_user) if row.history_user else ""


def _check_row(check: dict[str, Any], currency: str) -> CheckRow:
    result = words.ShownResult(check["result"])
    return CheckRow(words.CHECKS.get(check["code"], check["code"]), result, words.figures(check["facts"], currency))


def _known(value: str) -> str:
    return {"": _("not known"), "true": _("yes"), "false": _("no")}.get(value, value)
