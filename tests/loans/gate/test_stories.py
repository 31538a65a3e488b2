"""What a fraud examiner did before there was a gate, once more through page, API and task: it ends at a refusal by name."""

import contextlib
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from audit import approvals
from audit.models import Approval
from borrowers.models import Borrower
from core import business_date
from loans.gate.asking import GateRefused
from loans.models import Application, Offer
from loans.origination import origination
from loans.tasks import send_due_disbursements
from risk import underwriting
from risk.tasks import assess_submitted
from tests.api.town import applied, registered, yuan
from tests.borrowers.factories import resident_number
from tests.loans.factories import ON, ApplicantFactory, ApplicationFactory, OfferFactory, ProductVersionFactory
from tests.loans.gate.doors import a_client, rows
from tests.partners.factories import CallerFactory
from tests.risk.factories import CreditLimitFactory, DoNotLendEntryFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_day() -> None:
    business_date.move_to(ON)


def lent() -> Decimal:
    ((amount,),) = rows("SELECT coalesce(sum(amount), 0) FROM loans_simulatedpayment WHERE outcome <> 'failed'")
    return Decimal(amount)


def test_six_loans_of_the_limit_over_the_api_are_one() -> None:
    """Income 6,000 and a limit of 15,000: the first is paid, each further one is declined or goes to a person."""
    caller, product = CallerFactory(client__name="Lilac Phones"), ProductVersionFactory().product
    lin = registered(caller)
    borrower = Borrower.objects.get(public_id=lin)
    borrower.incomes.update(monthly_amount=Decimal(6_000))
    CreditLimitFactory(borrower=borrower, amount=Decimal(15_000))

    outcomes = []
    for _ in range(6):
        asked = applied(caller, product, borrower=lin, amount=yuan(15_000), term_count=12)
        assess_submitted()
        decision = caller.ask(f"/applications/{asked['id']}/decision").json()
        outcomes.append(decision["outcome"])
        if decision.get("offer"):
            assert caller.send(f"/offers/{decision['offer']['id']}/accept").status_code == 201
            send_due_disbursements()

    assert outcomes[0] == "approve"
    assert set(outcomes[1:]) <= {"decline", "refer"}
    assert lent() == 15_000


def test_six_loans_of_the_limit_on_the_page_are_one() -> None:
    lin, version = ApplicantFactory(income__monthly_amount=Decimal(6_000)), ProductVersionFactory()
    CreditLimitFactory(borrower=lin, amount=Decimal(15_000))
    officer, operations = a_client("officer"), a_client("operations")
    for number in range(6):
        form = {"key": f"k{number}", "product": version.product_id, "amount": "15000", "term_count": "12"}
        sent = officer.post(f"/app/applications/new?borrower={lin.number}", {**form, "purpose": "electronics"})
        assert sent.status_code == 302, sent.content.decode()
        assess_submitted()
        page = f"/app/applications/{Application.objects.latest('id').number}"
        officer.post(f"{page}/accept")
        operations.post(f"{page}/disburse")

    assert rows("SELECT count(*) FROM loans_application") == [(6,)]
    assert lent() == 15_000


class TestOneUnderwriter:
    """Five offers of 50,000 to somebody with an income of 4,000; the cap on one person is 200,000."""

    def five(self) -> list[Application]:
        poor = ApplicantFactory(income__monthly_amount=Decimal(4_000))
        version = ProductVersionFactory()
        found = [ApplicationFactory(borrower=poor, version=version, amount=Decimal(50_000)) for _ in range(5)]
        for application in found:
            underwriting.assess(application_id=application.pk, on=ON)
        return found

    def decide(self, client: Client, application: Application, override: str = "") -> str:
        chosen = {
            "outcome": "approve",
            "reasons": ["contact_confirmed"],
            "principal": "50000",
            "term_count": "12",
            "override": override,
        }
        answer = client.post(f"/app/applications/{application.number}/decide", chosen, follow=True)
        return answer.content.decode()

    def test_alone_nothing_is_offered(self) -> None:
        uwe = a_client("underwriter")

        for application in self.five():
            assert "This needs an override by a second person." in self.decide(uwe, application)

        assert rows("SELECT count(*) FROM loans_offer") == [(0,)]
        assert rows("SELECT count(*) FROM audit_approval") == [(0,)]
        assert rows("SELECT count(*) FROM loans_gateverdict WHERE NOT binds") == [(5,)]

    def test_with_a_second_person_it_ends_at_the_cap(self) -> None:
        uwe, cai = a_client("underwriter"), UserFactory(roles=["checker"])
        asked = self.five()

        answers = [self.decide(uwe, application, "He owns a flat") for application in asked]

        assert (
            "the cap on one person is ¥\u00a0200,000.00" in answers[4]
        )  # what waits for a second person binds already
        assert Approval.objects.count() == 4
        for request in Approval.objects.all():
            with contextlib.suppress(approvals.OutcomeChanged):  # asked for before the others waited: look again
                approvals.approve(approval_id=request.pk, decided_by=cai, on=ON)
        for _look in range(4):  # each that is agreed to changes what the others come to
            for request in Approval.objects.filter(status="pending"):
                with contextlib.suppress(approvals.OutcomeChanged):
                    approvals.approve(approval_id=request.pk, decided_by=cai, on=ON)
        assert rows("SELECT count(*), sum(principal) FROM loans_offer") == [(4, Decimal(200_000))]
        assert "the cap on one person is ¥\u00a0200,000.00" in self.decide(uwe, asked[4], "He owns a flat")
        assert rows("SELECT count(*) FROM loans_gateoverride") == [(4,)]

    def test_for_a_forbidden_purpose_not_even_with_a_second_person(self) -> None:
        (first, *_others) = self.five()
        Application.objects.filter(pk=first.pk).update(purpose_note="炒股")

        assert "Nothing is lent for this purpose" in self.decide(a_client("underwriter"), first, "He owns a flat")
        assert rows("SELECT count(*) FROM audit_approval") == [(0,)]


def test_listed_between_acceptance_and_payout_the_task_pays_nothing_and_says_why_once() -> None:
    offer = OfferFactory()
    origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="app")
    DoNotLendEntryFactory(borrower=offer.application.borrower)

    for _round in range(3):
        rows("UPDATE loans_disbursement SET next_attempt_at = NULL")
        assert send_due_disbursements() == {"refused": 1}

    assert lent() == 0
    assert rows("SELECT status, failure_code FROM loans_disbursement") == [("queued", "gate_refused")]
    assert rows("SELECT count(*) FROM loans_gateverdict WHERE act = 'disbursement' AND NOT binds") == [(1,)]


def test_a_birthday_between_offer_and_acceptance_counts() -> None:
    """Sixty on the day of the offer; on the sixty-first birthday the offer still stands and is refused."""
    birthday = ON + timedelta(days=2)
    number = resident_number(7, birth=date(birthday.year - 61, birthday.month, birthday.day))
    offer = OfferFactory(application__borrower__identity_number=number)
    assert offer.expires_on >= birthday

    with pytest.raises(GateRefused, match="age of 61 is outside 18 to 60"):
        origination.accept_offer(offer_id=offer.pk, on=birthday, accepted_via="app")
    assert Offer.objects.get().status == "open"
    assert origination.accept_offer(offer_id=offer.pk, on=birthday - timedelta(days=1), accepted_via="app").pk
