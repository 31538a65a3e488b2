"""Pages of applications, underwriting and limits: who may see and do what, and in how many queries."""

from decimal import Decimal

import pytest
from django.test import Client

from audit.approvals import approve
from audit.models import Approval
from core import business_date
from loans.models import Application, Disbursement, Loan
from risk import underwriting
from risk.models import CreditLimit, DoNotLendEntry
from risk.people import do_not_lend
from tests.borrowers.factories import IncomeFactory
from tests.loans.factories import ON, ApplicantFactory, ApplicationFactory, OfferFactory, ProductVersionFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_day() -> None:
    business_date.move_to(ON)


@pytest.fixture
def referred() -> Application:
    return underwriting.decide_automatically(application_id=ApplicationFactory(borrower__earning=False).pk, on=ON)


def page_of(application: Application, act: str = "") -> str:
    return f"/app/applications/{application.number}{act}"


class TestPermissions:
    @pytest.mark.parametrize(
        ("address", "role", "method"),
        [
            ("/app/applications/", "officer", "get"),
            ("/app/applications/new", "officer", "get"),
            ("/app/applications/new/papers", "officer", "post"),
            ("/app/applications/quote", "officer", "get"),
            ("/app/applications/{}", "underwriter", "get"),
            ("/app/applications/{}/state", "underwriter", "get"),
            ("/app/applications/{}/assess", "underwriter", "post"),
            ("/app/applications/{}/decide", "underwriter", "post"),
            ("/app/applications/{}/claim", "underwriter", "post"),
            ("/app/applications/{}/release", "underwriter", "post"),
            ("/app/applications/{}/withdraw", "officer", "post"),
            ("/app/applications/{}/accept", "officer", "post"),
            ("/app/applications/{}/disburse", "operations", "post"),
            ("/app/applications/{}/disburse/retry", "operations", "post"),
            ("/app/applications/{}/disburse/cancel", "operations", "post"),
            ("/app/underwriting/", "underwriter", "get"),
            ("/app/underwriting/next", "underwriter", "post"),
            ("/app/limits/", "risk_analyst", "get"),
            ("/app/limits/CU-1", "risk_analyst", "get"),
            ("/app/limits/CU-1/do-not-lend", "risk_analyst", "post"),
            ("/app/limits/CU-1/do-not-lend/lift", "risk_analyst", "post"),
        ],
    )
    def test_each_address_asks_for_its_right(self, client, signed_in, referred, address, role, method) -> None:
        path = address.format(referred.number)

        assert getattr(Client(), method)(path).status_code == 302
        assert getattr(signed_in(Client(), username="nobody"), method)(path).status_code == 403
        assert getattr(signed_in(client, role), method)(path).status_code in {200, 302, 404, 422}

    def test_an_officer_may_not_decide(self, client, signed_in, referred) -> None:
        officer = signed_in(client, "officer")

        assert officer.post(page_of(referred, "/decide"), {"outcome": "approve"}).status_code == 403
        assert b'id="decision"' not in officer.get(page_of(referred)).content

    def test_only_some_may_change_a_limit(self, client, signed_in) -> None:
        underwriting.decide_automatically(application_id=ApplicationFactory().pk, on=ON)
        limit = CreditLimit.objects.get()

        answer = signed_in(client, "officer").post(
            f"/app/limits/{limit.borrower.number}", {"amount": "1", "reason": "x"}
        )

        assert answer.status_code == 403


