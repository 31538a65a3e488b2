"""Money that comes in or goes back: payments, recoveries, early settlement, refunds.

What comes in stands in the books as a receipt; the use cases of ``loans.servicing`` record it for every door.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from ledger.posting import Line
from loans.account.account import Account
from loans.account.changes.base import Change, Effect
from loans.account.changes.credits import Refunded
from loans.acts.authority import beyond
from loans.bookkeeping import bookings
from loans.bookkeeping.account_mapping import accounts_for
from loans.events.act_kinds import ActKind, Group, OnceChargedOff, Wish, Words, register
from loans.events.act_parameters import Parameter, Sort
from loans.models import Loan, LoanStatus, Repayment, RepaymentChannel
from loans.payees import refund_accounts
from loans.servicing.guarding import ANOTHER_PAYMENT, KEEP_EXCESS, Excess, PaymentAboveOwed, PaymentLooksRepeated
from loans.servicing.repayments import record_repayment
from loans.servicing.settling import NothingToSettleWith, settle_early, settlement_quote
from staff.models import User

AMOUNT = Parameter(name="amount", sort=Sort.MONEY, label=_("Amount"), least=Decimal("0.01"))
_REFERENCE = Parameter(name="payer_reference", sort=Sort.TEXT, label=_("Payer's reference"), required=False, longest=80)
_TO_ACCOUNT = Parameter(
    name="to_account",
    sort=Sort.TEXT,
    label=_("To account"),
    hint=_("A verified account of the borrower. None to choose? Put one on file and ask the bank whose it is."),
)
_KEEP_EXCESS = Parameter(
    name="allow_overpayment",
    sort=Sort.FLAG,
    label=KEEP_EXCESS,
    hint=_("What is owed settles the loan; the rest belongs to the borrower until it is refunded."),
    required=False,
    answers=PaymentAboveOwed.code,
)
_ANOTHER = Parameter(
    name="allow_repeat",
    sort=Sort.FLAG,
    label=ANOTHER_PAYMENT,
    required=False,
    answers=PaymentLooksRepeated.code,
)


def _recorded(wish: Wish, approved: bool, agreed_by: User | None) -> Repayment:
    return record_repayment(
        loan_id=wish.loan_id,
        amount=wish.values["amount"],
        received_on=wish.effective_on,
        recorded_on=wish.recorded_on,
        channel=RepaymentChannel.COUNTER,
        idempotency_key=wish.idempotency_key,
        recorded_by=wish.by,
        payer_reference=wish.values.get("payer_reference") or "",
        excess=Excess.CREDITED if wish.values.get("allow_overpayment") else Excess.REFUSED,
        allow_repeat=bool(wish.values.get("allow_repeat")),
        approved=approved,
        agreed_by=agreed_by,
    )


def _settled(wish: Wish, approved: bool, agreed_by: User | None) -> Repayment:
    return settle_early(
        loan_id=wish.loan_id,
        amount=wish.values["amount"],
        on=wish.effective_on,
        recorded_on=wish.recorded_on,
        channel=RepaymentChannel.COUNTER,
        idempotency_key=wish.idempotency_key,
        by=wish.by,
        allow_repeat=bool(wish.values.get("allow_repeat")),
        approved=approved,
        agreed_by=agreed_by,
    )


def _quoted(loan: Loan, on: date) -> Mapping[str, Any]:
    if loan.status != LoanStatus.ACTIVE:
        return {}
    try:
        quote = settlement_quote(loan, on)
    except NothingToSettleWith:
        return {}  # the quote beside the form says why
    return {"amount": quote.total, "effective_on": quote.on}


def _overpaid(loan: Loan, _on: date) -> Mapping[str, Any]:
    position = getattr(loan, "position", None)
    return {"amount": position.overpaid} if position is not None and position.overpaid else {}


def _given_back(loan: Loan, effect: Effect) -> list[Line]:
    gone = effect.account.written_off or effect.account.charged_off
    return bookings.refund(
        accounts_for(loan),
        loan.pk,
        effect.figures["refunded"],
        owed_again=effect.figures.get("owed_again", ZERO),
        recovers=gone is not None,
    )


def _accounts(loan: Loan) -> Mapping[str, list[tuple[str, Words]]]:
    return {"to_account": [(account.reference, account.reference) for account in refund_accounts.accounts_of(loan)]}


def _to_somebody(loan: Loan, account: Account, change: Change) -> None:
    assert isinstance(change, Refunded)
    refund_accounts.require_refundable(
        loan, amount=change.amount, overpaid=account.overpaid, to_account=change.to_account or ""
    )


REPAYMENT = register(
    ActKind(
        code="repayment",
        label=_("Record payment"),
        hint=_("Money that came in: it is divided in the product's order, and a day gone by is worked out again."),
        permission="loans.record_repayment",
        states=(LoanStatus.ACTIVE, LoanStatus.SETTLED),
        kept_as_receipt=_recorded,
        group=Group.MONEY,
        template="loans/pay.html",
        day_label=_("Received on"),
        asks_reason=False,
        parameters=(AMOUNT, _REFERENCE, _ANOTHER, _KEEP_EXCESS),
    )
)

RECOVERY = register(
    ActKind(
        code="recovery",
        label=_("Record recovery"),
        hint=_("Money for a loan that was written off: income up to what was written off, the rest is owed back."),
        permission="loans.record_repayment",
        states=(LoanStatus.WRITTEN_OFF,),
        kept_as_receipt=_recorded,
        group=Group.MONEY,
        template="loans/pay.html",
        day_label=_("Received on"),
        asks_reason=False,
        parameters=(AMOUNT, _REFERENCE, _ANOTHER, _KEEP_EXCESS),
    )
)

EARLY_SETTLEMENT = register(
    ActKind(
        code="early_settlement",
        label=_("Settle early"),
        hint=_("Interest counts for the days used only. A day after today is a quote; settling needs the money."),
        button=_("Settle with the quoted amount"),
        permission="loans.record_repayment",
        kept_as_receipt=_settled,
        initial=_quoted,
        group=Group.MONEY,
        template="loans/settle.html",
        day_label=_("Settle on"),
        asks_reason=False,
        parameters=(AMOUNT, _ANOTHER),
    )
)

REFUND = register(
    ActKind(
        code="refund",
        label=_("Refund overpayment"),
        hint=_("What was paid too much goes back to a verified account of the borrower."),
        button=_("Give back"),
        permission="loans.refund_overpayment",
        states=(LoanStatus.ACTIVE, LoanStatus.SETTLED, LoanStatus.WRITTEN_OFF),
        counts_from_today=True,
        change=Refunded,
        initial=_overpaid,
        options=_accounts,
        refuse=_to_somebody,
        beyond_authority=beyond("refund"),
        undone_by_two=True,  # the money has left: who says it came back must not be alone
        lines=_given_back,
        once_charged_off=OnceChargedOff.SAME,
        group=Group.MONEY,
        tells_borrower=False,
        number_prefix="RF",
        id_prefix="rfd",
        undone_in=(LoanStatus.ACTIVE, LoanStatus.SETTLED, LoanStatus.WRITTEN_OFF),
        parameters=(AMOUNT, _TO_ACCOUNT),
        figures=(("refunded", _("Given back")), ("owed_again", _("Owed again"))),
        size="refunded",
    )
)
