"""Direct debit: the borrower's plan executes itself on the due date.

An attempt is stored before the bank is asked and the bank is asked with the attempt's reference, so that a crash in
between neither loses nor repeats a debit. Money that came is recorded through the same ``record_repayment`` as any other.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.identifiers import next_number
from loans.banking.debits import DebitOrder, direct_debit
from loans.models import Loan, LoanPosition, LoanStatus, Mandate, MandateAttempt, MandateStatus, RepaymentChannel
from loans.servicing import record_repayment

UNANSWERED = ("sent", "unknown")


class MandateNotPossible(DomainError):
    code = "mandate_not_possible"
    message = _("The bank account does not belong to the borrower of loan %(number)s.")


@transaction.atomic
def sign_mandate(*, loan_id: int, bank_account: Any, signed_on: date) -> Mandate:
    """Store the borrower's mandate; an active one for the same account is returned, another account replaces it."""
    loan = Loan.objects.locked(loan_id)
    if bank_account.borrower_id != loan.borrower_id:
        raise MandateNotPossible(number=loan.number)
    active = Mandate.objects.filter(loan=loan, status=MandateStatus.ACTIVE).first()
    if active is not None and active.bank_account_id == bank_account.pk:
        return active
    if active is not None:
        revoke_mandate(mandate=active, on=signed_on)
    return Mandate.objects.create(
        loan=loan, number=next_number("MN", signed_on), bank_account=bank_account, signed_on=signed_on
    )


def revoke_mandate(*, mandate: Mandate, on: date) -> None:
    """Stop the mandate; a stopped one stays stopped."""
    if mandate.status == MandateStatus.ACTIVE:
        mandate.status = MandateStatus.REVOKED
        mandate.revoked_on = on
        mandate.save(update_fields=["status", "revoked_on"])


def run_due(lo: int, hi: int, on: date) -> dict[str, int]:
    """Debit what is due or late on ``on`` for loans ``lo`` to ``hi`` with an active mandate; once a loan and day.

    A debit the bank has not answered for is asked about first.
    """
    counts = {"debits_paid": 0, "debits_failed": 0}
    for mandate in _due(lo, hi, on):
        attempt = _open_attempt(mandate, on)
        if attempt is None:
            continue
        counts["debits_paid" if _settle(attempt, on) else "debits_failed"] += 1
    return counts


def _due(lo: int, hi: int, on: date) -> Iterable[Mandate]:
    answered = MandateAttempt.objects.filter(mandate=OuterRef("pk"), attempted_on=on, outcome__in=["paid", "failed"])
    unanswered = MandateAttempt.objects.filter(mandate=OuterRef("pk"), outcome__in=UNANSWERED)
    due = Q(loan__position__next_due_on__lte=on) | Q(loan__position__oldest_due_on__isnull=False)
    # An open question is asked until it is answered, whatever became of the loan: the money may be with us.
    to_ask = Q(loan__status=LoanStatus.ACTIVE) & due | Q(Exists(unanswered))
    return (
        Mandate.objects.filter(to_ask, loan_id__gte=lo, loan_id__lte=hi, status=MandateStatus.ACTIVE)
        .filter(~Exists(answered))
        .select_related("bank_account", "loan")
        .order_by("loan_id")
    )


def _open_attempt(mandate: Mandate, on: date) -> MandateAttempt | None:
    """The attempt to make: an unanswered one first, so that no debit is doubled; None when nothing is due."""
    unanswered = mandate.attempts.filter(outcome__in=UNANSWERED).order_by("id").first()
    if unanswered is not None:
        return unanswered
    position = LoanPosition.objects.get(pk=mandate.loan_id)
    falls_due = position.next_due_on is not None and position.next_due_on <= on
    amount = position.overdue_total + (position.next_due_amount if falls_due else 0)
    if amount <= 0:
        return None
    attempt, _created = MandateAttempt.objects.get_or_create(
        mandate=mandate,
        attempted_on=on,
        defaults={"amount": amount, "reference": f"{mandate.number}-{on:%Y%m%d}"},
    )
    return attempt


def _settle(attempt: MandateAttempt, on: date) -> bool:
    """Ask the bank and record what it says; an unknown answer stays open and is asked again with the same reference."""
    account = attempt.mandate.bank_account
    answer = direct_debit().collect(
        DebitOrder(
            reference=attempt.reference,
            mandate_number=attempt.mandate.number,
            account_number=account.account_number,
            amount=attempt.amount,
        )
    )
    if answer.outcome == "paid":
        attempt.repayment = record_repayment(
            loan_id=attempt.mandate.loan_id,
            amount=attempt.amount,
            received_on=on,
            channel=RepaymentChannel.DIRECT_DEBIT,
            idempotency_key=f"mandate:{attempt.reference}",
            recorded_by=None,
            recorded_on=on,
            payer_reference=attempt.reference,
        )
    attempt.outcome, attempt.code, attempt.message = answer.outcome, answer.code, answer.detail
    attempt.save(update_fields=["outcome", "code", "message", "repayment"])
    return answer.outcome == "paid"


def unknown_attempts() -> Iterable[MandateAttempt]:
    """Debits the bank has not answered for, oldest first."""
    return MandateAttempt.objects.filter(outcome__in=UNANSWERED).order_by(F("attempted_on"), "id")
