"""What one person may decide is all that nobody second agreed to, not the amount of one decision."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from audit import approvals
from audit.models import Approval
from borrowers.models import Borrower
from core import business_date
from loans.acts.asking import perform_or_ask
from loans.disbursement import disbursing
from loans.gate.asking import OverrideNeeded
from loans.gate.authority import authority_beside, one_person_decides
from loans.gate.commitments import commitments_of
from loans.models import Application, BankTransfer, Disbursement, GateVerdict
from loans.origination import origination
from risk import underwriting
from staff.models import User
from tests.borrowers.factories import ExternalDebtFactory
from tests.core.factories import RuleFactory
from tests.loans.acts.test_acts import wish
from tests.loans.disbursement.test_first_drawdown import FIRST_DUE, a_line_drawn_once
from tests.loans.factories import (
    ON,
    ApplicantFactory,
    ApplicationFactory,
    DecisionFactory,
    LoanFactory,
    OfferFactory,
    an_application,
)
from tests.risk.factories import CreditLimitFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
SMALL = Decimal(15_000)


def rich() -> Borrower:
    borrower = ApplicantFactory(income__monthly_amount=Decimal(90_000))
    CreditLimitFactory(borrower=borrower, amount=Decimal(150_000))
    return borrower


def offered(borrower: Borrower, amount: Decimal = SMALL) -> Application:
    """One more decision of one underwriter; what is offered is accepted, so that no application stays open."""
    application = ApplicationFactory(borrower=borrower, amount=amount)
    uwe = UserFactory(username="uwe", roles=["underwriter"])
    application = origination.decide(
        application_id=application.pk,
        decision=DecisionFactory(application=application, source="staff", note="Known for years"),
        on=ON,
        by=uwe,
    )
    if application.status == "offered":
        origination.accept_offer(offer_id=application.offers.get().pk, on=ON, accepted_via="web")
    return application


def test_many_small_decisions_are_one_large_one() -> None:
    """The house lets one person decide up to 50,000: three of 15,000 pass, the fourth needs somebody else."""
    borrower = rich()

    found = [offered(borrower).status for _ in range(3)]
    fourth = offered(borrower)

    assert found == ["offered"] * 3
    assert fourth.status == "second_approval"
    request = Approval.objects.get()
    assert (request.after["bound_by_one_person"], request.after["one_person_decides"]) == ("60000.00", "50000.00")


def test_what_two_people_agreed_to_stands_beside_it() -> None:
    borrower = rich()
    large = offered(borrower, Decimal(60_000))
    checker = UserFactory(username="carla", roles=["checker"])
    approvals.approve(approval_id=Approval.objects.get().pk, decided_by=checker, on=ON)
    origination.accept_offer(offer_id=large.offers.get().pk, on=ON, accepted_via="web")

    bound = commitments_of(borrower.pk, ON)
    assert (bound.amount, bound.agreed_by_one) == (60_000, 0)
    assert offered(borrower).status != "second_approval"
    assert commitments_of(borrower.pk, ON).agreed_by_one == SMALL


def test_who_decided_alone_in_an_emergency_is_one_person() -> None:
    borrower = rich()
    offered(borrower, Decimal(60_000))
    request = Approval.objects.get()
    approvals.approve(approval_id=request.pk, decided_by=UserFactory(roles=["checker"]), on=ON)
    assert commitments_of(borrower.pk, ON).agreed_by_one == 0

    Approval.objects.filter(pk=request.pk).update(broke_glass=True)

    assert commitments_of(borrower.pk, ON).agreed_by_one == 60_000


def test_the_rules_alone_bind_the_house_to_no_more() -> None:
    borrower = rich()
    LoanFactory(active=True, borrower=borrower, principal=Decimal(45_000))
    application = ApplicationFactory(borrower=borrower, amount=Decimal(6_000))

    application = underwriting.decide_automatically(application_id=application.pk, on=ON)

    assert (application.status, application.decision_reasons) == ("referred", ["large_amount"])


def test_up_to_the_very_amount_one_person_decides() -> None:
    borrower = rich()
    LoanFactory(active=True, borrower=borrower, principal=Decimal(45_000))
    bound = commitments_of(borrower.pk, ON)

    authority = authority_beside(bound, "CN", ON)

    assert (authority.bound, authority.most, authority.left) == (45_000, one_person_decides(ON), 5_000)
    assert [authority.exceeded_by(Decimal(amount)) for amount in ("5000.00", "5000.01")] == [False, True]


def test_who_may_agree_to_overrides_alone_is_told_both_figures() -> None:
    """Without the right to agree to amounts: an override of 15,000 that makes 60,000 in all."""
    borrower = rich()
    for _ in range(3):
        offered(borrower)
    ExternalDebtFactory(borrower=borrower, monthly_payment=Decimal(80_000))
    application = ApplicationFactory(borrower=borrower, amount=SMALL)
    origination.decide(
        application_id=application.pk,
        decision=DecisionFactory(application=application, source="staff", note="Known for years"),
        on=ON,
        by=UserFactory(username="uwe", roles=["underwriter"]),
        override="Pays from savings",
    )
    checker = UserFactory(username="carla", roles=["checker"])
    checker.groups.get().permissions.remove(*checker.groups.get().permissions.filter(codename="approve_second"))

    with pytest.raises(approvals.ApprovalNotPermitted) as refusal:
        approvals.approve(approval_id=Approval.objects.get().pk, decided_by=User.objects.get(pk=checker.pk), on=ON)

    assert "60,000.00" in str(refusal.value.detail)
    assert "50,000.00" in str(refusal.value.detail)


def test_a_further_part_that_nobody_second_agreed_to_is_asked_for() -> None:
    loan = a_line_drawn_once()
    RuleFactory(code="second_approval", data={"amount_over": "5500.00"})  # less than what is drawn with the next part

    asked_for = wish(loan, "drawn_down", FIRST_DUE, amount=Decimal(1_000))
    asked = perform_or_ask(replace(asked_for, by=UserFactory(roles=["operations"])))

    assert isinstance(asked, Approval)
    assert (asked.after["bound_by_one_person"], asked.after["one_person_decides"]) == ("¥ 6,000.00", "¥ 5,500.00")
    assert not Disbursement.objects.filter(is_drawdown=True).exists()
    assert not GateVerdict.objects.filter(act="drawdown").exists()

    approvals.approve(approval_id=asked.pk, decided_by=UserFactory(roles=["checker"]), on=FIRST_DUE)

    assert Disbursement.objects.get(is_drawdown=True).amount == 1_000


def test_a_part_of_a_loan_that_two_agreed_to_is_not() -> None:
    loan = a_line_drawn_once()
    RuleFactory(code="second_approval", data={"amount_over": "5500.00"})
    assert loan.application is not None
    Approval.objects.create(
        kind="application.second_approval",
        object_type="loans.application",
        object_id=str(loan.application.pk),
        object_label=loan.application.number,
        status="approved",
        reason="Known",
        requested_by=UserFactory(),
        requested_on=ON,
        expires_on=ON,
        decided_by=UserFactory(),
    )

    done = perform_or_ask(wish(loan, "drawn_down", FIRST_DUE, amount=Decimal(1_000)))

    assert isinstance(done, Disbursement)


class TestAskedAgain:
    """What one person may decide is asked on the day the house is bound, not only on the day of the decision."""

    def lowered(self) -> date:
        tomorrow = ON + timedelta(days=1)
        RuleFactory(code="second_approval", effective_from=tomorrow, data={"amount_over": "1000"})
        business_date.move_to(tomorrow)
        return tomorrow

    def test_yesterdays_offer_is_not_accepted_by_todays_rule(self) -> None:
        offer = OfferFactory(application=an_application(amount=Decimal(10_000)))
        tomorrow = self.lowered()

        with pytest.raises(OverrideNeeded) as refusal:
            origination.accept_offer(offer_id=offer.pk, on=tomorrow, accepted_via="app")

        assert [found.code for found in refusal.value.stopped] == ["authority"]

    def test_nor_is_what_was_accepted_paid_out(self) -> None:
        offer = OfferFactory(application=an_application(amount=Decimal(10_000)))
        loan = origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="app")
        tomorrow = self.lowered()

        with pytest.raises(OverrideNeeded):
            disbursing.disburse(loan_id=loan.pk, on=tomorrow)

        assert not BankTransfer.objects.exists()

    def test_what_two_people_agreed_to_is(self) -> None:
        borrower = rich()
        large = offered(borrower, Decimal(60_000))
        approvals.approve(approval_id=Approval.objects.get().pk, decided_by=UserFactory(roles=["checker"]), on=ON)
        tomorrow = self.lowered()

        loan = origination.accept_offer(offer_id=large.offers.get().pk, on=tomorrow, accepted_via="web")
        disbursing.disburse(loan_id=loan.pk, on=tomorrow)

        assert BankTransfer.objects.count() == 1
