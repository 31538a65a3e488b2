"""Direct debit: the borrower's plan executes itself on the due date.

An attempt is stored, in a transaction of its own, before the bank is asked, and the bank is asked with the attempt's
reference: a crash in between neither loses nor repeats a debit, also where the borrower pays before somebody asks again. The
sum is worked out when the attempt is made and never changes afterwards.
Money that came is recorded through the same ``record_repayment`` as any other. That it came is a fact: what is more than
the loan owes by then is a credit balance, what looks like a payment recorded before is recorded beside it. Neither happens
silently: the attempt keeps the code of the question a person would have been asked, the loan's page says it, and the night
counts it (``debits_to_check``).

Money is taken from an account only while it is verified as the borrower's, as it is paid to one: a mandate is signed for no
other, and an account that is refused later stops the next debit (``debits_withheld``). PostgreSQL keeps both
(``loans/law/mandates.sql``).
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.db.models import Exists, Max, Min, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from borrowers import bank_accounts
from borrowers.models import AccountState, BankAccount
from core.errors import DomainError
from core.identifiers import next_number
from core.money import ZERO
from core.rules import rule_of_house
from loans.account.account import age
from loans.banking.debits import DebitOrder, direct_debit
from loans.bookkeeping import positions
from loans.incoming.debit_retries import RetryPlan, Tried, amount_of_try
from loans.models import (
    Instalment,
    Loan,
    LoanPosition,
    LoanStatus,
    Mandate,
    MandateAttempt,
    MandateStatus,
    RepaymentChannel,
)
from loans.servicing.guarding import Excess, PaymentAboveOwed, PaymentLooksRepeated
from loans.servicing.repayments import record_repayment

RULE = "debit_retries"
UNANSWERED = ("sent", "unknown")
QUESTIONS = (PaymentAboveOwed.code, PaymentLooksRepeated.code)


class MandateNotPossible(DomainError):
    code = "mandate_not_possible"
    message = _("The bank account does not belong to the borrower of loan %(number)s.")


class MandateAccountUnverified(DomainError):
    """Nobody says that the account is the borrower's."""

    code = "mandate_account_unverified"
    field = "bank_account"
    message = _(
        "Account %(account)s is not verified, so nothing is debited from it. Ask the bank whose it is, or a second person "
        "to agree to it with evidence."
    )


class MandateAccountRefused(DomainError):
    """The bank says that it is somebody else's."""

    code = "mandate_account_refused"
    field = "bank_account"
    message = _(
        "The bank says that account %(account)s belongs to somebody else, so nothing is debited from it. Put the borrower's "
        "own account on file."
    )


@transaction.atomic
def sign_mandate(*, loan_id: int, bank_account: BankAccount, signed_on: date) -> Mandate:
    """Store the borrower's mandate; an active one for the same account is returned, another account replaces it.

    Raises MandateNotPossible, MandateAccountUnverified, MandateAccountRefused.
    """
    account = bank_accounts.locked(bank_account.pk)  # as it stands now; the borrower is held before the loan
    loan = Loan.objects.locked(loan_id)
    if account.borrower_id != loan.borrower_id:
        raise MandateNotPossible(number=loan.number)
    if account.is_refused:
        raise MandateAccountRefused(account=account.masked_number)
    if not account.is_verified:
        raise MandateAccountUnverified(account=account.masked_number)
    active = Mandate.objects.filter(loan=loan, status=MandateStatus.ACTIVE).first()
    if active is not None and active.bank_account_id == account.pk:
        return active
    if active is not None:
        revoke_mandate(mandate=active, on=signed_on)
    return Mandate.objects.create(
        loan=loan, number=next_number("MN", signed_on), bank_account=account, signed_on=signed_on
    )


def revoke_mandate(*, mandate: Mandate, on: date) -> None:
    """Stop the mandate; a stopped one stays stopped."""
    if mandate.status == MandateStatus.ACTIVE:
        mandate.status = MandateStatus.REVOKED
        mandate.revoked_on = on
        mandate.save(update_fields=["status", "revoked_on"])


@transaction.atomic
def order_due(lo: int, hi: int, on: date) -> None:
    """Store the attempts that ``run_due`` will make, before a transaction begins that could take them back."""
    for mandate in _due(lo, hi, on):
        _open_attempt(mandate, _plan(mandate.loan, on), on)


