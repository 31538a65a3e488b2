"""Consent comes first at the doors: API and pages name what is missing, and what no loan is given for."""

from typing import Any

import pytest
from django.test import Client

from audit.approvals import approve
from audit.models import Approval
from borrowers.models import Borrower
from loans.models import Application, Product
from risk.tasks import assess_application, assess_submitted
from tests.api.town import registered, yuan
from tests.borrowers.factories import NEEDED, ON, BorrowerFactory
from tests.flows.consents import (
    FORBIDDEN_WISHES,
    assert_nothing_was_judged,
    counted,
    lilac,
    product,
    the_day,
    with_consents,
    withdraw,
)
from tests.loans.factories import ApplicantFactory, ApplicationFactory
from tests.partners.factories import Caller
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db
__all__ = ["lilac", "product", "the_day"]  # fixtures


class TestApi:
    def wish(self, borrower: str, product: Product, **changes: Any) -> dict[str, Any]:
        facts = {"borrower": borrower, "product": product.public_id, "amount": yuan(2_000), "term_count": 6}
        return {**facts, "purpose": "electronics", **changes}

    def bare(self, lilac: Caller, *purposes: str) -> str:
        made = lilac.send(
            "/borrowers",
            {
                "name": "王芳",
                "identity_number": "11010519491231002X",
                "phone": "13812341234",
                "consents": [
                    {"purpose": purpose, "given_at": "2026-06-15T02:00:00Z"} for purpose in (*purposes, "third_party")
                ],
            },
        )
        assert made.status_code == 201, made.content
        return str(made.json()["id"])

    @pytest.mark.parametrize("without", NEEDED)
    def test_each_missing_consent_is_named(self, lilac, product, without: str) -> None:
        borrower = self.bare(lilac, *(purpose for purpose in NEEDED if purpose != without))

        problem = assert_problem(lilac.send("/applications", self.wish(borrower, product)), 422, "consents_missing")

        assert problem["missing"] == [without]
        assert counted("loans_application") == 0

    def test_a_draft_waits_for_them(self, lilac, product) -> None:
        borrower = self.bare(lilac)
        draft = lilac.send("/applications", self.wish(borrower, product, submit=False)).json()

        problem = assert_problem(lilac.send(f"/applications/{draft['id']}/submit", key=""), 422, "consents_missing")
        assert problem["missing"] == list(NEEDED)
        for purpose in NEEDED:
            given = {"purpose": purpose, "given_at": "2026-06-15T02:00:00Z"}
            assert lilac.send(f"/borrowers/{borrower}/consents", given).status_code == 201

        assert lilac.send(f"/applications/{draft['id']}/submit", key="").json()["status"] == "submitted"

    @pytest.mark.parametrize("wish", FORBIDDEN_WISHES)
    def test_a_forbidden_purpose_is_refused_as_code_and_in_the_note(self, lilac, product, wish) -> None:
        asked = self.wish(registered(lilac), product, **wish)

        problem = assert_problem(lilac.send("/applications", asked), 422, "purpose_forbidden")

        assert problem["errors"][0]["pointer"] == "/purpose"
        assert counted("loans_application") == 0

    @pytest.mark.parametrize(
        ("purpose", "code"), [("phone", "purpose_unknown"), ("炒股", "purpose_unknown"), ("", "purpose_missing")]
    )
    def test_a_purpose_is_one_of_the_list(self, lilac, product, purpose: str, code: str) -> None:
        asked = self.wish(registered(lilac), product, purpose=purpose)

        problem = assert_problem(lilac.send("/applications", asked), 422, code)

        assert problem["errors"][0]["pointer"] == "/purpose"

    def test_the_list_says_what_can_be_named_and_what_is_forbidden(self, lilac) -> None:
        listed = {row["code"]: row for row in lilac.ask("/loan_purposes").json()["data"]}

        assert listed["medical"] | {"name": "Medical care", "forbidden": False} == listed["medical"]
        assert listed["gambling"]["forbidden"] is True
        assert "words" not in listed["gambling"]

    def test_a_person_may_be_wished_for(self, lilac, product) -> None:
        borrower = self.bare(lilac, "personal_data", "credit_query")
        made = lilac.send(
            "/applications", self.wish(borrower, product, wants_person=True, purpose_note="new phone")
        ).json()
        assert (made["wants_person"], made["purpose"], made["purpose_note"]) == (True, "electronics", "new phone")

        assess_submitted()

        decision = lilac.ask(f"/applications/{made['id']}/decision").json()
        assert (decision["final"], decision["outcome"]) == (False, "refer")
        assert Application.objects.get().decision_reasons == ["person_wished"]
        assert_nothing_was_judged()

    def test_occupation_is_told_and_changed(self, lilac) -> None:
        borrower = registered(lilac, occupation="homemaker")
        assert lilac.ask(f"/borrowers/{borrower}").json()["occupation"] == "homemaker"

        def change(**facts: str) -> Any:
            seen = lilac.ask(f"/borrowers/{borrower}")["etag"]
            return lilac.send(f"/borrowers/{borrower}", facts, method="patch", **{"if-match": seen})

        answer = change(occupation="employed")

        assert answer.json()["occupation"] == "employed"
        assert Borrower.objects.get(public_id=borrower).language == "zh-hans"
        assert_problem(change(occupation="rich"), 422, "validation_failed")
        assert_problem(change(), 422, "validation_failed")


