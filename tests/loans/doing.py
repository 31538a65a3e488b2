"""Acts on loans, told in a test by one line each; what they do is what every door does (``loans.acts.performing``)."""

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from audit.approvals import approve
from audit.models import Approval
from core import business_date
from loans.acts.asking import perform_or_ask
from loans.acts.performing import perform
from loans.acts.undoing import undo
from loans.acts.vouching import ask_to_vouch
from loans.events.act_kinds import Wish
from loans.incoming import uploading
from loans.incoming.importing import settle_file
from loans.models import BankFile, Loan, LoanAct, Repayment
from loans.payees.refund_accounts import accounts_of
from staff.models import User
from tests.borrowers.factories import BankAccountFactory
from tests.staff.factories import UserFactory

_keys = count(1)


def do(kind: str, *, loan_id: int, on: date, **told: Any) -> Any:
    """The act of ``kind`` as if whoever has to agree did; ``told`` may say reason, idempotency_key, by and approved."""
    approved = told.pop("approved", True)
    key = told.pop("idempotency_key", None) or f"doing:{next(_keys)}"
    reason, by = told.pop("reason", "because"), told.pop("by", None)
    wish = Wish(
        loan_id=loan_id,
        kind=kind,
        values=told,
        effective_on=on,
        recorded_on=on,
        reason=reason,
        idempotency_key=key,
        by=by,
    )
    return perform(wish, approved=approved)


def waive(*, loan_id: int, component: str, amount: Decimal, on: date, **told: Any) -> LoanAct:
    """Give up late interest or fees."""
    return do("waiver", loan_id=loan_id, on=on, component=component, amount=amount, **told)


def extend(*, loan_id: int, days: int, on: date, approved: bool = False, **told: Any) -> LoanAct:
    """Give more time; beyond one person's authority only when ``approved``."""
    return do("extension", loan_id=loan_id, on=on, days=days, approved=approved, **told)


def refund_overpayment(*, loan_id: int, amount: Decimal, on: date, **told: Any) -> LoanAct:
    """Give overpaid money back to the borrower's account, after somebody vouched for what was paid at the counter."""
    loan = Loan.objects.select_related("borrower").get(pk=loan_id)
    vouched(loan, on)
    return do("refund", loan_id=loan_id, on=on, amount=amount, to_account=account_of(loan), **told)


def second_person_agrees(on: date) -> None:
    """The request that waits is approved by somebody else."""
    asked = Approval.objects.get(status="pending")
    approve(approval_id=asked.pk, decided_by=UserFactory(username="checker", roles=["checker"]), on=on)


def file_confirmed(on: date) -> BankFile:
    """The uploaded bank file that waits is confirmed by somebody else, and its payments are settled."""
    asked = Approval.objects.get(status="pending", kind=uploading.KIND)
    approve(approval_id=asked.pk, decided_by=UserFactory(username="confirmer", roles=["finance"]), on=on)
    settle_file(bank_file_id=int(asked.object_id), on=on)
    return BankFile.objects.get(pk=int(asked.object_id))


def account_of(loan: Loan) -> str:
    """A verified account of the borrower, as a refund names it; put on file where there is none."""
    known = accounts_of(loan)
    return (known[0] if known else BankAccountFactory(borrower=loan.borrower)).reference


def vouched(loan: Loan, on: date) -> None:
    """A second person vouches for every receipt of the loan that came by word."""
    for receipt in Repayment.objects.by_word().filter(loan=loan):
        asked = ask_to_vouch(repayment_id=receipt.pk, reason="slip 4711", on=on, by=None)
        approve(approval_id=asked.pk, decided_by=UserFactory(username="voucher", roles=["checker"]), on=on)


def write_off(*, loan_id: int, on: date, reason: str) -> LoanAct:
    """What a second person agreed to."""
    return do("write_off", loan_id=loan_id, on=on, reason=reason)


def ask_for_write_off(loan: Loan, by: User) -> Approval:
    """Ask for a second person on the business date."""
    on = business_date.current()
    wish = Wish(
        loan_id=loan.pk,
        kind="write_off",
        values={},
        effective_on=on,
        recorded_on=on,
        reason="lost",
        idempotency_key=f"doing:{next(_keys)}",
        by=by,
    )
    asked = perform_or_ask(wish)
    assert isinstance(asked, Approval)
    return asked


def take_back(act: LoanAct, on: date, reason: str = "by mistake", by: Any = None) -> LoanAct:
    """Undo the act as if whoever has to agree did."""
    return undo(act_id=act.pk, reason=reason, on=on, by=by, approved=True)
