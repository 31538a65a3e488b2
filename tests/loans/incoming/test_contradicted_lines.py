"""What a person uploaded and the bank's own connection says otherwise of moves no further on one word."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from core import business_date
from loans.incoming import taking_in, uploading
from loans.incoming.contradicting import PaymentContradicted
from loans.incoming.importing import Share, match_payment, return_payment
from loans.incoming.matching_by_two import match_or_ask
from loans.incoming.reading import preview
from loans.incoming.returning import ask_to_return
from loans.models import BankFile, IncomingPayment, IncomingPaymentShare, Loan, Repayment
from loans.tasks import settle_bank_file
from staff.models import User
from tests.borrowers.factories import BorrowerFactory
from tests.loans.books import close_until
from tests.loans.factories import LoanFactory
from tests.loans.incoming.test_matching_by_two import ON, STRANGER, agree, assert_books_right
from tests.loans.statements import HEADER
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
TYPED = "6222000000001111"


@pytest.fixture
def friend() -> Loan:
    loan = LoanFactory(active=True, borrower=BorrowerFactory(name="王朋友", banked=True))
    close_until(ON - timedelta(days=1))
    business_date.move_to(ON)
    return loan


@pytest.fixture
def clerk() -> User:
    return UserFactory(username="clerk", roles=["operations"])


def line(
    remark: str = "x",
    *,
    amount: str = "500.00",
    account: str = STRANGER,
    name: str = "陈陌生",
    day: str = "2026-02-15",
) -> bytes:
    return f"{HEADER}\n{day},B-1,{amount},{name},{account},{remark}\n".encode()


def typed(content: bytes, by: User) -> IncomingPayment:
    """Uploaded by a person, and another one said that it is the bank's."""
    bank_file = uploading.upload(content=content, name="typed.csv", on=ON, by=by)
    agree(UserFactory(username="confirmer", roles=["finance"]))
    settle_bank_file(bank_file_id=bank_file.pk)
    return IncomingPayment.objects.get()


def fetched(content: bytes) -> BankFile:
    bank_file = taking_in.take_in(content=content, name="bank.csv", on=ON)
    settle_bank_file(bank_file_id=bank_file.pk)
    bank_file.refresh_from_db()
    return bank_file


def match(payment: IncomingPayment, loan: Loan, by: User, reason: str = "") -> Any:
    shares = [Share(loan.number, payment.left)]
    return match_or_ask(payment_id=payment.pk, shares=shares, on=ON, by=by, reason=reason)


@pytest.mark.parametrize(
    ("bank", "differs"),
    [
        ({"amount": "5000.00"}, ["amount"]),
        ({"day": "2026-02-14"}, ["paid_on"]),
        ({"name": "李陌生"}, ["payer_name"]),
        ({"account": STRANGER}, ["payer_account"]),
        ({"account": ""}, ["payer_account"]),
        ({"remark": "y"}, ["remark"]),
        ({"remark": "ｘ", "name": "陈 陌生"}, []),
    ],
)
def test_known_means_the_same_amount_payer_remark_and_day(
    clerk: User, friend: Loan, bank: dict[str, str], differs: list[str]
) -> None:
    payment = typed(line(account=TYPED), clerk)
    says = line(**{"account": TYPED, **bank})

    assert preview(content=says, name="a.csv").known == {"B-1": differs}
    bank_file = fetched(says)

    payment.refresh_from_db()
    counts = (bank_file.payment_count, bank_file.repeated_count, bank_file.differing_count)
    assert counts == ((0, 0, 1) if differs else (0, 1, 0))
    assert payment.contradicted_on == (ON if differs else None)
    assert payment.contradicted_by == (bank_file if differs else None)
    assert IncomingPayment.objects.count() == 1 and not Repayment.objects.exists()


def test_the_second_person_reads_of_a_line_that_differs(clerk: User, friend: Loan) -> None:
    fetched(line())
    words = uploading.words_of(preview(content=line(amount="900.00"), name="typed.csv"))
    assert words[uploading.WORDS["differing"]] == "B-1" and uploading.WORDS["known"] not in words

    uploading.upload(content=line(amount="900.00"), name="typed.csv", on=ON, by=clerk)
    agree(UserFactory(roles=["finance"]))

    payment = IncomingPayment.objects.get()  # what a person uploads says nothing against the bank
    assert (payment.amount, payment.contradicted_on) == (500, None)


