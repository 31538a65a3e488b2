"""The guard at every door that takes money of a borrower: not more than is owed, and not the same payment twice.

Both are questions, not walls: a door that has an answer from whoever brings the money says so (``Excess``,
``allow_repeat``). Pages ask for a tick, partners send ``allow_overpayment`` and ``allow_repeat``, bank files leave to a
person what they may not decide, a direct debit is recorded and says what it was, and history is taken as it was. The
loan is locked when they are asked, so of two payments that are alike the second one is asked about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import rows
from core.errors import DomainError
from core.money import ZERO
from core.rules import rule
from core.writing import day, money
from loans.account.account import Account
from loans.account.replay import replay
from loans.bookkeeping import positions
from loans.events.stored import stored_events
from loans.models import Loan, LoanStatus, Repayment, RepaymentStatus
from loans.servicing.payoffs import quote_of

TAKEN = "overpayment_taken"
_BY_KEY = "WHERE idempotency_key = %s"
# Each arm is one look into an index of its own, so that a loan of many receipts costs no more than one of few.
_ALIKE = " OR (loan_id = %s AND received_on = %s AND amount = %s AND status = 'posted')"
_REFERRED = " OR (payer_reference = %s AND payer_reference <> '' AND loan_id = %s AND status = 'posted')"
_ITS_OWN_FIRST = " ORDER BY (idempotency_key = %s) DESC, id"

# The words of the ticks that answer on pages.
KEEP_EXCESS = _("Keep the excess as a credit balance")
ANOTHER_PAYMENT = _("This is another payment")


class Excess(StrEnum):
    """What becomes of money above what is owed.

    ``REFUSED``: it is not taken; whoever brings it is asked. ``CREDITED``: what is owed settles the loan, the rest is a
    credit balance of the borrower. ``PAID_AHEAD``: divided as any payment, instalments ahead first: for payments that were
    taken in that way elsewhere and are told of now.
    """

    REFUSED = "refused"
    CREDITED = "credited"
    PAID_AHEAD = "paid_ahead"


class PaymentAboveOwed(DomainError):
    """``owed``, ``offered`` and ``excess`` are in its context as they are written."""

    code = "payment_above_owed"
    field = "amount"
    message = _(
        "Loan %(number)s owes %(owed)s in all on %(on)s, interest to that day included: %(offered)s is %(excess)s too much. "
        "Correct the amount, or agree that the excess is kept as a credit balance."
    )


class PaymentLooksRepeated(DomainError):
    """``receipt``, its ``amount`` and day are in its context, and ``existing``: its id in the API."""

    code = "payment_looks_repeated"
    message = _(
        "Receipt %(receipt)s, %(amount)s received on %(on)s, has %(alike)s. If this is the same payment, it is recorded "
        "already; if it is another one, say so."
    )


@dataclass(frozen=True, slots=True)
class Owed:
    """What a loan owes in all on a day, at least nothing; ``settles``: whether money of that day can settle it.

    It cannot where the loan does not run, or where the money is told of late and something has happened since: then it is
    divided as any payment. ``pay_off`` is what settles it that day; ``amount`` is more while the last instalment runs
    and is all that is left: who pays that as agreed, some days early, pays nothing too much.
    """

    amount: Decimal
    settles: bool
    pay_off: Decimal


def known_or_alike(
    loan_id: int, *, idempotency_key: str, amount: Decimal, received_on: date, payer_reference: str, allow_repeat: bool
) -> Repayment | None:
    """The receipt of ``idempotency_key``, by one statement that also finds a standing receipt which looks the same.

    Alike is what has the same day and sum, or the same payer's reference, on the same loan under another key. Raises
    PaymentLooksRepeated, unless ``allow_repeat``. The caller holds the loan.
    """
    tail, values = _lookup(loan_id, idempotency_key, amount, received_on, payer_reference, alike=not allow_repeat)
    found = rows.first(Repayment, tail, values)
    if found is None or found.idempotency_key == idempotency_key:
        return found
    raise PaymentLooksRepeated(
        receipt=found.number,
        amount=money(found.amount, found.currency),
        on=day(found.received_on),
        alike=_likeness(found, amount, received_on),
        existing=found.public_id,
    )


def is_recorded_alike(loan_id: int, *, amount: Decimal, received_on: date) -> bool:
    """Whether a receipt of that day and amount stands: a page that knows the amount beforehand asks beforehand."""
    alike = Repayment.objects.filter(loan_id=loan_id, amount=amount, received_on=received_on)
    return alike.filter(status=RepaymentStatus.POSTED).exists()


def _lookup(
    loan_id: int, key: str, amount: Decimal, received_on: date, reference: str, *, alike: bool
) -> tuple[str, Sequence[object]]:
    if not alike:
        return _BY_KEY, [key]
    referred, values = (_REFERRED, [reference, loan_id]) if reference else ("", [])
    tail = f"{_BY_KEY}{_ALIKE}{referred}{_ITS_OWN_FIRST}"
    return tail, [key, loan_id, received_on, amount, *values, key]


def _likeness(found: Repayment, amount: Decimal, received_on: date) -> str | Promise:
    if (found.amount, found.received_on) == (amount, received_on):
        return _("the same day and amount")
    return _("the same payer's reference")


def settles_by_excess(loan: Loan, account: Account, *, amount: Decimal, received_on: date, excess: Excess) -> bool:
    """Whether ``amount`` is to settle the loan: it is just what settles it, or more than is owed and ``excess`` allows it.

    ``account`` is the loan as stored. Raises PaymentAboveOwed.
    """
    if excess is Excess.PAID_AHEAD or amount <= _surely_owed(loan, account, received_on):
        return False
    owed = owed_on(loan, account, received_on)
    if amount <= owed.amount:
        return owed.settles and amount == owed.pay_off
    if excess is Excess.REFUSED:
        raise PaymentAboveOwed(
            number=loan.number,
            on=day(received_on),
            owed=money(owed.amount, loan.currency),
            offered=money(amount, loan.currency),
            excess=money(amount - owed.amount, loan.currency),
        )
    return owed.settles


def owed_on(loan: Loan, account: Account, on: date) -> Owed:
    """What ``loan`` owes in all on ``on``: what settles it, or what is left of a write-off; none of a settled loan.

    ``account`` is the loan as stored. On a day before the one it is reckoned to it is what settled the loan then, unless
    money, a drawdown or another event has come since: then it is what settles the loan now.
    """
    if loan.status != LoanStatus.ACTIVE:
        left = account.written_off.left if account.written_off is not None else account.owed
        return Owed(max(left, ZERO), settles=False, pay_off=max(left, ZERO))
    if on < account.as_of:
        events = stored_events(loan)
        if any(event.on > on for event in events):
            late = max(quote_of(account, account.as_of).total, ZERO)
            return Owed(late, settles=False, pay_off=late)
        account, _outcomes = replay(positions.load_as_agreed(loan), events)
    pay_off = max(quote_of(account, on).total, ZERO)
    open_rows = [row for row in account.instalments if row.owed]
    is_last = pay_off and len(open_rows) == 1 and open_rows[0].starts_on <= on
    return Owed(max(pay_off, open_rows[0].owed) if is_last else pay_off, settles=True, pay_off=pay_off)


def taken_as_credit(loan: Loan, on: date) -> Decimal:
    """The largest excess that a bank file takes as a credit balance without a person, by the rule ``overpayment_taken``.

    In the currency of the loan's market. Raises RuleMissing.
    """
    return Decimal(rule(TAKEN, on, loan.product_version.product.market)["most"])


def _surely_owed(loan: Loan, account: Account, on: date) -> Decimal:
    """A sum no larger than ``owed_on``, found without calling the loan in: what most payments stay below.

    Principal is owed in full; of interest paid ahead of its days at most all is given back.
    """
    if loan.status != LoanStatus.ACTIVE or on < account.as_of:
        return ZERO
    paid_ahead = sum((row.interest_paid for row in account.instalments if row.due_on > on), ZERO)
    return account.principal_outstanding - paid_ahead
