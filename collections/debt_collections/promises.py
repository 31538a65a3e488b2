"""Promises to pay: taken within limits, cancelled with a reason, judged by the money that came."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext_lazy as _

from core.context import acting
from core.errors import DomainError, Invalid, NotFound
from core.lifecycle import Lifecycle
from core.money import ZERO
from core.rules import rule
from debt_collections import judging, queries
from debt_collections.lifecycle import advance, in_hand, locked, require_in_hand, start_of
from debt_collections.models import Case, PaymentMethod, Promise, PromiseStatus, Status
from debt_collections.strategy import PromiseRule
from loans.models import Loan, Repayment
from staff.models import User


class PromiseNotFound(NotFound):
    code = "promise_not_found"
    message = _("This promise does not exist.")


class PromiseAmountInvalid(Invalid):
    code = "promise_amount_invalid"
    field = "promise_amount"
    message = _("Promise an amount above zero and at most the %(owed)s owed.")


class PromiseTooFar(Invalid):
    code = "promise_too_far"
    field = "promise_due_on"
    message = _("Promise a day from %(earliest)s to %(latest)s.")


class PromiseAlreadyPending(DomainError):
    code = "promise_already_pending"
    message = _("A promise of %(amount)s by %(due_on)s is pending. Cancel it first.")


class PromiseAlreadyJudged(DomainError):
    code = "promise_already_judged"
    message = _("This promise is no longer pending.")


# Kept or broken is judged of many at once, by SQL (``debt_collections.judging``).
PROMISES = Lifecycle(
    model=Promise,
    states=PromiseStatus,
    begins=frozenset({PromiseStatus.PENDING}),
    steps={
        PromiseStatus.PENDING: frozenset({PromiseStatus.KEPT, PromiseStatus.BROKEN, PromiseStatus.CANCELLED}),
        PromiseStatus.KEPT: frozenset(),
        PromiseStatus.BROKEN: frozenset(),
        PromiseStatus.CANCELLED: frozenset(),
    },
    step_refused=PromiseAlreadyJudged,
    not_in_state=PromiseAlreadyJudged,
    named_by="pk",
)


class PromiseForOtherLoan(Invalid):
    code = "promise_for_other_loan"
    message = _("This loan does not belong to the borrower of the case.")


@transaction.atomic
def take(
    *,
    case_id: int,
    amount: Decimal,
    due_on: date,
    on: date,
    by: User,
    loan_id: int | None = None,
    method: str = PaymentMethod.ONLINE,
) -> Promise:
    """Write down that the borrower will pay ``amount`` by ``due_on``; the case waits for that day."""
    case = in_hand(case_id, by)
    _refuse_second(case)
    _check_day(due_on, on)
    _check_amount(case, loan_id, amount)
    promise = Promise(
        case=case,
        loan_id=loan_id,
        amount=amount,
        due_on=due_on,
        method=method,
        taken_by=by,
        taken_on=on,
        repayments_before=_last_repayment(case),
    )
    with acting(actor=by):
        promise.save()
        advance(case, Status.PROMISED, on=on, by=by, next_action_at=start_of(due_on))
    return promise


@transaction.atomic
def cancel(*, promise_id: int, reason: str, on: date, by: User) -> Promise:
    """Take a promise back, for a reason that is kept. Raises PromiseNotFound, PromiseAlreadyJudged."""
    case_id = Promise.objects.filter(pk=promise_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise PromiseNotFound()
    case = locked(case_id)
    require_in_hand(case, by)
    promise = Promise.objects.get(pk=promise_id)
    PROMISES.require(promise, PromiseStatus.PENDING)
    with acting(actor=by, reason=reason):
        _set_cancelled(promise, reason=reason, on=on)
        if case.status == Status.PROMISED:
            advance(case, Status.OPEN, on=on, by=by, note=reason, next_action_at=None)
    return promise


def drop_pending(case: Case, *, reason: str, on: date) -> None:
    """Release a borrower from the promise when the case comes to rest; the caller holds the case."""
    promise = case.promises.filter(status=PromiseStatus.PENDING).first()
    if promise is not None:
        _set_cancelled(promise, reason=reason, on=on)


def judge(lo: int, hi: int, on: date) -> dict[str, int]:
    """End of day: judge the pending promises ``lo`` ≤ id < ``hi``. Repeating it for a day changes nothing."""
    return judging.judge_promises(lo, hi, on)


def judge_borrower(*, borrower_id: int, on: date) -> dict[str, int]:
    """The same for one borrower, after money arrived."""
    totals = {"promises_kept": 0, "promises_broken": 0}
    pending = Promise.objects.filter(case__borrower_id=borrower_id, status=PromiseStatus.PENDING)
    for promise_id in pending.values_list("pk", flat=True):
        for name, count in judge(promise_id, promise_id + 1, on).items():
            totals[name] += count
    return totals


def _set_cancelled(promise: Promise, *, reason: str, on: date) -> None:
    PROMISES.advance(promise, PromiseStatus.CANCELLED, cancel_reason=reason[:200], judged_on=on)


def _refuse_second(case: Case) -> None:
    pending = case.promises.filter(status=PromiseStatus.PENDING).first()
    if pending is not None:
        raise PromiseAlreadyPending(amount=f"{pending.amount:.2f}", due_on=pending.due_on.isoformat())


def _check_day(due_on: date, on: date) -> None:
    latest = PromiseRule.from_data(rule("collections_promise", on)).latest_day(on)
    if not on <= due_on <= latest:
        raise PromiseTooFar(earliest=on.isoformat(), latest=latest.isoformat())


def _check_amount(case: Case, loan_id: int | None, amount: Decimal) -> None:
    if loan_id is not None and not Loan.objects.filter(pk=loan_id, borrower_id=case.borrower_id).exists():
        raise PromiseForOtherLoan()
    owed = queries.owed_in_all(case.borrower_id, loan_id=loan_id)
    if not ZERO < amount <= owed:
        raise PromiseAmountInvalid(owed=f"{owed:,.2f}")


def _last_repayment(case: Case) -> int:
    newest = Repayment.objects.filter(loan__borrower_id=case.borrower_id).aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def received_so_far(promise: Promise, on: date) -> Decimal:
    """Money that counts toward a pending promise up to ``on``: the same test as the judgement."""
    repayments = Repayment.objects.filter(
        loan__borrower_id=promise.case.borrower_id,
        status="posted",
        pk__gt=promise.repayments_before,
        received_on__range=(promise.taken_on, min(promise.due_on, on)),
    )
    if promise.loan_id is not None:
        repayments = repayments.filter(loan_id=promise.loan_id)
    return repayments.aggregate(total=Sum("amount"))["total"] or ZERO