def test_a_forged_line_is_found_with_the_receipt_made_from_it(
    clerk: User, friend: Loan, signed_in: Callable[..., Client]
) -> None:
    payment = typed(line(f"还款 {friend.number}"), clerk)
    receipt = Repayment.objects.get()
    real = line("for somebody else")
    operator = signed_in(Client(), "operations")

    bank_file = fetched(real)

    page = operator.get(reverse("loans:payment_file", args=[bank_file.pk])).content.decode()
    address = reverse("loans:incoming_payment", args=[payment.pk])
    assert address in page and "not credited" in page
    assert "?contradicted=1" in operator.get(reverse("loans:payments_unmatched")).content.decode()
    listed = operator.get(reverse("loans:payments_unmatched"), {"contradicted": "1"})
    assert listed.context["page"].items == [payment]
    shown = operator.get(address).content.decode()
    assert "The bank&#x27;s own statement says otherwise" in shown or "bank's own statement says otherwise" in shown
    assert "for somebody else" in shown and reverse("loans:receipt", args=[receipt.number]) in shown
    assert_books_right()


def test_nothing_of_it_goes_back_to_the_typed_account(
    clerk: User, friend: Loan, signed_in: Callable[..., Client]
) -> None:
    payment = typed(line(account=TYPED), clerk)
    ask_to_return(payment_id=payment.pk, on=ON, reason="nobody's", by=clerk)
    fetched(line())

    with pytest.raises(PaymentContradicted):
        agree(UserFactory(roles=["checker"]))
    with pytest.raises(PaymentContradicted):
        return_payment(payment_id=payment.pk, on=ON, reason="nobody's")
    payment.refresh_from_db()
    assert payment.is_in_suspense
    address = reverse("loans:incoming_payment", args=[payment.pk])
    assert reverse("loans:incoming_payment_return", args=[payment.pk]) not in (
        signed_in(Client(), "operations").get(address).content.decode()
    )
    assert_books_right()


def test_one_person_matches_it_to_no_loan_two_do(clerk: User, friend: Loan) -> None:
    payment = typed(line("替 王朋友 还款"), clerk)  # the remark names him
    fetched(line("替 李某 还款"))
    shares = [Share(friend.number, payment.left)]

    with pytest.raises(PaymentContradicted) as refused:
        match_payment(payment_id=payment.pk, shares=shares, on=ON, by=clerk)
    assert refused.value.code == "incoming_payment_contradicted" and "remark" in str(refused.value.detail)
    with pytest.raises(PaymentContradicted):
        match(payment, friend, clerk)
    request = match(payment, friend, clerk, reason="the bank confirmed on the phone")
    assert dict(request.outcome)["the bank's own statement says"] == "another remark"
    assert not Repayment.objects.exists()
    agree(UserFactory(roles=["finance"]))
    assert Repayment.objects.get().loan == friend
    assert_books_right()


def test_nobody_matches_an_amount_that_the_bank_denies(clerk: User, friend: Loan) -> None:
    payment = typed(line("替 王朋友 还款", amount="5000.00"), clerk)
    fetched(line("替 王朋友 还款", amount="1.00"))

    with pytest.raises(PaymentContradicted, match="amount"):
        match(payment, friend, clerk, reason="he said so")
    finance = UserFactory(roles=["finance"])
    shares = [Share(friend.number, Decimal(5000))]
    with pytest.raises(PaymentContradicted):
        match_payment(payment_id=payment.pk, shares=shares, on=ON, by=clerk, agreed_by=finance)
    assert not IncomingPaymentShare.objects.exists()


def test_what_is_not_settled_yet_waits(clerk: User, friend: Loan) -> None:
    bank_file = uploading.upload(content=line(friend.number), name="typed.csv", on=ON, by=clerk)
    agree(UserFactory(roles=["finance"]))
    fetched(line("x"))  # before a worker came to the uploaded one

    settle_bank_file(bank_file_id=bank_file.pk)

    payment = IncomingPayment.objects.get()
    assert (payment.status, payment.unmatched_reason) == ("suspense", "incoming_payment_contradicted")
    assert not Repayment.objects.exists()
    assert_books_right()


def test_who_says_otherwise_is_always_named(clerk: User, friend: Loan) -> None:
    typed(line(), clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        IncomingPayment.objects.update(contradicted_on=ON)
