"""What a borrower earns and owes elsewhere: figures with a source and a day."""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from audit.context import acting_for
from borrowers.fingerprints import written
from borrowers.models import ExternalDebt, Income, IncomeSource
from core.dates import add_months
from core.errors import Invalid
from core.money import MOST_MONEY, ZERO, in_cents
from core.strict import require_day_between
from staff.models import User

MONTHS_BACK = 120


class AmountRefused(Invalid):
    """An income must be positive, a debt must not be negative; both are whole cents that the books can hold."""

    code = "amount_invalid"
    message = _("The amount must be positive, at most %(most)s, with at most two decimals.")


class LenderMissing(Invalid):
    """A debt is owed to somebody."""

    code = "lender_missing"
    field = "lender"
    message = _("Give the name of the lender.")


class IncomeSourceUnknown(Invalid):
    """Not a known source of income."""

    code = "income_source_unknown"
    field = "source"
    message = _("“%(source)s” is not a source of income.")


def require_recent(as_of: date, on: date) -> date:
    """The day a figure is from, asked by doors, which know the business date ``on``. Raises DayOutOfRange for a day to
    come and for one more than ten years back."""
    return require_day_between(as_of, add_months(on, -MONTHS_BACK), on, field="as_of")


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
    _require_amount(monthly_amount, "monthly_amount")
    if not monthly_amount:
        raise AmountRefused(field="monthly_amount", most=MOST_MONEY)
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
        _require_amount(amount, field)
    lender = written(lender, "lender")
    if not lender:
        raise LenderMissing
    with acting_for(by):
        return ExternalDebt.objects.create(
            borrower_id=borrower_id,
            lender=lender,
            balance=balance,
            monthly_payment=monthly_payment,
            source=source,
            as_of=as_of,
        )


def _require_amount(amount: Decimal, field: str) -> None:
    """Raises AmountRefused unless the amount is zero or more, in whole cents and no larger than the books hold."""
    possible = amount.is_finite() and ZERO <= amount <= MOST_MONEY
    if not possible or in_cents(amount).as_tuple().exponent != ZERO.as_tuple().exponent:
        raise AmountRefused(field=field, most=MOST_MONEY)
