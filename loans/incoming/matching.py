"""Which loan was this payment meant for?

The loan number in the remark decides; failing that, the payer's account, when it is known to be one borrower's who has
exactly one loan that takes money. A settled loan takes only the line of an amount that was booked by word. Anything less
certain is left to a person: a payment credited to the wrong loan costs more trust than one that waits a morning. A few
queries serve a file of any length.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from borrowers.fingerprints import account_index
from borrowers.models import AccountState, BankAccount
from core.identifiers import number_within
from loans.banking.statement import StatementRow
from loans.incoming.proving_by_line import waiting_for_lines
from loans.models import Loan, LoanStatus

TAKES_MONEY = (LoanStatus.ACTIVE, LoanStatus.WRITTEN_OFF)
Takes = Callable[[Loan, StatementRow], bool]


@dataclass(frozen=True)
class Match:
    """Either a loan and how it was found, or the reason why a person must look."""

    loan_id: int | None = None
    loan_number: str = ""
    how: str = ""
    reason: str = ""


def match_rows(rows: Sequence[StatementRow]) -> list[Match]:
    """One match for each row, in order."""
    named = {row.line: number_within(row.remark, "LN") for row in rows}
    loans = _loans_by_number({number for number in named.values() if number})
    accounts = _loans_by_account({row.payer_account for row in rows if row.payer_account and not named[row.line]})
    known = [*loans.values(), *(loan for of_one in accounts.values() for loan in of_one)]
    settled = {loan.pk for loan in known if loan.status == LoanStatus.SETTLED}
    by_word = waiting_for_lines(settled) if settled else set()

    def takes(loan: Loan, row: StatementRow) -> bool:
        """Money, or the line that proves it had money."""
        return loan.status in TAKES_MONEY or (loan.pk, row.amount) in by_word

    return [
        _by_number(row, named[row.line], loans, takes)
        if named[row.line]
        else _by_account([loan for loan in accounts.get(row.payer_account, []) if takes(loan, row)])
        for row in rows
    ]


def _loans_by_number(numbers: Iterable[str]) -> dict[str, Loan]:
    return {loan.number: loan for loan in Loan.objects.filter(number__in=list(numbers)).only("number", "status")}


def _loans_by_account(accounts: Iterable[str]) -> dict[str, list[Loan]]:
    """Loans that take money, or took it, by the account their borrower pays from."""
    index = {account_index(account): account for account in accounts}
    verified = BankAccount.objects.filter(state=AccountState.VERIFIED, account_index__in=list(index))
    owners = verified.values_list("account_index", "borrower_id")
    borrowers = {borrower_id: index[fingerprint] for fingerprint, borrower_id in owners}
    found: dict[str, list[Loan]] = defaultdict(list)
    for loan in Loan.objects.filter(borrower_id__in=borrowers, status__in=(*TAKES_MONEY, LoanStatus.SETTLED)):
        found[borrowers[loan.borrower_id]].append(loan)
    return found


def _by_number(row: StatementRow, number: str, loans: dict[str, Loan], takes: Takes) -> Match:
    loan = loans.get(number)
    if loan is None:
        return Match(loan_number=number, reason="loan_unknown")
    if not takes(loan, row):
        return Match(loan_number=number, reason="loan_closed")
    return Match(loan_id=loan.pk, loan_number=number, how="loan_number")


def _by_account(loans: list[Loan] | None) -> Match:
    if not loans:
        return Match(reason="no_reference")
    if len(loans) > 1:
        return Match(reason="several_loans")
    return Match(loan_id=loans[0].pk, loan_number=loans[0].number, how="payer_account")