def run_due(lo: int, hi: int, on: date) -> dict[str, int]:
    """Debit what is due or late on ``on`` for loans ``lo`` to ``hi`` with an active mandate; once a loan and day.

    A debit the bank has not answered for is asked about first, also under a mandate that was revoked since; until it is
    answered no other mandate of the loan is used. A failed one is repeated by the rule ``debit_retries``
    until the next instalment falls due, which is tried anew; nothing is debited that was paid otherwise, nor from an account
    that is not, or no longer, verified as the borrower's.
    """
    counts = {"debits_paid": 0, "debits_failed": 0, "debits_to_check": 0, "debits_withheld": 0}
    for mandate in _due(lo, hi, on):
        attempt = _open_attempt(mandate, _plan(mandate.loan, on), on)
        counts["debits_withheld"] += attempt is None and not _is_own(mandate)
        if attempt is not None:
            paid = _settle(attempt, on)
            counts["debits_paid" if paid else "debits_failed"] += 1
            counts["debits_to_check"] += attempt.code in QUESTIONS
    return counts


def _due(lo: int, hi: int, on: date) -> Iterable[Mandate]:
    tried = MandateAttempt.objects.filter(mandate=OuterRef("pk"), attempted_on=on).exclude(outcome__in=UNANSWERED)
    unanswered = MandateAttempt.objects.filter(outcome__in=UNANSWERED)
    due = Q(loan__position__next_due_on__lte=on) | Q(loan__position__oldest_due_on__isnull=False)
    runs = Q(status=MandateStatus.ACTIVE, loan__status=LoanStatus.ACTIVE)
    open_question = Exists(unanswered.filter(mandate__loan=OuterRef("loan")))
    # An open question is asked until it is answered, whatever became of loan and mandate: the money may be with us.
    to_ask = runs & due & ~Q(open_question) | Q(Exists(unanswered.filter(mandate=OuterRef("pk"))))
    return (
        Mandate.objects.filter(to_ask, loan_id__gte=lo, loan_id__lte=hi)
        .filter(~Exists(tried))
        .select_related("bank_account", "loan")
        .order_by("loan_id", "id")
    )


def loans_to_debit() -> tuple[int, int] | None:
    """The lowest and highest id of a loan with an active mandate or an unanswered debit; None when there is none."""
    active = Mandate.objects.filter(status=MandateStatus.ACTIVE)
    asked = Mandate.objects.filter(pk__in=MandateAttempt.objects.filter(outcome__in=UNANSWERED).values("mandate"))
    ends = [found.aggregate(lo=Min("loan_id"), hi=Max("loan_id")) for found in (active, asked)]
    known = [(found["lo"], found["hi"]) for found in ends if found["lo"] is not None]
    return (min(lo for lo, _hi in known), max(hi for _lo, hi in known)) if known else None


def _open_attempt(mandate: Mandate, plan: RetryPlan, on: date) -> MandateAttempt | None:
    """The attempt to make: an unanswered one first, so that no debit is doubled; None when none is to be made.

    The loan is locked first: a payment made at the same moment is either counted here or waits for the answer.
    """
    loan = mandate.loan = Loan.objects.locked(mandate.loan_id)
    unanswered = mandate.attempts.filter(outcome__in=UNANSWERED).order_by("id").first()
    if unanswered is not None:
        return unanswered
    if not _is_own(mandate):
        return None
    amount, due_on = _due_now(loan, on), _latest_due_on(loan.pk, on)
    step = plan.next_try(_tried(mandate, due_on))
    if amount <= 0 or step is None or (step[0] is not None and step[0] > on):
        return None
    attempt, _created = MandateAttempt.objects.get_or_create(
        mandate=mandate,
        attempted_on=on,
        defaults={
            "amount": amount_of_try(amount, step[1]),
            "share": step[1],
            "due_on": due_on,
            "reference": f"{mandate.number}-{on:%Y%m%d}",
        },
    )
    return attempt


def _is_own(mandate: Mandate) -> bool:
    """Whether the account is verified as the borrower's at this moment, whatever it was when the mandate was read."""
    return BankAccount.objects.filter(pk=mandate.bank_account_id, state=AccountState.VERIFIED).exists()