class TestTaking:
    def test_the_borrower_is_found_by_phone_and_the_wish_is_submitted_and_decided(
        self, client, signed_in, django_capture_on_commit_callbacks
    ) -> None:
        lin, version = ApplicantFactory(phone="13812340001"), ProductVersionFactory()
        officer = signed_in(client, "officer")
        assert lin.number in officer.get("/app/applications/new?q=138 1234 0001").content.decode()

        with django_capture_on_commit_callbacks(execute=True):
            answer = officer.post(
                f"/app/applications/new?borrower={lin.number}",
                {
                    "key": "k",
                    "product": version.product_id,
                    "amount": "10,000.00",
                    "term_count": "12",
                    "purpose": "electronics",
                },
            )

        application = Application.objects.get()
        assert answer.headers["Location"] == page_of(application)
        assert (application.status, application.channel) == ("offered", "counter")

    def test_a_double_click_takes_one_application(self, client, signed_in) -> None:
        lin, version = ApplicantFactory(), ProductVersionFactory()
        officer = signed_in(client, "officer")
        form = {"key": "k", "product": version.product_id, "amount": "10000", "term_count": "12", "purpose": "daily"}

        for _ in range(2):
            assert officer.post(f"/app/applications/new?borrower={lin.number}", form).status_code == 302

        assert Application.objects.count() == 1

    def test_a_refusal_stands_at_its_field(self, client, signed_in) -> None:
        lin, version = ApplicantFactory(), ProductVersionFactory()

        answer = signed_in(client, "officer").post(
            f"/app/applications/new?borrower={lin.number}",
            {"key": "k", "product": version.product_id, "amount": "10000", "term_count": "99", "purpose": "daily"},
        )

        assert answer.status_code == 422
        assert "The number of instalments must be between 1 and 12." in answer.content.decode()

    def test_the_quote_follows_the_form(self, client, signed_in) -> None:
        version = ProductVersionFactory()
        officer = signed_in(client, "officer")

        quote = officer.get(f"/app/applications/quote?product={version.product_id}&amount=10000&term_count=12")
        refused = officer.get(f"/app/applications/quote?product={version.product_id}&amount=1&term_count=12")
        empty = officer.get("/app/applications/quote")

        assert "916.79" in quote.content.decode()
        assert "18.00 %" in quote.content.decode()
        assert "Charged by" in quote.content.decode()
        assert "Nothing else is charged" in quote.content.decode()
        assert "The amount must be between" in refused.content.decode()
        assert "the quote follows what you type" in empty.content.decode()


class TestApplication:
    def test_it_shows_checks_score_and_reasons_masked(self, client, signed_in, referred) -> None:
        text = signed_in(client, "underwriter").get(page_of(referred)).content.decode()

        assert "林*雨" in text
        assert "林小雨" not in text
        assert referred.borrower.phone not in text
        assert referred.borrower.identity_number not in text
        assert "Affordable" in text
        assert "Income is not known or not proved" in text
        assert 'id="decision"' in text

    @pytest.mark.parametrize(("role", "menus"), [("underwriter", 1), ("operations", 0)])
    def test_the_menu_is_there_only_where_something_is_in_it(self, client, signed_in, referred, role, menus) -> None:
        page = signed_in(client, role).get(page_of(referred)).content.decode()

        head = page.partition('class="object-head"')[2].partition("</section>")[0]
        assert head.count('<details class="menu"') == menus
        assert head.count("Limit and do-not-lend list") == menus

    def test_it_takes_the_same_queries_however_long_its_story(
        self, client, signed_in, referred, django_assert_max_num_queries
    ) -> None:
        underwriter = signed_in(client, "underwriter")
        for _ in range(5):
            underwriter.post(page_of(referred, "/assess"))
        underwriter.get(page_of(referred))

        with django_assert_max_num_queries(20):
            assert underwriter.get(page_of(referred)).status_code == 200

    def test_a_decision_without_a_reason_is_refused(self, client, signed_in, referred) -> None:
        answer = signed_in(client, "underwriter").post(page_of(referred, "/decide"), {"outcome": "decline"})

        assert answer.status_code == 422
        assert "Give the reason for the decision." in answer.content.decode()
        referred.refresh_from_db()
        assert referred.status == "referred"

    def test_a_person_decides_the_borrower_accepts_and_the_money_goes_out(self, client, signed_in, referred) -> None:
        IncomeFactory(borrower=referred.borrower)  # what was missing is proved
        underwriter = signed_in(client, "underwriter")
        decision = {
            "outcome": "counter_offer",
            "reasons": ["income_verified"],
            "principal": "5000",
            "term_count": "6",
            "note": "Payslip seen",
        }
        assert underwriter.post(page_of(referred, "/decide"), decision).status_code == 302
        officer = signed_in(Client(), "officer")
        officer.post(page_of(referred, "/accept"))
        officer.post(page_of(referred, "/accept"))

        signed_in(Client(), "operations").post(page_of(referred, "/disburse"))

        loan = Loan.objects.get()
        assert (loan.principal, loan.instalment_count, loan.status) == (5000, 6, "active")
        assert "Payslip seen" in underwriter.get(page_of(referred)).content.decode()

    def test_while_it_is_assessed_the_page_asks_and_then_loads_anew(self, client, signed_in) -> None:
        application = ApplicationFactory()
        underwriter = signed_in(client, "underwriter")
        assert "Being assessed" in underwriter.get(page_of(application)).content.decode()
        assert "HX-Refresh" not in underwriter.get(page_of(application, "/state")).headers

        underwriting.decide_automatically(application_id=application.pk, on=ON)

        assert underwriter.get(page_of(application, "/state")).headers["HX-Refresh"] == "true"

    def test_a_refused_disbursement_is_explained_and_sent_again(self, client, signed_in) -> None:
        offer = OfferFactory(
            application__borrower=ApplicantFactory(banked=True, account__account_number="6222020000001001")
        )
        operations = signed_in(client, "operations")
        signed_in(Client(), "officer").post(page_of(offer.application, "/accept"))
        operations.post(page_of(offer.application, "/disburse"))
        text = operations.get(page_of(offer.application)).content.decode()
        assert "The account is closed." in text
        assert "Send again" in text

        operations.post(page_of(offer.application, "/disburse/retry"))

        assert Disbursement.objects.get().status == "queued"

    def test_cancelling_before_the_bank_was_asked_ends_the_loan(self, client, signed_in) -> None:
        offer = OfferFactory()
        signed_in(Client(), "officer").post(page_of(offer.application, "/accept"))

        operations = signed_in(client, "operations")
        operations.post(page_of(offer.application, "/disburse/cancel"))
        assert Loan.objects.get().status == "pending_disbursement"

        operations.post(page_of(offer.application, "/disburse/cancel"), {"reason": "bought it elsewhere"})
        assert Loan.objects.get().status == "cancelled"

    def test_an_unknown_application_is_not_found(self, client, signed_in) -> None:
        assert signed_in(client, "underwriter").get("/app/applications/AP-0").status_code == 404


