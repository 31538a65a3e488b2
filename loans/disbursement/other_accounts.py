"""An order paid to another account than it was written for: one person asks, another agrees, and only then it goes there.

A retry goes where the order went. Where the money was promised is the one thing about an order that a fraud wants changed,
so the account must be verified, and who put it on file does not agree to it (``borrowers.bank_accounts``).
"""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from audit import approvals
from audit.models import Approval
from borrowers import bank_accounts
from borrowers.models import BankAccount
from core.errors import DomainError, Invalid
from core.history import update_tracked
from loans.disbursement.disbursing import hold_borrower
from loans.disbursement.order_lifecycle import advance
from loans.models import Disbursement
from loans.models import DisbursementStatus as S
from loans.payees.payees import PayeeMissing, PayeeUnverified, payee_now, require_payable
from staff.models import User

KIND = "disbursement.other_account"
LOAN, TO, FROM = gettext_noop("loan"), gettext_noop("is paid to"), gettext_noop("was to be paid to")
_NOT_AT_THE_BANK = (S.QUEUED, S.FAILED, S.RETURNED)


class OrderAtTheBank(DomainError):
    code = "disbursement_at_the_bank"
    message = _("Disbursement %(number)s is “%(status)s”: only what the bank does not hold can be paid elsewhere.")


class SameAccount(Invalid):
    code = "payee_unchanged"
    field = "account"
    message = _("Disbursement %(number)s goes to account %(account)s already. Send it again instead.")


@transaction.atomic
def ask_for_other_account(
    *, disbursement_id: int, account_id: int | None, reason: str, on: date, by: User | None
) -> Approval:
    """Ask that the order be paid to a verified account of the borrower (``account_id``), or, for a purchase, to the account
    the merchant has now. Returns the request that a second person decides; told again by the same person, the same one.

    Raises OrderAtTheBank, SameAccount, PayeeMissing, PayeeUnverified, MerchantNotActive, AccountNotOwn,
    ReasonMissing, ApprovalAlreadyPending.
    """
    order = _held(disbursement_id)
    index, masked = _account(order, account_id)
    if index == order.payee_index:
        raise SameAccount(number=order.number, account=masked)
    waits = approvals.waiting(KIND, order, reason=reason, requested_by=by, on=on)
    if waits is not None and waits.payload["account_index"] == index:
        return waits
    return approvals.request(
        kind=KIND,
        obj=order,
        payload={"account_id": account_id, "account_index": index},
        before={FROM: _masked(order)},
        after={TO: masked, LOAN: order.loan.number},
        amount=order.amount,
        reason=reason,
        requested_by=by,
        on=on,
    )


def other_account_approved(approval: Approval, on: date) -> None:
    """A second person agreed: the order is paid there, and the borrower from now on.

    Raises OrderAtTheBank, OwnAccountAgreed, AccountNotOwn, PayeeUnverified, MerchantNotActive.
    """
    order = _held(int(approval.object_id))
    account_id = approval.payload["account_id"]
    index, masked = _account(order, account_id)
    if index != approval.payload["account_index"]:  # the merchant's account was changed once more
        raise PayeeUnverified(account=masked)
    if account_id is not None:
        bank_accounts.agree(account_id=account_id, on=on, by=approval.decided_by)
    if order.status == S.QUEUED:
        order.payee_index = index
        update_tracked(order, {"payee_index": index})
        return
    advance(
        order,
        S.QUEUED,
        payee_index=index,
        next_attempt_at=None,
        requested_on=on,
        requested_by=approval.requested_by,
    )


def accounts_to_choose(order: Disbursement) -> list[BankAccount]:
    """The verified accounts of the borrower to which the order does not go yet; none for a purchase."""
    if order.loan.merchant_id is not None:
        return []
    accounts = BankAccount.objects.filter(borrower_id=order.loan.borrower_id).exclude(account_index=order.payee_index)
    return [account for account in accounts.order_by("-is_primary", "id") if account.is_verified]


def _held(disbursement_id: int) -> Disbursement:
    hold_borrower(disbursement_id)
    order = (
        Disbursement.objects.select_for_update(of=("self",))
        .select_related("loan__borrower", "loan__merchant")
        .get(pk=disbursement_id)
    )
    if order.status not in _NOT_AT_THE_BANK:
        raise OrderAtTheBank(number=order.number, status=order.get_status_display())
    return order


def _account(order: Disbursement, account_id: int | None) -> tuple[str, str]:
    """Fingerprint and last digits of the account that is asked for."""
    if order.loan.merchant is not None:
        payee = payee_now(order.loan.borrower_id, order.loan.merchant)
        require_payable(payee.state, payee)
        return payee.account_index, payee.masked_number
    account = BankAccount.objects.filter(borrower_id=order.loan.borrower_id, pk=account_id or 0).first()
    if account is None:
        raise PayeeMissing
    if account.is_refused:
        raise bank_accounts.AccountNotOwn(account=account.masked_number)
    if not account.is_verified:
        raise PayeeUnverified(account=account.masked_number)
    return account.account_index, account.masked_number


def _masked(order: Disbursement) -> str:
    account = BankAccount.objects.filter(borrower_id=order.loan.borrower_id, account_index=order.payee_index).first()
    last4 = account.last4 if account is not None else order.account_last4
    return f"**** {last4}" if last4 else ""
