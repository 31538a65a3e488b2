"""What a collector can offer from the case: more time at a known price, or the request to write a loan off.

The loans themselves are changed by the verbs of `loans`; here the case is told, so that its story stays whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.models import Approval
from core.context import acting
from core.errors import Invalid, NotFound
from debt_collections.lifecycle import locked_open, tell
from debt_collections.models import Case, EventKind
from loans.models import Extension, Loan
from loans.servicing import asking, hardship, writing_off


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
    changed: list[hardship.InstalmentPair]
    within_authority: bool


def preview_extension(*, case: Case, loan_id: int, days: int, on: date) -> ExtensionOffer:
    """What granting would do, instalment by instalment; changes nothing."""
    loan = _loan_of(case, loan_id)
    preview = hardship.preview_extension(loan, days=days, on=on)
    return ExtensionOffer(
        loan=loan,
        days=days,
        interest_added=preview.interest_added,
        changed=[pair for pair in preview.pairs if pair.moves or None in (pair.before, pair.after)],
        within_authority=hardship.within_authority(loan, days=days, on=on),
    )


@transaction.atomic
def grant_extension(*, case_id: int, loan_id: int, days: int, reason: str, on: date, by: Any) -> Extension | Approval:
    """Give more time and tell the case; beyond one person's authority a second person is asked instead.

    Raises what `loans.servicing.hardship.extend` refuses.
    """
    case = locked_open(case_id)
    loan = _loan_of(case, loan_id)
    if not reason.strip():
        raise SolutionReasonMissing()
    with acting(actor=by, reason=reason):
        granted = asking.extend_or_ask(loan_id=loan.pk, days=days, on=on, reason=reason, by=by)
    kind = EventKind.EXTENDED if isinstance(granted, Extension) else EventKind.EXTENSION_ASKED
    tell(case, kind, on=on, by=by, before=loan.number, after=str(days), note=reason)
    return granted


@transaction.atomic
def request_write_off(*, case_id: int, loan_id: int, reason: str, on: date, by: Any) -> Approval:
    """Ask a second person to write the loan off; the claim stays and the case goes on as recovery."""
    case = locked_open(case_id)
    loan = _loan_of(case, loan_id)
    approval = asking.ask_for_write_off(loan_id=loan.pk, reason=reason, by=by)
    tell(case, EventKind.WRITE_OFF, on=on, by=by, after=loan.number, note=reason)
    return approval


def write_off_approved(approval: Approval, on: date) -> None:
    """What approving does: the loan leaves the books, and the borrower's case, if there is one, is told."""
    borrower_id = Loan.objects.values_list("borrower_id", flat=True).get(pk=approval.object_id)
    # The case before the loan, as whoever extends from the case: nobody waits in a circle.
    case = Case.objects.open().select_for_update(of=("self",)).filter(borrower_id=borrower_id).first()
    loan = writing_off.write_off(loan_id=int(approval.object_id), on=on, reason=approval.reason)
    if case is not None:
        tell(case, EventKind.WRITTEN_OFF, on=on, by=approval.decided_by, after=loan.number, note=approval.reason)


def _loan_of(case: Case, loan_id: int) -> Loan:
    loan = Loan.objects.filter(pk=loan_id, borrower_id=case.borrower_id).first()
    if loan is None:
        raise LoanOfOtherBorrower()
    return loan
