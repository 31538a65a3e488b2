"""What a collector can offer from the case: more time at a known price, or the request to write a loan off.

The loans themselves are changed by the acts of `loans`; here the case is told, so that its story stays whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.models import Approval
from core.context import acting
from core.errors import Invalid, NotFound
from debt_collections.lifecycle import in_hand, tell
from debt_collections.models import Case, EventKind
from loans.acts.asking import Done, perform_or_ask
from loans.acts.kinds.extending import EXTENSION
from loans.acts.kinds.losses import WRITE_OFF
from loans.acts.performing import previewed
from loans.acts.previewing import RowPair
from loans.events.act_kinds import ActKind, Wish
from loans.models import Loan, LoanAct
from staff.models import User


class LoanOfOtherBorrower(NotFound):
    code = "loan_of_other_borrower"
    message = _("This loan does not belong to the borrower of the case.")


class SolutionReasonMissing(Invalid):
    code = "solution_reason_missing"
    field = "reason"
    message = _("Say why: the reason is kept with the loan.")


@dataclass(frozen=True, slots=True)
class ExtensionOffer:
    """An extension as it would be: what it costs, what is due before and after, whether one person may grant it.

    ``changed`` are the instalments that move, and those that more time adds or ends.
    """

    loan: Loan
    days: int
    interest_added: Decimal
    changed: Sequence[RowPair]
    within_authority: bool


def preview_extension(*, case: Case, loan_id: int, days: int, on: date) -> ExtensionOffer:
    """What granting would do, instalment by instalment; changes nothing. Raises what the act raises."""
    loan = _loan_of(case, loan_id)
    wish = _wish(loan, EXTENSION, {"days": days}, on=on, reason="preview", key=f"preview:{loan.public_id}", by=None)
    found = previewed(wish, loan)
    granted: LoanAct = found.result
    return ExtensionOffer(
        loan=loan,
        days=days,
        interest_added=Decimal(granted.figures["interest_added"]),
        changed=[pair for pair in found.rows if pair.agreed_anew],
        within_authority=not granted.needs_second_person,
    )


@transaction.atomic
def grant_extension(
    *, case_id: int, loan_id: int, days: int, reason: str, on: date, by: User, idempotency_key: str
) -> LoanAct | Approval:
    """Give more time and tell the case; beyond one person's authority a second person is asked instead.

    The same key does it, and tells of it, once. Raises SolutionReasonMissing, CaseClosed, LoanOfOtherBorrower, and what
    the act refuses.
    """
    case = in_hand(case_id, by)
    loan = _loan_of(case, loan_id)
    known = _is_known(idempotency_key)
    done = _do(loan, EXTENSION, {"days": days}, on=on, reason=reason, key=idempotency_key, by=by)
    assert isinstance(done, LoanAct | Approval)
    if not known:
        kind = EventKind.EXTENDED if isinstance(done, LoanAct) else EventKind.EXTENSION_ASKED
        tell(case, kind, on=on, by=by, before=loan.number, after=str(days), note=reason)
    return done


@transaction.atomic
def request_write_off(*, case_id: int, loan_id: int, reason: str, on: date, by: User, idempotency_key: str) -> Approval:
    """Ask a second person to write the loan off; the claim stays and the case goes on as recovery.

    The same key asks, and tells of it, once. Raises what ``grant_extension`` raises.
    """
    case = in_hand(case_id, by)
    loan = _loan_of(case, loan_id)
    known = _is_known(idempotency_key)
    asked = _do(loan, WRITE_OFF, {}, on=on, reason=reason, key=idempotency_key, by=by)
    assert isinstance(asked, Approval)
    if not known:
        tell(case, EventKind.WRITE_OFF, on=on, by=by, after=loan.number, note=reason)
    return asked


def _do(loan: Loan, kind: ActKind, values: dict[str, int], *, on: date, reason: str, key: str, by: User | None) -> Done:
    if not reason.strip():
        raise SolutionReasonMissing()
    with acting(actor=by, reason=reason):
        return perform_or_ask(_wish(loan, kind, values, on=on, reason=reason, key=key, by=by))


def _wish(
    loan: Loan, kind: ActKind, values: dict[str, int], *, on: date, reason: str, key: str, by: User | None
) -> Wish:
    return Wish(
        loan_id=loan.pk,
        kind=kind.code,
        values=dict(values),
        effective_on=on,
        recorded_on=on,
        reason=reason,
        idempotency_key=key,
        by=by,
    )


def _is_known(key: str) -> bool:
    asked = Approval.objects.filter(idempotency_key=key)
    return LoanAct.objects.filter(idempotency_key=key).exists() or asked.exists()


def _loan_of(case: Case, loan_id: int) -> Loan:
    loan = Loan.objects.filter(pk=loan_id, borrower_id=case.borrower_id).first()
    if loan is None:
        raise LoanOfOtherBorrower()
    return loan
