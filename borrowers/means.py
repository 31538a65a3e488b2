"""What a borrower earns and owes elsewhere: figures with a source and a day."""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from audit.context import acting_for
from borrowers.fingerprints import plain
from borrowers.models import ExternalDebt, Income, IncomeSource
from core.errors import Invalid
from core.money import ZERO
from staff.models import User


class AmountRefused(Invalid):
    """An income must be positive, a debt must not be negative."""

    code = "amount_invalid"
    message = _("The amount must be positive.")


class IncomeSourceUnknown(Invalid):
    """Not a known source of income."""

    code = "income_source_unknown"
    field = "source"
    message = _("“%(source)s” is not a source of income.")


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
