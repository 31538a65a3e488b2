"""From what is known to a decision: the rules decide what they can answer, people the rest."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from core.rules import forget_cached_rules
from loans.models import Application, Merchant, Offer, Product, ProductVersion
from loans.origination import origination
from loans.origination.application_wish import ApplicationWish
from risk import underwriting, work_queue
from risk.models import Assessment, CreditLimit, GradePolicy, LimitChange, Scorecard
from risk.queries import GradePolicyMissing, ScorecardMissing
from risk.underwriting import AssessmentMissing
from risk.work_queue import ClaimedByAnother, NotWaitingForUnderwriter
from tests.borrowers.factories import ExternalDebtFactory
from tests.core.factories import rule_says
from tests.loans.books import close_until
from tests.loans.factories import ON, ApplicantFactory, ApplicationFactory, LoanFactory, ProductVersionFactory
from tests.risk.factories import DoNotLendEntryFactory, GradePolicyFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 15, 3, 0, tzinfo=UTC)


def decided(application: Application) -> Application:
    return underwriting.decide_automatically(application_id=application.pk, on=ON)


class TestAutomatic:
    def test_a_good_applicant_gets_what_was_asked_for(self) -> None:
        application = decided(ApplicationFactory())

        offer = application.offers.get()
        assert (application.status, application.outcome, application.decision_source) == (
            "offered",
            "approve",
            "automatic",
        )
        assert (offer.principal, offer.grade) == (Decimal("10000.00"), "B")
        assert Assessment.objects.get().grade == "B"

    def test_asked_again_it_decides_nothing_more(self) -> None:
        application = ApplicationFactory()

        decided(application)
        decided(application)

        assert (Assessment.objects.count(), Offer.objects.count()) == (1, 1)

    @pytest.mark.parametrize(
        ("applicant", "reason"),
        [
            ({"earning": False}, "income_unknown"),
            (
                {"identity_kind": "other", "identity_number": "P77", "birth_date": ON.replace(year=1990)},
                "identity_uncertain",
            ),
            ({"identity_kind": "other", "identity_number": "P78"}, "age"),
        ],
    )
    def test_what_is_not_known_is_never_approved(self, applicant: dict, reason: str) -> None:
        application = decided(ApplicationFactory(borrower=ApplicantFactory(**applicant)))

        assert application.status == "referred"
        assert reason in application.decision_reasons

    def test_somebody_too_young_is_declined(self) -> None:
        young = ApplicantFactory(
            identity_number="99010020090101001" + "0", identity_kind="other", birth_date=ON.replace(year=2009)
        )

        application = decided(ApplicationFactory(borrower=young))

        assert (application.status, application.decision_reasons) == ("declined", ["age"])

    def test_the_do_not_lend_list_declines(self) -> None:
        lin = ApplicantFactory()
        DoNotLendEntryFactory(borrower=lin)

        assert decided(ApplicationFactory(borrower=lin)).decision_reasons == ["do_not_lend"]

    def test_a_lifted_entry_does_not(self) -> None:
        lin = ApplicantFactory()
        DoNotLendEntryFactory(borrower=lin, lifted_on=ON)

        assert decided(ApplicationFactory(borrower=lin)).status == "offered"

    def test_debts_elsewhere_make_the_offer_smaller(self) -> None:
        lin = ApplicantFactory(income__monthly_amount=Decimal("6000.00"))
        ExternalDebtFactory(borrower=lin, balance=Decimal(50000), monthly_payment=Decimal(2500))

        application = decided(ApplicationFactory(borrower=lin))

        offer = application.offers.get()
        assert (application.outcome, application.decision_reasons) == ("counter_offer", ["affordability"])
        assert Decimal(0) < offer.principal < Decimal(10000)
        assert offer.principal % 100 == 0

    def test_no_room_at_all_is_declined_with_the_reason(self) -> None:
        lin = ApplicantFactory(income__monthly_amount=Decimal("20000.00"))
        ExternalDebtFactory(borrower=lin, balance=Decimal(500000), monthly_payment=Decimal(10000))

        assert decided(ApplicationFactory(borrower=lin)).decision_reasons == ["affordability"]

    def test_a_second_open_application_is_referred(self) -> None:
        lin = ApplicantFactory()
        ApplicationFactory(borrower=lin)

        application = decided(ApplicationFactory(borrower=lin))

        assert (application.status, application.decision_reasons) == ("referred", ["duplicate"])

    def test_an_overdue_loan_here_refers_and_a_long_overdue_one_declines(self) -> None:
        lin = ApplicantFactory(on=ON.replace(month=1, day=1))
        LoanFactory(active=True, borrower=lin, disbursed_on=ON - timedelta(days=40))
        close_until(ON)
        assert decided(ApplicationFactory(borrower=lin)).decision_reasons == ["arrears"]
        Application.objects.update(status="withdrawn")

        close_until(ON + timedelta(days=30))
        application = ApplicationFactory(borrower=lin)

        assert decided(application).status == "declined"

    def test_more_than_the_grade_allows_is_a_counter_offer(self) -> None:
        application = decided(
            ApplicationFactory(borrower__income__monthly_amount=Decimal("60000.00"), amount=Decimal("45000.00"))
        )

        assert (application.outcome, application.decision_reasons) == ("counter_offer", ["amount_over_limit"])
        assert application.offers.get().principal == Decimal("30000.00")

    def test_what_one_person_may_not_approve_the_rules_may_not_either(self) -> None:
        rule_says("second_approval", {"amount_over": "5000.00"})
        forget_cached_rules()

        application = decided(ApplicationFactory())

        assert (application.status, application.decision_reasons) == ("referred", ["large_amount"])

    def test_a_price_over_the_cap_is_referred(self) -> None:
        version = ProductVersionFactory(product__code="dear", annual_rate=Decimal("0.26"))

        application = decided(ApplicationFactory(version=version))

        assert (application.status, application.decision_reasons) == ("referred", ["cost_cap"])

    def test_a_purchase_bears_the_down_payment_of_its_grade(self) -> None:
        version = ProductVersionFactory(product__code="purchase", is_purchase=True)

        application = decided(ApplicationFactory(version=version, purchase=True, price=Decimal("10000.00")))

        offer = application.offers.get()
        assert application.outcome == "approve"
        assert (offer.price, offer.down_payment, offer.principal) == (10000, 1000, 9000)

    def test_a_purchase_from_a_merchant_that_was_stopped_meanwhile_is_referred(self) -> None:
        version = ProductVersionFactory(product__code="purchase", is_purchase=True)
        application = ApplicationFactory(version=version, purchase=True)
        Merchant.objects.update(active=False)

        application = decided(application)

        assert (application.status, application.decision_reasons) == ("referred", ["merchant_not_active"])

    def test_an_application_for_a_product_that_was_withdrawn_meanwhile_is_referred_and_can_be_declined(
        self, staff_member, client
    ) -> None:
        application = ApplicationFactory()
        Product.objects.update(active=False)

        with translation.override("en"):
            application = decided(application)

        assert (application.status, application.decision_reasons) == ("referred", ["product_not_sold"])
        assert application.decision_note == f"This product is not sold on {ON.isoformat()}."
        underwriter = staff_member("underwriter")
        client.force_login(underwriter)
        assert application.decision_note in client.get(f"/app/applications/{application.number}").content.decode()
        application = underwriting.decide(
            application_id=application.pk, outcome="decline", reasons=("product_not_sold",), on=ON, by=underwriter
        )
        assert application.status == "declined"

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"max_amount": 9000}, "product_not_sold"),
            ({"max_count": 6}, "product_not_sold"),
            ({"is_purchase": True}, "product_not_sold"),
            ({"rate_index": "LPR99Y", "repricing": "anniversary"}, "no_price"),
        ],
    )
    def test_an_application_that_the_product_no_longer_fits_is_referred(self, change: dict, reason: str) -> None:
        application = ApplicationFactory()
        ProductVersion.objects.update(**change)

        application = decided(application)

        assert (application.status, application.decision_reasons) == ("referred", [reason])
        assert application.decision_note

    def test_the_grade_sets_the_price(self) -> None:
        policy = GradePolicy.objects.get()
        rows = [{**row, "rate_margin": "0.0200"} for row in policy.rows]
        GradePolicyFactory(effective_from=ON, rows=rows)

        assert decided(ApplicationFactory()).offers.get().annual_rate == Decimal("0.20")

    def test_nothing_is_decided_without_a_card_or_policy(self) -> None:
        application = ApplicationFactory()
        GradePolicy.objects.all().delete()
        with pytest.raises(GradePolicyMissing):
            decided(application)

        Scorecard.objects.update(is_active=False)
        with pytest.raises(ScorecardMissing):
            decided(application)

    def test_an_assessment_keeps_what_was_known_and_never_changes(self) -> None:
        decided(ApplicationFactory())
        assessment = Assessment.objects.get()

        assert assessment.profile["income"] == "12000.00"
        assert {check["result"] for check in assessment.checks} == {"passed"}
        assert 0 < len(assessment.score_reasons) <= 4
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE risk_assessment SET points = 999")

    def test_the_first_assessment_opens_a_limit(self) -> None:
        application = decided(ApplicationFactory())

        limit = CreditLimit.objects.get(borrower=application.borrower)
        assert (limit.amount, limit.grade) == (Decimal("30000.00"), "B")
        assert LimitChange.objects.get().reason == "first"

    def test_from_submission_to_decision_each_fact_is_read_once(self, django_assert_max_num_queries) -> None:
        decided(ApplicationFactory())  # rules, purposes and calendars are kept in the process from here on
        wish = ApplicationWish(
            borrower_id=ApplicantFactory().pk,
            product_id=Product.objects.get().pk,
            amount=Decimal(10_000),
            term_count=12,
            purpose="electronics",
        )

        with django_assert_max_num_queries(46) as taken:
            application = decided(origination.submit_application(wish, on=ON, channel="web"))

        assert application.status == "offered"
        for table in ("loans_loanposition p", "borrowers_externaldebt", "borrowers_income", "risk_donotlendentry"):
            assert sum(f"FROM {table}" in query["sql"].replace('"', "") for query in taken.captured_queries) == 1, table


class TestPerson:
    def referred(self) -> Application:
        """The borrower asked for a person: nothing else is missing."""
        return decided(ApplicationFactory(wants_person=True))

    def test_a_person_may_approve_what_the_rules_referred(self, staff_member) -> None:
        application = self.referred()
        underwriting.assess(application_id=application.pk, on=ON)
        uwe = staff_member("underwriter")

        underwriting.decide(
            application_id=application.pk,
            outcome="counter_offer",
            reasons=("income_verified",),
            principal=Decimal("6000.00"),
            term_count=6,
            on=ON,
            by=uwe,
        )

        offer = Offer.objects.get()
        assert (offer.principal, offer.term_count, offer.made_by, offer.is_counter_offer) == (6000, 6, uwe, True)

    def test_without_an_assessment_there_is_no_price(self, staff_member) -> None:
        with pytest.raises(AssessmentMissing):
            underwriting.decide(
                application_id=ApplicationFactory().pk,
                outcome="approve",
                reasons=("meets_policy",),
                on=ON,
                by=staff_member("underwriter"),
            )

    def test_nobody_decides_over_the_head_of_who_took_it(self, staff_member) -> None:
        application = self.referred()
        work_queue.claim(application_id=application.pk, by=staff_member("underwriter", username="uwe"), now=NOW)

        with pytest.raises(ClaimedByAnother):
            underwriting.decide(
                application_id=application.pk,
                outcome="decline",
                reasons=("affordability",),
                on=ON,
                by=staff_member("underwriter", username="ute"),
            )


class TestQueue:
    def waiting(self, count: int = 2) -> list[Application]:
        return [decided(ApplicationFactory(borrower__earning=False)) for _ in range(count)]

    def test_the_oldest_comes_first_and_is_claimed(self, staff_member) -> None:
        first, second = self.waiting()
        uwe, ute = (staff_member("underwriter", username=name) for name in ("uwe", "ute"))

        assert work_queue.claim_next(by=uwe, now=NOW) == first
        assert work_queue.claim_next(by=ute, now=NOW) == second
        assert work_queue.claim_next(by=uwe, now=NOW) == first

    def test_a_claim_ends_by_itself(self, staff_member) -> None:
        (first,) = self.waiting(1)
        uwe, ute = (staff_member("underwriter", username=name) for name in ("uwe", "ute"))
        work_queue.claim_next(by=uwe, now=NOW)

        assert work_queue.claim_next(by=ute, now=NOW) is None
        assert work_queue.claim_next(by=ute, now=NOW + work_queue.CLAIM_LASTS + timedelta(seconds=1)) == first

    def test_a_released_application_is_free_again(self, staff_member) -> None:
        (first,) = self.waiting(1)
        uwe, ute = (staff_member("underwriter", username=name) for name in ("uwe", "ute"))
        work_queue.claim(application_id=first.pk, by=uwe, now=NOW)
        with pytest.raises(ClaimedByAnother):
            work_queue.claim(application_id=first.pk, by=ute, now=NOW)

        work_queue.release(application_id=first.pk, by=uwe)

        assert work_queue.claim(application_id=first.pk, by=ute, now=NOW).claimed_by == ute

    def test_only_what_waits_can_be_claimed(self, staff_member) -> None:
        with pytest.raises(NotWaitingForUnderwriter):
            work_queue.claim(application_id=ApplicationFactory().pk, by=staff_member("underwriter"), now=NOW)
