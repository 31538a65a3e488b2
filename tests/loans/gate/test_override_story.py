"""An override from the underwriter's reason to the borrower's signature: who may, what is seen, and how far it reaches."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from audit import approvals
from audit.models import Approval
from core import business_date
from core.errors import DomainError
from loans.gate import overrides
from loans.gate.asking import OverrideNeeded
from loans.gate.gate import BindingAct
from loans.models import Application, GateOverride, Loan
from loans.origination import origination
from loans.origination.origination import DeciderAccepts
from loans.preconditions.taker import TakerDecides
from risk import underwriting
from tests.borrowers.factories import ExternalDebtFactory
from tests.loans.factories import ON, ApplicantFactory, ApplicationFactory, LoanFactory, OfferFactory
from tests.loans.gate.doors import BREAKS, a_client, rows
from tests.risk.factories import CreditLimitFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
LIMIT = Decimal(8_000)
WHY = "Paid three loans on time elsewhere"
PRICE = {"amount", "number of instalments", "annual rate", "total repayable", "monthly payment"}  # shown beside it


@pytest.fixture(autouse=True)
def _the_day() -> None:
    business_date.move_to(ON)


def uwe() -> Any:
    return UserFactory(username="uwe", roles=["underwriter"])


def cai() -> Any:
    return UserFactory(username="cai", roles=["checker"])


def asked(**wish: Any) -> tuple[Application, Approval]:
    """10,000.00 for somebody with a limit of 8,000.00, for which Uwe asks a second person."""
    lin = ApplicantFactory()
    CreditLimitFactory(borrower=lin, amount=LIMIT)
    application = ApplicationFactory(borrower=lin, **wish)
    underwriting.assess(application_id=application.pk, on=ON)
    underwriting.decide(
        application_id=application.pk,
        outcome="approve",
        reasons=("contact_confirmed",),
        principal=application.amount,
        on=ON,
        by=uwe(),
        override=WHY,
    )
    return application, Approval.objects.get()


def agree(request: Approval, by: Any = None, on: Any = ON) -> Approval:
    return approvals.approve(approval_id=request.pk, decided_by=by or cai(), on=on)


class TestWho:
    def test_the_second_person_sees_what_is_overridden_and_why(self) -> None:
        _application, request = asked()

        page = a_client("checker").get("/app/approvals/").content.decode()

        assert request.kind == "application.override"
        assert {name: text for name, text in request.outcome if name not in PRICE} == {
            "Within the limit": "does not pass",
            "Within the limit · existing debt and commitments": "0.00",
            "Within the limit · total including this loan": "10,000.00",
            "Within the limit · limit": "8,000.00",
        }
        assert "8,000.00" in page
        assert WHY in page

    def test_agreed_the_offer_stands_and_the_override_is_kept(self) -> None:
        application, request = asked()

        agree(request)

        kept = GateOverride.objects.get()
        assert (kept.checks, kept.amount, kept.reason) == (["limit"], Decimal(10_000), WHY)
        assert (kept.asked_by, kept.agreed_by, kept.good_until) == (uwe(), cai(), ON + timedelta(days=14))
        findings = {one["code"]: one["result"] for one in application.offers.get().verdict.findings}
        assert [code for code, result in findings.items() if result != "passed"] == ["limit"]
        assert findings["limit"] == "overridden"
        assert rows("SELECT count(*) FROM loans_gateverdict WHERE act = 'second_person' AND binds") == [(1,)]

    def test_not_the_same_person(self) -> None:
        _application, request = asked()
        uwe().groups.set(cai().groups.all())

        with pytest.raises(approvals.SecondPersonNeeded):
            agree(request, by=uwe())

    @pytest.mark.parametrize("roles", [["underwriter"], ["officer"], ["operations"], ["administrator"]])
    def test_not_without_the_right(self, roles: list[str]) -> None:
        _application, request = asked()

        with pytest.raises(DomainError) as refusal:
            agree(request, by=UserFactory(username="other", roles=roles))
        assert refusal.value.code == "approval_not_permitted"
        assert rows("SELECT count(*) FROM loans_offer") == [(0,)]

    def test_without_a_reason_nobody_is_asked(self) -> None:
        lin = ApplicantFactory()
        CreditLimitFactory(borrower=lin, amount=LIMIT)
        application = ApplicationFactory(borrower=lin)
        underwriting.assess(application_id=application.pk, on=ON)

        with pytest.raises(OverrideNeeded, match=r"the limit is ¥\s8,000\.00"):
            underwriting.decide(
                application_id=application.pk,
                outcome="approve",
                reasons=("contact_confirmed",),
                principal=application.amount,
                on=ON,
                by=uwe(),
                override="  ",
            )
        assert not Approval.objects.exists()

    def test_who_took_it_neither_decides_nor_agrees(self) -> None:
        taker = UserFactory(username="taker", roles=["officer", "checker", "underwriter"])
        _application, request = asked(submitted_by=taker)

        with pytest.raises(TakerDecides):
            agree(request, by=taker)
        with pytest.raises(TakerDecides):
            underwriting.decide(
                application_id=ApplicationFactory(submitted_by=taker).pk,
                outcome="decline",
                reasons=("affordability",),
                on=ON,
                by=taker,
            )

    def test_neither_of_the_two_accepts_for_the_borrower(self) -> None:
        application, request = asked()
        agree(request)
        offer = application.offers.get()

        for person in (uwe(), cai()):
            with pytest.raises(DeciderAccepts):
                origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="counter", by=person)
        other = UserFactory(username="officer", roles=["officer"])
        assert origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="counter", by=other).pk

    def test_who_may_override_does_not_for_that_reason_agree_to_large_amounts(self) -> None:
        application, request = asked(amount=Decimal(60_000))
        overriding = UserFactory(username="overriding")
        rows(
            "INSERT INTO staff_user_user_permissions (user_id, permission_id)"
            " SELECT %s, id FROM auth_permission WHERE codename = 'override_gate'",
            overriding.pk,
        )
        assert overriding.has_perm("loans.override_gate")

        with pytest.raises(approvals.ApprovalNotPermitted):
            agree(request, by=overriding)
        agree(request)
        assert application.offers.get().principal == 60_000


class TestWhatChangedMeanwhile:
    def test_the_request_shows_both_and_nothing_is_bound(self) -> None:
        application, request = asked()
        ExternalDebtFactory(borrower=application.borrower, monthly_payment=Decimal(5_900))

        with pytest.raises(approvals.OutcomeChanged):
            agree(request)

        request.refresh_from_db()
        assert rows("SELECT count(*) FROM loans_offer") == [(0,)]
        assert request.status == "pending"
        before, after = (
            {label.partition(" · ")[0] for label, _told in shown} for shown in (request.outcome_before, request.outcome)
        )
        assert (before - PRICE, after - PRICE) == ({"Within the limit"}, {"Within the limit", "Affordable"})
        agree(request)
        assert GateOverride.objects.get().checks == ["affordability", "limit"]

    def test_a_hard_check_stops_it(self) -> None:
        application, request = asked()
        BREAKS["do_not_lend"](application.borrower)

        with pytest.raises(DomainError) as refusal:
            agree(request)
        assert refusal.value.code == "gate_refused"
        assert rows("SELECT count(*) FROM loans_offer") == [(0,)]
        assert not GateOverride.objects.exists()


class TestHowFarItReaches:
    def overridden(self) -> Loan:
        application, request = asked()
        agree(request)
        return origination.accept_offer(offer_id=application.offers.get().pk, on=ON, accepted_via="app")

    def test_from_decision_to_payout_for_the_same_money(self) -> None:
        loan = self.overridden()

        assert overrides.asking.ask(overrides.of_payout(loan, ON), BindingAct.DISBURSEMENT, ON).verdict.binds

    def test_until_its_last_day(self) -> None:
        loan, last = self.overridden(), ON + timedelta(days=14)
        for on, binds in ((last, True), (last + timedelta(days=1), False)):
            answer = overrides.asking.ask(overrides.of_payout(loan, on), BindingAct.DISBURSEMENT, on)
            assert answer.verdict.binds is binds

    def test_not_for_a_larger_amount(self) -> None:
        loan = self.overridden()
        loan.principal += Decimal("0.01")

        answer = overrides.asking.ask(overrides.of_payout(loan, ON), BindingAct.DISBURSEMENT, ON)
        assert [found.code for found in answer.verdict.to_override] == ["limit"]

    def test_not_for_another_check(self) -> None:
        loan = self.overridden()
        BREAKS["score"](loan.borrower)

        answer = overrides.asking.ask(overrides.of_payout(loan, ON), BindingAct.DISBURSEMENT, ON)
        assert [found.code for found in answer.verdict.to_override] == ["score"]

    def test_not_for_another_application(self) -> None:
        loan = self.overridden()
        assert loan.application is not None

        with pytest.raises(OverrideNeeded):
            underwriting.decide(
                application_id=self.another(loan).pk,
                outcome="approve",
                reasons=("contact_confirmed",),
                principal=Decimal(100),
                on=ON,
                by=uwe(),
            )

    def another(self, loan: Loan) -> Application:
        application = ApplicationFactory(borrower=loan.borrower, amount=Decimal(100))
        underwriting.assess(application_id=application.pk, on=ON)
        return application

    def test_not_for_a_loan_that_has_none(self) -> None:
        loan = self.overridden()
        other = LoanFactory(borrower=loan.borrower, principal=Decimal(100))

        answer = overrides.asking.ask(overrides.of_payout(other, ON), BindingAct.DISBURSEMENT, ON)
        assert "limit" in {found.code for found in answer.verdict.to_override}


class TestBeforehand:
    """An offer stands and cannot be accepted: a second person is asked before the borrower comes again."""

    def test_asked_agreed_and_accepted(self) -> None:
        offer = OfferFactory()
        BREAKS["limit"](offer.application.borrower)
        page = f"/app/applications/{offer.application.number}"
        a_client("officer").post(f"{page}/accept")
        assert rows("SELECT count(*) FROM loans_loan") == [(0,)]

        overrides.request(obj=offer.application, act=BindingAct.ACCEPTANCE, reason=WHY, on=ON, by=uwe())
        request = Approval.objects.get(kind="gate.override")
        agree(request)
        with pytest.raises(DeciderAccepts):
            origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="counter", by=cai())
        a_client("officer").post(f"{page}/accept")

        assert rows("SELECT count(*) FROM loans_loan") == [(1,)]

    def test_where_nothing_is_in_the_way_nobody_is_asked(self) -> None:
        offer = OfferFactory()

        with pytest.raises(overrides.NothingToOverride):
            overrides.request(obj=offer.application, act=BindingAct.ACCEPTANCE, reason=WHY, on=ON, by=uwe())