class TestPages:
    @pytest.fixture
    def officer(self, client: Client, signed_in) -> Client:
        return signed_in(client, "officer")

    def posted(self, officer: Client, borrower: Borrower, product: Product, **changes: str):
        form = {"key": "k", "product": product.pk, "amount": "10000", "term_count": "12", "purpose": "daily"}
        return officer.post(f"/app/applications/new?borrower={borrower.number}", {**form, **changes})

    def test_the_missing_ones_are_named_in_both_languages(self, officer, product, signed_in) -> None:
        lin = with_consents("personal_data")

        english = self.posted(officer, lin, product)
        signed_in(officer, "officer", username="lan", language="zh-hans").cookies["django_language"] = "zh-hans"
        chinese = self.posted(officer, lin, product)

        assert english.status_code == chinese.status_code == 422
        assert (
            "These consents are missing: Query of the credit bureau, Decision made by software alone."
            in english.content.decode()
        )
        assert "缺少以下授权同意" in chinese.content.decode()
        assert counted("loans_application") == 0

    def test_each_is_a_tick_of_its_own_and_none_is_ticked_beforehand(self, officer, product) -> None:
        lin = with_consents("credit_query")

        page = officer.get(f"/app/applications/new?borrower={lin.number}").content.decode()

        assert [purpose in page for purpose in ("consent_personal_data", "consent_automated_decision")] == [True, True]
        assert "consent_credit_query" not in page
        assert " checked" not in page

    def test_ticked_they_are_given_with_the_application(self, officer, product) -> None:
        lin = with_consents("credit_query")

        answer = self.posted(officer, lin, product, consent_personal_data="on", consent_automated_decision="on")

        assert answer.status_code == 302
        assert counted("borrowers_consent WHERE withdrawn_at IS NULL") == 3

    def test_a_refused_application_gives_no_consent(self, officer, product) -> None:
        lin = with_consents("credit_query")

        answer = self.posted(
            officer, lin, product, consent_personal_data="on", consent_automated_decision="on", purpose_note="炒股"
        )

        assert answer.status_code == 422
        assert counted("borrowers_consent") == 1

    @pytest.mark.parametrize("wish", FORBIDDEN_WISHES)
    def test_a_forbidden_purpose_is_refused_at_its_field(self, officer, product, wish) -> None:
        answer = self.posted(officer, ApplicantFactory(), product, **wish)

        assert answer.status_code == 422
        assert "No loan is given for this purpose" in answer.content.decode()
        assert counted("loans_application") == 0

    @pytest.mark.parametrize(
        ("purpose", "words"),
        [("phone", "“phone” is not a loan purpose"), ("", "Say what the loan is for")],
    )
    def test_a_purpose_is_one_of_the_list(self, officer, product, purpose: str, words: str) -> None:
        answer = self.posted(officer, ApplicantFactory(), product, purpose=purpose)

        assert answer.status_code == 422
        assert words in answer.content.decode()

    def test_who_wants_a_person_needs_no_tick_for_software(self, officer, product) -> None:
        lin = with_consents("personal_data", "credit_query")

        assert self.posted(officer, lin, product, wants_person="on", purpose_note="new sofa").status_code == 302

        application = Application.objects.get()
        assert application.wants_person
        page = officer.get(f"/app/applications/{application.number}").content.decode()
        assert "a person decides" in page and "Daily spending" in page and "new sofa" in page

    def test_the_application_says_what_is_missing_and_leads_to_where_it_is_recorded(
        self, officer, product, signed_in, staff_member
    ) -> None:
        application = ApplicationFactory()
        withdraw(application, "credit_query")
        assess_application(application_id=application.pk)

        page = officer.get(f"/app/applications/{application.number}").content.decode()
        assert 'id="missing-consents"' in page
        address = f"/app/borrowers/{application.borrower.number}/consents/new?purpose=credit_query"
        assert address in page
        told = {"purpose": "credit_query", "channel": "paper", "evidence": "Signed paper, file 3"}
        assert officer.post(address, told).status_code == 302
        approve(approval_id=Approval.objects.get().pk, decided_by=staff_member("checker"), on=ON)

        page = officer.get(f"/app/applications/{application.number}").content.decode()
        assert 'id="missing-consents"' not in page

    def test_an_underwriter_is_told_why_nothing_is_scored(self, client, signed_in) -> None:
        application = ApplicationFactory()
        withdraw(application, "credit_query")
        assess_application(application_id=application.pk)
        underwriter = signed_in(client, "underwriter")

        answer = underwriter.post(f"/app/applications/{application.number}/assess", follow=True).content.decode()

        assert "These consents are missing: Query of the credit bureau." in answer
        answer = underwriter.post(
            f"/app/applications/{application.number}/decide", {"outcome": "decline", "reasons": ["affordability"]}
        )
        assert answer.status_code == 422
        assert "These consents are missing" in answer.content.decode()
        assert_nothing_was_judged()

    def test_the_borrower_page_marks_what_every_application_needs(self, officer) -> None:
        lin = with_consents("personal_data", "credit_query")

        page = officer.get(f"/app/borrowers/{lin.number}").content.decode()

        assert page.count("needed for every application") == 1
        assert f"/app/borrowers/{lin.number}/consents/new?purpose=automated_decision" in page

    def test_the_occupation_is_shown_and_changed(self, officer) -> None:
        lin = BorrowerFactory()
        page = officer.get(f"/app/borrowers/{lin.number}").content.decode()
        assert f"/app/borrowers/{lin.number}/occupation" in page

        assert officer.post(f"/app/borrowers/{lin.number}/occupation", {"occupation": "student"}).status_code == 302

        lin.refresh_from_db()
        assert lin.occupation == "student"
        assert "Student" in officer.get(f"/app/borrowers/{lin.number}").content.decode()
        assert officer.post(f"/app/borrowers/{lin.number}/occupation", {"occupation": "rich"}).status_code == 422

    def test_a_new_borrower_states_it(self, officer) -> None:
        form = {
            "identity_kind": "cn_resident_id",
            "identity_number": "11010519491231002X",
            "name": "林小雨",
            "phone": "13812341234",
            "language": "zh-hans",
            "occupation": "retired",
        }

        assert officer.post("/app/borrowers/new", form).status_code == 302
        assert Borrower.objects.get().occupation == "retired"
