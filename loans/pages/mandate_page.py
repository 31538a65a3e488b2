"""What the loan page shows of direct debits: the mandate, each try with its reason, and the next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from loans.incoming import mandates
from loans.models import Loan, LoanStatus, Mandate, MandateAttempt, MandateStatus
from loans.pages.bank_reasons import in_words

MOST = 60


@dataclass(frozen=True, slots=True)
class Debits:
    """The mandate of a loan, its tries newest first, and the day of the next one; None where none is planned."""

    mandate: Mandate
    attempts: Sequence[MandateAttempt]
    next_on: date | None

    @property
    def is_withheld(self) -> bool:
        """The mandate stands, and its account is not, or no longer, verified as the borrower's."""
        return self.mandate.status == MandateStatus.ACTIVE and not self.mandate.bank_account.is_verified

    @property
    def is_spent(self) -> bool:
        """The last try failed and no further one is planned for what is due."""
        last = self.attempts[0] if self.attempts else None
        return last is not None and last.outcome == "failed" and self.next_on is None


def debits_of(loan: Loan, on: date) -> Debits | None:
    """None for a loan without a mandate."""
    mandate = Mandate.objects.filter(loan=loan).select_related("bank_account").order_by("-id").first()
    if mandate is None:
        return None
    attempts = MandateAttempt.objects.filter(mandate__loan=loan).select_related("mandate", "repayment")
    found = list(attempts.order_by("-attempted_on", "-id")[:MOST])
    runs = mandate.status == MandateStatus.ACTIVE and loan.status == LoanStatus.ACTIVE
    return Debits(mandate, found, mandates.next_try_on(loan, mandate, on) if runs else None)


def reason(attempt: MandateAttempt) -> str:
    """Why the bank did not debit, in words; its own words where the code is not known."""
    return in_words(attempt.code, attempt.message)
