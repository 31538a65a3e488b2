"""A clerk who records money that never came and refunds it; every step is refused by name until a second person agrees."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.approvals import ApprovalNotPermitted, SecondPersonNeeded, approve
from audit.models import Approval
from loans.acts.asking import perform_or_ask
from loans.acts.performing import BeyondAuthority, perform
from loans.acts.receipts import reverse_or_ask
from loans.acts.vouching import OwnReceiptVouched, ReceiptProved, ask_to_vouch
from loans.events.act_kinds import Wish
from loans.incoming.returning import ask_to_return
from loans.models import IncomingPayment, Loan, LoanAct, Repayment
from loans.payees.refund_accounts import RefundAccountUnknown, RefundAccountUnverified, RefundNotEvidenced
from loans.servicing.guarding import Excess
from loans.servicing.proving import ReceiptNeedsSecondPerson
from loans.servicing.repayments import record_repayment
from staff.models import User
from tests.borrowers.factories import BankAccountFactory, BorrowerFactory
from tests.loans.books import close_until
from tests.loans.doing import vouched, write_off
from tests.loans.factories import BankFileFactory, LoanFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 15)


@pytest.fixture
def loan() -> Loan:
    made = LoanFactory(active=True, borrower=BorrowerFactory(banked=True))
    close_until(date(2026, 2, 14))
    return made


def received(loan: Loan, amount: str, channel: str = "counter", **told: Any) -> Repayment:
    told = {"recorded_by": None, "idempotency_key": f"{channel}-{Repayment.objects.count()}", **told}
    return record_repayment(
        loan_id=loan.pk,
        amount=Decimal(amount),
        received_on=DAY,
        channel=channel,
        excess=Excess.CREDITED,
        allow_repeat=True,
        **told,
    )


def refund(loan: Loan, amount: str, by: User | None = None, **values: str) -> Wish:
    account = loan.borrower.bank_accounts.get(is_primary=True)
    return Wish(
        loan_id=loan.pk,
        kind="refund",
        values={"amount": Decimal(amount), "to_account": account.reference, **values},
        effective_on=DAY,
        recorded_on=DAY,
        reason="paid twice",
        idempotency_key=f"refund-{amount}-{values}",
        by=by,
    )


class TestReceipts:
    @pytest.mark.parametrize(("channel", "most"), [("counter", "20000.00"), ("api", "50000.00")])
    def test_five_million_without_evidence_are_not_booked(self, loan: Loan, channel: str, most: str) -> None:
        with pytest.raises(ReceiptNeedsSecondPerson) as refusal:
            received(loan, "5000000.00", channel)

        assert refusal.value.code == "receipt_without_bank_line" and not Repayment.objects.exists()
        received(loan, most, channel)

    def test_small_ones_count_together_within_the_days_of_the_rule(self, loan: Loan) -> None:
        for _ in range(4):
            received(loan, "5000.00")

        with pytest.raises(ReceiptNeedsSecondPerson):
            received(loan, "5000.00")
        with pytest.raises(ReceiptNeedsSecondPerson):
            received(loan, "1.00")  # it leaves a credit balance
        record_repayment(
            loan_id=loan.pk,
            amount=Decimal("5000.00"),
            received_on=date(2026, 2, 25),
            channel="counter",
            idempotency_key="later",
            recorded_by=None,
            excess=Excess.CREDITED,
        )

    def test_what_a_bank_says_needs_nobody(self, loan: Loan) -> None:
        assert received(loan, "5000000.00", "bank_file").agreed_by is None

    def test_a_second_person_agrees_before_it_is_booked(self, loan: Loan) -> None:
        teller = UserFactory(roles=["operations"])
        wish = Wish(
            loan_id=loan.pk,
            kind="repayment",
            values={"amount": Decimal("5000000.00"), "allow_overpayment": True},
            effective_on=DAY,
            recorded_on=DAY,
            reason="",
            idempotency_key="five-million",
            by=teller,
        )
        request = perform_or_ask(wish)
        assert isinstance(request, Approval) and request.amount == Decimal("5000000.00")
        assert perform_or_ask(wish) == request and not Repayment.objects.exists()

        with pytest.raises(SecondPersonNeeded):
            approve(approval_id=request.pk, decided_by=teller, on=DAY)
        with pytest.raises(ApprovalNotPermitted):
            approve(approval_id=request.pk, decided_by=UserFactory(roles=["operations"]), on=DAY)
        checker = UserFactory(roles=["checker"])
        approve(approval_id=request.pk, decided_by=checker, on=DAY)

        receipt = Repayment.objects.get()
        assert (receipt.amount, receipt.agreed_by, receipt.recorded_by) == (Decimal("5000000.00"), checker, teller)

    def test_the_page_asks_and_books_nothing(
        self, loan: Loan, client: Client, staff_member: Callable[..., Any]
    ) -> None:
        client.force_login(staff_member("operations"), backend="staff.backends.StaffBackend")
        address = reverse("loans:loan_pay", args=[loan.number])
        key = client.get(address).context["form"]["key"].value()

        client.post(
            address,
            {"key": key, "amount": "5000000", "effective_on": DAY.isoformat(), "allow_overpayment": "on"},
        )

        assert not Repayment.objects.exists()
        assert Approval.objects.get().kind == "loan.repayment"


class TestRefunds:
    def test_it_goes_to_a_verified_account_of_the_borrower_never_to_nobody(self, loan: Loan) -> None:
        received(loan, "15000.00", "bank_file")
        silent = BankAccountFactory(borrower=loan.borrower, account_number="6222020000001022")
        strangers = BankAccountFactory()

        for account, refused in (
            ("", RefundAccountUnknown),
            (strangers.reference, RefundAccountUnknown),
            (silent.reference, RefundAccountUnverified),
        ):
            with pytest.raises(refused):
                perform(refund(loan, "5.00", to_account=account), approved=True)

        assert not LoanAct.objects.exists()

    def test_one_cent_takes_two_people(self, loan: Loan) -> None:
        received(loan, "15000.00", "bank_file")
        clerk = UserFactory(roles=["finance"])

        with pytest.raises(BeyondAuthority):
            perform(refund(loan, "0.01", by=clerk))
        request = perform_or_ask(refund(loan, "0.01", by=clerk))
        assert isinstance(request, Approval)
        with pytest.raises(SecondPersonNeeded):
            approve(approval_id=request.pk, decided_by=clerk, on=DAY)
        approve(approval_id=request.pk, decided_by=UserFactory(roles=["checker"]), on=DAY)

        assert (
            LoanAct.objects.get().parameters["to_account"].endswith(loan.borrower.bank_accounts.get().account_index[:8])
        )

    def test_an_account_refused_since_it_was_asked_for_is_not_paid(self, loan: Loan) -> None:
        received(loan, "15000.00", "bank_file")
        request = perform_or_ask(refund(loan, "10.00", by=UserFactory(roles=["finance"])))
        loan.borrower.bank_accounts.update(state="refused", is_primary=False)

        with pytest.raises(RefundAccountUnverified):
            approve(approval_id=request.pk, decided_by=UserFactory(roles=["checker"]), on=DAY)

        assert not LoanAct.objects.exists()

    def test_what_no_bank_line_stands_behind_is_not_refunded(self, loan: Loan) -> None:
        teller = UserFactory(roles=["operations"])
        receipt = received(loan, "15000.00", recorded_by=teller)

        with pytest.raises(RefundNotEvidenced) as refusal:
            perform(refund(loan, "5.00"), approved=True)
        assert receipt.number in refusal.value.detail

        request = ask_to_vouch(repayment_id=receipt.pk, reason="slip 4711", on=DAY, by=UserFactory())
        with pytest.raises(OwnReceiptVouched):
            UserFactory._meta.model.objects.get(pk=teller.pk).groups.set(UserFactory(roles=["checker"]).groups.all())
            approve(approval_id=request.pk, decided_by=User.objects.get(pk=teller.pk), on=DAY)
        approve(approval_id=request.pk, decided_by=UserFactory(roles=["checker"]), on=DAY)
        perform(refund(loan, "5.00"), approved=True)
        with pytest.raises(ReceiptProved):
            ask_to_vouch(repayment_id=receipt.pk, reason="slip 4711", on=DAY, by=None)

    def test_a_right_taken_away_decides_nothing(self, loan: Loan) -> None:
        received(loan, "15000.00", "bank_file")
        request = perform_or_ask(refund(loan, "5.00", by=UserFactory(roles=["finance"])))
        checker = UserFactory(roles=["checker"])
        checker.groups.clear()

        with pytest.raises(ApprovalNotPermitted):
            approve(approval_id=request.pk, decided_by=User.objects.get(pk=checker.pk), on=DAY)


def test_a_recovery_is_undone_by_two_whatever_its_size(loan: Loan) -> None:
    write_off(loan_id=loan.pk, on=DAY, reason="lost")
    recovery = received(loan, "1.00")

    asked = reverse_or_ask(repayment_id=recovery.pk, reason="wrong loan", on=DAY, by=UserFactory(roles=["finance"]))

    assert isinstance(asked, Approval)
    recovery.refresh_from_db()
    assert recovery.stands


def test_money_of_nobody_goes_back_when_two_agreed() -> None:
    payment = IncomingPayment.objects.get(bank_file=BankFileFactory())
    clerk = UserFactory(roles=["operations"])

    request = ask_to_return(payment_id=payment.pk, on=DAY, reason="nobody's", by=clerk)
    payment.refresh_from_db()
    assert not payment.is_returned
    with pytest.raises(SecondPersonNeeded):
        approve(approval_id=request.pk, decided_by=clerk, on=DAY)
    approve(approval_id=request.pk, decided_by=UserFactory(roles=["checker"]), on=DAY)

    payment.refresh_from_db()
    assert payment.is_returned


def test_a_loan_whose_receipts_are_vouched_for_is_refunded(loan: Loan) -> None:
    received(loan, "15000.00")
    vouched(loan, DAY)

    assert perform(refund(loan, "5.00"), approved=True)
