"""Money that came by word and was agreed to under broken glass rests on one person until the review says it was right."""

from datetime import date
from decimal import Decimal

import pytest

from audit import breaking_glass
from audit.approvals import approve
from audit.models import Approval, BrokenGlass
from core import business_date
from loans.acts.asking import perform_or_ask
from loans.acts.vouching import ask_to_vouch, ask_to_vouch_for_refund
from loans.events.act_kinds import Wish
from loans.models import Loan, LoanAct, Repayment
from loans.payees.refund_accounts import RefundNotEvidenced
from staff.models import User
from tests.borrowers.factories import BorrowerFactory
from tests.loans.acts.test_refunds_by_word import given_back
from tests.loans.acts.test_two_for_money import DAY, received, refund
from tests.loans.books import a_product, close_until
from tests.loans.factories import LoanFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def loan() -> Loan:
    made = LoanFactory(active=True, borrower=BorrowerFactory(banked=True))
    close_until(date(2026, 2, 14))
    business_date.move_to(DAY)
    return made


@pytest.fixture
def clerk() -> User:
    return UserFactory(username="clerk", roles=["operations"])


def broken(asked: object) -> BrokenGlass:
    assert isinstance(asked, Approval)
    checker = UserFactory(username="breaks", roles=["checker"])
    return breaking_glass.decide_alone(approval_id=asked.pk, by=checker, on=DAY, reason="Nobody is here")


def reviewed(found: BrokenGlass, *, objects: bool) -> None:
    watch = UserFactory(roles=["compliance"])
    breaking_glass.review(broken_id=found.pk, by=watch, on=DAY, objects=objects, note="Looked into it")


def recorded(loan: Loan, clerk: User) -> tuple[Repayment, BrokenGlass]:
    values = {"amount": Decimal("5000000.00"), "allow_overpayment": True}
    told = {"effective_on": DAY, "recorded_on": DAY, "reason": "", "idempotency_key": "five"}
    found = broken(perform_or_ask(Wish(loan_id=loan.pk, kind="repayment", values=values, by=clerk, **told)))
    return Repayment.objects.get(), found


def test_it_is_booked_and_proves_nothing_until_the_review_and_pays_no_refund(loan: Loan, clerk: User) -> None:
    receipt, _found = recorded(loan, clerk)

    assert receipt.is_unproved
    assert list(Repayment.objects.by_word()) == [receipt]
    with pytest.raises(RefundNotEvidenced):
        perform_or_ask(refund(loan, "4000000.00", by=clerk))


def test_an_objection_leaves_it_unproved(loan: Loan, clerk: User) -> None:
    receipt, found = recorded(loan, clerk)

    reviewed(found, objects=True)

    receipt.refresh_from_db()
    assert receipt.is_unproved


def test_once_the_review_says_it_was_right_two_agreed(loan: Loan, clerk: User) -> None:
    receipt, found = recorded(loan, clerk)

    reviewed(found, objects=False)

    receipt.refresh_from_db()
    assert (receipt.is_unproved, receipt.agreed_by) == (False, found.by)


@pytest.mark.parametrize("objects", [True, False])
def test_vouching_under_broken_glass_waits_for_the_review_too(loan: Loan, clerk: User, objects: bool) -> None:
    receipt = received(loan, "15000.00", recorded_by=clerk)
    found = broken(ask_to_vouch(repayment_id=receipt.pk, reason="Slip", on=DAY, by=clerk))
    receipt.refresh_from_db()
    assert receipt.is_unproved

    reviewed(found, objects=objects)

    receipt.refresh_from_db()
    assert receipt.is_unproved is objects


def test_meanwhile_two_people_can_vouch_and_the_review_changes_nothing_of_it(loan: Loan, clerk: User) -> None:
    receipt, found = recorded(loan, clerk)
    checker = UserFactory(roles=["checker"])
    asked = ask_to_vouch(repayment_id=receipt.pk, reason="Slip", on=DAY, by=clerk)
    approve(approval_id=asked.pk, decided_by=checker, on=DAY)

    reviewed(found, objects=False)

    receipt.refresh_from_db()
    assert receipt.agreed_by == checker


@pytest.mark.parametrize("objects", [True, False])
def test_what_a_merchant_is_said_to_have_given_back_waits_for_the_review_too(clerk: User, objects: bool) -> None:
    version = a_product("phone-purchase", is_purchase=True)
    bought = LoanFactory(active=True, borrower=BorrowerFactory(banked=True), product_version=version)
    close_until(date(2026, 2, 14))
    business_date.move_to(DAY)
    found = broken(given_back(bought, "100.00", by=clerk, on=date(2026, 2, 10)))
    act = LoanAct.objects.get(kind="merchant_refund")
    assert act.is_unproved

    reviewed(found, objects=objects)

    act.refresh_from_db()
    assert act.is_unproved is objects


def test_vouching_for_a_merchant_refund_under_broken_glass_waits_for_it_as_well(clerk: User) -> None:
    version = a_product("phone-purchase", is_purchase=True)
    bought = LoanFactory(active=True, borrower=BorrowerFactory(banked=True), product_version=version)
    close_until(date(2026, 2, 14))
    business_date.move_to(DAY)
    act = given_back(bought, "50.00", by=clerk)
    assert isinstance(act, LoanAct)
    found = broken(ask_to_vouch_for_refund(act_id=act.pk, reason="Slip", on=DAY, by=clerk))
    act.refresh_from_db()
    assert act.is_unproved

    reviewed(found, objects=False)

    act.refresh_from_db()
    assert act.agreed_by == found.by
