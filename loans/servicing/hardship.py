"""Help for borrowers who cannot pay on time: more time, at the contract's rate and with no penalty for asking."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, Invalid
from core.rules import rule
from loans.account.account import Account, InstalmentState
from loans.account.account import extend as extend_account
from loans.bookkeeping import lifecycle, positions
from loans.bookkeeping.signals import announce
from loans.models import Extension, Instalment, Loan, LoanPosition, LoanStatus, ReversalStatus
from loans.notices import notices

MOST_DAYS = 180


class ExtensionDaysInvalid(Invalid):
    code = "extension_days_invalid"
    field = "days"
    message = _("An extension is between 1 and %(most)s days.")


class NothingToExtend(DomainError):
    code = "nothing_to_extend"
    message = _("No instalment of loan %(number)s is open any more; only late interest is owed.")


class ExtensionBeyondAuthority(DomainError):
    code = "extension_beyond_authority"
    message = _("More than %(days)s days, or more than %(times)s extensions of one loan, need a second person.")


@dataclass(frozen=True, slots=True)
class InstalmentPair:
    """An instalment before and after; one of both is None where interest follows the balance and time adds or ends one."""

    number: int
    before: InstalmentState | None
    after: InstalmentState | None

    @property
    def moves(self) -> bool:
        """Whether the instalment is there before and after, and due on another day."""
        return self.before is not None and self.after is not None and self.before.due_on != self.after.due_on


@dataclass(frozen=True, slots=True)
class ExtensionPreview:
    """The account before and after, and what the extra time costs."""

    before: Account
    after: Account
    interest_added: Decimal

    @property
    def pairs(self) -> list[InstalmentPair]:
        """Instalment beside instalment, by number."""
        old = {row.number: row for row in self.before.instalments}
        new = {row.number: row for row in self.after.instalments}
        return [InstalmentPair(number, old.get(number), new.get(number)) for number in sorted({*old, *new})]


def preview_extension(loan: Loan, *, days: int, on: date) -> ExtensionPreview:
    """What an extension would do; changes nothing. Raises LoanNotInState, ExtensionDaysInvalid."""
    lifecycle.require(loan, LoanStatus.ACTIVE)
    return _preview(loan, LoanPosition.objects.get(pk=loan.pk), days, on)


def _preview(loan: Loan, position: LoanPosition, days: int, on: date) -> ExtensionPreview:
    if not 1 <= days <= MOST_DAYS:
        raise ExtensionDaysInvalid(most=MOST_DAYS)
    before = positions.load(loan, position)
    if not any(row.agreed_owed for row in before.instalments):
        raise NothingToExtend(number=loan.number)
    after, added = extend_account(before, on=max(on, before.as_of), days=days, annual_rate=loan.annual_rate)
    return ExtensionPreview(before, after, added)


def within_authority(loan: Loan, *, days: int, on: date) -> bool:
    """Whether one person may grant it under the rule ``extension_authority``."""
    limits = rule("extension_authority", on)
    return (
        days <= limits["days"]
        and loan.extensions.filter(status=ReversalStatus.POSTED).count() < limits["times_per_loan"]
    )


@transaction.atomic
def extend(
    *, loan_id: int, days: int, on: date, reason: str, granted_by: Any = None, approved: bool = False
) -> Extension:
    """Move all open due dates by ``days``. ``approved`` says that a second person agreed.

    Raises ExtensionBeyondAuthority, ExtensionDaysInvalid, LoanNotInState.
    """
    loan = Loan.objects.locked(loan_id)
    lifecycle.require(loan, LoanStatus.ACTIVE)
    position = positions.locked(loan_id)
    preview = _preview(loan, position, days, on)
    if not approved and not within_authority(loan, days=days, on=on):
        limits = rule("extension_authority", on)
        raise ExtensionBeyondAuthority(days=limits["days"], times=limits["times_per_loan"])
    positions.store(loan, position, preview.before, preview.after, posted_on=on)
    extension = Extension.objects.create(
        loan=loan,
        granted_on=preview.after.as_of,
        days=days,
        from_number=next(pair.number for pair in preview.pairs if pair.moves),
        interest_added=preview.interest_added,
        version=Instalment.objects.filter(loan=loan, superseded_on__isnull=True).values_list("version", flat=True)[0],
        reason=reason,
        granted_by=granted_by,
    )
    next_due_on = min(row.due_on for row in preview.after.instalments if row.agreed_owed)
    notices.extension_granted(loan, extension, next_due_on=next_due_on, on=on)
    announce(loan_id=loan_id, borrower_id=loan.borrower_id, on=on)
    return extension
