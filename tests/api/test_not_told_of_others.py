"""No answer to a partner tells what another partner or the house knows of the person: known or not, it reads alike."""

from typing import Any

import pytest
from django.test import Client

from audit import approvals
from audit.models import Approval
from borrowers.consents import give_consent, withdraw_consent
from borrowers.models import Borrower, Consent, PartnerFile
from borrowers.occupations import NoStudent, state_occupation
from core import business_date
from loans.models import Product
from risk.tasks import assess_submitted
from tests.api.town import lent, passing_on, registered, somebody, yuan
from tests.borrowers.factories import AT, BankAccountFactory, BorrowerFactory, resident_number
from tests.partners.factories import Caller, caller
from tests.partners.test_problems import assert_problem
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
KNOWN, STRANGER = resident_number(7_001), resident_number(7_003)


def claimed(partner: Caller, number: str, occupation: str = "self_employed") -> tuple[Any, ...]:
    """What a partner is answered that registers a student and says with evidence that they are one no longer."""
    person = registered(partner, identity_number=number, occupation="student")
    answer = told_again(partner, person, occupation)
    body = answer.json()
    return answer.status_code, body.get("code"), body.get("occupation"), body.get("occupation_claimed")


def told_again(partner: Caller, person: str, occupation: str) -> Any:
    facts = {"occupation": occupation, "occupation_evidence": f"Contract as {occupation}"}
    return partner.send(f"/borrowers/{person}", facts, method="patch")


class TestClaim:
    @pytest.mark.parametrize("occupation", ["self_employed", "employed"])
    def test_what_another_partner_claims_is_not_told(self, lilac: Caller, harbour: Caller, occupation: str) -> None:
        claimed(lilac, KNOWN, "employed")

        answers = claimed(harbour, KNOWN, occupation), claimed(harbour, STRANGER, occupation)

        assert answers[0] == answers[1] == (200, None, "student", occupation)

    def test_nor_what_staff_claim(self, lilac: Caller, harbour: Caller) -> None:
        student = BorrowerFactory(identity_number=KNOWN, occupation="student")
        on, officer = business_date.current(), UserFactory(roles=["officer"])
        state_occupation(borrower_id=student.pk, occupation="employed", evidence="x", on=on, changed_by=officer)

        assert claimed(harbour, KNOWN) == claimed(harbour, STRANGER) == (200, None, "student", "self_employed")

    def test_its_own_claim_waits(self, lilac: Caller) -> None:
        claimed(lilac, KNOWN, "employed")
        person = PartnerFile.objects.get().public_id
        assert_problem(told_again(lilac, person, "retired"), 409, "occupation_claim_waits")

    def test_each_is_decided_for_itself(self, lilac: Caller, harbour: Caller) -> None:
        for partner, occupation in ((lilac, "employed"), (harbour, "self_employed")):
            claimed(partner, KNOWN, occupation)
        first, second = Approval.objects.order_by("id")
        by, on = UserFactory(roles=["checker"]), business_date.current()

        approvals.approve(approval_id=second.pk, decided_by=by, on=on)

        assert Borrower.objects.get().occupation == "self_employed"
        shown = [partner.ask("/borrowers").json()["data"][0] for partner in (lilac, harbour)]
        assert [(row["occupation"], row["occupation_claimed"]) for row in shown] == [
            ("student", "employed"),
            ("self_employed", None),
        ]
        with pytest.raises(NoStudent, match="not recorded as a student any more"):
            approvals.approve(approval_id=first.pk, decided_by=by, on=on)

    def test_staff_see_it_on_the_page_of_the_borrower(self, lilac: Caller, harbour: Caller, client: Client) -> None:
        BorrowerFactory(identity_number=KNOWN, occupation="student")
        claimed(harbour, KNOWN)
        client.force_login(UserFactory(roles=["checker"]), backend="staff.backends.StaffBackend")

        page = client.get(Borrower.objects.get().get_absolute_url()).content.decode()
        inbox = client.get("/app/approvals/").content.decode()

        assert "Borrower is a student no longer" in page
        assert Borrower.objects.get().get_absolute_url() in inbox


class TestConsent:
    @pytest.mark.parametrize("purpose", ["credit_query", "automated_decision"])
    def test_a_withdrawal_elsewhere_is_not_told(self, harbour: Caller, purpose: str) -> None:
        borrower = BorrowerFactory(identity_number=KNOWN)
        given = give_consent(borrower_id=borrower.pk, purpose=purpose, channel="branch", at=AT)
        withdraw_consent(consent_id=given.pk, at=AT)
        answers = []
        for number in (KNOWN, STRANGER):
            person = harbour.send("/borrowers", somebody(identity_number=number, consents=passing_on())).json()["id"]
            told = {"purpose": purpose, "given_at": "2026-06-15T02:00:00Z"}
            answer = harbour.send(f"/borrowers/{person}/consents", told)
            listed = harbour.ask(f"/borrowers/{person}/consents").json()["data"]
            answers.append(
                (answer.status_code, answer.json(), [(row["purpose"], row["withdrawn_at"]) for row in listed])
            )

        assert answers[0] == answers[1]
        assert answers[0][0] == 201
        standing = Consent.objects.filter(borrower=borrower, purpose=purpose, withdrawn_at=None)
        assert not standing.exists()

    def test_one_that_the_partner_is_shown_is(self, harbour: Caller) -> None:
        person = registered(harbour, identity_number=KNOWN)
        withdraw_consent(consent_id=Consent.objects.get(purpose="credit_query").pk, at=AT)

        told = {"purpose": "credit_query", "given_at": "2026-06-15T03:00:00Z"}
        assert_problem(harbour.send(f"/borrowers/{person}/consents", told), 409, "consent_withdrawn_before")


@pytest.mark.parametrize("known", [True, False])
def test_an_account_of_another_borrower_reads_as_one_the_bank_was_silent_on(harbour: Caller, known: bool) -> None:
    shared, silent = "6222020200009991000", "6222020200001022"
    BankAccountFactory(account_number=shared)
    answers = []
    for place, number in enumerate((shared, silent)):
        identity = resident_number(7_100 + place)
        if known:
            BorrowerFactory(identity_number=identity)
        person = harbour.send("/borrowers", somebody(identity_number=identity)).json()["id"]
        account = {"bank_name": "Harbour Bank", "account_number": number}
        body = harbour.send(f"/borrowers/{person}/bank_accounts", account).json()
        answers.append((body["state"], body["is_primary"], body["awaits_second_person"]))

    assert answers[0] == answers[1] == ("unverified", True, True)


@pytest.mark.parametrize("amount", [2000, 9000])
def test_a_decision_tells_no_sums_owed_elsewhere(lilac: Caller, harbour: Caller, product: Product, amount: int) -> None:
    """With 9,000 lent through another partner less is left; why is not told by name."""
    facts = {"name": "林小雨", "phone": "13812341234"}
    first = registered(lilac, **somebody(identity_number=KNOWN, **facts))
    lent(lilac, product, borrower=first, amount=yuan(9000))
    told = set()
    for partner in (harbour, caller("River Shops")):
        number = KNOWN if partner is harbour else STRANGER
        person = registered(partner, **somebody(identity_number=number, **facts))
        asked = {"borrower": person, "product": product.public_id, "amount": yuan(amount), "term_count": 6}
        made = partner.send("/applications", {**asked, "purpose": "electronics"})
        assert made.status_code == 201
        assess_submitted()
        decided = partner.ask(f"/applications/{made.json()['id']}/decision").json()
        told |= {reason["code"] for reason in decided["reasons"]}

    assert not told & {"amount_over_limit", "affordability"}
