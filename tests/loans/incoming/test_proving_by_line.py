"""A bank line that comes after somebody said that its money came proves the receipt, and brings no money twice."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from borrowers.fingerprints import account_index
from core import business_date
from ledger import queries as ledger
from loans.acts.asking import perform_or_ask
from loans.acts.undoing import ActNotUndoable, undo
from loans.incoming import taking_in
from loans.models import IncomingPayment, IncomingPaymentShare, Loan, LoanAct, LoanStatus, Merchant, Repayment
from loans.proof.book_checks import CHECKS, broken
from loans.servicing.guarding import Excess
from loans.servicing.repayments import record_repayment
from loans.tasks import settle_bank_file
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_product, close_until
from tests.loans.factories import LoanFactory
from tests.loans.servicing.test_repayments import assert_books_agree
from tests.loans.statements import HEADER, statement

pytestmark = pytest.mark.django_db
SAID, PAID, ON = date(2026, 1, 25), date(2026, 1, 27), date(2026, 1, 28)


@pytest.fixture
def loan() -> Loan:
    made = LoanFactory(active=True)
    close_until(ON - timedelta(days=1))
    business_date.move_to(ON)
    return made


def said(loan: Loan, amount: str = "1100.00", **told: Any) -> Repayment:
    return record_repayment(
        loan_id=loan.pk,
        amount=Decimal(amount),
        received_on=told.pop("received_on", SAID),
        recorded_on=ON,
        channel="counter",
        idempotency_key=f"word-{Repayment.objects.count()}",
        recorded_by=None,
        excess=Excess.CREDITED,
        approved=True,
        **told,
    )


def brought(*rows: tuple[str, str, str, str]) -> None:
    """A file goes in and a worker settles it."""
    bank_file = taking_in.take_in(content=statement(*rows), name="january.csv", on=ON)
    settle_bank_file.apply(kwargs={"bank_file_id": bank_file.pk}).get()


def line(loan: Loan, amount: str = "1100.00", reference: str = "B-1", on: date = PAID) -> tuple[str, str, str, str]:
    return on.isoformat(), reference, amount, loan.number


def assert_sound() -> None:
    assert [row for check in CHECKS for row in broken(check)] == []
    for loan in Loan.objects.all():
        assert_books_agree(loan)


def test_the_line_stands_behind_the_receipt_and_nothing_is_booked_again(loan: Loan) -> None:
    receipt = said(loan)
    cash = ledger.balances()["1001"]

    brought(line(loan))

    receipt.refresh_from_db()
    payment, share = IncomingPayment.objects.get(), IncomingPaymentShare.objects.get()
    assert (receipt.proved_on, receipt.is_unproved, Repayment.objects.count()) == (ON, False, 1)
    assert (payment.status, payment.credited, share.repayment, share.proves) == ("matched", 1100, receipt, True)
    assert ledger.balances()["1001"] == cash
    assert_sound()


def test_a_loan_settled_by_word_is_found_and_proved(loan: Loan) -> None:
    said(loan, "12100.00")
    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED

    brought(line(loan, "12100.00"))

    assert not Repayment.objects.by_word().exists()
    assert IncomingPayment.objects.get().status == "matched"
    assert_sound()


@pytest.mark.parametrize(
    ("amount", "received_on", "proves"),
    [
        ("1100.01", SAID, False),
        ("1099.99", SAID, False),
        ("1100.00", PAID - timedelta(days=8), False),
        ("1100.00", PAID - timedelta(days=7), True),
        ("1100.00", ON, True),
    ],
)
def test_another_amount_or_a_day_too_far_is_another_payment(
    loan: Loan, amount: str, received_on: date, proves: bool
) -> None:
    receipt = said(loan, received_on=received_on)

    brought(line(loan, amount))

    receipt.refresh_from_db()
    assert (receipt.is_unproved, Repayment.objects.count()) == ((False, 1) if proves else (True, 2))
    assert_sound()


def test_the_bank_s_own_reference_goes_before_the_day(loan: Loan) -> None:
    near, named = said(loan), said(loan, received_on=SAID - timedelta(days=9), payer_reference="B-7")

    brought(line(loan, reference="B-7"))

    near.refresh_from_db()
    named.refresh_from_db()
    assert (near.is_unproved, named.is_unproved) == (True, False)


def test_one_line_proves_one_receipt(loan: Loan) -> None:
    said(loan)
    said(loan, allow_repeat=True)

    brought(line(loan), line(loan, reference="B-2"), line(loan, reference="B-3"))

    assert not Repayment.objects.by_word().exists()
    assert Repayment.objects.filter(channel="bank_file").count() == 1  # the third line is money of its own
    assert_sound()


def test_on_the_page_a_line_that_waits_proves_it_or_is_another_payment(
    loan: Loan, client: Client, signed_in: Callable[..., Client]
) -> None:
    receipt = said(loan)
    # Whose it is stands in the remark, but not for which loan: a person matches it.
    for_whom = loan.borrower.number
    brought((PAID.isoformat(), "B-1", "1100.00", for_whom), (PAID.isoformat(), "B-2", "1100.00", for_whom))
    operator = signed_in(client, "operations")
    first, second = IncomingPayment.objects.order_by("id")
    form = {"loan_1": loan.number, "amount_1": "1100.00"}

    operator.post(reverse("loans:incoming_payment", args=[second.pk]), form | {"allow_repeat": "on"})
    receipt.refresh_from_db()
    assert receipt.is_unproved and Repayment.objects.filter(channel="bank_file").count() == 1
    operator.post(reverse("loans:incoming_payment", args=[first.pk]), form)

    receipt.refresh_from_db()
    assert (receipt.proved_on, Repayment.objects.count()) == (ON, 2)
    page = operator.get(reverse("loans:incoming_payment", args=[first.pk])).content.decode()
    assert receipt.number in page and "proves what was booked before" in page
    assert_sound()


class TestRefundsOfMerchants:
    @pytest.fixture
    def refunded(self) -> LoanAct:
        loan = LoanFactory(active=True, product_version=a_product("phone-purchase", is_purchase=True))
        close_until(ON - timedelta(days=1))
        business_date.move_to(ON)
        act = perform_or_ask(wish(loan, "merchant_refund", ON, amount=Decimal("2000.00")))
        assert isinstance(act, LoanAct)
        return act

    def test_a_line_from_the_merchant_proves_it_and_pays_the_claim(self, refunded: LoanAct) -> None:
        Merchant.objects.update(account_index=account_index("6222021234"))  # which statements of these tests come from
        assert ledger.balances()["1301"] == 2000

        brought(line(refunded.loan, "2000.00", on=ON))

        refunded.refresh_from_db()
        assert (refunded.proved_on, Repayment.objects.count(), ledger.balances().get("1301", 0)) == (ON, 0, 0)
        assert_sound()

    def test_what_the_bank_proved_is_not_undone(self, refunded: LoanAct) -> None:
        Merchant.objects.update(account_index=account_index("6222021234"))
        brought(line(refunded.loan, "2000.00", on=ON))

        with pytest.raises(ActNotUndoable, match="the bank says that its money came"):
            undo(act_id=refunded.pk, reason="entered twice", on=ON, approved=True)
        assert_sound()

    def test_an_account_of_the_same_last_digits_is_not_the_merchant_s(self, refunded: LoanAct) -> None:
        merchant = refunded.loan.merchant
        assert merchant is not None
        account = "999999999999" + merchant.account_number[-4:]
        content = f"{HEADER}\n{ON},B-1,2000.00,anybody,{account},{refunded.loan.number}\n".encode()
        bank_file = taking_in.take_in(content=content, name="x.csv", on=ON)
        settle_bank_file.apply(kwargs={"bank_file_id": bank_file.pk}).get()

        refunded.refresh_from_db()
        assert refunded.is_unproved and Repayment.objects.get().amount == 2000

    def test_the_borrower_s_own_money_does_not(self, refunded: LoanAct) -> None:
        brought(line(refunded.loan, "2000.00", on=ON))

        refunded.refresh_from_db()
        assert refunded.is_unproved and Repayment.objects.get().amount == 2000

    def test_nothing_else_of_an_act_changes(self, refunded: LoanAct) -> None:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE loans_loanact SET proved_on = %s, reason = 'other'", [ON])
        LoanAct.objects.update(proved_on=ON)
        with pytest.raises(IntegrityError), transaction.atomic():
            LoanAct.objects.update(proved_on=None)
