"""From a wish to a signed contract: taking applications, deciding on them, and turning an accepted offer into a loan.

Every door and decider comes through here: a person at a desk, the rules of `risk`, a partner's program, an import.
Each function is one transaction and may be retried: asked again, it gives the same answer.
"""

from dataclasses import replace
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from audit.deciding import require_other_hand
from core import rows
from core.aftermath import whole
from core.errors import DomainError, Invalid, NotAllowed
from core.history import insert_tracked
from core.identifiers import next_number
from core.strict import require_plain
from loans.bookkeeping.signals import announce_submission
from loans.gate import asking, subjects
from loans.gate.authority import needs_second_person
from loans.gate.gate import BindingAct
from loans.merchants.merchants import require_purchase, require_purchase_within
from loans.models import Application, DecisionSource, Loan, Offer, OfferStatus, Outcome, ProductVersion
from loans.models import ApplicationStatus as S
from loans.origination import application_lifecycle as lifecycle
from loans.origination.application_wish import ApplicationWish
from loans.origination.contracts import conclude
from loans.origination.decided import ReadForRules, decided, make_offer, referred
from loans.origination.decisions import Decision
from loans.origination.offering import OfferMissing, quote_of_decision, quote_of_offer
from loans.origination.second_person import ask_second_person, deciders_of
from loans.preconditions.consents import require_consents, require_consents_for_a_person
from loans.preconditions.purposes import require_allowed_purpose, require_known_code
from loans.preconditions.taker import require_not_taker
from loans.pricing.agreed_instalments import AgreedInstalmentOrNumber
from loans.pricing.quotes import quote_for, require_sellable, require_within_version, version_on_sale
from partners.models import ApiKey
from staff.models import User


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422
    message = _("This idempotency key was used before for another application.")


class ProductOfAnotherMarket(Invalid):
    code = "product_of_another_market"
    field = "product"
    message = _("The borrower is in the market %(borrower)s, the product is sold in %(product)s.")


class DecisionOutcomeMismatch(Invalid):
    code = "decision_outcome_mismatch"
    field = "outcome"
    message = _("The decision says “%(outcome)s”.")


class OfferNotOpen(DomainError):
    code = "offer_not_open"
    message = _("This offer is %(status)s.")


class OfferHasExpired(DomainError):
    code = "offer_expired"
    message = _("This offer was valid until %(until)s. Apply again for a new one.")


class DeciderAccepts(NotAllowed):
    code = "decider_accepts"
    message = _(
        "You decided on this application, or whoever did is tied to your account. Another person must accept the offer for "
        "the borrower."
    )


# Taking applications -------------------------------------------------------------------------------------------------


def submit_application(
    wish: ApplicationWish,
    *,
    on: date,
    channel: str,
    idempotency_key: str | None = None,
    submitted_by: User | None = None,
    submitted_via: ApiKey | None = None,
) -> Application:
    """Take a complete application. With an idempotency key a repeat of the same wish returns the first one.

    Raises what ``require_sellable`` and ``require_purchase`` raise, TextNotPlain, ProductOfAnotherMarket,
    IdempotencyKeyReused, PurposeUnknown, PurposeMissing, PurposeForbidden, ConsentsMissing. What comes ``FROM_IMPORT`` was
    agreed elsewhere: purpose and consents are not asked.
    """
    if idempotency_key and (earlier := _with_key(idempotency_key, wish)):
        return earlier
    require_known_code(wish.purpose)
    wish = counted(wish, on)
    application = _applied(wish, channel, submitted_by, submitted_via)
    _require_possible(application, on)
    application.idempotency_key, application.submitted_on = idempotency_key, on
    try:
        with transaction.atomic():
            _numbered(application, on)
            announce_submission(application_id=application.pk)
            return application
    except IntegrityError:
        # Two doors with one key at the same moment: the other one was first.
        if idempotency_key and (earlier := _with_key(idempotency_key, wish)):
            return earlier
        raise


