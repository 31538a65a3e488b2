"""Whom the money of a loan goes to, and whether it may go there.

An account is paid when it is verified: a borrower's by the bank or by two people, a merchant's by two. An offer remembers
the account by its fingerprint, the loan takes it over, and each order keeps the one it is paid to. What changed since
stops the payout until a second person agrees: to the account (then what was only offered or signed goes there), or to
paying this very order elsewhere (``loans.disbursement.other_accounts``).

Whoever binds or pays asks here with the borrower's row held (``Borrower.objects.locked``), as every change of an account
does: so that neither passes the other.
"""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from borrowers.models import AccountState, BankAccount
from core.errors import DomainError
from loans.merchants.merchants import MerchantNotActive, is_agreed
from loans.models import (
    Application,
    Disbursement,
    DisbursementStatus,
    Loan,
    LoanStatus,
    Merchant,
    Offer,
    OfferStatus,
)


class PayeeState(StrEnum):
    """Whether an account may be paid. Only ``verified`` may. ``left_to_second_person``: the bank says that it is the
    borrower's, and it is or was verified for another borrower, whom no sentence about it names: partners read it too."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    MISSING = "missing"
    CHANGED = "changed_since_offer"
    SHARED = "left_to_second_person"
    NOT_ACTIVE = "merchant_not_active"


class PayeeMissing(DomainError):
    """Nobody is paid without an account."""

    code = "payee_missing"
    message = _(
        "No bank account is on file to pay to. Put the borrower's own account on file and have the bank verify it."
    )


class PayeeUnverified(DomainError):
    """Nobody says that the account is the payee's."""

    code = "payee_unverified"
    message = _(
        "Account %(account)s is not verified, so nothing is paid to it. Ask the bank whose it is, or a second person to "
        "agree to it with evidence."
    )


class PayeeLeftToTwo(DomainError):
    """One person does not decide that the account is the payee's, nor does the bank."""

    code = "payee_left_to_second_person"
    message = _(
        "Whether account %(account)s is paid is for a second person to decide, so nothing is paid to it. The request waits "
        "under Approvals."
    )


class PayeeChanged(DomainError):
    """The money was promised to another account."""

    code = "payee_changed"
    message = _(
        "The account was changed to %(account)s since the money was promised, so the payout is stopped. A second person "
        "must agree that it goes there."
    )


class Payee(NamedTuple):
    """An account that money may go to; ``state`` says whether it may now."""

    holder_name: str
    bank_name: str
    account_number: str
    account_index: str
    state: PayeeState

    @property
    def masked_number(self) -> str:
        return f"**** {self.account_number[-4:]}" if self.account_number else ""


def payee_state(*, borrower_id: int, merchant: Merchant | None = None) -> PayeeState:
    """Whether the account on file now may be paid: the merchant's of a purchase, else the borrower's primary one."""
    return payee_now(borrower_id, merchant).state


def payee_state_of_offer(offer: Offer) -> PayeeState:
    """The same of what was offered: ``changed_since_offer`` where the account is another one, and no second person agreed
    since that the borrower is paid there."""
    return _held_against(
        payee_now(offer.application.borrower_id, offer.merchant),
        offer.payee_index,
        agreed=_agreed_since(offer.application.borrower_id, offer.merchant, offer.made_on),
    )


def payee_state_of_loan(loan: Loan) -> PayeeState:
    """The same of a signed loan or a running line: by its order under way where it has one, else by what was offered."""
    order = Disbursement.objects.filter(loan=loan).exclude(status__in=_ENDED).order_by("-id").first()
    if order is not None:
        order.loan = loan
        return payee_state_of_order(order)
    return _state_as_promised(loan)


def payee_state_of_order(order: Disbursement) -> PayeeState:
    """The same of an order: it is paid to the account it was written for, while that is still the one on file."""
    loan = order.loan
    return _held_against(payee_now(loan.borrower_id, loan.merchant), order.payee_index)


def require_payee(order: Disbursement) -> PayeeState:
    """That the order may be paid now.

    Raises PayeeMissing, PayeeUnverified, PayeeLeftToTwo, PayeeChanged, MerchantNotActive.
    """
    payee = payee_now(order.loan.borrower_id, order.loan.merchant)
    return require_payable(_held_against(payee, order.payee_index), payee)