def _tried(mandate: Mandate, due_on: date | None) -> list[Tried]:
    rows = mandate.attempts.filter(due_on=due_on, outcome="failed").order_by("attempted_on", "id")
    return [Tried(row.attempted_on, row.code) for row in rows]


def _plan(loan: Loan, on: date) -> RetryPlan:
    return RetryPlan.of_rule(rule_of_house(RULE, on, loan.market))


def next_try_on(loan: Loan, mandate: Mandate, on: date) -> date | None:
    """The day of the next debit: of a retry while one is left, else the next due date; None when neither is known, or the
    account is not verified as the borrower's."""
    if not _is_own(mandate):
        return None
    position = LoanPosition.objects.get(pk=loan.pk)
    if _is_due(position, on):
        step = _plan(loan, on).next_try(_tried(mandate, _latest_due_on(loan.pk, on)))
        if step is not None:
            return max(step[0] or on, on)
    return position.next_due_on if position.next_due_on is not None and position.next_due_on > on else None


def _is_due(position: LoanPosition, on: date) -> bool:
    """Whether something is overdue or falls due on ``on`` and was not paid; nothing is of a loan that no longer runs."""
    return position.status == LoanStatus.ACTIVE and _due_of(position, on) > 0


def _due_now(loan: Loan, on: date) -> Decimal:
    """What is overdue or falls due on ``on`` and was not paid, late interest up to then included: who pays it is late no
    more. Nothing of a loan that no longer runs."""
    position = LoanPosition.objects.get(pk=loan.pk)
    if not _is_due(position, on):
        return ZERO
    account = positions.load(loan, position)
    positions.fill(position, age(account, max(on, account.as_of)))
    return _due_of(position, on)


def _due_of(position: LoanPosition, on: date) -> Decimal:
    falls_due = position.next_due_on is not None and position.next_due_on <= on
    return position.overdue_total + (position.next_due_amount if falls_due else ZERO)


def _latest_due_on(loan_id: int, on: date) -> date | None:
    """The latest due date of an open instalment up to ``on``."""
    open_rows = Instalment.objects.filter(loan_id=loan_id, superseded_on__isnull=True, settled_on__isnull=True)
    found: date | None = open_rows.filter(due_on__lte=on).aggregate(latest=Max("due_on"))["latest"]
    return found


def _settle(attempt: MandateAttempt, on: date) -> bool:
    """Ask the bank and record what it says; an unknown answer stays open and is asked again with the same reference.

    A debit still without an answer when nothing is due any more, when its mandate was revoked, or its account is no longer
    verified as the borrower's, is withdrawn instead of asked for again.
    """
    account = attempt.mandate.bank_account
    order = DebitOrder(
        reference=attempt.reference,
        mandate_number=attempt.mandate.number,
        account_number=account.account_number,
        amount=attempt.amount,
    )
    # Only a debit that was ordered earlier: a new one is made under an active mandate for a sum due.
    due = _is_due(LoanPosition.objects.get(pk=attempt.mandate.loan_id), on)
    stops = attempt.mandate.status != MandateStatus.ACTIVE or not due or not _is_own(attempt.mandate)
    answer = direct_debit().withdraw(order) if stops else direct_debit().collect(order)
    attempt.outcome = "stopped" if stops and answer.outcome == "failed" else answer.outcome
    attempt.code, attempt.message = answer.code, answer.detail
    if answer.outcome == "paid":
        _take_in(attempt, on)
    attempt.save(update_fields=["outcome", "code", "message", "repayment"])
    return answer.outcome == "paid"


def _take_in(attempt: MandateAttempt, on: date) -> None:
    """Record what was collected, whatever it is; the attempt says what would have been asked of a person."""
    record = partial(
        record_repayment,
        loan_id=attempt.mandate.loan_id,
        amount=attempt.amount,
        received_on=on,
        channel=RepaymentChannel.DIRECT_DEBIT,
        idempotency_key=f"mandate:{attempt.reference}",
        recorded_by=None,
        recorded_on=on,
        payer_reference=attempt.reference,
    )
    try:
        attempt.repayment = record()
    except (PaymentAboveOwed, PaymentLooksRepeated) as question:
        attempt.repayment = record(excess=Excess.CREDITED, allow_repeat=True)
        attempt.code, attempt.message = question.code, ""
