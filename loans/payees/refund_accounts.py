"""Where money goes back to: a verified account of the borrower, named, and never nobody.

What was overpaid by a receipt that no bank line stands behind is no money yet: it goes back once two people agreed to the
receipt (``loans.acts.vouching``), or after it was reversed and the bank's own line was credited.
"""

from decimal import Decimal

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from borrowers.models import AccountState, BankAccount
from core.errors import Invalid
from core.money import ZERO
from core.writing import money
from loans.models import Loan, Repayment, RepaymentStatus
from loans.models.repayment import WITHOUT_BANK_LINE


class RefundAccountUnknown(Invalid):
    code = "refund_account_unknown"
    field = "to_account"
    message = _(
        "The borrower of loan %(number)s has no account “%(account)s”. A refund goes to a verified account of the borrower: "
        "choose one, or put one on file first."
    )


class RefundAccountUnverified(Invalid):
    code = "refund_account_unverified"
    field = "to_account"
    message = _(
        "Account %(account)s is not verified, so nothing is refunded to it. Ask the bank whose it is, or a second person to "
        "agree to it with evidence."
    )


class RefundNotEvidenced(Invalid):
    code = "refund_not_evidenced"
    field = "amount"
    message = _(
        "%(unproved)s of the credit balance come from receipts without a bank line (%(receipts)s), so only %(free)s can be "
        "refunded. Have a second person agree to the receipt, or reverse it and credit the bank's own line."
    )


def accounts_of(loan: Loan) -> list[BankAccount]:
    """The verified accounts of the borrower of ``loan``, the one that is paid first."""
    accounts = BankAccount.objects.filter(borrower_id=loan.borrower_id, state=AccountState.VERIFIED)
    return list(accounts.order_by("-is_primary", "id"))


def require_refundable(loan: Loan, *, amount: Decimal, overpaid: Decimal, to_account: str) -> None:
    """``amount`` may go back to the account named ``to_account`` (``BankAccount.reference``), of a credit balance of
    ``overpaid``. The account is held until the end of the transaction.

    Raises RefundAccountUnknown, RefundAccountUnverified, RefundNotEvidenced.
    """
    accounts = BankAccount.objects.select_for_update().filter(borrower_id=loan.borrower_id)
    account = next((known for known in accounts if known.reference == to_account), None)
    if account is None:
        raise RefundAccountUnknown(number=loan.number, account=to_account)
    if not account.is_verified:
        raise RefundAccountUnverified(account=account.masked_number)
    unproved = unproved_receipts(loan)
    brought = unproved.aggregate(total=Sum("overpaid"))["total"] or ZERO
    free = max(overpaid - brought, ZERO)
    if brought and amount > free:
        raise RefundNotEvidenced(
            unproved=money(min(brought, overpaid), loan.currency),
            free=money(free, loan.currency),
            receipts=", ".join(unproved.order_by("id").values_list("number", flat=True)[:5]),
        )


def unproved_receipts(loan: Loan) -> QuerySet[Repayment]:
    """Standing receipts of ``loan`` that brought a credit balance, with no bank line and no second person behind them."""
    standing = Repayment.objects.filter(loan=loan, status=RepaymentStatus.POSTED, overpaid__gt=ZERO)
    return standing.filter(channel__in=WITHOUT_BANK_LINE, agreed_by=None)
