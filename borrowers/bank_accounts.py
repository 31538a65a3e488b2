"""The accounts of a borrower: put on file unverified, verified by the bank or by two people, paid to when verified.

Who puts an account on file never decides that it is the borrower's. Where the house is bound to pay the borrower (apps
above say so, ``told_of_commitments``), another account is paid only when a second person agreed. Every change holds the
borrower's row, which whatever pays out holds too, so that a change and a payout never pass each other.

An account that is or was verified for another borrower is not verified by the bank's word or by one person: a second person
is asked, who sees both borrowers and decides with a reason; a partner learns only that somebody is asked."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override

from audit import approvals
from audit.context import acting_for
from audit.deciding import require_other_hand
from audit.models import Approval
from borrowers.fingerprints import account_index, plain, written
from borrowers.holder_checks import HolderCheckUnreachable, HolderQuestion, holder_check
from borrowers.models import AccountState, BankAccount, Borrower, HolderAnswer
from core.errors import DomainError, Invalid, NotAllowed, NotFound
from core.lifecycle import Lifecycle
from core.strict import require_plain
from staff.models import User

PAYOUT_ACCOUNT = "borrower.payout_account"
APPROVE = "borrowers.approve_bank_account"
# A bank that does not answer is asked again after a while, and not for ever: then a second person may look at evidence.
PAUSE, MOST_QUESTIONS = timedelta(minutes=10), 12
# What a request shows, in words. They are no names of fields: under the name of a sealed one nothing would be readable.
BANK, NUMBER, ANSWER, BOUND = (
    gettext_noop("bank"),
    gettext_noop("account number"),
    gettext_noop("the bank says"),
    gettext_noop("what the lender is bound to pay"),
)
SHARED = gettext_noop("is or was verified for")
# What a request about such an account is made for, when nobody asked for it otherwise.
_TWO_BORROWERS = "The bank says that it is the borrower's, and it is or was verified for another borrower."
_ACCOUNT = re.compile(r"[0-9A-Z]{8,34}")


class AccountNumberRefused(Invalid):
    """Not an account number."""

    code = "account_number_invalid"
    field = "account_number"
    message = _("An account number has 8 to 34 digits or letters.")


class AccountUnknown(NotFound):
    """No such account of this borrower."""

    code = "bank_account_unknown"
    message = _("This bank account does not exist.")


class AccountKnown(DomainError):
    """The borrower already has this account; ``existing`` is it."""

    code = "bank_account_known"
    message = _("This account is already on file.")

    def __init__(self, existing: BankAccount) -> None:
        super().__init__()
        self.existing = existing


class AccountNotOwn(DomainError):
    """Money is paid to and taken from the borrower's own account only."""

    code = "bank_account_not_own"
    message = _(
        "The bank says that account %(account)s belongs to somebody else: nothing is paid to it. Put the borrower's own "
        "account on file."
    )


class AccountAlreadyPaid(DomainError):
    """Nothing would change."""

    code = "bank_account_already_paid"
    message = _("The borrower is paid to account %(account)s already.")


class OwnAccountAgreed(NotAllowed):
    """Who put an account on file does not agree to it either."""

    code = "bank_account_added_by_you"
    message = _("You or an account tied to yours put account %(account)s on file. Another person must decide on it.")


class OtherBorrowersUnseen(DomainError):
    """The request does not show for whom else the account is verified by now."""

    code = "bank_account_shared_since"
    message = _(
        "Since this was asked for, account %(account)s was verified for another borrower. Reject it; asked for again, the "
        "request shows both."
    )


class AccountStateImpossible(DomainError):
    """The table of states has no such move."""

    code = "bank_account_state_impossible"
    message = _("Account %(number)s is “%(status)s”: it cannot become “%(to)s”.")