def require_payable(state: PayeeState, payee: Payee) -> PayeeState:
    """The state, which is ``verified``. Raises the refusals of ``require_payee`` for any other."""
    match state:
        case PayeeState.MISSING:
            raise PayeeMissing
        case PayeeState.NOT_ACTIVE:
            raise MerchantNotActive(name=payee.holder_name)
        case PayeeState.UNVERIFIED:
            raise PayeeUnverified(account=payee.masked_number)
        case PayeeState.SHARED:
            raise PayeeLeftToTwo(account=payee.masked_number)
        case PayeeState.CHANGED:
            raise PayeeChanged(account=payee.masked_number)
    return state


def payee_now(borrower_id: int, merchant: Merchant | None = None) -> Payee:
    """The account on file now, read anew."""
    if merchant is not None:
        seller = Merchant.objects.get(pk=merchant.pk)
        state = PayeeState.VERIFIED if is_agreed(seller) else PayeeState.UNVERIFIED
        if state is PayeeState.VERIFIED and not seller.active:
            state = PayeeState.NOT_ACTIVE
        return Payee(seller.account_holder, seller.bank_name, seller.account_number, seller.account_index, state)
    account = BankAccount.objects.select_related("borrower").filter(borrower_id=borrower_id, is_primary=True).first()
    if account is None:
        return Payee("", "", "", "", PayeeState.MISSING)
    state = PayeeState.VERIFIED if account.is_verified else PayeeState.UNVERIFIED
    if account.is_shared:
        state = PayeeState.SHARED
    return Payee(account.borrower.name, account.bank_name, account.account_number, account.account_index, state)


def index_now(borrower_id: int, merchant: Merchant | None = None) -> str:
    """The fingerprint of the account on file, to be remembered; empty where there is none."""
    if merchant is not None:
        return merchant.account_index
    account = BankAccount.objects.filter(borrower_id=borrower_id, is_primary=True)
    return account.values_list("account_index", flat=True).first() or ""


def to_remember(loan: Loan) -> str:
    """The fingerprint a new order of ``loan`` is written with: of the account on file where it may be paid, else of the one
    that was promised, so that the order says what changed."""
    if _state_as_promised(loan) is PayeeState.VERIFIED:
        return index_now(loan.borrower_id, loan.merchant)
    return loan.payee_index


def commitments(borrower_id: int) -> list[str]:
    """The numbers of what the house is bound to pay a borrower: open offers, signed and unpaid loans, lines that run and
    parts ordered."""
    offered = Application.objects.filter(borrower_id=borrower_id, offers__status=OfferStatus.OPEN)
    loans = Loan.objects.filter(borrower_id=borrower_id, merchant=None)
    unpaid = loans.filter(status=LoanStatus.PENDING_DISBURSEMENT)
    lines = loans.filter(status=LoanStatus.ACTIVE, line_open_months__gt=0)
    parts = loans.filter(status=LoanStatus.ACTIVE, disbursements__in=Disbursement.objects.exclude(status__in=_ENDED))
    numbers = [
        found.values_list("number", flat=True) for found in (offered.filter(merchant=None), unpaid, lines, parts)
    ]
    return sorted({number for found in numbers for number in found})


_ENDED = (DisbursementStatus.PAID, DisbursementStatus.CANCELLED)


def _state_as_promised(loan: Loan) -> PayeeState:
    offers = Offer.objects.filter(application__loan=loan, status=OfferStatus.ACCEPTED)
    made_on = offers.values_list("made_on", flat=True).first() or loan.disbursed_on or date.min
    return _held_against(
        payee_now(loan.borrower_id, loan.merchant),
        loan.payee_index,
        agreed=_agreed_since(loan.borrower_id, loan.merchant, made_on),
    )


def _held_against(payee: Payee, remembered: str, *, agreed: bool = False) -> PayeeState:
    if payee.state is PayeeState.VERIFIED and payee.account_index != remembered and not agreed:
        return PayeeState.CHANGED
    return payee.state


def _agreed_since(borrower_id: int, merchant: Merchant | None, on: date) -> bool:
    """Whether a second person agreed to the borrower's account on the day of the offer or later. A merchant's account is
    agreed to for all that is bought from it; each order that was promised elsewhere is agreed to by itself."""
    if merchant is not None:
        return False
    paid = BankAccount.objects.filter(borrower_id=borrower_id, is_primary=True, state=AccountState.VERIFIED)
    return paid.filter(agreed_on__gte=on).exists()