class TestLists:
    def test_the_list_filters_and_takes_few_queries(
        self, client, signed_in, referred, django_assert_max_num_queries
    ) -> None:
        offered = OfferFactory().application
        officer = signed_in(client, "officer")
        officer.get("/app/applications/")

        with django_assert_max_num_queries(12):
            text = officer.get("/app/applications/").content.decode()
        only = officer.get("/app/applications/?status=referred").content.decode()

        assert offered.number in text
        assert referred.number in text
        assert offered.number not in only
        assert referred.number in only

    def test_the_queue_shows_why_and_takes_the_next(self, client, signed_in, referred) -> None:
        underwriter = signed_in(client, "underwriter")
        assert "Income is not known or not proved" in underwriter.get("/app/underwriting/").content.decode()

        answer = underwriter.post("/app/underwriting/next")

        assert answer.headers["Location"] == page_of(referred)
        referred.refresh_from_db()
        assert referred.claimed_by.username == "underwriter"
        another = signed_in(Client(), "underwriter", username="second")
        assert another.post("/app/underwriting/next").headers["Location"] == "/app/underwriting/"

    def test_limits_are_listed_and_lowered_at_once(self, client, signed_in) -> None:
        underwriting.decide_automatically(application_id=ApplicationFactory().pk, on=ON)
        limit = CreditLimit.objects.get()
        analyst = signed_in(client, "risk_analyst")
        assert limit.borrower.number in analyst.get("/app/limits/").content.decode()

        analyst.post(f"/app/limits/{limit.borrower.number}", {"amount": "20000", "reason": "Lost her job"})

        limit.refresh_from_db()
        assert limit.amount == Decimal("20000.00")
        assert "Lost her job" in analyst.get(f"/app/limits/{limit.borrower.number}").content.decode()

    def test_a_person_is_put_on_the_do_not_lend_list_and_taken_off_with_reasons(self, client, signed_in) -> None:
        lin = ApplicantFactory()
        analyst = signed_in(client, "risk_analyst")
        page = f"/app/limits/{lin.number}"
        assert analyst.post(f"{page}/do-not-lend", {"reason": "fraud", "note": ""}).status_code == 422

        analyst.post(f"{page}/do-not-lend", {"reason": "fraud", "note": "Forged payslip"})
        assert do_not_lend([lin.pk])
        assert "Forged payslip" in analyst.get(page).content.decode()
        analyst.post(f"{page}/do-not-lend/lift", {"reason": ""})
        assert do_not_lend([lin.pk])
        analyst.post(f"{page}/do-not-lend/lift", {"reason": "It was her brother"})
        assert do_not_lend([lin.pk])
        assert "waits for a second person" in analyst.get(page).content.decode()
        approve(
            approval_id=Approval.objects.get().pk,
            decided_by=UserFactory(roles=["compliance"]),
            on=business_date.current(),
        )

        assert not do_not_lend([lin.pk])
        reasons = DoNotLendEntry.history.order_by("history_id").values_list("history_change_reason", flat=True)
        assert list(reasons) == ["Forged payslip", "It was her brother"]
