"""Drawing a further part of an approved amount: ordered from the bank as the first part was, and an act on the loan from
the day the bank has paid it.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower
from core.aftermath import whole
from core.errors import DomainError, Invalid
from core.history import insert_tracked
from core.writing import money
from loans.acts.performing import ActConflict, BeyondAuthority, perform
from loans.acts.previewing import preview
from loans.bookkeeping.signals import announce_payout
from loans.events.act_kinds import Wish
from loans.events.of_acts import LATER, line_is_open
from loans.gate import asking, subjects
from loans.gate.authority import needs_second_person, one_person_decides
from loans.gate.gate import BindingAct, bound_by_one
from loans.models import Disbursement, DisbursementStatus, Loan, LoanAct
from loans.payees import payees


class DrawdownUnderWay(DomainError):
    code = "drawdown_under_way"
    message = _("Order %(number)s over %(amount)s has not ended. Wait until the bank has paid it, or cancel it first.")


class DrawdownNotOfToday(Invalid):
    code = "drawdown_not_of_today"
    field = "effective_on"
    message = _("A further part counts from the day the bank pays it. Give %(today)s.")


class BeyondOne(BeyondAuthority):
    code = "beyond_one_person"
    message = _(
        "With this the lender would be bound to %(after)s that no second person agreed to, above the %(most)s that one "
        "person decides. A second person has to agree."
    )


class LineNotOpen(DomainError):
    code = "line_not_open"
    message = _("What was repaid of loan %(number)s cannot be drawn again: %(why)s")


def require_open_line(loan: Loan, on: date) -> None:
    """Raises LineNotOpen where the last day of drawing has passed or the line was closed."""
    until = loan.line_open_until
    if until is None or on > until:
        raise LineNotOpen(number=loan.number, why=_("it was open until %(until)s.") % {"until": until})
    if not line_is_open(loan, on):
        raise LineNotOpen(number=loan.number, why=_("the line was closed; undo that first."))


def require_no_order(loan: Loan) -> None:
    """Raises DrawdownUnderWay where an order for a further part has not ended."""
    orders = loan.disbursements.filter(is_drawdown=True)
    standing = orders.exclude(status__in=(DisbursementStatus.PAID, DisbursementStatus.CANCELLED)).first()
    if standing is not None:
        raise DrawdownUnderWay(number=standing.number, amount=standing.amount)


def bank_has_paid(loan: Loan) -> bool:
    """Whether the bank has paid a further part whose act is being done."""
    paid = loan.disbursements.filter(is_drawdown=True, status=DisbursementStatus.PAID).count()
    return paid > loan.acts.filter(kind=LATER).count()


def order(wish: Wish, approved: bool = False) -> Disbursement:
    """Write the order to pay a further part out. The same key returns the order written the first time.

    The act is tried first, so whatever would refuse it refuses the order; then the gate is asked. ``approved`` says that a
    second person agreed. Raises DrawdownUnderWay, DrawdownNotOfToday, ActConflict, GateRefused, OverrideNeeded, BeyondOne
    where one person may not bind the house to so much for the borrower, and what ``perform`` raises.
    """
    if wish.effective_on != wish.recorded_on:
        raise DrawdownNotOfToday(today=wish.recorded_on.isoformat())
    try:
        with whole():
            return _order(wish, approved)
    except IntegrityError:
        known = _with_key(wish)
        if known is None:
            raise
        return known


def _order(wish: Wish, approved: bool) -> Disbursement:
    Borrower.objects.locked(Loan.objects.values_list("borrower_id", flat=True).get(pk=wish.loan_id))
    loan = Loan.objects.locked(wish.loan_id)
    known = _with_key(wish)
    if known is not None:
        return known
    require_no_order(loan)
    preview(loan, lambda: perform(wish, approved=True))
    subject = subjects.of_drawdown(loan, wish.values["amount"], wish.recorded_on)
    answer = asking.ask(subject, BindingAct.DRAWDOWN, wish.recorded_on)
    asking.require_bound(answer, by=wish.by)
    if not approved and needs_second_person(answer.facts, subject.market, wish.recorded_on):
        raise BeyondOne(
            after=money(bound_by_one(answer.facts), loan.currency),
            most=money(one_person_decides(wish.recorded_on, subject.market), loan.currency),
        )
    parts = loan.disbursements.filter(is_drawdown=True).count()
    drawdown = Disbursement(
        number=f"{loan.number.replace('LN-', 'DB-')}.{parts + 2}",  # the first part has the plain number
        loan=loan,
        is_drawdown=True,
        idempotency_key=wish.idempotency_key,
        amount=wish.values["amount"],
        payee_index=payees.to_remember(loan),
        requested_on=wish.recorded_on,
        requested_by=wish.by,
    )
    insert_tracked(drawdown)
    announce_payout(disbursement_id=drawdown.pk)
    return drawdown


def _with_key(wish: Wish) -> Disbursement | None:
    known = Disbursement.objects.filter(idempotency_key=wish.idempotency_key).first()
    if known is not None and (known.loan_id, known.amount) != (wish.loan_id, Decimal(wish.values["amount"])):
        raise ActConflict(key=wish.idempotency_key)
    return known


def paid_out(drawdown: Disbursement, on: date) -> LoanAct:
    """Do the act the order was for: the bank has paid on ``on``. Raises what ``perform`` raises."""
    values: dict[str, Any] = {"amount": drawdown.amount}
    wish = Wish(
        loan_id=drawdown.loan_id,
        kind=LATER,
        values=values,
        effective_on=on,
        recorded_on=on,
        reason=drawdown.number,
        idempotency_key=f"drawdown:{drawdown.public_id}",
        by=drawdown.requested_by,
    )
    done = perform(wish, approved=True)
    assert isinstance(done, LoanAct)
    return done
