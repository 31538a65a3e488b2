"""Money that only a word stands behind does not leave again, whichever receipt left the credit balance; and a merchant's
refund is a word as well."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.approvals import SecondPersonNeeded, approve
from audit.models import Approval
from core import business_date
from core.models import Rule
from core.rules import forget_cached_rules
from loans.acts.asking import perform_or_ask, undo_or_ask
from loans.acts.performing import BeyondAuthority, perform
from loans.acts.vouching import OwnRefundVouched, RefundProved, ask_to_vouch_for_refund
from loans.models import Loan, LoanAct, Repayment
from loans.payees.refund_accounts import RefundNotEvidenced
from loans.servicing.proving import SaidTooMuchInADay
from staff.models import User
from tests.borrowers.factories import BorrowerFactory
from tests.core.factories import rule_says
from tests.loans.acts.test_acts import wish
from tests.loans.acts.test_two_for_money import DAY, received, refund
from tests.loans.books import a_product, close_until
from tests.loans.doing import vouched
from tests.loans.factories import LoanFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def loan() -> Loan:
    version = a_product("phone-purchase", is_purchase=True)
    made = LoanFactory(active=True, borrower=BorrowerFactory(banked=True), product_version=version)
    close_until(date(2026, 2, 14))
    business_date.move_to(DAY)
    return made


def given_back(loan: Loan, amount: str, by: User | None = None, **told: Any) -> Any:
    asked = wish(loan, "merchant_refund", told.pop("on", DAY), recorded_on=DAY, amount=Decimal(amount), **told)
    return perform_or_ask(replace(asked, by=by))


class TestRefunds:
    def test_a_word_first_and_a_bank_s_money_after_it_give_nothing_back(self, loan: Loan) -> None:
        """12,060 owed: 10,000 by word leave the bank's 5,000 some 2,900 too much; none of it may go."""
        received(loan, "10000.00")
        proved = received(loan, "5000.00", "bank_file")
        assert proved.overpaid > 0

        with pytest.raises(RefundNotEvidenced) as refusal:
            perform(refund(loan, "0.01"), approved=True)

        assert Repayment.objects.first().number in refusal.value.detail
        vouched(loan, DAY)
        assert perform(refund(loan, str(proved.overpaid)), approved=True)

    def test_what_is_left_beside_the_words_may_go(self, loan: Loan) -> None:
        received(loan, "300.00")
        over = received(loan, "13000.00", "bank_file").overpaid

        with pytest.raises(RefundNotEvidenced):
            perform(refund(loan, str(over - 300 + Decimal("0.01"))), approved=True)
        assert perform(refund(loan, str(over - 300)), approved=True)

    def test_a_merchant_s_word_counts_too(self, loan: Loan) -> None:
        given_back(loan, "2000.00")
        over = received(loan, "13000.00", "bank_file").overpaid

        with pytest.raises(RefundNotEvidenced):
            perform(refund(loan, str(over - 1999)), approved=True)
        assert perform(refund(loan, str(over - 2000)), approved=True)


class TestRefundsOfMerchants:
    def test_it_counts_with_receipts_by_word_on_the_loan(self, loan: Loan) -> None:
        received(loan, "11000.00")

        asked = given_back(loan, "9001.00")

        assert isinstance(asked, Approval) and asked.kind == "loan.merchant_refund"
        assert not LoanAct.objects.exists()

    def test_it_counts_with_what_the_same_person_said_that_day(self, loan: Loan) -> None:
        clerk = UserFactory(roles=["operations"])
        rule_says(
            "receipt_without_bank_line",
            Rule.objects.get(code="receipt_without_bank_line").data | {"in_a_day": {"counter": "3000"}},
        )
        forget_cached_rules()
        assert isinstance(given_back(loan, "2000.00", clerk), LoanAct)

        with pytest.raises(SaidTooMuchInADay):
            received(LoanFactory(active=True), "1000.01", recorded_by=clerk)
        assert isinstance(given_back(loan, "1000.01", clerk), Approval)

    def test_counted_from_an_earlier_day_it_takes_two(self, loan: Loan) -> None:
        assert isinstance(given_back(loan, "100.00", on=date(2026, 2, 10)), Approval)

    def test_somebody_else_vouches_for_it_on_the_page(
        self, loan: Loan, client: Client, staff_member: Callable[..., Any]
    ) -> None:
        clerk = staff_member("operations")
        act = given_back(loan, "2000.00", clerk)
        client.force_login(clerk, backend="staff.backends.StaffBackend")
        assert "2,000.00" in client.get(reverse("loans:payments_by_word")).content.decode()

        sent = client.post(reverse("loans:refund_vouch", args=[loan.number, act.public_id]), {"reason": "slip 4711"})

        assert sent.status_code == 302
        request = Approval.objects.get(kind="loan.merchant_refund.vouched")
        with pytest.raises(SecondPersonNeeded):
            approve(approval_id=request.pk, decided_by=clerk, on=DAY)
        checker = UserFactory(roles=["checker"])
        approve(approval_id=request.pk, decided_by=checker, on=DAY)
        act.refresh_from_db()
        assert (act.agreed_by, act.is_unproved) == (checker, False)
        with pytest.raises(RefundProved):
            ask_to_vouch_for_refund(act_id=act.pk, reason="slip 4711", on=DAY, by=None)
        assert isinstance(undo_or_ask(act_id=act.pk, reason="by mistake", on=DAY, by=clerk), Approval)

    def test_who_recorded_it_does_not_vouch_for_it(self, loan: Loan) -> None:
        checker = UserFactory(roles=["checker"])
        act = given_back(loan, "2000.00", checker)
        request = ask_to_vouch_for_refund(act_id=act.pk, reason="slip 4711", on=DAY, by=UserFactory())

        with pytest.raises(OwnRefundVouched):
            approve(approval_id=request.pk, decided_by=checker, on=DAY)

    def test_alone_it_is_refused_by_name(self, loan: Loan) -> None:
        received(loan, "11000.00")

        with pytest.raises(BeyondAuthority):
            perform(wish(loan, "merchant_refund", DAY, amount=Decimal("9001.00")))
