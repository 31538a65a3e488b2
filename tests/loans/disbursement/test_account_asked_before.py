"""Another account asked for before an offer: whoever agrees sees what the lender is bound to pay by then."""

import pytest

from audit import approvals
from audit.models import Approval
from borrowers.bank_accounts import BOUND, add_bank_account, pay_to
from core import business_date
from loans.models import Offer
from loans.origination import origination
from loans.payees.payees import payee_state_of_offer
from tests.loans.factories import ON, ApplicationFactory, DecisionFactory
from tests.loans.gate.test_one_persons_authority import SMALL, rich
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_an_offer_made_since_is_shown_before_its_money_goes_elsewhere() -> None:
    business_date.move_to(ON)
    borrower = rich()
    clerk, checker = UserFactory(roles=["officer"]), UserFactory(roles=["checker"])
    account = add_bank_account(
        borrower_id=borrower.pk, bank_name="测试银行", account_number="6222020000001022", by=clerk
    )
    asked = pay_to(account_id=account.pk, reason="New card", on=ON, by=clerk)
    assert isinstance(asked, Approval)
    assert dict(asked.outcome) == {BOUND: ""}
    application = ApplicationFactory(borrower=borrower, amount=SMALL)
    origination.decide(
        application_id=application.pk,
        decision=DecisionFactory(application=application, source="staff", note="Known for years"),
        on=ON,
        by=UserFactory(username="uwe", roles=["underwriter"]),
    )

    with pytest.raises(approvals.OutcomeChanged):
        approvals.approve(approval_id=asked.pk, decided_by=checker, on=ON)

    account.refresh_from_db()
    asked.refresh_from_db()
    assert (account.is_primary, account.is_verified) == (False, False)
    assert dict(asked.outcome) == {BOUND: application.number}
    assert payee_state_of_offer(Offer.objects.get()) == "verified"  # the account that was promised
    approvals.approve(approval_id=asked.pk, decided_by=checker, on=ON)
    account.refresh_from_db()
    assert account.is_primary
