"""Overrides: two people agree to bind the house in spite of soft checks, and everybody can count how often.

An override holds for one application, or one loan that has none, for the checks it names, up to its amount and until its
last day (rule ``gate_override``), while nothing has become worse than what both saw. What it does not name, and what is
worse by now, is asked for again.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override as in_language

from audit import approvals
from audit.models import Approval
from core.aftermath import whole
from core.errors import DomainError, NotAllowed
from core.rules import rule
from loans.gate import asking
from loans.gate.authority import APPROVES
from loans.gate.gate import BindingAct
from loans.gate.subjects import Subject, of_drawdown, of_payout
from loans.gate.words import in_words
from loans.models import GateOverride, Loan
from loans.preconditions.taker import require_not_taker
from staff.models import User

AHEAD = "gate.override"
AGREES = "loans.override_gate"


class NothingToOverride(DomainError):
    code = "nothing_to_override"
    message = _("Every check passes now: nothing has to be overridden. Do it again.")


class OverrideNotPermitted(NotAllowed):
    code = "override_not_permitted"
    message = _("What this would override needs somebody who may agree to overrides.")


# How to see again what is bound by an act that rooms above this one know: (object_id, business date)
_rebuilt: dict[BindingAct, Callable[[int, date], Subject]] = {}


def rebuilt_by(act: BindingAct, rebuild: Callable[[int, date], Subject]) -> None:
    """Have ``rebuild(object_id, on)`` say what ``act`` would bind; called when Django starts."""
    _rebuilt[act] = rebuild


def request(*, obj: Model, act: BindingAct, reason: str, on: date, by: User, amount: Decimal | None = None) -> Approval:
    """Ask a second person to agree to an act that soft checks keep from passing, beforehand: its door then does it again.

    ``obj`` is the application of an offer to accept, else the loan; ``amount`` what is to be drawn. Raises GateRefused,
    NothingToOverride, ReasonMissing, ApprovalAlreadyPending.
    """
    with whole():
        answer = asking.ask(_subject(act, obj.pk, amount, on), act, on)
        asking.require_possible(answer, by=by)
        if not answer.verdict.to_override:
            raise NothingToOverride()
        return approvals.request(
            kind=AHEAD,
            obj=obj,
            payload={"act": act.value, "amount": None if amount is None else str(amount)},
            outcome=shown(answer),
            amount=answer.subject.amount,
            reason=reason,
            requested_by=by,
            on=on,
        )


def would_override(approval: Approval, on: date) -> approvals.Outcome:
    """What approving the request would override by now."""
    answer = _asked_again(approval, on)
    return approvals.Outcome(shown(answer), answer.subject.amount)


def agreed(approval: Approval, on: date) -> None:
    """The second person agrees. Raises TakerDecides, and GateRefused where a hard check stops the act by now."""
    answer = _asked_again(approval, on)
    if answer.subject.application is not None:
        require_not_taker(answer.subject.application, approval.decided_by, on)
    asking.require_possible(answer, by=approval.decided_by)
    overridden(approval, answer)


def overridden(approval: Approval, answer: asking.Answer) -> asking.Answer:
    """The answer with the soft checks overridden that a second person just agreed to, and kept as an override."""
    codes = frozenset(found.code for found in answer.verdict.to_override)
    if not codes:
        return answer
    if "authority" in codes and (approval.decided_by is None or not approval.decided_by.has_perm(APPROVES)):
        raise OverrideNotPermitted()
    assert approval.requested_by is not None
    assert approval.decided_by is not None
    subject, on = answer.subject, answer.facts.on
    GateOverride.objects.create(
        borrower_id=subject.borrower_id,
        application=subject.application,
        loan=subject.loan,
        act=answer.verdict.at.value,
        checks=sorted(codes),
        findings=[found.as_json() for found in answer.verdict.to_override],
        amount=subject.amount,
        reason=approval.reason,
        asked_by=approval.requested_by,
        agreed_by=approval.decided_by,
        agreed_on=on,
        good_until=on + timedelta(days=int(rule("gate_override", on, subject.market)["days"])),
        approval=approval,
    )
    return answer.overriding(codes)


def require_right(user: User | None) -> None:
    """Raise OverrideNotPermitted unless ``user`` may agree to overrides."""
    if user is None or not user.has_perm(AGREES):
        raise OverrideNotPermitted()


def shown(answer: asking.Answer) -> dict[str, str]:
    """What would be overridden, in English, by which the catalogue is asked when somebody reads it."""
    with in_language("en"):
        return in_words(answer.verdict.to_override)


def _asked_again(approval: Approval, on: date) -> asking.Answer:
    act, amount = BindingAct(approval.payload["act"]), approval.payload["amount"]
    subject = _subject(act, int(approval.object_id), None if amount is None else Decimal(amount), on)
    return asking.ask(subject, act, on)


def _subject(act: BindingAct, object_id: int, amount: Decimal | None, on: date) -> Subject:
    if act in _rebuilt:
        return _rebuilt[act](object_id, on)
    loan = Loan.objects.select_related("application").get(pk=object_id)
    return of_payout(loan, on) if amount is None else of_drawdown(loan, amount, on)