@transaction.atomic
def save_draft(
    wish: ApplicationWish,
    *,
    on: date,
    channel: str,
    submitted_by: User | None = None,
    submitted_via: ApiKey | None = None,
) -> Application:
    """Keep an application that is not complete or not wished for yet. What it says already must be possible: a draft is
    refused for what its product does not sell, not for what is still missing.

    Raises ProductNotSold, what ``require_within_version`` and ``require_purchase_within`` raise, TextNotPlain,
    ProductOfAnotherMarket, PurposeUnknown.
    """
    require_known_code(wish.purpose)
    draft = _applied(counted(wish, on), channel, submitted_by, submitted_via, S.DRAFT)
    version = version_on_sale(draft.product_id, on)
    _require_plain_and_at_home(draft, version)
    require_within_version(version, draft.amount, draft.term_count, draft.price, draft.first_drawdown)
    require_purchase_within(version, draft.merchant, draft.goods)
    return _numbered(draft, on)


@transaction.atomic
def submit_draft(
    *, application_id: int, on: date, submitted_by: User | None = None, submitted_via: ApiKey | None = None
) -> Application:
    """Submit a draft. A submitted application is returned as it is. Who saved the draft took it, and so did whoever made the
    key that submits it. Raises what ``submit_application`` raises."""
    application = Application.objects.locked(application_id)
    if application.status == S.SUBMITTED:
        return application
    lifecycle.require_step(application, S.SUBMITTED)
    application.submitted_by = application.submitted_by or submitted_by
    application.submitted_via = submitted_via or application.submitted_via
    _require_possible(application, on)
    lifecycle.advance(
        application,
        S.SUBMITTED,
        submitted_on=on,
        submitted_by=application.submitted_by,
        submitted_via=application.submitted_via,
    )
    announce_submission(application_id=application.pk)
    return application


@transaction.atomic
def withdraw(*, application_id: int, on: date) -> Application:
    """The borrower no longer wants it. An open offer ends with the application."""
    application = Application.objects.locked(application_id)
    if application.status == S.WITHDRAWN:
        return application
    lifecycle.advance(application, S.WITHDRAWN)
    application.offers.filter(status=OfferStatus.OPEN).update(status=OfferStatus.WITHDRAWN, closed_on=on)
    return application


def _require_possible(asked: Application, on: date) -> None:
    version = version_on_sale(asked.product_id, on)
    _require_plain_and_at_home(asked, version)
    require_sellable(version, asked.amount, asked.term_count, asked.price, asked.first_drawdown)
    require_purchase(version, asked.merchant, asked.goods)
    if not asked.was_agreed_elsewhere:
        require_allowed_purpose(asked)
        require_consents(asked, on)


def _require_plain_and_at_home(asked: Application, version: ProductVersion) -> None:
    require_plain(asked.goods, field="goods")
    if asked.borrower.market != version.product.market:
        raise ProductOfAnotherMarket(borrower=asked.borrower.market, product=version.product.market)


def counted(wish: ApplicationWish, on: date) -> ApplicationWish:
    """``wish`` with the number of instalments that follows from an agreed one at the product's rate of ``on``.

    Raises AgreedInstalmentOrNumber, and what ``quote_for`` raises of an instalment by which the loan is not repaid.
    """
    if (wish.agreed_instalment is None) == (wish.term_count is None):
        raise AgreedInstalmentOrNumber()
    if wish.agreed_instalment is None:
        return wish
    quote = quote_for(
        version=version_on_sale(wish.product_id, on),
        principal=wish.amount,
        term_count=None,
        on=on,
        first_drawdown=wish.first_drawdown,
        agreed_instalment=wish.agreed_instalment,
    )
    return replace(wish, term_count=quote.terms.count)


def _applied(
    wish: ApplicationWish, channel: str, by: User | None, via: ApiKey | None, status: S = S.SUBMITTED
) -> Application:
    return Application(**wish.columns(), channel=channel, submitted_by=by, submitted_via=via, status=status)


