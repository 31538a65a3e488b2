"""What a borrower earns, owes elsewhere and which accounts are theirs: figures with a source and a day."""

import re
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.context import acting_for
from borrowers.fingerprints import account_index, plain
from borrowers.models import BankAccount, Borrower, ExternalDebt, Income, IncomeSource
from core.errors import DomainError, Invalid
from core.money import ZERO
from staff.models import User

_ACCOUNT = re.compile(r"[0-9A-Z]{8,34}")


class AmountRefused(Invalid):
    """An income must be positive, a debt must not be negative."""

    code = "amount_invalid"
    message = _("The amount must be positive.")


class IncomeSourceUnknown(Invalid):
    """Not a known source of income."""

    code = "income_source_unknown"
    field = "source"
    message = _("“%(source)s” is not a source of income.")


class AccountNumberRefused(Invalid):
    """Not an account number."""

    code = "account_number_invalid"
    field = "account_number"
    message = _("An account number has 8 to 34 digits or letters.")


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
    message = _("The bank says the account belongs to somebody else, so it cannot be the primary one.")


def record_income(
    *,
    borrower_id: int,
    source: str,
    monthly_amount: Decimal,
    as_of: date,
    verified: bool = False,
    by: User | None = None,
) -> Income:
    """Put a monthly income on file; earlier figures stay for comparison."""
    if source not in IncomeSource.values:
        raise IncomeSourceUnknown(source=source)
    if monthly_amount <= ZERO:
        raise AmountRefused(field="monthly_amount")
    with acting_for(by):
        return Income.objects.create(
            borrower_id=borrower_id, source=source, monthly_amount=monthly_amount, as_of=as_of, verified=verified
        )


def record_external_debt(
    *,
    borrower_id: int,
    lender: str,
    balance: Decimal,
    monthly_payment: Decimal,
    as_of: date,
    source: str = "declared",
    by: User | None = None,
) -> ExternalDebt:
    """Put a debt to another lender on file; ``source`` says who told us (declared, bureau, …)."""
    for field, amount in (("balance", balance), ("monthly_payment", monthly_payment)):
        if amount < ZERO:
            raise AmountRefused(field=field)
    with acting_for(by):
        return ExternalDebt.objects.create(
            borrower_id=borrower_id,
            lender=plain(lender),
            balance=balance,
            monthly_payment=monthly_payment,
            source=source,
            as_of=as_of,
        )


@transaction.atomic
def add_bank_account(
    *,
    borrower_id: int,
    bank_name: str,
    account_number: str,
    holder_matches: bool | None = None,
    make_primary: bool = False,
    by: User | None = None,
) -> BankAccount:
    """Put an account on file. The first becomes the primary one unless the bank says it is somebody else's."""
    number = account_number_of(account_number)
    borrower = Borrower.objects.select_for_update().get(pk=borrower_id)
    accounts = list(borrower.bank_accounts.all())
    index = account_index(number)
    for account in accounts:
        if account.account_index == index:
            raise AccountKnown(account)
    if make_primary and holder_matches is False:
        raise AccountNotOwn
    primary = make_primary or (holder_matches is not False and not any(account.is_primary for account in accounts))
    with acting_for(by):
        if primary:
            _step_back(accounts)
        return BankAccount.objects.create(
            borrower=borrower,
            bank_name=plain(bank_name),
            account_number=number,
            account_index=index,
            last4=number[-4:],
            holder_matches=holder_matches,
            is_primary=primary,
        )


def account_number_of(text: str) -> str:
    """An account number as it is stored: no blanks or hyphens, capitals. Raises AccountNumberRefused."""
    number = re.sub(r"[\s\-]", "", plain(text)).upper()
    if not _ACCOUNT.fullmatch(number):
        raise AccountNumberRefused
    return number


def _step_back(accounts: list[BankAccount]) -> None:
    for account in accounts:
        if account.is_primary:
            account.is_primary = False
            account.save()
