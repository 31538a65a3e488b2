"""What happens to a pledged policy as debt grows: interest made principal on its anniversary, warnings, the notice of
lapse, the lapse itself, the cure by payment, and the return from a lapse.

``review`` is the one verb for all of it: the night calls it for every pledge that calls for something, a person calls it
by hand. It may be repeated: what was done is not done again. ``cure`` is the one part of it that money calls for at once.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from core.context import acting_for
from core.errors import DomainError
from loans.account.changes.capitalising import NothingToCapitalise
from loans.account.policy_cover import Cover, Move, Standing, anniversary_after, called_for, level_reached
from loans.acts.performing import perform
from loans.acts.previewing import preview
from loans.bookkeeping import lifecycle, positions
from loans.events.act_kinds import Wish
from loans.models import (
    CURABLE_PLEDGES,
    LIVE_PLEDGES,
    LoanStatus,
    PledgeStatus,
    PolicyPledge,
    Repayment,
    RepaymentChannel,
    RepaymentStatus,
)
from loans.notices import pledge_notices
from loans.pledges import pledge_lifecycle
from loans.pledges.pledge_reading import cover_of, curable_pledges, due_for_review, levels, reinstatable_until
from loans.pledges.pledging import locked, release, terms_of_market
from loans.servicing.guarding import Excess
from loans.servicing.repayments import record_repayment, reverse_repayment
from loans.servicing.settling import SettlementQuote, settle_early, settlement_quote
from staff.models import User

_ENDED = (LoanStatus.SETTLED, LoanStatus.CANCELLED)


class PolicyNotAgreed(DomainError):
    code = "policy_not_agreed"
    message = _("Nobody agreed to this policy yet: a second person does so under Approvals, then it can be done.")


class ReinstatementTooLate(DomainError):
    code = "reinstatement_too_late"
    message = _("The policy could be reinstated until %(until)s.")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a review did, by the words of ``Move`` and "capitalised", "released"."""

    pledge: PolicyPledge
    done: tuple[str, ...]


def review_due(lo: int, hi: int, on: date) -> dict[str, int]:
    """Close ``on`` for the pledges of loans ``lo`` to ``hi``: only those that call for something are touched."""
    counts: Counter[str] = Counter()
    steps = levels(terms_of_market(on))
    for pledge in due_for_review(lo, hi, on):
        if _calls(pledge, on, steps):
            counts.update(f"policies_{word}" for word in review(pledge_id=pledge.pk, on=on).done)
    return dict(counts)


def _calls(pledge: Any, on: date, steps: list[Decimal]) -> bool:
    """Whether a review would do something, by the reading of ``with_cover``."""
    if pledge.loan.status in _ENDED or pledge.next_anniversary_on <= on:
        return True
    return called_for(Cover(on, pledge.worth, pledge.owed), _standing(pledge), steps) is not Move.NONE


def _standing(pledge: PolicyPledge) -> Standing:
    return Standing(pledge.warned_level, pledge.notice_ends_on)


@transaction.atomic
def review(*, pledge_id: int, on: date, by: User | None = None) -> Reviewed:
    """Do what the pledge calls for on ``on``: capitalise, warn, give notice, lapse, cure or release.

    Of a policy to which no second person agreed nothing but the release comes.
    """
    with acting_for(by):
        pledge = locked(pledge_id)
        if pledge.status not in LIVE_PLEDGES:
            return Reviewed(pledge, ())
        if pledge.loan.status in _ENDED:
            return Reviewed(release(pledge_id=pledge_id, on=on), ("released",))
        if pledge.loan.status != LoanStatus.ACTIVE or not pledge.is_agreed:
            return Reviewed(pledge, ())
        done = _capitalise(pledge, on, by)
        return Reviewed(pledge, (*done, *_judge(pledge, on)))