# The bank may change its mind; what it calls somebody else's no two people make the borrower's.
BANK_ACCOUNTS = Lifecycle(
    model=BankAccount,
    states=AccountState,
    begins=frozenset({AccountState.UNVERIFIED}),
    steps={
        AccountState.UNVERIFIED: frozenset({AccountState.VERIFIED, AccountState.REFUSED}),
        AccountState.VERIFIED: frozenset({AccountState.REFUSED}),
        AccountState.REFUSED: frozenset({AccountState.VERIFIED}),
    },
    step_refused=AccountStateImpossible,
    column="state",
)

# What apps above say the house is bound to pay a borrower, by number.
_commitments: list[Callable[[int], list[str]]] = []


def told_of_commitments(told: Callable[[int], list[str]]) -> None:
    """Have ``told(borrower_id)`` asked before another account is paid; called when Django starts."""
    _commitments.append(told)


def commitments(borrower_id: int) -> list[str]:
    """The numbers of what the lender is bound to pay the borrower; the caller holds the borrower."""
    return [number for told in _commitments for number in told(borrower_id)]


@transaction.atomic
def add_bank_account(*, borrower_id: int, bank_name: str, account_number: str, by: User | None = None) -> BankAccount:
    """Put an account on file, unverified whoever brings it. The first that is not somebody else's becomes the primary one.

    Raises AccountNumberRefused, AccountKnown.
    """
    number = account_number_of(account_number)
    borrower = Borrower.objects.locked(borrower_id)
    accounts = list(borrower.bank_accounts.all())
    index = account_index(number)
    for account in accounts:
        if account.account_index == index:
            raise AccountKnown(account)
    with acting_for(by):
        return BankAccount.objects.create(
            borrower=borrower,
            bank_name=written(bank_name, "bank_name"),
            account_number=number,
            account_index=index,
            last4=number[-4:],
            is_primary=not any(account.is_primary for account in accounts),
            added_by=by,
        )


def add_and_ask(
    *,
    borrower_id: int,
    bank_name: str,
    account_number: str,
    at: datetime,
    on: date,
    make_primary: bool = False,
    reason: str = "",
    by: User | None = None,
) -> BankAccount:
    """Put an account on file and ask the bank about it at once; with ``make_primary`` the borrower is paid there from now
    on, or a second person is asked to agree, with ``reason``.

    Raises AccountNumberRefused, AccountKnown, ReasonMissing.
    """
    account = add_bank_account(borrower_id=borrower_id, bank_name=bank_name, account_number=account_number, by=by)
    account = ask_bank(account_id=account.pk, at=at, on=on, by=by)
    wanted = make_primary and not account.is_primary and not account.is_refused
    if wanted and not is_asked_for(account):
        pay_to(account_id=account.pk, reason=reason, on=on, by=by)
        account.refresh_from_db()
    return account


def ask_bank(*, account_id: int, at: datetime, on: date, by: User | None = None) -> BankAccount:
    """Ask the bank whose the account is, and keep what it says: ``at`` is the moment, ``on`` the business day.

    A match verifies it, unless it is or was verified for another borrower: then a second person is asked. Somebody else's
    is refused, and no longer the primary one. Without an answer nothing changes.
    """
    account = BankAccount.objects.select_related("borrower").get(pk=account_id)
    question = HolderQuestion(
        holder_name=account.borrower.name,
        identity_number=account.borrower.identity_number,
        bank_name=account.bank_name,
        account_number=account.account_number,
        times_asked=account.times_asked,
    )
    try:
        answer = holder_check().ask(question)
    except HolderCheckUnreachable:
        answer = HolderAnswer.NO_ANSWER.value
    return _record_answer(account_id, answer, at, on, by)


