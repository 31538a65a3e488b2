"""One person matches a line only to a loan that the line points to; any other match, and every one undone, takes two."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from audit import approvals
from audit.approvals import ApprovalNotPermitted, SecondPersonNeeded
from audit.deciding import AccountsNotIndependent, RequesterRightGone
from audit.models import Approval
from core import business_date
from core.context import acting
from ledger import queries as ledger
from loans.acts.receipts import reverse_or_ask
from loans.incoming import importing, taking_in
from loans.incoming.importing import MATCH, MatchNeedsSecondPerson, PayerAccountUnknown, PaymentAlreadySettled, Share
from loans.incoming.matching_by_two import match_or_ask
from loans.incoming.pointing import ground_of
from loans.incoming.returning import ask_to_return
from loans.models import IncomingPayment, IncomingPaymentShare, Loan, MatchGround, Repayment
from loans.proof.book_checks import CHECKS, broken
from loans.servicing.bank_lines import IncomingPaymentPartlyReturned
from loans.servicing.guarding import Excess, PaymentAboveOwed
from loans.servicing.repayments import reverse_repayment
from staff.models import User
from tests.borrowers.factories import BankAccountFactory, BorrowerFactory
from tests.core.factories import RuleFactory
from tests.loans.books import close_until
from tests.loans.doing import refund_overpayment
from tests.loans.factories import LoanFactory
from tests.loans.statements import HEADER
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
ON = date(2026, 2, 16)
STRANGER = "6222020000009999"


@pytest.fixture
def friend() -> Loan:
    """The loan of a confederate, whom no line names."""
    loan = LoanFactory(active=True, borrower=BorrowerFactory(name="王朋友", banked=True))
    close_until(ON - timedelta(days=1))
    return loan


@pytest.fixture
def clerk() -> User:
    return UserFactory(username="clerk", roles=["operations"])


@pytest.fixture
def finance() -> User:
    return UserFactory(username="finance", roles=["finance"])


def brought(
    remark: str = "thank you",
    *,
    name: str = "陈陌生",
    account: str = STRANGER,
    amount: str = "500.00",
    ref: str = "B-1",
) -> IncomingPayment:
    """A line of the bank that nobody could match."""
    content = f"{HEADER}\n2026-02-15,{ref},{amount},{name},{account},{remark}\n"
    bank_file = taking_in.take_in(content=content.encode(), name=f"{ref}.csv", on=ON)
    importing.settle_file(bank_file_id=bank_file.pk, on=ON)
    return IncomingPayment.objects.get(bank_reference=ref)


def match(payment: IncomingPayment, loan: Loan, by: User, reason: str = "he phoned", **given: Any) -> Any:
    shares = [Share(loan.number, payment.left)]
    return match_or_ask(payment_id=payment.pk, shares=shares, on=ON, by=by, reason=reason, **given)


def agree(by: User) -> Approval:
    return approvals.approve(approval_id=Approval.objects.get(status="pending").pk, decided_by=by, on=ON)


def assert_books_right() -> None:
    assert [row for check in CHECKS for row in broken(check)] == []
    waits = sum(payment.left for payment in IncomingPayment.objects.filter(status="suspense"))
    assert -ledger.balances().get("2202", Decimal(0)) == waits


# --- the story ----------------------------------------------------------------------------------------------------------


def test_a_stranger_s_money_pays_no_friend_s_loan_on_one_word(
    signed_in: Callable[..., Client], friend: Loan, finance: User
) -> None:
    payment, clerk = brought(), signed_in(Client(), "operations")
    address = reverse("loans:incoming_payment", args=[payment.pk])
    given = {"loan_1": friend.number, "amount_1": "500.00"}

    told = clerk.post(address, given)
    assert told.status_code == 422 and f"points to loan {friend.number}" in told.content.decode()
    clerk.post(address, {**given, "reason": "he is a friend"})
    request = Approval.objects.get(kind=MATCH)
    clerk.post(reverse("audit:approve", args=[request.pk]), {"reason": ""})
    assert not Repayment.objects.exists()
    assert "Waits for a second person" in clerk.get(address).content.decode()

    inbox = signed_in(Client(), "finance", username="finance")
    shown = inbox.get(reverse("audit:approvals")).content.decode()
    assert "王*友" in shown or friend.borrower.masked_name in shown
    assert address in shown and friend.number in shown
    inbox.post(reverse("audit:approve", args=[request.pk]), {"reason": ""})

    share = IncomingPaymentShare.objects.get()
    assert (share.ground, share.agreed_by, share.matched_by_id) == ("two_people", finance, request.requested_by_id)
    assert Repayment.objects.get().loan == friend
    assert_books_right()


def test_finance_looks_at_lines_and_matches_none(signed_in: Callable[..., Client], friend: Loan) -> None:
    payment, finance = brought(), signed_in(Client(), "finance")
    address = reverse("loans:incoming_payment", args=[payment.pk])

    assert finance.get(address).status_code == 200
    given = {"loan_1": friend.number, "amount_1": "500.00", "reason": "x"}
    assert finance.post(address, given).status_code == 403


# --- what points to a loan ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "ground"),
    [
        ({"remark": "还款 {loan}"}, "loan_number"),
        ({"remark": "for {person}"}, "borrower_named"),
        ({"remark": "替 王朋友 还款"}, "borrower_named"),
        ({"remark": "王朋友们"}, None),
        ({"name": "王朋友"}, "payer_name"),
        ({"name": "王朋"}, None),
        ({"name": "", "account": ""}, None),
        ({"name": "王朋友", "remark": "for {other}"}, None),
        ({"name": "王朋友", "remark": "for {other_loan}"}, None),
        ({"name": "王朋友", "remark": "for LN-1999-000001"}, "payer_name"),
    ],
)
def test_what_a_line_says_of_itself(friend: Loan, line: dict[str, str], ground: str | None) -> None:
    other = LoanFactory(active=True, disbursed_on=ON - timedelta(days=5))
    facts = {"loan": friend.number, "person": friend.borrower.number, "other": other.borrower.number}
    told = {name: text.format(**facts, other_loan=other.number) for name, text in line.items()}
    payment = brought(**told) if ground != "loan_number" else IncomingPayment(remark=told["remark"])

    assert ground_of(payment, friend) == ground


@pytest.mark.parametrize(("ending", "ground"), [("1000", "payer_account"), ("1021", None), ("1022", None)])
def test_only_an_account_known_to_be_the_borrower_s_points_to_him(
    friend: Loan, ending: str, ground: str | None
) -> None:
    """A clerk can write a stranger's account on the friend's file; the bank says that it is not his, or nothing."""
    account = f"622202999999{ending}"
    BankAccountFactory(borrower=friend.borrower, account_number=account)
    payment = brought(account=account)

    assert payment.status == ("matched" if ground else "suspense")  # neither by a person nor by itself
    assert ground_of(payment, friend) == ground


def test_through_one_account_many_pay(friend: Loan, clerk: User, finance: User) -> None:
    """The clearing account of a payment house is no payer whom two people know."""
    match(brought(), friend, clerk)
    agree(finance)

    assert ground_of(brought(ref="B-2", name="赵第三"), friend) is None
    assert ground_of(brought(ref="B-3", name=""), friend) is None
    with pytest.raises(MatchNeedsSecondPerson):
        match(brought(ref="B-4", name="赵第三"), friend, clerk, reason="")


def test_a_payer_s_name_is_no_ground_where_the_account_is_somebody_else_s(friend: Loan, clerk: User) -> None:
    account = "6222029999991000"
    other = BorrowerFactory(name="赵第三")
    BankAccountFactory(borrower=other, account_number=account)
    assert ground_of(brought(name="王朋友", account=account), friend) is None
    assert ground_of(brought(name="王朋友", ref="B-2"), friend) == "payer_name"


def test_a_name_that_two_borrowers_share_points_to_neither(friend: Loan, clerk: User) -> None:
    twin = BorrowerFactory(name="王 朋友")
    payment = brought("替 王朋友 还款", name="王朋友")

    assert ground_of(payment, friend) is None
    with pytest.raises(MatchNeedsSecondPerson):
        match(payment, friend, clerk, reason="")
    assert ground_of(brought(f"for {friend.borrower.number}", ref="B-2"), friend) == "borrower_named"
    assert ground_of(brought(f"for {twin.number}", name="王朋友", ref="B-3"), friend) is None


@pytest.mark.parametrize(
    ("name", "remark"),
    [
        ("还款", "还款 二月"),
        ("货款", "货款"),
        ("Loan", "my loan"),
        ("Loan Repayment", "loan repayment 2"),
        ("王", "王 还"),
    ],
)
def test_a_name_like_a_word_of_every_remark_points_to_nobody(friend: Loan, clerk: User, name: str, remark: str) -> None:
    odd = LoanFactory(active=True, borrower=BorrowerFactory(name=name), disbursed_on=ON - timedelta(days=5))

    with pytest.raises(MatchNeedsSecondPerson):
        match(brought(remark), odd, clerk, reason="")


def test_a_payer_two_people_matched_before_is_known(friend: Loan, clerk: User, finance: User) -> None:
    match(brought(), friend, clerk)
    agree(finance)

    match(brought(ref="B-2", amount="20.00"), friend, clerk)
    assert IncomingPaymentShare.objects.latest("id").ground == MatchGround.KNOWN_PAYER

    first = Repayment.objects.earliest("id")
    reverse_repayment(repayment_id=first.pk, reason="it was a mistake", reversed_on=ON)
    assert isinstance(match(brought(ref="B-3", amount="30.00"), friend, clerk), Approval)


def test_a_small_match_passes_alone_by_the_rule(friend: Loan, clerk: User) -> None:
    two = {"accounts_made_within_days": 365, "delegation_most_days": 30, "amount_from": {MATCH: "50"}}
    RuleFactory(code="two_people", effective_from=date(2026, 1, 1), data=two)

    match(brought(amount="50.00"), friend, clerk)

    assert IncomingPaymentShare.objects.get().ground == "small"
    assert isinstance(match(brought(ref="B-2", amount="50.01"), friend, clerk), Approval)


def test_a_split_is_asked_for_where_one_part_goes_to_a_stranger(friend: Loan, clerk: User, finance: User) -> None:
    own = LoanFactory(
        active=True, disbursed_on=ON - timedelta(days=5), borrower=BorrowerFactory(name="陈陌生", banked=True)
    )
    payment = brought()
    shares = [Share(own.number, Decimal("300.00")), Share(friend.number, Decimal("200.00"))]

    with pytest.raises(MatchNeedsSecondPerson):
        match_or_ask(payment_id=payment.pk, shares=shares, on=ON, by=clerk)
    match_or_ask(payment_id=payment.pk, shares=shares, on=ON, by=clerk, reason="wife and husband")
    agree(finance)

    grounds = dict(IncomingPaymentShare.objects.values_list("repayment__loan_id", "ground"))
    assert grounds == {own.pk: "payer_name", friend.pk: "two_people"}


# --- who decides ------------------------------------------------------------------------------------------------------


def test_neither_the_same_person_nor_his_second_account_nor_a_lost_right(
    friend: Loan, clerk: User, finance: User
) -> None:
    match(brought(), friend, clerk)
    clerk.groups.add(Group.objects.get(name="finance"))
    with pytest.raises(SecondPersonNeeded):
        agree(clerk)
    with acting(actor=clerk, channel="admin"):
        puppet = UserFactory(roles=["finance"])
    with pytest.raises(AccountsNotIndependent):
        agree(puppet)
    finance.groups.clear()
    with pytest.raises(ApprovalNotPermitted):
        agree(finance)
    clerk.groups.clear()
    with pytest.raises(RequesterRightGone):
        agree(UserFactory(roles=["finance"]))
    assert not Repayment.objects.exists()


def test_what_the_loan_refuses_is_told_to_who_asks(friend: Loan, clerk: User, finance: User) -> None:
    payment = brought(amount="20000.00")

    with pytest.raises(PaymentAboveOwed):
        match(payment, friend, clerk)
    assert not Approval.objects.exists() and not Repayment.objects.exists()
    match(payment, friend, clerk, excess=Excess.CREDITED)
    assert match(payment, friend, clerk, excess=Excess.CREDITED) == Approval.objects.get()
    agree(finance)
    assert Repayment.objects.get().overpaid > 0


def test_a_match_agreed_to_too_late_changes_nothing(friend: Loan, clerk: User, finance: User) -> None:
    payment = brought()
    match(payment, friend, clerk)
    importing.match_payment(
        payment_id=payment.pk, shares=[Share(friend.number, payment.left)], on=ON, by=None, agreed_by=finance
    )

    with pytest.raises(PaymentAlreadySettled):
        agree(UserFactory(roles=["finance"]))
    assert Repayment.objects.count() == 1


# --- taken back, or given back ----------------------------------------------------------------------------------------


def test_a_line_taken_back_from_its_loan_waits_again_and_goes_to_another(
    friend: Loan, clerk: User, finance: User
) -> None:
    payment = brought(f"还款 {friend.number}")
    receipt = Repayment.objects.get()

    asked = reverse_or_ask(repayment_id=receipt.pk, reason="another loan's", on=ON, by=clerk)
    assert isinstance(asked, Approval)
    agree(UserFactory(roles=["checker"]))

    payment.refresh_from_db()
    assert (payment.status, payment.left, payment.unmatched_reason) == ("suspense", 500, "taken_back")
    assert_books_right()
    other = LoanFactory(
        active=True, disbursed_on=ON - timedelta(days=5), borrower=BorrowerFactory(name="陈陌生", banked=True)
    )
    with pytest.raises(MatchNeedsSecondPerson):  # its remark names the first loan
        match(payment, other, clerk, reason="")
    match(payment, other, clerk)
    agree(finance)
    assert Repayment.objects.filter(status="posted").get().loan == other
    assert_books_right()


def test_who_matched_by_mistake_takes_it_back_alone_the_same_day(friend: Loan, clerk: User) -> None:
    payment = brought(name="王朋友", amount="5000.00")
    match(payment, friend, clerk)
    receipt = Repayment.objects.get()

    colleague = UserFactory(username="colleague", roles=["operations"])
    assert isinstance(reverse_or_ask(repayment_id=receipt.pk, reason="wrong", on=ON, by=colleague), Approval)
    approvals.reject(
        approval_id=Approval.objects.get(status="pending").pk,
        decided_by=UserFactory(roles=["checker"]),
        reason="ask who matched it",
        on=ON,
    )
    assert isinstance(reverse_or_ask(repayment_id=receipt.pk, reason="wrong", on=ON, by=clerk), Repayment)
    match(payment, friend, clerk)
    again = Repayment.objects.latest("id")
    assert again.pk != receipt.pk and again.stands
    later = reverse_or_ask(repayment_id=again.pk, reason="wrong", on=ON + timedelta(days=1), by=clerk)
    assert isinstance(later, Approval)
    assert_books_right()


def test_what_was_refunded_since_takes_two_to_take_back(friend: Loan, clerk: User) -> None:
    payment = brought(name="王朋友", amount="20000.00")
    match(payment, friend, clerk, excess=Excess.CREDITED)
    receipt = Repayment.objects.get()
    refund_overpayment(loan_id=friend.pk, amount=Decimal("10.00"), on=ON)

    assert isinstance(reverse_or_ask(repayment_id=receipt.pk, reason="wrong", on=ON, by=clerk), Approval)


def test_money_goes_back_only_to_the_account_it_came_from(friend: Loan, clerk: User) -> None:
    nowhere, somewhere = brought(account="", ref="B-2"), brought()

    with pytest.raises(PayerAccountUnknown):
        ask_to_return(payment_id=nowhere.pk, on=ON, reason="nobody's", by=clerk)
    with pytest.raises(PayerAccountUnknown):
        importing.return_payment(payment_id=nowhere.pk, on=ON, reason="nobody's")
    with pytest.raises(IntegrityError), transaction.atomic():
        IncomingPayment.objects.filter(pk=nowhere.pk).update(status="returned")
    request = ask_to_return(payment_id=somewhere.pk, on=ON, reason="nobody's", by=clerk)
    assert request.after["payer_last4"] == STRANGER[-4:]
    agree(UserFactory(roles=["checker"]))
    somewhere.refresh_from_db()
    assert somewhere.is_returned and somewhere.payer_account == STRANGER
    assert_books_right()


def test_a_line_whose_rest_went_back_stays_on_its_loan(friend: Loan, clerk: User) -> None:
    payment = brought(f"还款 {friend.number}", amount="20000.00")
    importing.return_payment(payment_id=payment.pk, on=ON, reason="too much")

    with pytest.raises(IncomingPaymentPartlyReturned):
        reverse_repayment(repayment_id=Repayment.objects.get().pk, reason="wrong", reversed_on=ON)
    assert_books_right()


def test_a_match_is_only_ever_added(friend: Loan) -> None:
    brought(f"还款 {friend.number}")
    share = IncomingPaymentShare.objects.get()

    for wrong in (lambda: IncomingPaymentShare.objects.update(ground="small"), share.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            wrong()
    assert business_date.current() == ON
