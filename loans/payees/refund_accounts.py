"""Where money goes back to: a verified account of the borrower, named, and never nobody.

What came by word alone, that no line of a bank stands behind, is no money yet, whichever receipt left the credit balance: a
receipt that a bank proves overpays only because of the one before it. It goes back once two people agreed to what was said
(``loans.acts.vouching``), once a bank line is found to be it, or after it was reversed.
"""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from borrowers.models import AccountState, BankAccount
from core.errors import Invalid
from core.money import ZERO
from core.writing import money
from loans.events.unproved import money_by_word, numbers_by_word
from loans.models import Loan


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
        "%(unproved)s of what was received stands on no line of a bank (%(receipts)s), so only %(free)s of the credit "
        "balance can be refunded. Match the bank's line, have a second person agree to it, or reverse it."
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
    unproved = money_by_word(loan)
    free = max(overpaid - unproved, ZERO)
    if unproved and amount > free:
        raise RefundNotEvidenced(
            unproved=money(unproved, loan.currency),
            free=money(free, loan.currency),
            receipts=", ".join(numbers_by_word(loan)),
        )
