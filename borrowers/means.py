"""What a borrower earns and owes elsewhere: figures with who told them, who recorded them, and a day.

A person, or a partner's program, records what was declared. A system that proves itself (bureau, payroll, tax, bank feed)
delivers through ``receive_income`` and ``receive_external_debt``, which no page and no partner reaches. What was declared is
proved once somebody independent verified it: ``verify_income``.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.approvals import ReasonMissing
from audit.context import acting_for
from audit.deciding import require_other_hand, same_account
from borrowers.fingerprints import written
from borrowers.models import DebtSource, ExternalDebt, Income, IncomeSource, ToldBy
from core.dates import add_months
from core.errors import DomainError, Invalid, NotAllowed, NotFound
from core.money import MOST_MONEY, ZERO, in_cents
from core.strict import require_day_between, require_plain
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


class DebtSourceUnknown(Invalid):
    """Nobody of whom the house takes a debt."""

    code = "debt_source_unknown"
    field = "source"
    message = _("“%(source)s” is not known as somebody who tells of debts.")


class IncomeNotOnFile(NotFound):
    """No such income."""

    code = "income_not_on_file"
    message = _("This income is not on file.")


class RecorderVerifies(NotAllowed):
    """Nobody verifies their own word."""

    code = "recorder_verifies"
    message = _("You recorded this income, or whoever did is tied to your account. Another person must verify it.")


class IncomeProved(DomainError):
    """There is nothing left to verify."""

    code = "income_proved"
    message = _("This income is proved already. For a newer figure, record it first.")


def require_recent(as_of: date, on: date) -> date:
    """The day a figure is from, asked by doors, which know the business date ``on``. Raises DayOutOfRange for a day to
    come and for one more than ten years back."""
    return require_day_between(as_of, add_months(on, -MONTHS_BACK), on, field="as_of")


def record_income(*, borrower_id: int, source: str, monthly_amount: Decimal, as_of: date, by: User) -> Income:
    """Put a monthly income on file as it was declared to ``by``; earlier figures stay for comparison.

    Raises IncomeSourceUnknown, AmountRefused.
    """
    return _income(borrower_id, source, monthly_amount, as_of, ToldBy.DECLARED, by)


def receive_income(*, borrower_id: int, source: str, monthly_amount: Decimal, as_of: date, told_by: ToldBy) -> Income:
    """Put a monthly income on file as a system told it that proves itself. Nobody records it by hand.

    Raises IncomeSourceUnknown, AmountRefused.
    """
    return _income(borrower_id, source, monthly_amount, as_of, told_by, None)


def _income(
    borrower_id: int, source: str, monthly_amount: Decimal, as_of: date, told_by: ToldBy, by: User | None
) -> Income:
    if source not in IncomeSource.values:
        raise IncomeSourceUnknown(source=source)
    _require_amount(monthly_amount, "monthly_amount")
    if not monthly_amount:
        raise AmountRefused(field="monthly_amount", most=MOST_MONEY)
    with acting_for(by):
        return Income.objects.create(
            borrower_id=borrower_id,
            source=source,
            monthly_amount=monthly_amount,
            as_of=as_of,
            told_by=told_by,
            recorded_by=by,
        )


@transaction.atomic
def verify_income(*, income_id: int, evidence: str, on: date, by: User) -> Income:
    """Prove an income that was declared: ``by`` saw ``evidence``, which says what it is and where it is kept.

    Raises IncomeNotOnFile, RecorderVerifies, IncomeProved, ReasonMissing, TextNotPlain.
    """
    income = Income.objects.select_for_update().filter(pk=income_id).first()
    if income is None:
        raise IncomeNotOnFile
    require_other_hand(by, income.recorded_by_id, RecorderVerifies(), on)
    if same_account(income.verified_by_id, by.pk):
        return income
    if income.verified:
        raise IncomeProved
    evidence = require_plain(evidence, field="evidence").strip()
    if not evidence:
        raise ReasonMissing(field="evidence")
    income.verified_by, income.verified_on, income.evidence = by, on, evidence
    with acting_for(by):
        income.save(update_fields=["verified_by", "verified_on", "evidence"])
    return income


def record_external_debt(
    *,
    borrower_id: int,
    lender: str,
    balance: Decimal,
    monthly_payment: Decimal,
    as_of: date,
    by: User,
    source: str = DebtSource.DECLARED,
) -> ExternalDebt:
    """Put a debt to another lender on file as ``by`` was told it or read it; ``source`` says of whom (``DebtSource``).

    Raises AmountRefused, LenderMissing, DebtSourceUnknown, TextNotPlain.
    """
    return _debt(borrower_id, lender, balance, monthly_payment, as_of, source, by)


def receive_external_debt(
    *, borrower_id: int, lender: str, balance: Decimal, monthly_payment: Decimal, as_of: date
) -> ExternalDebt:
    """Put a debt to another lender on file as the credit bureau's system told it. Raises what ``record_external_debt``
    raises."""
    return _debt(borrower_id, lender, balance, monthly_payment, as_of, DebtSource.BUREAU, None)


def _debt(
    borrower_id: int,
    lender: str,
    balance: Decimal,
    monthly_payment: Decimal,
    as_of: date,
    source: str,
    by: User | None,
) -> ExternalDebt:
    if source not in DebtSource.values:
        raise DebtSourceUnknown(source=source)
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
            recorded_by=by,
        )


def owed_elsewhere(debts: Iterable[ExternalDebt]) -> dict[str, Decimal]:
    """What is paid to each lender elsewhere a month, by its name, where something is still owed.

    Of each who tells of a lender the newest figure counts, and of these the larger: what the borrower declares, a zero too,
    takes nothing away from what the bureau says.
    """
    newest: dict[tuple[str, str, bool], ExternalDebt] = {}
    for debt in sorted(debts, key=lambda one: (one.as_of, one.pk)):
        lender = " ".join(debt.lender.casefold().split())
        newest[lender, debt.source, debt.recorded_by_id is None] = debt
    owed: dict[str, Decimal] = {}
    for (lender, _source, _system), debt in newest.items():
        if debt.balance > ZERO:
            owed[lender] = max(owed.get(lender, ZERO), debt.monthly_payment)
    return owed


def _require_amount(amount: Decimal, field: str) -> None:
    """Raises AmountRefused unless the amount is zero or more, in whole cents and no larger than the books hold."""
    possible = amount.is_finite() and ZERO <= amount <= MOST_MONEY
    if not possible or in_cents(amount).as_tuple().exponent != ZERO.as_tuple().exponent:
        raise AmountRefused(field=field, most=MOST_MONEY)
