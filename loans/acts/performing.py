"""Doing an act: one way for every kind and every door.

Each call is one transaction that locks the loan first and may be repeated with its idempotency key. An act that counts
from a day before the account is reckoned to is back-dated: all events are then applied again in date order. What one person
may not do alone is asked for in ``asking.py``; taking an act back is ``undoing.py``.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.context import acting
from core.errors import DomainError, Invalid
from core.identifiers import new_id, next_number
from core.strict import require_plain
from ledger.posting import post
from loans.account.account import Account
from loans.account.changes.base import Change, Effect
from loans.account.replay import apply, in_order
from loans.acts.authority import measured, needs_second_person
from loans.acts.previewing import Preview, preview
from loans.acts.running_cost import refuse_dearer_over_cap
from loans.bookkeeping import lifecycle, positions
from loans.bookkeeping.act_entries import lines_of
from loans.bookkeeping.concluding import conclude
from loans.bookkeeping.correcting import replay_all
from loans.bookkeeping.signals import announce
from loans.events.act_kinds import ActKind, Group, Tried, Wish, act_kind, asked_kind
from loans.events.act_parameters import LONGEST_REASON, decoded, encoded, require_possible
from loans.events.stored import stored_events
from loans.models import Loan, LoanAct, Repayment
from loans.notices import notices
from staff.models import User

# Kinds by which a loan can become dearer. Money that comes or goes, and a loss, are facts that change no price; what the
# contract does by itself (``by`` nobody) was held against the cap when it was agreed.
_CHANGES_THE_PRICE = (Group.CHARGES, Group.TERMS, Group.HELP)


class ActConflict(DomainError):
    code = "idempotency_conflict"
    status = 422
    message = _("The idempotency key %(key)s was already used for another act. Send a new key.")


class CountsFromFuture(Invalid):
    code = "counts_from_future"
    field = "effective_on"
    message = _("%(effective_on)s lies after the business date %(recorded_on)s. Give a day up to it.")


class CountsFromToday(Invalid):
    code = "counts_from_today"
    field = "effective_on"
    message = _("“%(act)s” counts from the business day on which it is done. Give %(today)s.")


class CountsFromBeforeDisbursement(Invalid):
    code = "counts_from_before_disbursement"
    field = "effective_on"
    message = _("The loan was disbursed on %(disbursed_on)s; nothing can count from before.")


class ReasonTooLong(Invalid):
    code = "reason_too_long"
    field = "reason"
    message = _("A reason has at most %(most)s characters.")


class BeyondAuthority(DomainError):
    code = "beyond_authority"
    message = _("%(act)s of this size needs a second person. Ask for approval.")


def perform(wish: Wish, *, approved: bool = False, agreed_by: User | None = None) -> LoanAct | Repayment:
    """Do the act. The same key returns what was done the first time.

    ``approved`` says that nobody else needs to agree: ``agreed_by``, as the second person, already did, or what follows is
    a rule's or a bank's doing. Kinds that bring money return their receipt.

    Raises ActUnknown, ReasonTooLong, TextNotPlain, ParameterUnknown, ParameterMissing, ParameterOutOfRange, LoanNotInState,
    CountsFromFuture, CountsFromToday, CountsFromBeforeDisbursement, BeyondAuthority, ActConflict, the refusals of the
    account (EventImpossible), and what the kind itself refuses.
    """
    kind = asked_kind(wish.kind)
    if len(wish.reason) > LONGEST_REASON:
        raise ReasonTooLong(most=LONGEST_REASON)
    require_plain(wish.reason, field="reason", lines=True)
    if kind.kept_as_receipt is not None:
        encoded(kind.parameters, wish.values)
        require_possible(kind.parameters, wish.values)
        return kind.kept_as_receipt(wish, approved, agreed_by)
    try:
        with transaction.atomic(), acting(reason=wish.reason):
            return _perform(kind, wish, approved=approved, agreed_by=agreed_by)
    except IntegrityError:
        known = LoanAct.objects.filter(idempotency_key=wish.idempotency_key).first()
        if known is None:
            raise
        return _same_or_conflict(known, wish)


def previewed(wish: Wish, loan: Loan) -> Preview:
    """What the act would do, whoever may agree to it: the very call runs and is taken back. Raises what it raises."""
    return preview(loan, lambda: perform(wish, approved=True))


def _perform(kind: ActKind, wish: Wish, *, approved: bool, agreed_by: User | None) -> LoanAct:
    loan = Loan.objects.locked(wish.loan_id)
    known = LoanAct.objects.filter(idempotency_key=wish.idempotency_key).first()
    if known is not None:
        return _same_or_conflict(known, wish)
    lifecycle.require(loan, *kind.states)
    _require_possible_dates(kind, loan, wish)
    asked = encoded(kind.parameters, wish.values)
    require_possible(kind.parameters, wish.values)
    position = positions.locked(loan.pk)
    before = positions.load(loan, position)
    change = kind.from_values(loan, wish.effective_on, decoded(kind.parameters, asked))
    if kind.refuse is not None:
        kind.refuse(loan, before, change)
    restated = kind.restates(loan, change, True) if kind.restates is not None else {}
    after, effect = _applied(loan, before, change, wish, is_restated=bool(restated))
    tried = Tried(
        loan=loan,
        change=change,
        before=before,
        after=after,
        effect=effect,
        effective_on=wish.effective_on,
        recorded_on=wish.recorded_on,
        by=wish.by,
    )
    figures = {**effect.figures, **restated, **measured(kind, tried)}
    beyond = _judged(kind, tried, figures, approved=approved)
    act = _create(kind, tried, wish, asked, figures, agreed_by)
    act.needs_second_person = beyond
    remainder = conclude(loan, position, before, after, on=wish.recorded_on, settled_on=wish.effective_on)
    if kind.tells_borrower:
        tell = kind.message or _name_the_act
        tell(loan, act, after, wish.recorded_on)
    if remainder is not None:
        notices.remainder_closed(loan, remainder, wish.recorded_on)
    announce(loan_id=loan.pk, borrower_id=loan.borrower_id, on=wish.recorded_on)
    return act


def _name_the_act(loan: Loan, act: LoanAct, _account: Account, on: date) -> None:
    notices.loan_changed(loan, act, on)


def _judged(kind: ActKind, tried: Tried, figures: Mapping[str, Decimal], *, approved: bool) -> bool:
    """Refuse the act by what it came to, or for want of a second person; returns whether it needs one."""
    if kind.refuse_outcome is not None:
        kind.refuse_outcome(tried)
    if kind.group in _CHANGES_THE_PRICE and (tried.by is not None or not approved):
        refuse_dearer_over_cap(tried)
    beyond = needs_second_person(kind, tried, figures)
    if beyond and not approved:
        raise BeyondAuthority(act=kind.label)
    return beyond


def _same_or_conflict(known: LoanAct, wish: Wish) -> LoanAct:
    kind = act_kind(wish.kind)
    if (known.loan_id, known.kind) != (wish.loan_id, wish.kind):
        raise ActConflict(key=wish.idempotency_key)
    if not same_wish(kind, wish, known.parameters, None if kind.counts_from_today else known.effective_on):
        raise ActConflict(key=wish.idempotency_key)
    return known


def same_wish(kind: ActKind, wish: Wish, stored: Mapping[str, Any], counts_from: date | None) -> bool:
    """Whether ``wish`` asks for the same values on the same day as what is stored under its key.

    ``counts_from`` is None for what counts from the day it is done: told again a day later it is still the same wish.
    Values are compared, not their text: 5 and 5.00 are one sum, and what is left empty is the same as what is not sent.
    """
    asked = decoded(kind.parameters, encoded(kind.parameters, wish.values))
    return decoded(kind.parameters, stored) == asked and counts_from in (None, wish.effective_on)


def _require_possible_dates(kind: ActKind, loan: Loan, wish: Wish) -> None:
    if wish.effective_on > wish.recorded_on:
        raise CountsFromFuture(effective_on=wish.effective_on.isoformat(), recorded_on=wish.recorded_on.isoformat())
    if kind.counts_from_today and wish.effective_on != wish.recorded_on:
        raise CountsFromToday(act=kind.label, today=wish.recorded_on.isoformat())
    if loan.disbursed_on is None or wish.effective_on < loan.disbursed_on:
        raise CountsFromBeforeDisbursement(disbursed_on=str(loan.disbursed_on or ""))


def _applied(loan: Loan, before: Account, change: Change, wish: Wish, *, is_restated: bool) -> tuple[Account, Effect]:
    """The account after the change and what it did; one that is back-dated, or restates another event, by replaying all."""
    begins_day = in_order(change) < (change.on, True)
    is_next = change.on > before.as_of or (change.on == before.as_of and not begins_day)
    if is_next and not is_restated:
        after, outcome = apply(before, change)
        return after, outcome.effect
    events = [*stored_events(loan), change]
    after, newest = replay_all(loan, events, until=before.as_of, posted_on=wish.recorded_on)
    assert newest is not None
    return after, newest.effect


def _create(
    kind: ActKind,
    tried: Tried,
    wish: Wish,
    asked: dict[str, Any],
    figures: Mapping[str, Decimal],
    agreed_by: User | None,
) -> LoanAct:
    loan = tried.loan
    act = LoanAct(
        public_id=new_id(kind.id_prefix),
        number=next_number(kind.number_prefix, wish.recorded_on) if kind.number_prefix else None,
        loan=loan,
        kind=wish.kind,
        parameters=asked,
        figures=figures_as_text(figures),
        effective_on=wish.effective_on,
        recorded_on=wish.recorded_on,
        reason=wish.reason,
        idempotency_key=wish.idempotency_key,
        recorded_by=wish.by,
        agreed_by=agreed_by,
    )
    lines = lines_of(kind, loan, tried.effect)
    if lines:
        act.entry = post(
            event=wish.kind,
            posted_on=wish.recorded_on,
            effective_on=wish.effective_on,
            lines=lines,
            description=kind.description(loan, asked),
        )
    act.save()
    return act


def figures_as_text(figures: Mapping[str, Decimal]) -> dict[str, str]:
    """Figures as a stored act keeps them."""
    return {name: str(value) for name, value in figures.items()}
