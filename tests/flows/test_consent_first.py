"""Consent comes first, and a loan has a purpose: through page, API and task nothing is scored and nobody is declined
without what the borrower agreed to. What must not be there is counted by plain SQL."""

import pytest

from core.kept import forget
from loans.models import LoanPurpose
from loans.origination import origination
from loans.origination.decisions import DeclineForConsent
from loans.preconditions.consents import ConsentsMissing
from loans.preconditions.purposes import PurposeForbidden, PurposeMissing, PurposeUnknown
from risk import underwriting
from risk.tasks import assess_application
from tests.borrowers.factories import NEEDED, BorrowerFactory, ConsentFactory, consent_again
from tests.core.factories import RuleFactory
from tests.flows.consents import (
    FORBIDDEN_WISHES,
    a_wish,
    assert_nothing_was_judged,
    counted,
    product,
    the_day,
    with_consents,
    withdraw,
)
from tests.loans.factories import ON, ApplicantFactory, ApplicationFactory
from tests.risk.factories import DoNotLendEntryFactory

pytestmark = pytest.mark.django_db
__all__ = ["product", "the_day"]  # fixtures


class TestSubmitting:
    @pytest.mark.parametrize("without", NEEDED)
    def test_each_missing_consent_is_named(self, product, without: str) -> None:
        lin = with_consents(*(purpose for purpose in NEEDED if purpose != without))

        with pytest.raises(ConsentsMissing) as refusal:
            origination.submit_application(a_wish(lin, product), on=ON, channel="web")

        assert refusal.value.missing == (without,)
        assert counted("loans_application") == 0

    def test_a_draft_is_kept_and_submitted_once_the_borrower_agreed(self, product) -> None:
        lin = with_consents()
        draft = origination.save_draft(a_wish(lin, product), on=ON, channel="web")

        with pytest.raises(ConsentsMissing) as refusal:
            origination.submit_draft(application_id=draft.pk, on=ON)
        assert refusal.value.missing == NEEDED
        for purpose in NEEDED:
            ConsentFactory(borrower=lin, purpose=purpose)

        assert origination.submit_draft(application_id=draft.pk, on=ON).status == "submitted"

    def test_what_is_needed_is_a_rule_of_the_market(self, product) -> None:
        RuleFactory(code="consents_needed", effective_from=ON, data={"purposes": ["third_party", "credit_query"]})
        forget()

        with pytest.raises(ConsentsMissing) as refusal:
            origination.submit_application(a_wish(with_consents("credit_query"), product), on=ON, channel="web")

        assert refusal.value.missing == ("third_party",)

    def test_who_wants_a_person_need_not_agree_to_software(self, product) -> None:
        lin = with_consents("personal_data", "credit_query")

        application = origination.submit_application(a_wish(lin, product, wants_person=True), on=ON, channel="web")

        assert application.wants_person

    @pytest.mark.parametrize("wish", FORBIDDEN_WISHES)
    def test_no_loan_is_asked_for_a_forbidden_purpose(self, product, wish: dict[str, str]) -> None:
        lin = ApplicantFactory()
        draft = origination.save_draft(a_wish(lin, product, **wish), on=ON, channel="web")

        with pytest.raises(PurposeForbidden):
            origination.submit_application(a_wish(lin, product, **wish), on=ON, channel="web")
        with pytest.raises(PurposeForbidden):
            origination.submit_draft(application_id=draft.pk, on=ON)
        assert counted("loans_application WHERE status <> 'draft'") == 0

    def test_an_unknown_code_is_not_even_a_draft(self, product) -> None:
        wish = a_wish(ApplicantFactory(), product, purpose="phone")

        for take in (origination.submit_application, origination.save_draft):
            with pytest.raises(PurposeUnknown):
                take(wish, on=ON, channel="web")
        assert counted("loans_application") == 0

    def test_without_a_purpose_there_is_a_draft_and_no_more(self, product) -> None:
        wish = a_wish(ApplicantFactory(), product, purpose="")
        origination.save_draft(wish, on=ON, channel="web")

        with pytest.raises(PurposeMissing):
            origination.submit_application(wish, on=ON, channel="web")

    def test_a_purpose_forbidden_since_the_draft_is_refused_when_it_is_sent_off(self, product) -> None:
        draft = origination.save_draft(a_wish(ApplicantFactory(), product, purpose="travel"), on=ON, channel="web")
        LoanPurpose.objects.filter(code="travel").update(forbidden=True)
        forget()

        with pytest.raises(PurposeForbidden):
            origination.submit_draft(application_id=draft.pk, on=ON)

    def test_an_import_is_asked_neither_for_it_was_agreed_elsewhere(self, product) -> None:
        wish = a_wish(BorrowerFactory(), product, purpose="")

        assert origination.submit_application(wish, on=ON, channel="import").purpose_id is None

    def test_asking_for_consents_takes_one_statement(self, product, django_assert_num_queries) -> None:
        application = ApplicationFactory()
        rule_read_before = underwriting.missing_consents(application, ON)

        with django_assert_num_queries(1):
            assert underwriting.missing_consents(application, ON) == rule_read_before == ()


