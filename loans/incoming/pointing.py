"""By what a line of a bank statement itself points to a loan; without that one person alone matches it to none.

A stranger's payment matched to the loan of a friend pays that loan with other people's money. So what counts is what the
payer or the bank wrote: the loan or the borrower named in the remark, the account it came from, the payer's name, or that
two people matched a payment of the same payer and account to the same loan before. A name that two borrowers share, or
that is a word of everyday remarks, points to nobody.
"""

import re

from borrowers.fingerprints import name_index, plain
from borrowers.models import AccountState, BankAccount, Borrower
from core.identifiers import number_within
from loans.incoming.everyday_words import EVERYDAY
from loans.models import IncomingPayment, IncomingPaymentShare, Loan, MatchGround, RepaymentStatus

SHORTEST_NAME = 2  # characters; a shorter one stands in any remark


def ground_of(payment: IncomingPayment, loan: Loan) -> MatchGround | None:
    """Why the line itself points to ``loan``; None where it does not, or where its remark names somebody else's loan."""
    named = _named_in_remark(payment.remark, loan)
    if named is not None or _names_another(payment.remark, loan):
        return named
    if _is_account_of(payment.payer_index, loan.borrower_id):
        return MatchGround.PAYER_ACCOUNT
    if _is_paid_by_name(payment, loan.borrower):
        return MatchGround.PAYER_NAME
    return MatchGround.KNOWN_PAYER if _paid_before(payment, loan) else None


def _named_in_remark(remark: str, loan: Loan) -> MatchGround | None:
    named = number_within(remark, "LN")
    if named == loan.number:
        return MatchGround.LOAN_NUMBER
    if named:
        own = Loan.objects.filter(number=named, borrower_id=loan.borrower_id).exists()
        return MatchGround.BORROWER_NAMED if own else None
    if number_within(remark, "CU") == loan.borrower.number or _is_named(loan.borrower, remark):
        return MatchGround.BORROWER_NAMED
    return None


def _names_another(remark: str, loan: Loan) -> bool:
    """Whether the remark names a loan or a person that is there and is not the borrower of ``loan``."""
    number = number_within(remark, "LN")
    if number and Loan.objects.filter(number=number).exclude(borrower_id=loan.borrower_id).exists():
        return True
    person = number_within(remark, "CU")
    return bool(person) and Borrower.objects.filter(number=person).exclude(pk=loan.borrower_id).exists()


def _is_named(borrower: Borrower, remark: str) -> bool:
    name = plain(borrower.name).casefold()
    telling = len(name) >= SHORTEST_NAME and not EVERYDAY.issuperset(name.split())
    return telling and _stands_in(name, remark) and not _is_shared(borrower)


def _is_shared(borrower: Borrower) -> bool:
    """Whether another borrower has the same name."""
    return Borrower.objects.filter(name_index=borrower.name_index).exclude(pk=borrower.pk).exists()


def _is_paid_by_name(payment: IncomingPayment, borrower: Borrower) -> bool:
    """Whether the payer has the borrower's name, which no other borrower has, and pays from nobody else's account."""
    if not payment.payer_name or name_index(payment.payer_name) != borrower.name_index or _is_shared(borrower):
        return False
    others = BankAccount.objects.filter(account_index=payment.payer_index, state=AccountState.VERIFIED)
    return not payment.payer_index or not others.exclude(borrower=borrower).exists()


def _stands_in(name: str, remark: str) -> bool:
    """Whether the name stands in the remark by itself: as a part of a longer word it may be anybody's."""
    wanted = re.escape(plain(name).casefold())
    return bool(wanted) and re.search(rf"(?<!\w){wanted}(?!\w)", plain(remark).casefold()) is not None


def _is_account_of(payer_index: str, borrower_id: int) -> bool:
    """Only an account known to be the borrower's: anybody on the staff can write down another one."""
    known = BankAccount.objects.filter(borrower_id=borrower_id, account_index=payer_index, state=AccountState.VERIFIED)
    return bool(payer_index) and known.exists()


def _paid_before(payment: IncomingPayment, loan: Loan) -> bool:
    """The account alone is no payer: through that of a bank or a payment house many pay."""
    if not payment.payer_index or not payment.payer_name:
        return False
    agreed = IncomingPaymentShare.objects.filter(
        ground=MatchGround.TWO_PEOPLE,
        repayment__loan=loan,
        repayment__status=RepaymentStatus.POSTED,
        payment__payer_index=payment.payer_index,
        payment__contradicted_on=None,
    )
    payer = name_index(payment.payer_name)
    return any(name_index(share.payment.payer_name) == payer for share in agreed.select_related("payment"))