@transaction.atomic
def _record_answer(account_id: int, answer: str, at: datetime, on: date, by: User | None) -> BankAccount:
    account = locked(account_id)
    known: dict[str, Any] = {"asked_at": at, "times_asked": account.times_asked + 1, "bank_answer": answer}
    with acting_for(by):
        if answer == HolderAnswer.MATCH and not account.is_verified and verified_for_others(account):
            return _left_to_two(account, known, on, by)
        if answer == HolderAnswer.MATCH and not account.is_verified:
            return BANK_ACCOUNTS.advance(account, AccountState.VERIFIED, verified_on=on, **known)
        if answer == HolderAnswer.NO_MATCH and not account.is_refused:
            return BANK_ACCOUNTS.advance(account, AccountState.REFUSED, is_primary=False, **known)
        if answer in {HolderAnswer.NO_ANSWER, HolderAnswer.LATER} and not account.is_unverified:
            known.pop("bank_answer")  # what it said before stands
        for name, value in known.items():
            setattr(account, name, value)
        account.save(update_fields=list(known))
    return account


def _left_to_two(account: BankAccount, known: dict[str, Any], on: date, by: User | None) -> BankAccount:
    """The bank's word is kept, and a second person is asked once."""
    was_said = account.bank_answer == HolderAnswer.MATCH
    for name, value in known.items():
        setattr(account, name, value)
    account.save(update_fields=list(known))
    if account.is_unverified and not was_said and not is_asked_for(account):
        _request(account, reason=_TWO_BORROWERS, on=on, by=by)
    return account