class TestWithdrawnInBetween:
    @pytest.mark.parametrize("purpose", ["personal_data", "credit_query"])
    def test_the_task_hands_it_to_a_person_and_scores_nothing(self, purpose: str) -> None:
        application = ApplicationFactory()
        withdraw(application, purpose)

        assert assess_application(application_id=application.pk) == "referred"

        application.refresh_from_db()
        assert (application.decision_reasons, application.grade) == (["consent_missing"], "")
        assert application.decision_note == purpose
        assert_nothing_was_judged()

    def test_not_even_who_is_on_the_do_not_lend_list_is_declined(self) -> None:
        application = ApplicationFactory()
        DoNotLendEntryFactory(borrower=application.borrower)
        withdraw(application, *NEEDED)

        assert assess_application(application_id=application.pk) == "referred"

        assert_nothing_was_judged()

    def test_whoever_takes_back_the_decision_by_software_is_decided_on_by_a_person(self, staff_member) -> None:
        application = ApplicationFactory()
        withdraw(application, "automated_decision")

        assert assess_application(application_id=application.pk) == "referred"
        application.refresh_from_db()
        assert application.decision_reasons == ["person_wished"]
        assert_nothing_was_judged()

        underwriting.assess(application_id=application.pk, on=ON)
        decided = underwriting.decide(
            application_id=application.pk,
            outcome="approve",
            reasons=("meets_policy",),
            on=ON,
            by=staff_member("underwriter"),
        )
        assert (decided.status, decided.decision_source) == ("offered", "staff")

    def test_the_wish_for_a_person_at_submission_does_the_same(self, product) -> None:
        lin = with_consents("personal_data", "credit_query")
        application = origination.submit_application(a_wish(lin, product, wants_person=True), on=ON, channel="web")

        assert assess_application(application_id=application.pk) == "referred"

        application.refresh_from_db()
        assert application.decision_reasons == ["person_wished"]
        assert_nothing_was_judged()

    def test_with_more_missing_than_that_consent_it_is_not_only_a_wish(self) -> None:
        application = ApplicationFactory()
        withdraw(application, "automated_decision", "credit_query")

        assess_application(application_id=application.pk)

        application.refresh_from_db()
        assert application.decision_reasons == ["consent_missing"]

    def test_given_again_it_is_assessed_as_any_other(self) -> None:
        application = ApplicationFactory()
        withdraw(application, "credit_query")
        consent_again(application.borrower, "credit_query")

        assert assess_application(application_id=application.pk) == "offered"


class TestPeople:
    @pytest.mark.parametrize("purpose", ["personal_data", "credit_query"])
    def test_nobody_scores_or_declines_without_consent(self, staff_member, purpose: str) -> None:
        application = ApplicationFactory()
        withdraw(application, purpose)
        assess_application(application_id=application.pk)

        with pytest.raises(ConsentsMissing):
            underwriting.assess(application_id=application.pk, on=ON)
        with pytest.raises(ConsentsMissing):
            underwriting.decide(
                application_id=application.pk,
                outcome="decline",
                reasons=("affordability",),
                on=ON,
                by=staff_member("underwriter"),
            )

        assert_nothing_was_judged()
        assert origination.withdraw(application_id=application.pk, on=ON).status == "withdrawn"

    @pytest.mark.parametrize(
        "reasons", [("consent_missing",), ("person_wished",), ("consent_missing", "person_wished")]
    )
    def test_consent_is_no_reason_to_decline(self, staff_member, reasons: tuple[str, ...]) -> None:
        application = ApplicationFactory()

        with pytest.raises(DeclineForConsent):
            underwriting.decide(
                application_id=application.pk, outcome="decline", reasons=reasons, on=ON, by=staff_member("underwriter")
            )

        assert_nothing_was_judged()

    def test_who_never_agreed_to_software_and_wished_for_nobody_is_not_assessed(self, product) -> None:
        lin = with_consents("personal_data", "credit_query")
        application = origination.submit_application(a_wish(lin, product), on=ON, channel="import")

        with pytest.raises(ConsentsMissing) as refusal:
            underwriting.assess(application_id=application.pk, on=ON)
        assert refusal.value.missing == ("automated_decision",)