def _capitalise(pledge: PolicyPledge, on: date, by: User | None) -> list[str]:
    """Unpaid interest of each anniversary up to ``on`` becomes principal, by the act of that name."""
    done = []
    while pledge.next_anniversary_on <= on:
        day = pledge.next_anniversary_on
        wish = Wish(
            loan_id=pledge.loan_id,
            kind="interest_capitalised",
            values={},
            effective_on=day,
            recorded_on=on,
            reason=_text("policy anniversary"),
            idempotency_key=f"policy_anniversary:{pledge.public_id}:{day}",
            by=by,
        )
        try:
            perform(wish, approved=True)  # the contract asks for it, whoever starts the review
            done.append("capitalised")
        except NothingToCapitalise:
            pass  # all interest was paid
        pledge.next_anniversary_on = anniversary_after(pledge.policy_since, day)
        pledge.save(update_fields=["next_anniversary_on"])
    return done


@transaction.atomic
def cure(*, loan_id: int, on: date) -> bool:
    """End the warning or notice of the loan's policy as soon as the debt is covered again; whether it did.

    Money does this at once. Warning, notice, lapse and release wait for the close of the day: more money may come before
    it, and a payment typed on the wrong loan is taken back the same day.
    """
    pledge_id = curable_pledges().filter(loan_id=loan_id).values_list("pk", flat=True).first()
    if pledge_id is None:
        return False
    pledge = locked(pledge_id)
    if pledge.status not in CURABLE_PLEDGES or pledge.loan.status != LoanStatus.ACTIVE:
        return False
    cover, steps = _cover_now(pledge, on), levels(terms_of_market(on))
    if called_for(cover, _standing(pledge), steps) is not Move.CURE:
        return False
    _cure(pledge, level_reached(cover, steps))
    return True


def _cover_now(pledge: PolicyPledge, on: date) -> Cover:
    """The cover of a pledge held with its loan; the position is held too: no night moves it meanwhile."""
    account = positions.load(pledge.loan, positions.locked(pledge.loan_id))
    return cover_of(pledge, on, account)


def _judge(pledge: PolicyPledge, on: date) -> list[str]:
    market = terms_of_market(on)
    cover, steps = _cover_now(pledge, on), levels(market)
    match called_for(cover, _standing(pledge), steps):
        case Move.NOTIFY:
            _notify(pledge, cover, market, on)
            return ["notified"]
        case Move.WARN:
            _warn(pledge, cover, level_reached(cover, steps), on)
            return ["warned"]
        case Move.CURE:
            _cure(pledge, level_reached(cover, steps))
            return ["cured"]
        case Move.LAPSE:
            _lapse(pledge, cover, on)
            return ["lapsed"]
        case _:
            return []


def _warn(pledge: PolicyPledge, cover: Cover, level: Decimal | None, on: date) -> None:
    pledge_lifecycle.advance(pledge, PledgeStatus.WARNED, warned_level=level)
    pledge_notices.cover_low(pledge, cover, on)


def _notify(pledge: PolicyPledge, cover: Cover, market: Mapping[str, Any], on: date) -> None:
    ends_on = on + timedelta(days=market["notice_days"])
    level = max(levels(market))
    pledge_lifecycle.advance(
        pledge, PledgeStatus.LAPSE_NOTIFIED, notified_on=on, notice_ends_on=ends_on, warned_level=level
    )
    pledge_notices.lapse_ahead(pledge, cover, on)


def _cure(pledge: PolicyPledge, level: Decimal | None) -> None:
    """Back below cash value: the notice ends. Below every level the borrower is warned anew next time."""
    to = PledgeStatus.PLEDGED if level is None else PledgeStatus.WARNED
    reason = _text("debt is below cash value again")
    pledge_lifecycle.advance(pledge, to, reason=reason, warned_level=level, notice_ends_on=None)


def _lapse(pledge: PolicyPledge, cover: Cover, on: date) -> None:
    """The policy ends: its insurer pays the cash value against the debt, and what is left of the loan is due."""
    payout: Repayment | None = None
    if cover.cash_value:
        payout = record_repayment(
            loan_id=pledge.loan_id,
            amount=cover.cash_value,
            received_on=on,
            recorded_on=on,
            channel=RepaymentChannel.INSURER,
            idempotency_key=f"policy_lapse:{pledge.public_id}",
            recorded_by=None,
            payer_reference=pledge.public_id,
            settles_early=True,
            excess=Excess.CREDITED,  # the insurer pays the whole cash value, also beyond the debt
            allow_repeat=True,  # a policy lapses once, and again only after it was reinstated
            approved=True,  # two people agreed to the policy; the money is a word until the bank's statement has it
        )
    reason = _text("debt reached cash value and was not paid within the notice")
    pledge_lifecycle.advance(pledge, PledgeStatus.LAPSED, reason=reason, lapsed_on=on, payout=payout)
    pledge_notices.lapsed(pledge, on)


