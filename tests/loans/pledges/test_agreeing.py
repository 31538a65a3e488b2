"""A policy, and less cash value of one, is told of by one and agreed to by another: on its page and over the API."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from audit.approvals import OutcomeChanged, approve, reject
from audit.deciding import SecondPersonNeeded
from audit.models import Approval
from core import business_date
from loans.account.policy_cover import CashValue
from loans.acts.vouching import OwnReceiptVouched, ask_to_vouch
from loans.gate.commitments import commitments_of
from loans.models import Loan, PledgeStatus, PolicyPledge, Repayment
from loans.pledges.agreeing import CASH_VALUES, PLEDGE, OwnPolicyAgreed, pledge_and_ask, state_or_ask
from loans.pledges.pledge_reading import cover_of, table_of
from loans.pledges.pledge_review import PolicyNotAgreed, capitalise, review
from loans.pledges.pledging import LessCashValue, record_cash_values
from staff.models import User
from tests.loans.factories import CASH_VALUES as WORTH
from tests.loans.factories import DISBURSED, PolicyFactory, PolicyPledgeFactory
from tests.loans.pledged_policies import a_bullet_loan, night
from tests.loans.web.test_policies import EXHAUSTED, LAPSED
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
ANNIVERSARY = date(2026, 7, 1)


@pytest.fixture(autouse=True)
def _the_day() -> None:
    business_date.move_to(DISBURSED)


@pytest.fixture
def clerk() -> User:
    return UserFactory(roles=["operations"])


@pytest.fixture
def checker() -> User:
    return UserFactory(roles=["checker"])


def agreed(kind: str, by: User, on: date | None = None) -> Approval:
    (asked,) = Approval.objects.filter(kind=kind, status="pending")
    return approve(approval_id=asked.pk, decided_by=by, on=on or business_date.current())


def told(clerk: User, loan: Loan | None = None, **changes: Any) -> PolicyPledge:
    facts: dict[str, Any] = {"policy": PolicyFactory(), "cash_values": WORTH, "on": DISBURSED, **changes}
    return pledge_and_ask(loan_id=(loan or a_bullet_loan()).pk, by=clerk, **facts)


class TestAPolicy:
    def test_of_one_person_nothing_follows(self, clerk: User) -> None:
        """Debt a yuan above cash value: no interest becomes principal, no notice, no lapse, no receipt."""
        loan = a_bullet_loan()
        pledge = told(clerk, loan)
        owed = cover_of(pledge, DISBURSED).debt
        state_or_ask(pledge_id=pledge.pk, cash_values=[CashValue(DISBURSED, owed - 1)], on=DISBURSED, by=clerk)

        for on in (DISBURSED, DISBURSED + timedelta(days=31), ANNIVERSARY):
            assert review(pledge_id=pledge.pk, on=on, by=clerk).done == ()
            assert night(on) == {}

        pledge.refresh_from_db()
        assert (pledge.status, pledge.notice_ends_on, pledge.is_agreed) == (PledgeStatus.PLEDGED, None, False)
        assert not Repayment.objects.exists()
        assert commitments_of(loan.borrower_id, business_date.current()).amount == loan.principal

    def test_the_request_shows_the_papers_and_another_agrees(self, clerk: User, checker: User) -> None:
        pledge = told(clerk)

        asked = agreed(PLEDGE, checker)

        assert dict(asked.outcome) == {
            "loan": pledge.loan.number,
            "insurer": "Harbour Life",
            "policy number": pledge.masked_number,
            "policy in force since": "2020-07-01",
            "amount": "8000.00",
            "cash value grows": "in a straight line",
            "cash values": "2026-01-01 10,000.00",
        }
        pledge.refresh_from_db()
        assert (pledge.recorded_by, pledge.agreed_by, pledge.agreed_on) == (clerk, checker, DISBURSED)
        assert night(ANNIVERSARY) == {"policies_capitalised": 1}

    def test_agreed_to_late_nothing_is_made_up_for(self, clerk: User, checker: User) -> None:
        pledge = told(clerk)
        night(ANNIVERSARY)
        Approval.objects.update(expires_on=date(2027, 1, 1))

        agreed(PLEDGE, checker, ANNIVERSARY + timedelta(days=1))

        pledge.refresh_from_db()
        assert pledge.next_anniversary_on == date(2027, 7, 1)
        assert night(ANNIVERSARY + timedelta(days=1)) == {}

    def test_what_is_agreed_to_is_what_was_looked_at(self, clerk: User, checker: User) -> None:
        pledge = told(clerk)
        state_or_ask(pledge_id=pledge.pk, cash_values=[CashValue(DISBURSED, Decimal(1))], on=DISBURSED, by=clerk)

        with pytest.raises(OutcomeChanged):
            agreed(PLEDGE, checker)
        assert not PolicyPledge.objects.get().is_agreed

    def test_nobody_agrees_to_their_own(self, checker: User) -> None:
        told(checker)

        with pytest.raises(SecondPersonNeeded):
            agreed(PLEDGE, checker)

    def test_nor_to_one_they_pledged_and_somebody_else_asked_for_anew(self, clerk: User, checker: User) -> None:
        loan, policy = a_bullet_loan(), PolicyFactory()
        told(checker, loan, policy=policy)
        (first,) = Approval.objects.all()
        reject(approval_id=first.pk, decided_by=UserFactory(roles=["checker"]), reason="no paper", on=DISBURSED)
        told(clerk, loan, policy=policy)

        with pytest.raises(OwnPolicyAgreed):
            agreed(PLEDGE, checker)

    def test_told_again_it_waits_once_and_is_asked_for_anew_once_refused(self, clerk: User) -> None:
        loan, policy = a_bullet_loan(), PolicyFactory()
        for _ in range(2):
            told(clerk, loan, policy=policy)
        (asked,) = Approval.objects.all()
        reject(approval_id=asked.pk, decided_by=UserFactory(roles=["checker"]), reason="no paper", on=DISBURSED)

        told(clerk, loan, policy=replace(policy))

        assert list(Approval.objects.order_by("id").values_list("status", flat=True)) == ["rejected", "pending"]

    @pytest.mark.parametrize("status", ["warned", "lapse_notified", "lapsed"])
    def test_postgresql_lets_nothing_follow_from_it(self, clerk: User, status: str) -> None:
        told(clerk)
        facts = {"notified_on": DISBURSED, "notice_ends_on": DISBURSED, "lapsed_on": DISBURSED}

        with pytest.raises(IntegrityError, match="loans_pledge_acts_once_agreed"), transaction.atomic():
            PolicyPledge.objects.update(status=status, **facts)

    def test_postgresql_knows_who_is_another_one(self, clerk: User) -> None:
        told(clerk)

        with pytest.raises(IntegrityError, match="loans_pledge_agreed_by_another"), transaction.atomic():
            PolicyPledge.objects.update(agreed_by=clerk, agreed_on=DISBURSED)

    def test_on_its_page_it_waits_and_says_so(self, client: Client, signed_in: Callable[..., Client]) -> None:
        operator, loan = signed_in(client, "operations"), a_bullet_loan()
        form = {
            "loan": loan.number,
            "insurer": "Harbour Life",
            "policy_number": "PL-2020-999999",
            "insured_name": "林小雨",
            "policy_since": "2020-07-01",
            "growth": "step",
            "cash_values": "2026-01-01 20000",
        }

        page = operator.post(reverse("loans:policy_pledge"), form, follow=True).content.decode()

        assert "Waits for a second person: Policy pledged" in page
        assert "Until a second person agrees to this policy nothing follows from it" in page
        assert "Unpaid interest becomes principal on" not in page

    def test_interest_is_not_made_principal_by_hand_either(self, clerk: User) -> None:
        pledge = told(clerk)

        with pytest.raises(PolicyNotAgreed):
            capitalise(pledge_id=pledge.pk, on=DISBURSED, reason="now", idempotency_key="1", by=clerk)

    def test_who_pledged_it_does_not_vouch_that_its_insurer_paid(self, checker: User) -> None:
        PolicyPledgeFactory(costly=True, by=checker)
        for on in (EXHAUSTED, LAPSED):
            night(on)
        payout, today = Repayment.objects.get(channel="insurer"), business_date.current()
        asked = ask_to_vouch(repayment_id=payout.pk, reason="letter", on=today, by=UserFactory(roles=["operations"]))

        with pytest.raises(OwnReceiptVouched):
            approve(approval_id=asked.pk, decided_by=checker, on=today)
        approve(approval_id=asked.pk, decided_by=UserFactory(roles=["checker"]), on=today)

        assert not Repayment.objects.by_word().exists()


class TestLessCashValue:
    @pytest.fixture
    def pledge(self, checker: User) -> PolicyPledge:
        values = (CashValue(date(2026, 1, 1), Decimal(10_000)), CashValue(date(2027, 1, 1), Decimal(12_000)))
        pledge: PolicyPledge = PolicyPledgeFactory(cash_values=values)
        return pledge

    @pytest.mark.parametrize(
        "rows",
        [
            [CashValue(date(2026, 1, 1), Decimal("9999.99"))],
            [CashValue(date(2027, 1, 1), Decimal(11_000))],
            [CashValue(date(2026, 7, 1), Decimal(10_500))],  # between two days it stated more
            [CashValue(date(2027, 6, 1), Decimal(1))],  # after the last one
            [CashValue(date(2026, 2, 1), Decimal(50_000)), CashValue(date(2027, 6, 1), Decimal(0))],
        ],
    )
    def test_it_takes_two_whichever_day_is_less(
        self, pledge: PolicyPledge, clerk: User, checker: User, rows: list[CashValue]
    ) -> None:
        before = table_of(pledge)

        state_or_ask(pledge_id=pledge.pk, cash_values=rows, on=DISBURSED, by=clerk)

        assert table_of(PolicyPledge.objects.get()) == before
        agreed(CASH_VALUES, checker)
        assert set(rows) <= set(table_of(PolicyPledge.objects.get()))
        with pytest.raises(LessCashValue):
            record_cash_values(pledge_id=pledge.pk, cash_values=[CashValue(DISBURSED, Decimal(0))], on=DISBURSED)

    def test_more_of_it_takes_one(self, pledge: PolicyPledge, clerk: User) -> None:
        rows = [CashValue(date(2026, 7, 1), Decimal(11_000)), CashValue(date(2028, 1, 1), Decimal(12_000))]

        state_or_ask(pledge_id=pledge.pk, cash_values=rows, on=DISBURSED, by=clerk)

        assert set(rows) <= set(table_of(PolicyPledge.objects.get())) and not Approval.objects.exists()

    def test_on_its_page_it_waits_in_place_of_the_form(
        self, pledge: PolicyPledge, client: Client, signed_in: Callable[..., Client]
    ) -> None:
        operator, number = signed_in(client, "operations"), pledge.loan.number
        address = reverse("loans:policy_cash_value", args=[number])

        page = operator.post(address, {"on": DISBURSED.isoformat(), "amount": "1"}, follow=True).content.decode()

        assert "Waits for a second person: Less cash value of a policy" in page
        assert address not in page