def _numbered(application: Application, on: date) -> Application:
    """Stored under the next number of the year of ``on``."""
    application.number = next_number("AP", on)
    insert_tracked(application)
    return application


def _with_key(key: str, wish: ApplicationWish) -> Application | None:
    application = rows.first(Application, "WHERE idempotency_key = %s", [key])
    if application is not None and not wish.is_of(application):
        raise IdempotencyKeyReused()
    return application


# Deciding ------------------------------------------------------------------------------------------------------------


def approve(*, application_id: int, decision: Decision, on: date, by: User | None = None) -> Application:
    """Offer what was asked for."""
    _require_outcome(decision, Outcome.APPROVE)
    return decide(application_id=application_id, decision=decision, on=on, by=by)


def counter_offer(*, application_id: int, decision: Decision, on: date, by: User | None = None) -> Application:
    """Offer something else than was asked for."""
    _require_outcome(decision, Outcome.COUNTER_OFFER)
    return decide(application_id=application_id, decision=decision, on=on, by=by)


def refer(*, application_id: int, decision: Decision, on: date, by: User | None = None) -> Application:
    """Hand the application to an underwriter."""
    _require_outcome(decision, Outcome.REFER)
    return decide(application_id=application_id, decision=decision, on=on, by=by)


def decline(*, application_id: int, decision: Decision, on: date, by: User | None = None) -> Application:
    """Say no, with the reasons."""
    _require_outcome(decision, Outcome.DECLINE)
    return decide(application_id=application_id, decision=decision, on=on, by=by)


@whole()
def decide(
    *,
    application_id: int,
    decision: Decision,
    on: date,
    by: User | None = None,
    override: str = "",
    read: ReadForRules | None = None,
) -> Application:
    """Carry out ``decision``. The same decision again changes nothing.

    An offer is made only if the gate lets it pass. Where the rules decided and it does not, a person looks. ``override`` is
    the reason for which a person asks a second one to offer in spite of soft checks. Without the consents it needs nobody
    declines it: ask for them, or withdraw it. ``read`` is what the rules read in this very transaction.

    Raises ApplicationStepRefused, TakerDecides, AccountsNotIndependent, ConsentsMissing, GateRefused, OverrideNeeded,
    AllInCostTooHigh and the refusals of the product.
    """
    application = Application.objects.locked(application_id)
    require_not_taker(application, by, on)
    if _was_decided_so(application, decision):
        return application
    if decision.outcome == Outcome.REFER:
        return lifecycle.advance(application, S.REFERRED, **decided(decision, on, by))
    if decision.outcome == Outcome.DECLINE:
        require_consents_for_a_person(application, on)
        return lifecycle.advance(application, S.DECLINED, **decided(decision, on, by))
    quote, offer = quote_of_decision(application, decision, on, None if read is None else read.version)
    if decision.source == DecisionSource.IMPORTED:
        return make_offer(application, decision, offer, None, on, by)
    at = BindingAct.PERSON_DECISION if decision.source == DecisionSource.STAFF else BindingAct.RULES_DECISION
    # The quote was made of what is sold now, or it would have been refused.
    subject = subjects.of_offer(application, quote, on, is_sold=True)
    answer = asking.ask(subject, at, on, None if read is None else read.standing)
    if at is BindingAct.RULES_DECISION and not answer.verdict.binds:
        answer.store(by=None)
        return lifecycle.advance(application, S.REFERRED, **decided(referred(decision, answer.verdict), on, by))
    asking.require_possible(answer, by=by)
    if answer.verdict.to_override and not override.strip():
        asking.require_bound(answer, by=by)
    if answer.verdict.to_override or needs_second_person(answer.facts, quote.market, on):
        return ask_second_person(application, decision, quote, answer, override, on, by)
    return make_offer(application, decision, offer, answer.store(by=by), on, by)