def capitalise(*, pledge_id: int, on: date, reason: str, idempotency_key: str, by: User | None = None) -> None:
    """Make unpaid interest principal by hand, on ``on``; the anniversary stays. Raises PolicyNotAgreed and what ``perform``
    raises."""
    pledge = PolicyPledge.objects.get(pk=pledge_id)
    pledge_lifecycle.require(pledge, *LIVE_PLEDGES)
    if not pledge.is_agreed:
        raise PolicyNotAgreed()
    perform(
        Wish(
            loan_id=pledge.loan_id,
            kind="interest_capitalised",
            values={},
            effective_on=on,
            recorded_on=on,
            reason=reason,
            idempotency_key=idempotency_key,
            by=by,
        )
    )


def reinstatement_quote(pledge: PolicyPledge, on: date) -> SettlementQuote:
    """What reinstates the lapsed policy on ``on``: the whole debt with interest, as if the insurer had paid nothing.

    Changes nothing. Raises what ``reinstate`` raises before it takes money.
    """

    def quote() -> SettlementQuote:
        return settlement_quote(_standing_again(locked(pledge.pk), on, None, received_on=on).loan, on)

    result: SettlementQuote = preview(pledge.loan, quote).result
    return result


@transaction.atomic
def reinstate(
    *,
    pledge_id: int,
    amount: Decimal,
    on: date,
    channel: str,
    idempotency_key: str,
    by: User | None = None,
    allow_repeat: bool = False,
    received_on: date | None = None,
    approved: bool = False,
    agreed_by: User | None = None,
) -> Repayment:
    """Bring a lapsed policy back: the insurer takes its payout back and the borrower pays all debt with interest to the day
    on which it was received, ``on`` unless ``received_on`` names an earlier one.

    Returns the receipt; the same key again returns it. ``approved`` and ``agreed_by``, the second person of a receipt above
    what one may say was received, are those of ``record_repayment``. Raises PledgeNotInState, ReinstatementTooLate,
    SettlementAmountDiffers, ReceiptNeedsSecondPerson, PaymentLooksRepeated unless ``allow_repeat``, and LoanNotInState for a
    loan written off since.
    """
    pledge = locked(pledge_id)
    known = Repayment.objects.filter(idempotency_key=idempotency_key, loan_id=pledge.loan_id).first()
    if known is not None:
        return known
    received_on = received_on or on
    pledge = _standing_again(pledge, on, by, received_on=received_on)
    receipt = settle_early(
        loan_id=pledge.loan_id,
        amount=amount,
        on=received_on,
        channel=channel,
        idempotency_key=idempotency_key,
        by=by,
        recorded_on=on,
        allow_repeat=allow_repeat,
        approved=approved,
        agreed_by=agreed_by,
    )
    reason = _text("policy reinstated")
    pledge_lifecycle.advance(pledge, PledgeStatus.REINSTATED, reason=reason, reinstated_on=on, notice_ends_on=None)
    pledge_notices.reinstated(pledge, on)
    return receipt


def _standing_again(pledge: PolicyPledge, on: date, by: User | None, *, received_on: date) -> PolicyPledge:
    """The pledge with its debt as if the insurer had not paid; the caller holds it."""
    pledge_lifecycle.require(pledge, PledgeStatus.LAPSED)
    until = reinstatable_until(pledge, terms_of_market(on))
    if until is not None and received_on > until:
        raise ReinstatementTooLate(until=until.isoformat())
    lifecycle.require(pledge.loan, LoanStatus.ACTIVE, LoanStatus.SETTLED)
    if pledge.payout is not None and pledge.payout.status == RepaymentStatus.POSTED:
        reverse_repayment(
            repayment_id=pledge.payout.pk, reason=_text("policy reinstated"), reversed_on=on, reversed_by=by
        )
    return PolicyPledge.objects.select_related("loan").get(pk=pledge.pk)
