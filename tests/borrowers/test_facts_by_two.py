"""What bars a person from loans is lifted by two people only, through every door, and by no statement of SQL either."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from audit.models import Approval
from borrowers.consents import withdraw_consent, withdrawn_purposes
from borrowers.models import Borrower, Consent, PartnerFile
from borrowers.occupations import state_occupation
from borrowers.standing import record_death
from core import business_date
from loans.gate.facts import facts_for
from loans.gate.gate import BindingAct
from loans.gate.subjects import of_limit
from risk import do_not_lend, people
from tests.api.town import passing_on, registered, somebody
from tests.borrowers.factories import (
    AT,
    ON,
    BorrowerFactory,
    ConsentFactory,
    LinFactory,
    consent_again,
    no_longer_a_student,
    resident_number,
)
from tests.loans.factories import ApplicationFactory
from tests.partners.factories import Caller, caller
from tests.partners.test_problems import assert_problem
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
EVIDENCE = "Contract of 1 June, file 17"


@pytest.fixture(autouse=True)
def _today() -> None:
    business_date.move_to(ON)


def at(name: str, borrower: Borrower) -> str:
    return reverse(f"borrowers:{name}", args=[borrower.number])


def decide(client: Client, request: Approval, how: str = "approve", reason: str = "") -> None:
    client.post(reverse(f"audit:{how}", args=[request.pk]), {"reason": reason})
    request.refresh_from_db()


def seen_by_gate(borrower: Borrower) -> Any:
    return facts_for(of_limit(borrower.pk, "CN", 1), BindingAct.LIMIT_RAISE, ON).person  # type: ignore[arg-type]


def refused_by_postgres(sql: str, *values: Any) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


class TestDoNotLend:
    def listed(self) -> Borrower:
        borrower = ApplicationFactory().borrower
        do_not_lend.put_on(
            borrower_id=borrower.pk, reason="fraud", note="Forged", on=ON, by=UserFactory(roles=["risk_analyst"])
        )
        return borrower

    def test_whoever_asks_does_not_decide_and_until_then_nothing_is_lent(
        self, client: Client, signed_in: SignIn
    ) -> None:
        borrower, both = self.listed(), signed_in(client, "risk_analyst", "compliance")
        both.post(reverse("risk:do_not_lend_lift", args=[borrower.number]), {"reason": "It was her brother"})
        request = Approval.objects.get()

        decide(both, request)

        assert request.status == "pending"
        assert seen_by_gate(borrower).do_not_lend

        decide(signed_in(Client(), "checker", username="cai"), request)
        assert not seen_by_gate(borrower).do_not_lend
        assert borrower.do_not_lend_entries.get().lift_agreed_by.username == "cai"

    def test_a_refusal_keeps_the_entry_and_it_can_be_asked_again(self, client: Client, signed_in: SignIn) -> None:
        borrower, analyst = self.listed(), signed_in(client, "risk_analyst")
        lift = reverse("risk:do_not_lend_lift", args=[borrower.number])
        analyst.post(lift, {"reason": "It was her brother"})
        again = analyst.post(lift, {"reason": "Twice"}, follow=True).content.decode()
        assert "already waits for approval" in again

        decide(signed_in(Client(), "compliance"), Approval.objects.get(), "reject", "No proof")

        assert seen_by_gate(borrower).do_not_lend
        analyst.post(lift, {"reason": "Police letter 7"})
        assert Approval.objects.filter(status="pending").count() == 1

    def test_an_entry_made_since_is_not_lifted_with_the_old_one(self) -> None:
        borrower, analyst = self.listed(), UserFactory(roles=["risk_analyst"])
        asked = do_not_lend.ask_to_take_off(borrower_id=borrower.pk, reason="Brother", on=ON, by=analyst)
        borrower.do_not_lend_entries.update(lifted_on=ON, lift_agreed_by=analyst)
        do_not_lend.put_on(borrower_id=borrower.pk, reason="threats", note="Knife", on=ON, by=analyst)

        with pytest.raises(do_not_lend.NotListed):
            do_not_lend.taking_off_agreed(asked, ON)

        assert people.do_not_lend([borrower.pk])

    def test_neither_the_admin_nor_sql_lifts_it_alone(self, client: Client, signed_in: SignIn) -> None:
        entry = self.listed().do_not_lend_entries.get()
        admin = signed_in(client, "administrator", is_staff=True, is_superuser=True)
        page = reverse("admin:risk_donotlendentry_change", args=[entry.pk])

        assert admin.post(page, {"lifted_on": "2026-06-15"}).status_code in {302, 403}
        refused_by_postgres("UPDATE risk_donotlendentry SET lifted_on = %s WHERE id = %s", ON, entry.pk)

        entry.refresh_from_db()
        assert entry.lifted_on is None


class TestDeath:
    def test_postgresql_brings_nobody_back_alone(self) -> None:
        borrower = BorrowerFactory()
        record_death(borrower_id=borrower.pk, evidence="Certificate 12", by=UserFactory(roles=["officer"]))

        refused_by_postgres("UPDATE borrowers_borrower SET status = 'active' WHERE id = %s", borrower.pk)

        assert not seen_by_gate(borrower).alive


class TestStudent:
    def test_on_the_page_two_people_end_the_studies(self, client: Client, signed_in: SignIn) -> None:
        borrower = ApplicationFactory(borrower__occupation="student").borrower
        both, change = signed_in(client, "officer", "underwriter"), at("occupation", borrower)
        bare = both.post(change, {"occupation": "employed"})
        assert (bare.status_code, "A student is recorded here" in bare.content.decode()) == (422, True)

        told = both.post(change, {"occupation": "employed", "occupation_evidence": EVIDENCE}, follow=True)
        request = Approval.objects.get()
        decide(both, request)

        assert "it waits under Approvals" in told.content.decode()
        assert "Borrower is a student no longer" in told.content.decode()
        assert (request.status, request.reason) == ("pending", EVIDENCE)
        assert seen_by_gate(borrower).occupation == "student"

        decide(signed_in(Client(), "checker", username="cai"), request)
        borrower.refresh_from_db()
        assert (borrower.occupation, borrower.occupation_agreed_by.username) == ("employed", "cai")

    @pytest.mark.parametrize("occupation", ["employed", "other", ""])
    def test_no_statement_makes_a_student_another(self, occupation: str) -> None:
        borrower = BorrowerFactory(occupation="student")
        refused_by_postgres("UPDATE borrowers_borrower SET occupation = %s WHERE id = %s", occupation, borrower.pk)

    def test_a_student_again_takes_two_people_again(self) -> None:
        borrower = no_longer_a_student(BorrowerFactory(occupation="student"))
        officer = UserFactory(roles=["officer"])

        state_occupation(borrower_id=borrower.pk, occupation="student", on=ON, changed_by=officer)
        state_occupation(borrower_id=borrower.pk, occupation="employed", evidence="x", on=ON, changed_by=officer)

        borrower.refresh_from_db()
        assert (borrower.occupation, borrower.occupation_agreed_by) == ("student", None)

    def test_over_the_api_it_is_a_claim_until_a_second_person_agreed(self, client: Client, signed_in: SignIn) -> None:
        lilac = caller("Lilac Phones")
        student = registered(lilac, occupation="student")

        problem = assert_problem(changed(lilac, student, occupation="employed"), 422, "student_evidence_missing")
        assert problem["errors"][0]["pointer"] == "/occupation_evidence"
        claimed = changed(lilac, student, occupation="employed", occupation_evidence=EVIDENCE).json()
        assert (claimed["occupation"], claimed["occupation_claimed"]) == ("student", "employed")
        assert Borrower.objects.get(public_id=student).occupation == "student"
        other = changed(lilac, student, occupation="retired", occupation_evidence="Pension card")
        assert_problem(other, 409, "occupation_claim_waits")
        listed = lilac.ask("/borrowers").json()["data"][0]
        assert (listed["occupation"], listed["occupation_claimed"]) == ("student", "employed")

        decide(signed_in(client, "underwriter"), Approval.objects.get())

        now = lilac.ask(f"/borrowers/{student}").json()
        assert (now["occupation"], now["occupation_claimed"]) == ("employed", None)

    def test_evidence_without_an_occupation_is_refused(self) -> None:
        lilac = caller("Lilac Phones")
        student = registered(lilac, occupation="student")
        assert_problem(changed(lilac, student, occupation_evidence=EVIDENCE), 422, "validation_failed")

    @pytest.mark.parametrize("how", ["registering", "telling later"])
    def test_a_student_is_believed_whichever_partner_tells(self, how: str) -> None:
        lilac, harbour = caller("Lilac Phones"), caller("Harbour Pay")
        number = resident_number(8_001)
        hers = registered(lilac, identity_number=number, occupation="employed")
        facts = somebody(identity_number=number, occupation="student" if how == "registering" else "employed")
        theirs = harbour.send("/borrowers", facts).json()["id"]
        if how == "telling later":
            assert changed(harbour, theirs, occupation="student").json()["occupation"] == "student"

        # Whose file says "employed" is told nothing of it, and changes nothing by saying so again.
        changed(lilac, hers, occupation="self_employed")

        borrower = Borrower.objects.get(public_id=hers)
        assert borrower.occupation == "student"
        shown = lilac.ask(f"/borrowers/{hers}").json()
        assert (shown["occupation"], shown["occupation_claimed"]) == ("self_employed", None)
        assert PartnerFile.objects.get(client__name="Lilac Phones").contradicts == ["occupation"]

    def test_a_second_partner_does_not_end_the_studies_by_registering(self) -> None:
        lilac, harbour, number = caller("Lilac Phones"), caller("Harbour Pay"), resident_number(8_002)
        hers = registered(lilac, identity_number=number, occupation="student")

        harbour.send("/borrowers", somebody(identity_number=number, occupation="employed"))

        assert Borrower.objects.get(public_id=hers).occupation == "student"


def changed(partner: Caller, borrower: str, **facts: str) -> Any:
    seen = partner.ask(f"/borrowers/{borrower}")["etag"]
    return partner.send(f"/borrowers/{borrower}", facts, method="patch", **{"if-match": seen})


class TestConsentAgain:
    def refusing(self) -> Borrower:
        borrower = ApplicationFactory().borrower
        for consent in borrower.consents.filter(purpose="credit_query"):
            withdraw_consent(consent_id=consent.pk, at=AT)
        return borrower

    def test_on_the_page_it_takes_evidence_and_a_second_person(self, client: Client, signed_in: SignIn) -> None:
        borrower = self.refusing()
        both, record = signed_in(client, "officer", "underwriter"), at("add_consent", borrower)
        bare = both.post(record, {"purpose": "credit_query", "channel": "branch"})
        assert (bare.status_code, "withdrew their consent" in bare.content.decode()) == (422, True)

        both.post(record, {"purpose": "credit_query", "channel": "paper", "evidence": EVIDENCE})
        request = Approval.objects.get()
        decide(both, request)
        assert seen_by_gate(borrower).consents_missing == ("credit_query",)

        decide(signed_in(Client(), "checker", username="cai"), request)

        assert seen_by_gate(borrower).consents_missing == ()
        given = Consent.objects.get(borrower=borrower, purpose="credit_query", withdrawn_at=None)
        assert (given.channel, given.agreed_by.username) == ("paper", "cai")

    def test_the_page_of_a_new_application_has_no_tick_for_it(self, client: Client, signed_in: SignIn) -> None:
        borrower = self.refusing()
        officer = signed_in(client, "officer")

        page = officer.get(reverse("risk:application_new"), {"borrower": borrower.number}).content.decode()

        assert "The borrower withdrew:" in page
        assert "consent_credit_query" not in page

    @pytest.mark.parametrize("text", [{}, {"text": "Other words.", "text_version": "9"}])
    def test_no_key_of_a_partner_gives_it_again(self, text: dict[str, str]) -> None:
        lilac = caller("Lilac Phones")
        hers = registered(lilac)
        consent = Consent.objects.get(purpose="credit_query")
        withdraw_consent(consent_id=consent.pk, at=AT)

        answer = lilac.send(
            f"/borrowers/{hers}/consents", {"purpose": "credit_query", "given_at": "2026-06-15T03:00:00Z", **text}
        )

        problem = assert_problem(answer, 409, "consent_withdrawn_before")
        assert "second person" in problem["detail"]
        assert Consent.objects.filter(purpose="credit_query").count() == 1

    def test_nor_does_registering_with_another_partner_and_that_tells_nothing(self) -> None:
        lilac, harbour, number = caller("Lilac Phones"), caller("Harbour Pay"), resident_number(8_003)
        registered(lilac, identity_number=number)
        borrower = Borrower.objects.get()
        for consent in borrower.consents.filter(purpose__in=["credit_query", "third_party"]):
            withdraw_consent(consent_id=consent.pk, at=AT)
        tick = {"purpose": "credit_query", "given_at": "2026-06-15T03:00:00Z"}

        made = harbour.send("/borrowers", somebody(identity_number=number, consents=[*passing_on(), tick]))

        assert made.status_code == 201
        told = harbour.ask(f"/borrowers/{made.json()['id']}/consents").json()["data"]
        assert {(row["purpose"], row["withdrawn_at"]) for row in told} == {
            ("credit_query", None),
            ("third_party", None),
        }
        assert withdrawn_purposes(borrower.pk) == {"credit_query", "third_party"}
        assert not borrower.consents.filter(purpose="credit_query", withdrawn_at=None).exists()

    def test_withdrawn_once_more_it_takes_two_people_once_more(self) -> None:
        lin = LinFactory()
        withdraw_consent(consent_id=ConsentFactory(borrower=lin).pk, at=AT)
        withdraw_consent(consent_id=consent_again(lin, "credit_query").pk, at=AT)
        assert withdrawn_purposes(lin.pk) == {"credit_query"}

    def test_postgresql_takes_none_of_one_person_and_no_withdrawal_back(self) -> None:
        lin = LinFactory()
        consent = ConsentFactory(borrower=lin)
        withdraw_consent(consent_id=consent.pk, at=AT)

        refused_by_postgres("UPDATE borrowers_consent SET withdrawn_at = NULL WHERE id = %s", consent.pk)
        refused_by_postgres(
            "INSERT INTO borrowers_consent (borrower_id, purpose, text_version, text_hash, channel, given_at)"
            " VALUES (%s, 'credit_query', '9', 'x', 'web', now())",
            lin.pk,
        )
