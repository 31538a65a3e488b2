"""What one person may say was received: small receipts together, over all loans on a day, from an earlier day; at once."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Approval
from core.rules import forget_cached_rules, rule
from loans.acts.asking import perform_or_ask
from loans.acts.receipts import reverse_or_ask
from loans.models import Loan, Repayment
from loans.servicing.guarding import Excess
from loans.servicing.proving import RULE, ReceiptBackDated, ReceiptGivesUp, ReceiptNeedsSecondPerson, SaidTooMuchInADay
from loans.servicing.repayments import record_repayment
from staff.models import User
from tests.core.factories import rule_says
from tests.loans.acts.test_acts import wish
from tests.loans.books import close_until
from tests.loans.doing import second_person_agrees
from tests.loans.factories import LoanFactory
from tests.loans.night.test_concurrency import at_once
from tests.staff.factories import UserFactory, second_account_of

DAY = date(2026, 2, 15)


def the_rule(**changes: Any) -> None:
    """The seeded rule with other figures."""
    rule_says(RULE, rule(RULE, DAY) | changes)
    forget_cached_rules()


def said(loan: Loan, amount: str, by: User | None = None, on: date = DAY, **told: Any) -> Repayment:
    told = {"received_on": on, "idempotency_key": f"{loan.pk}-{amount}-{Repayment.objects.count()}", **told}
    return record_repayment(
        loan_id=loan.pk,
        amount=Decimal(amount),
        recorded_on=on,
        recorded_by=by,
        excess=Excess.CREDITED,
        allow_repeat=True,
        **{"channel": "counter", **told},
    )


@pytest.fixture
def loan(db: None) -> Loan:
    made = LoanFactory(active=True)
    close_until(date(2026, 2, 14))
    return made


class TestSmallOnes:
    def test_receipts_of_any_size_are_summed_on_a_loan(self, loan: Loan) -> None:
        """Each is below what used to be counted at all."""
        the_rule(alone={"counter": "5000", "api": "50000"})
        for _ in range(5):
            said(loan, "999.00")

        with pytest.raises(ReceiptNeedsSecondPerson) as refusal:
            said(loan, "6.00")

        assert refusal.value.code == "receipt_without_bank_line"
        said(loan, "5.00")
        said(loan, "999.00", on=DAY + timedelta(days=8))  # the days of the rule are over

    def test_what_was_taken_back_alone_still_counts(self, loan: Loan) -> None:
        clerk = UserFactory(roles=["operations"])
        first = said(loan, "4000.00", clerk)
        reverse_or_ask(repayment_id=first.pk, reason="typed wrong", on=DAY, by=clerk)
        the_rule(alone={"counter": "5000", "api": "50000"})

        with pytest.raises(ReceiptNeedsSecondPerson):
            said(loan, "4000.00", clerk)

    def test_what_a_second_person_or_a_bank_stands_behind_does_not(self, loan: Loan) -> None:
        clerk = UserFactory()
        said(loan, "20000.00", clerk, agreed_by=UserFactory(), approved=True)
        said(loan, "20000.00", clerk, channel="bank_file")

        assert said(loan, "20000.00", clerk)


class TestOneDay:
    def test_one_person_says_so_much_over_all_loans(self, loan: Loan) -> None:
        clerk, colleague = UserFactory(), UserFactory()
        for _ in range(3):
            said(LoanFactory(active=True), "20000.00", clerk)

        with pytest.raises(SaidTooMuchInADay) as refusal:
            said(loan, "0.01", clerk)

        assert (refusal.value.code, refusal.value.field) == ("receipts_of_a_day", "amount")
        assert "60,000.01" in refusal.value.detail
        assert said(loan, "20000.00", colleague)
        assert said(LoanFactory(active=True), "0.01", clerk, on=DAY + timedelta(days=1))

    def test_a_second_account_of_the_same_person_counts_with_it(self, loan: Loan) -> None:
        clerk = UserFactory(username="clerk", roles=["operations"])
        second, colleague = second_account_of(clerk, "operations"), UserFactory(roles=["operations"])
        for _ in range(3):
            said(LoanFactory(active=True), "20000.00", clerk)

        with pytest.raises(SaidTooMuchInADay) as refusal:
            said(loan, "0.01", second)

        assert "60,000.01" in refusal.value.detail
        assert said(loan, "20000.00", colleague)

    def test_on_the_page_it_becomes_a_request(
        self, loan: Loan, client: Client, staff_member: Callable[..., Any]
    ) -> None:
        clerk = staff_member("operations")
        the_rule(in_a_day={"counter": "500", "api": "500"})
        said(LoanFactory(active=True), "400.00", clerk)
        client.force_login(clerk, backend="staff.backends.StaffBackend")
        address = reverse("loans:loan_pay", args=[loan.number])

        key = client.get(address).context["form"]["key"].value()
        client.post(address, {"key": key, "amount": "101", "effective_on": DAY.isoformat()})

        assert Repayment.objects.filter(loan=loan).count() == 0
        assert "so much on one day" in Approval.objects.get().reason


@pytest.mark.django_db(transaction=True)
def test_of_two_receipts_at_once_only_one_fits_the_day() -> None:
    clerk = UserFactory()
    loans = [LoanFactory(active=True) for _ in range(6)]
    close_until(date(2026, 2, 14))
    the_rule(in_a_day={"counter": "1000", "api": "0"})

    answers = at_once([lambda loan=loan: said(loan, "600.00", clerk, idempotency_key=str(loan.pk)) for loan in loans])

    assert [type(answer) for answer in answers if not isinstance(answer, Repayment)] == [SaidTooMuchInADay] * 5
    assert Repayment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_nor_do_two_accounts_of_one_person_at_once() -> None:
    clerk = UserFactory()
    hands = [clerk, second_account_of(clerk)]
    loans = [LoanFactory(active=True) for _ in range(6)]
    close_until(date(2026, 2, 14))
    the_rule(in_a_day={"counter": "1000", "api": "0"})
    told = [(loan, hands[number % 2]) for number, loan in enumerate(loans)]

    answers = at_once(
        [lambda loan=loan, by=by: said(loan, "600.00", by, idempotency_key=str(loan.pk)) for loan, by in told]
    )

    assert [type(answer) for answer in answers if not isinstance(answer, Repayment)] == [SaidTooMuchInADay] * 5
    assert Repayment.objects.count() == 1


class TestEarlierDays:
    def test_further_back_than_one_may_say_takes_two(self, loan: Loan) -> None:
        clerk = UserFactory(roles=["operations"])

        with pytest.raises(ReceiptBackDated) as refusal:
            said(loan, "100.00", clerk, received_on=DAY - timedelta(days=2))

        assert (refusal.value.code, refusal.value.field) == ("receipt_back_dated", "received_on")
        assert said(loan, "100.00", clerk, received_on=DAY - timedelta(days=1))
        assert said(loan, "100.00", clerk, received_on=DAY - timedelta(days=9), channel="bank_file")
        request = perform_or_ask(
            wish(loan, "repayment", DAY - timedelta(days=2), recorded_on=DAY, amount=Decimal("101.00"))
        )
        assert isinstance(request, Approval) and "earlier day" in request.reason
        second_person_agrees(DAY)
        assert Repayment.objects.get(amount=Decimal("101.00")).agreed_by is not None

    def test_late_interest_given_up_by_a_day_counts_like_a_waiver(self, loan: Loan) -> None:
        """Two instalments are late in July; on the word that it was paid in March nothing ever was."""
        the_rule(days_back={"counter": 400, "api": 0})
        july = date(2026, 7, 20)
        close_until(july - timedelta(days=1))
        owed = {"by": UserFactory(), "on": july, "received_on": date(2026, 3, 1)}
        rule_says("act_authority", rule("act_authority", july) | {"waiver": {"waived": "20"}})
        forget_cached_rules()

        with pytest.raises(ReceiptGivesUp) as refusal:
            said(loan, "6000.00", **owed)
        assert refusal.value.code == "receipt_gives_up"

        small = said(loan, "1100.00", by=UserFactory(), on=july, received_on=july - timedelta(days=20))
        assert Decimal(0) < small.given_up <= 20
        with pytest.raises(ReceiptGivesUp):  # together with what was given up before
            for back in range(21, 60):
                said(loan, "1100.00", by=UserFactory(), on=july, received_on=july - timedelta(days=back))

    def test_a_receipt_is_not_moved_back_alone_either(self, loan: Loan) -> None:
        clerk = UserFactory(roles=["operations"])
        receipt = said(loan, "100.00", clerk)
        move = wish(loan, "receipt_redated", DAY, receipt=receipt.number, received_on=DAY - timedelta(days=5))

        assert isinstance(perform_or_ask(move), Approval)
