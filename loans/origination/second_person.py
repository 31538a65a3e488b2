"""Asking a second person for an offer: above one person's authority, or in spite of soft checks of the gate."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from audit import approvals
from audit.models import Approval, ApprovalStatus
from core.money import ZERO, round_money
from loans.gate import asking, overrides, subjects
from loans.gate.authority import APPROVES, needs_second_person, one_person_decides
from loans.gate.commitments import OFFERS_WAIT
from loans.gate.gate import BindingAct, bound_by_one
from loans.gate.known_facts import Facts
from loans.models import Application, OfferStatus, Outcome
from loans.models import ApplicationStatus as S
from loans.origination import application_lifecycle as lifecycle
from loans.origination.decided import decided, make_offer
from loans.origination.decisions import Decision, DecisionReason
from loans.origination.offering import OfferMissing, quote_of_decision, quote_of_offer
from loans.preconditions.taker import require_not_taker
from loans.pricing.monthly_payments import monthly_payment
from loans.pricing.quotes import Quote
from staff.models import User

SECOND_APPROVAL, OVERRIDE = OFFERS_WAIT
# What a request says is offered: the label of a rate ends so that its figure is written in per cent.
AMOUNT, COUNT, RATE, TOTAL, A_MONTH = (
    gettext_noop("amount"),
    gettext_noop("number of instalments"),
    gettext_noop("annual rate"),
    gettext_noop("total repayable"),
    gettext_noop("monthly payment"),
)


class BeyondOnePerson(approvals.ApprovalNotPermitted):
    """Who agrees to overrides would agree to more than one person may decide."""

    message = _(
        "With this the lender would be bound to %(after)s that no second person agreed to, above the %(most)s that one "
        "person decides. Agreeing to it needs the permission %(permission)s."
    )


def _request(
    application: Application,
    decision: Decision,
    quote: Quote,
    answer: asking.Answer,
    override: str,
    on: date,
    by: User | None,
) -> Approval:
    """The request. The price, and what is to be overridden, stand in it as what approving it would do."""
    to_override = answer.verdict.to_override
    return approvals.request(
        kind=OVERRIDE if to_override else SECOND_APPROVAL,
        obj=application,
        payload={"decision": decision.as_payload()},
        before={"status": application.status, "amount": str(application.amount), "term_count": application.term_count},
        after={
            "status": S.OFFERED.value,
            "amount": f"{decision.principal:.2f}",
            "term_count": decision.term_count,
            "outcome": decision.outcome,
            "down_payment": str(decision.down_payment),
            "first_drawdown": None if decision.first_drawdown is None else str(decision.first_drawdown),
            "grade": decision.grade,
            # What it comes to with everything that no second person agreed to, and what one person may decide.
            "bound_by_one_person": f"{bound_by_one(answer.facts) or ZERO:.2f}",
            "one_person_decides": f"{one_person_decides(on, quote.market):.2f}",
        },
        outcome=_price_in_words(quote) | overrides.shown(answer),
        amount=decision.principal,
        reason=override or decision.note or ", ".join(decision.reasons),
        requested_by=by,
        on=on,
    )


def ask_second_person(
    application: Application,
    decision: Decision,
    quote: Quote,
    answer: asking.Answer,
    override: str,
    on: date,
    by: User | None,
) -> Application:
    """Ask for an offer above one person's authority, or in spite of soft checks, which the request shows."""
    lifecycle.require_step(application, S.SECOND_APPROVAL)
    _request(application, decision, quote, answer, override, on, by)
    return lifecycle.advance(application, S.SECOND_APPROVAL, **decided(decision, on, by))


def would_offer(approval: Approval, on: date) -> approvals.Outcome:
    """What approving the request would offer by now, and of one for an override what it would override."""
    application = Application.objects.locked(int(approval.object_id))
    decision = Decision.from_payload(approval.payload["decision"])
    quote, _offer = quote_of_decision(application, decision, on)
    words = _price_in_words(quote)
    if approval.kind == OVERRIDE:
        answer = asking.ask(subjects.of_offer(application, quote, on), BindingAct.PERSON_DECISION, on)
        words |= overrides.shown(answer)
    return approvals.Outcome(words, decision.principal)