def _require_outcome(decision: Decision, outcome: Outcome) -> None:
    if decision.outcome != outcome:
        raise DecisionOutcomeMismatch(outcome=Outcome(decision.outcome).label)


def _was_decided_so(application: Application, decision: Decision) -> bool:
    reached = {
        Outcome.REFER: {S.REFERRED},
        Outcome.DECLINE: {S.DECLINED},
        Outcome.APPROVE: {S.OFFERED, S.SECOND_APPROVAL, S.ACCEPTED},
        Outcome.COUNTER_OFFER: {S.OFFERED, S.SECOND_APPROVAL, S.ACCEPTED},
    }[Outcome(decision.outcome)]
    same = application.outcome == decision.outcome and application.decision_reasons == list(decision.reasons)
    if not same or application.status not in reached:
        return False
    if not decision.makes_offer or application.status == S.SECOND_APPROVAL:
        return True
    terms = (decision.principal, decision.term_count)
    return any((offer.principal, offer.term_count) == terms for offer in application.offers.all())


# Accepting -----------------------------------------------------------------------------------------------------------


@whole()
def accept_offer(
    *, offer_id: int, on: date, accepted_via: str, by: User | None = None, called_by: User | None = None
) -> Loan:
    """Turn the offer into a contract and a loan that waits for its money. Accepted twice, it is still one loan. ``by`` is
    who accepts for the borrower at a desk, ``called_by`` the program that says so, in the hands of whoever made its keys.

    Raises OfferMissing, OfferNotOpen, OfferHasExpired, DeciderAccepts, GateRefused, OverrideNeeded, AllInCostTooHigh.
    """
    application = rows.first_joined(
        Application,
        ("borrower", "product"),
        "WHERE t0.id = (SELECT application_id FROM loans_offer WHERE id = %s) FOR NO KEY UPDATE OF t0",
        [offer_id],
    )
    if application is None:
        raise OfferMissing()
    offer = rows.first_joined(Offer, ("product_version__product",), "WHERE t0.id = %s", [offer_id])
    assert offer is not None  # offers are never deleted
    offer.application = application
    if offer.status == OfferStatus.ACCEPTED:
        return Loan.objects.get(application_id=application.pk)
    if offer.status != OfferStatus.OPEN:
        raise OfferNotOpen(status=offer.get_status_display())
    if on > offer.expires_on:
        raise OfferHasExpired(until=offer.expires_on.isoformat())
    lifecycle.require_step(application, S.ACCEPTED)
    accepts = by or called_by
    if accepts is not None:
        require_other_hand(accepts, deciders_of(application), DeciderAccepts(), on)
    quote, verdict = quote_of_offer(offer, on), None
    if application.decision_source != DecisionSource.IMPORTED:
        verdict = asking.require(
            subjects.of_offer(application, quote, on, accepted=offer), BindingAct.ACCEPTANCE, on, by=by
        )
    loan = conclude(offer, quote, verdict, on, accepted_via)
    offer.status, offer.accepted_on, offer.accepted_via = OfferStatus.ACCEPTED, on, accepted_via
    rows.update(offer, "status", "accepted_on", "accepted_via")
    lifecycle.advance(application, S.ACCEPTED)
    return loan


def expire_offers(*, on: date) -> int:
    """Close every offer whose last day has passed. Returns how many."""
    due = Offer.objects.filter(status=OfferStatus.OPEN, expires_on__lt=on).values_list("pk", "application_id")
    return sum(_expire(offer_id, application_id, on) for offer_id, application_id in list(due))


@transaction.atomic
def _expire(offer_id: int, application_id: int, on: date) -> int:
    application = Application.objects.locked(application_id)
    closed = Offer.objects.filter(pk=offer_id, status=OfferStatus.OPEN).update(status=OfferStatus.EXPIRED, closed_on=on)
    if closed:
        lifecycle.advance(application, S.EXPIRED)
    return closed
