"""A bank line that comes after somebody said that its money came: it proves what was booked, and books nothing again."""

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal

from core.rules import rule_of_house
from ledger.posting import credit, debit, post
from loans.bookkeeping.account_mapping import accounts_for
from loans.merchants.merchant_numbers import normal
from loans.models import IncomingPayment, Loan, LoanAct, LoanStatus, Merchant, Repayment
from loans.servicing.proving import RULE


def prove_by_line(payment: IncomingPayment, loan_id: int, amount: Decimal, *, on: date) -> Repayment | LoanAct | None:
    """What ``amount`` of the bank line ``payment`` is found to be on the business date ``on``: a receipt by word of the loan
    or a merchant's refund, of the same amount, said to have come within the days of the rule; None where there is none.

    It is proved from then on. Locks the loan. A receipt that carries the bank's own reference goes first, then the nearest
    day. A merchant's refund is proved by a line from the merchant's account alone: nothing else says that it is not the
    borrower's.
    """
    loan = Loan.objects.locked(loan_id)
    receipt = _receipt(payment, loan, amount, on)
    if receipt is not None:
        receipt.proved_on = on
        receipt.save(update_fields=["proved_on"])
        return receipt
    act = _refund(payment, loan, amount, on)
    if act is None:
        return None
    act.proved_on = on
    act.save(update_fields=["proved_on"])
    _merchant_paid(loan, act, amount, paid_on=payment.paid_on, on=on)
    return act


def waiting_for_lines(ids: Collection[int]) -> set[tuple[int, Decimal]]:
    """What a line may still be meant for of the settled loans ``ids``: each with an amount that rests on a word."""
    receipts = Repayment.objects.by_word().filter(loan_id__in=ids, loan__status=LoanStatus.SETTLED)
    refunds = LoanAct.objects.by_word().filter(loan_id__in=ids, loan__status=LoanStatus.SETTLED)
    given_back = refunds.values_list("loan_id", "parameters__amount")
    return {*receipts.values_list("loan_id", "amount"), *((loan, Decimal(amount)) for loan, amount in given_back)}


def _receipt(payment: IncomingPayment, loan: Loan, amount: Decimal, on: date) -> Repayment | None:
    found = list(Repayment.objects.by_word().filter(loan=loan, amount=amount, is_recovery=False).order_by("id"))
    named = [row for row in found if row.payer_reference and row.payer_reference == payment.bank_reference]
    fitting = named or [row for row in found if _fits(loan, row.received_on, payment.paid_on, on)]
    return min(fitting, key=lambda row: abs((row.received_on - payment.paid_on).days), default=None)


def _refund(payment: IncomingPayment, loan: Loan, amount: Decimal, on: date) -> LoanAct | None:
    for act in LoanAct.objects.by_word().filter(loan=loan).order_by("id"):
        same = Decimal(act.parameters["amount"]) == amount and _fits(loan, act.effective_on, payment.paid_on, on)
        if same and payment.payer_index and _account_of_merchant(loan, act) == payment.payer_index:
            return act
    return None


def _fits(loan: Loan, said: date, paid_on: date, on: date) -> bool:
    return abs(said - paid_on) <= timedelta(days=int(rule_of_house(RULE, on, loan.market)["days"]))


def _account_of_merchant(loan: Loan, act: LoanAct) -> str:
    """Its whole account, as its fingerprint: the last digits are those of many."""
    number = act.parameters.get("merchant")
    if not number:
        return loan.merchant.account_index if loan.merchant is not None else ""
    market = loan.product_version.product.market
    merchant = Merchant.objects.filter(market=market, registration_number=normal(number)).first()
    return merchant.account_index if merchant is not None else ""


def _merchant_paid(loan: Loan, act: LoanAct, amount: Decimal, *, paid_on: date, on: date) -> None:
    """The claim on the merchant, which the refund booked, is paid."""
    accounts = accounts_for(loan)
    post(
        event="merchant_refund_paid",
        posted_on=on,
        effective_on=paid_on,
        lines=[debit(accounts.cash, amount), credit(accounts.merchant_refunds, amount)],
        description=f"{loan.number} {act.public_id}",
    )