def _price_in_words(quote: Quote) -> dict[str, str]:
    """What is offered, in words of the catalogue: amounts in currency units, the rate as a share of 1 a year."""
    terms = quote.terms
    a_month = round_money(monthly_payment(terms, quote.schedule) * terms.principal / terms.drawn)
    return {
        AMOUNT: f"{terms.principal:.2f}",
        COUNT: str(terms.count),
        RATE: f"{terms.annual_rate:.8f}",
        TOTAL: f"{quote.total_repayable:.2f}",
        A_MONTH: f"{a_month:.2f}",
    }


def acceptance_of(application_id: int, on: date) -> subjects.Subject:
    """What accepting the open offer of the application would bind. Raises OfferMissing."""
    application = Application.objects.locked(application_id)
    offer = application.offers.filter(status=OfferStatus.OPEN).select_related("product_version__product").first()
    if offer is None:
        raise OfferMissing()
    return subjects.of_offer(application, quote_of_offer(offer, on), on, accepted=offer)


def deciders_of(application: Application) -> set[int]:
    """Who decided on the application: the first person, and the second ones who agreed, to the offer or to accept it in
    spite of soft checks."""
    agreed = Approval.objects.filter(
        kind__in=(*OFFERS_WAIT, overrides.AHEAD),
        object_type=application._meta.label_lower,
        object_id=str(application.pk),
        status=ApprovalStatus.APPROVED,
    )
    found = {application.decided_by_id, *agreed.values_list("decided_by_id", flat=True)}
    return {person for person in found if person is not None}


def _require_authority(user: User | None, facts: Facts, market: str, on: date) -> None:
    """Whoever agrees to overrides does not for that reason agree to amounts above one person's authority. Raises
    BeyondOnePerson."""
    if needs_second_person(facts, market, on) and (user is None or not user.has_perm(APPROVES)):
        most, after = one_person_decides(on, market), bound_by_one(facts) or ZERO
        raise BeyondOnePerson(permission=APPROVES, after=f"{after:,.2f}", most=f"{most:,.2f}")


@transaction.atomic
def second_person_approved(approval: Approval, on: date) -> None:
    """The second person agrees: the offer is made as the first one decided it, if the gate lets it pass now.

    Raises TakerDecides, AccountsNotIndependent, BeyondOnePerson, GateRefused, and OverrideNeeded where something is to be
    overridden that the request does not show.
    """
    application = Application.objects.locked(int(approval.object_id))
    require_not_taker(application, approval.decided_by, on)
    decision = Decision.from_payload(approval.payload["decision"])
    quote, offer = quote_of_decision(application, decision, on)
    subject = subjects.of_offer(application, quote, on, is_sold=True)
    answer = asking.ask(subject, BindingAct.SECOND_PERSON, on)
    _require_authority(approval.decided_by, answer.facts, quote.market, on)
    if approval.kind == OVERRIDE:  # what is to be overridden now is what the request shows: approvals compared both
        answer = overrides.overridden(approval, answer)
    verdict = asking.require_bound(answer, by=approval.decided_by)
    make_offer(application, decision, offer, verdict, on, approval.requested_by)


@transaction.atomic
def second_person_rejected(approval: Approval, on: date) -> None:
    """The second person does not agree: back to the underwriters. Nothing moves if it was withdrawn meanwhile."""
    application = Application.objects.locked(int(approval.object_id))
    if application.status != S.SECOND_APPROVAL:
        return
    decision = Decision(
        outcome=Outcome.REFER,
        reasons=(DecisionReason.SECOND_PERSON_REJECTED.value,),
        note=approval.decision_reason,
        grade=application.grade,
    )
    lifecycle.advance(application, S.REFERRED, **decided(decision, on, approval.decided_by))