def verified_for_others(account: BankAccount) -> list[BankAccount]:
    """The accounts of other borrowers that are this one, and are or were verified. Until the transaction ends nobody else
    verifies an account of this number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [account.account_index])
    same = BankAccount.objects.filter(account_index=account.account_index, verified_on__isnull=False)
    return list(same.exclude(borrower_id=account.borrower_id).select_related("borrower").order_by("id"))


def ask_about_waiting(*, now: datetime, on: date, limit: int = 200) -> dict[str, int]:
    """Ask the bank again about accounts that it said nothing of yet; returns counts by resulting state."""
    waiting = BankAccount.objects.filter(
        Q(asked_at__isnull=True) | Q(asked_at__lte=now - PAUSE),
        state=AccountState.UNVERIFIED,
        times_asked__lt=MOST_QUESTIONS,
    ).exclude(bank_answer=HolderAnswer.MATCH)  # it has said so; a second person decides
    counts: dict[str, int] = {}
    for account_id in list(waiting.order_by("asked_at", "id").values_list("pk", flat=True)[:limit]):
        state = ask_bank(account_id=account_id, at=now, on=on).state
        counts[state] = counts.get(state, 0) + 1
    return counts


@transaction.atomic
def pay_to(*, account_id: int, reason: str, on: date, by: User | None) -> BankAccount | Approval:
    """Pay the borrower to this account from now on, or ask a second person to agree to it.

    One person does it with an account the bank has verified, while the house is bound to pay the borrower nothing. An
    account that the bank said nothing of is verified by the second person, who looks at the evidence that ``reason``
    names. Returns the account, or the request that waits.

    Raises AccountNotOwn, AccountAlreadyPaid, ReasonMissing, ApprovalAlreadyPending.
    """
    account = locked(account_id)
    bound = commitments(account.borrower_id)
    _require_own(account)
    if account.is_verified and not bound:
        if account.is_primary:
            raise AccountAlreadyPaid(account=account.masked_number)
        with acting_for(by, reason=reason):
            _set_primary(account)
        return account
    waits = approvals.waiting(PAYOUT_ACCOUNT, account, reason=reason, requested_by=by, on=on)
    return waits or _request(account, reason=reason, on=on, by=by)


def _request(account: BankAccount, *, reason: str, on: date, by: User | None) -> Approval:
    others = [f"{other.borrower.number} {other.borrower.masked_name}" for other in verified_for_others(account)]
    shared = {SHARED: ", ".join(others)} if others else {}
    return approvals.request(
        kind=PAYOUT_ACCOUNT,
        obj=account,
        before=_in_words(account.borrower.bank_accounts.filter(is_primary=True).first()),
        after={**_in_words(account), **shared},
        outcome=_bound(account),
        reason=reason,
        requested_by=by,
        on=on,
    )


def _bound(account: BankAccount) -> dict[str, str]:
    return {BOUND: ", ".join(commitments(account.borrower_id))}


def would_redirect(approval: Approval, _on: date) -> approvals.Outcome:
    """What the lender is bound to pay by now, which would go to the account: whoever agrees sees it. Raises
    AccountUnknown."""
    return approvals.Outcome(_bound(locked(int(approval.object_id))), None)


def is_asked_for(account: BankAccount) -> bool:
    """Whether a request that the borrower be paid to the account waits for a second person."""
    return approvals.pending(PAYOUT_ACCOUNT, account) is not None


def one_person_changes(_on: date) -> str:
    """From what on paying a borrower elsewhere takes two people, in words."""
    return str(
        _(
            "an account the bank has not verified or that is or was verified for another borrower, and any while the lender "
            "is bound to pay the borrower"
        )
    )


def payout_account_approved(approval: Approval, on: date) -> None:
    """A second person agreed: the account is verified and the borrower is paid there. With a reason, where it is or was
    verified for another borrower.

    Raises OwnAccountAgreed, AccountNotOwn, OtherBorrowersUnseen, ReasonMissing.
    """
    account = locked(int(approval.object_id))
    others = verified_for_others(account) if not account.is_verified else []
    if others and not all(other.borrower.number in approval.after.get(SHARED, "") for other in others):
        raise OtherBorrowersUnseen(account=account.masked_number)
    if others and not approval.decision_reason.strip():
        raise approvals.ReasonMissing
    agree(account_id=int(approval.object_id), on=on, by=approval.decided_by)


def agree(*, account_id: int, on: date, by: User | None) -> BankAccount:
    """Keep that ``by``, as the second person, agreed that the borrower is paid to this account. The caller is in a
    transaction. Raises OwnAccountAgreed, AccountsNotIndependent, AccountNotOwn."""
    account = locked(account_id)
    _require_own(account)
    own = OwnAccountAgreed(account=account.masked_number)
    if by is None:
        raise own
    require_other_hand(by, account.added_by_id, own, on)
    account.agreed_by, account.agreed_on = by, on
    if not account.is_verified:
        BANK_ACCOUNTS.advance(account, AccountState.VERIFIED, verified_on=on, agreed_by=by, agreed_on=on)
    _set_primary(account)
    return account


def locked(account_id: int) -> BankAccount:
    """The account with its borrower held. Raises AccountUnknown."""
    borrower_id = BankAccount.objects.filter(pk=account_id).values_list("borrower_id", flat=True).first()
    if borrower_id is None:
        raise AccountUnknown
    borrower = Borrower.objects.locked(borrower_id)
    account = BankAccount.objects.get(pk=account_id)
    account.borrower = borrower
    return account


def account_number_of(text: str) -> str:
    """An account number as it is stored: no blanks or hyphens, capitals. Raises AccountNumberRefused, TextNotPlain."""
    require_plain(text, field="account_number")
    number = re.sub(r"[\s\-]", "", plain(text)).upper()
    if not _ACCOUNT.fullmatch(number):
        raise AccountNumberRefused
    return number


def _require_own(account: BankAccount) -> None:
    if account.is_refused:
        raise AccountNotOwn(account=account.masked_number)


def _set_primary(account: BankAccount) -> None:
    for other in account.borrower.bank_accounts.filter(is_primary=True).exclude(pk=account.pk):
        other.is_primary = False
        other.save()
    account.is_primary = True
    account.save()


def _in_words(account: BankAccount | None) -> dict[str, str]:
    if account is None:
        return {}
    with override("en"):
        answer = str(HolderAnswer(account.bank_answer).label)
    return {BANK: account.bank_name, NUMBER: account.masked_number, ANSWER: answer}
