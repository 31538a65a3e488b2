"""Debt credited by the lender or a merchant, given up, or owed again."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, Invalid
from core.money import ZERO
from ledger.posting import Line, credit, debit
from loans.account.account import Account
from loans.account.changes.base import Change, Effect
from loans.account.changes.credits import ChargeBack, GoodwillCredit, InterestWaived
from loans.account.changes.merchant_refunds import MerchantRefund
from loans.account.parts import PARTS, Parts
from loans.acts.authority import beyond, takes_own_word_back
from loans.acts.kinds.terms import needs_fixed_schedule
from loans.bookkeeping import bookings
from loans.bookkeeping.account_mapping import accounts_for
from loans.events.act_kinds import ActKind, Group, OnceChargedOff, Tried, register
from loans.events.act_parameters import Parameter, Sort
from loans.events.of_acts import charge_backs_of, charged_back
from loans.events.stored import order_of
from loans.merchants.merchant_numbers import normal
from loans.models import (
    MERCHANT_REFUND as REFUND_BY_MERCHANT,
)
from loans.models import (
    Loan,
    LoanStatus,
    Merchant,
    Repayment,
    RepaymentChannel,
    RepaymentStatus,
)
from loans.servicing.proving import Word, needs_second_person


class NotAPurchase(DomainError):
    code = "not_a_purchase"
    message = _("Loan %(number)s paid no purchase: a merchant can refund purchase loans only.")


class MerchantUnknown(Invalid):
    code = "merchant_unknown"
    field = "merchant"
    message = _("There is no merchant %(number)s. Look it up under Merchants, or leave this empty for the loan's own.")


class ReceiptUnknown(Invalid):
    code = "receipt_unknown"
    field = "receipt"
    message = _("Loan %(number)s has no standing receipt %(receipt)s.")


class MoreThanReceived(Invalid):
    code = "more_than_received"
    field = "amount"
    message = _("Receipt %(receipt)s has %(left)s that can still be charged back.")


class PartTooHigh(Invalid):
    code = "part_too_high"
    field = "amount"
    message = _("Of receipt %(receipt)s, %(left)s that paid %(part)s can still be charged back.")


_SPLIT = {"interest": _("Interest"), "fee": _("Fees"), "late_interest": _("Late interest")}
_AMOUNT = Parameter(name="amount", sort=Sort.MONEY, label=_("Amount"), least=Decimal("0.01"))


def _order(loan: Loan) -> Mapping[str, Any]:
    return {"order": order_of(loan, "goodwill_credit")}


def _agreed_of_refunds(loan: Loan) -> Mapping[str, Any]:
    return {
        "terms": loan.terms(),
        "order": order_of(loan, "merchant_refund"),
        "gives_interest_back": loan.refund_gives_interest_back,
    }


def _claims_down(loan: Loan, figures: Mapping[str, Decimal]) -> list[Line]:
    accounts, parts = accounts_for(loan), Parts(**{part: figures.get(part, ZERO) for part in PARTS})
    overpaid = credit(accounts.overpayments, figures.get("overpaid", ZERO), loan.pk)
    return [*bookings.claims_down(accounts, loan.pk, parts), overpaid]


def _goodwill(loan: Loan, effect: Effect) -> list[Line]:
    return [debit(accounts_for(loan).goodwill, effect.figures["credited"]), *_claims_down(loan, effect.figures)]


def _from_merchant(loan: Loan, effect: Effect) -> list[Line]:
    return [debit(accounts_for(loan).merchant_refunds, effect.figures["refunded"]), *_claims_down(loan, effect.figures)]


def _owed_again(loan: Loan, effect: Effect) -> list[Line]:
    """What it had paid besides principal is earned a second time by the accrual that follows: here it is taken back."""
    accounts, amount = accounts_for(loan), effect.figures["owed_again"]
    interest, fee, late_interest = (effect.figures[part] for part in ("interest", "fee", "late_interest"))
    return [
        debit(accounts.principal, amount - interest - fee - late_interest, loan.pk),
        debit(accounts.interest_income, interest),
        debit(accounts.fee_income, fee),
        debit(accounts.late_interest_income, late_interest),
        credit(accounts.cash, amount),
    ]


def _of_a_purchase(loan: Loan, _account: Account, change: Change) -> None:
    assert isinstance(change, MerchantRefund)
    if not loan.product_version.is_purchase:
        raise NotAPurchase(number=loan.number)
    if change.merchant and _merchant(loan, change.merchant) is None:
        raise MerchantUnknown(number=change.merchant)


def _merchant(loan: Loan, number: str) -> Merchant | None:
    market = loan.product_version.product.market
    return Merchant.objects.filter(market=market, registration_number=normal(number)).first()


def _refunding_merchant(loan: Loan, values: Mapping[str, Any]) -> str:
    number = values.get("merchant")
    merchant = _merchant(loan, number) if number else loan.merchant
    return merchant.name if merchant is not None else ""


def _said_too_much(tried: Tried, figures: Mapping[str, Decimal]) -> bool:
    """It is a receipt by another name: whoever records it says so, and it counts with all else that was said."""
    word = Word(
        loan=tried.loan,
        channel=RepaymentChannel.COUNTER,
        amount=figures["refunded"],
        received_on=tried.effective_on,
        recorded_on=tried.recorded_on,
        by=tried.by,
    )
    return beyond(REFUND_BY_MERCHANT)(tried, figures) or needs_second_person(word) is not None


def _takes_too_much_back(tried: Tried, figures: Mapping[str, Decimal]) -> bool:
    assert isinstance(tried.change, ChargeBack)
    return beyond("charge_back")(tried, figures) or takes_own_word_back(tried, tried.change.receipt)


def _merchant_of_purchase(loan: Loan, _on: date) -> Mapping[str, Any]:
    return {"merchant": loan.merchant.registration_number} if loan.merchant is not None else {}


def _of_a_receipt(loan: Loan, _account: Account, change: Change) -> None:
    assert isinstance(change, ChargeBack)
    receipt = Repayment.objects.filter(loan=loan, number=change.receipt, status=RepaymentStatus.POSTED).first()
    if receipt is None:
        raise ReceiptUnknown(number=loan.number, receipt=change.receipt)
    left = receipt.amount - charged_back(receipt)
    if change.amount > left:
        raise MoreThanReceived(receipt=change.receipt, left=left)
    for part, label in _SPLIT.items():
        asked: Decimal = getattr(change, part) or ZERO
        paid: Decimal = getattr(receipt, part)
        before = sum((Decimal(act.parameters.get(part) or 0) for act in charge_backs_of(receipt)), ZERO)
        if asked > paid - before:
            raise PartTooHigh(receipt=change.receipt, part=str(label).lower(), left=paid - before)


GOODWILL_CREDIT = register(
    ActKind(
        code="goodwill_credit",
        label=_("Goodwill credit"),
        hint=_("The lender credits part of the debt; it is allocated like a payment."),
        permission="loans.waive_charges",
        change=GoodwillCredit,
        agreed=_order,
        lines=_goodwill,
        beyond_authority=beyond("goodwill_credit"),
        group=Group.MONEY,
        parameters=(_AMOUNT,),
        figures=(("credited", _("Credited")),),
    )
)

MERCHANT_REFUND = register(
    ActKind(
        code=REFUND_BY_MERCHANT,
        label=_("Merchant refund"),
        hint=_(
            "The merchant gives money back: the instalments ahead become smaller and their interest is unwound. Where the "
            "product says so, interest charged so far on what is returned is given back too."
        ),
        permission="loans.record_repayment",
        change=MerchantRefund,
        agreed=_agreed_of_refunds,
        refuse=_of_a_purchase,
        initial=_merchant_of_purchase,
        lines=_from_merchant,
        beyond_authority=_said_too_much,
        other_party=_refunding_merchant,
        once_charged_off=OnceChargedOff.REFUSED,
        group=Group.MONEY,
        parameters=(
            _AMOUNT,
            Parameter(
                name="merchant",
                sort=Sort.TEXT,
                label=_("Merchant"),
                hint=_("Its registration number; empty: the merchant of the purchase."),
                required=False,
            ),
        ),
        figures=(
            ("refunded", _("Refunded by the merchant")),
            ("interest_given_back", _("Interest given back")),
            ("overpaid", _("Belongs to the borrower")),
        ),
    )
)

CHARGE_BACK = register(
    ActKind(
        code="charge_back",
        label=_("Charge-back"),
        hint=_(
            "The payer's bank took money back: it is owed again with the next instalment, after the last one at once."
        ),
        permission="loans.reverse_repayment",
        change=ChargeBack,
        states=(LoanStatus.ACTIVE, LoanStatus.SETTLED),
        refuse=_of_a_receipt,
        lines=_owed_again,
        beyond_authority=_takes_too_much_back,
        once_charged_off=OnceChargedOff.REFUSED,
        group=Group.MONEY,
        is_grave=True,
        parameters=(
            _AMOUNT,
            Parameter(name="receipt", sort=Sort.TEXT, label=_("Receipt number")),
            *(
                Parameter(
                    name=part,
                    sort=Sort.MONEY,
                    label=label,
                    hint=_("How much of it had paid this; what is not said here is owed again as principal."),
                    required=False,
                )
                for part, label in _SPLIT.items()
            ),
        ),
        figures=(("owed_again", _("Owed again")),),
    )
)

INTEREST_WAIVED = register(
    ActKind(
        code="interest_waived",
        label=_("Waive interest"),
        hint=_("Interest that has accrued and is unpaid is given up, oldest first."),
        permission="loans.waive_charges",
        change=InterestWaived,
        refuse=needs_fixed_schedule,
        beyond_authority=beyond("interest_waived"),
        group=Group.CHARGES,
        parameters=(_AMOUNT,),
        figures=(("waived", _("Waived")),),
    )
)
