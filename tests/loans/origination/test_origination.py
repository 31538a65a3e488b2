"""Taking applications and deciding on them."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import product as pairs
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from audit import approvals
from audit.models import Approval, AuditEvent
from core.rules import forget_cached_rules
from loans.models import Application, ApplicationStatus, Offer, ProductVersion
from loans.origination import origination
from loans.origination.application_lifecycle import APPLICATIONS, ApplicationStepRefused, advance
from loans.origination.application_wish import ApplicationWish
from loans.origination.decisions import Decision, DecisionIncomplete, DecisionReasonMissing, DecisionReasonUnknown
from loans.origination.origination import DecisionOutcomeMismatch, IdempotencyKeyReused
from loans.pricing.cost_caps import AllInCostTooHigh
from loans.pricing.quotes import (
    AmountOutOfRange,
    PriceMissing,
    PriceNotExpected,
    ProductNotSold,
    TermOutOfRange,
    require_product_within_cap,
)
from messaging.models import Message
from tests.core.factories import rule_says
from tests.loans.factories import (
    ON,
    ApplicantFactory,
    ApplicationFactory,
    DecisionFactory,
    OfferFactory,
    ProductVersionFactory,
)
from tests.risk.factories import CreditLimitFactory

pytestmark = pytest.mark.django_db


class TestSubmitting:
    def test_it_is_numbered_dated_and_submitted(self) -> None:
        application = ApplicationFactory()

        assert application.number.startswith("AP-2026-")
        assert (application.status, application.submitted_on) == ("submitted", ON)

    def test_a_repeat_with_the_same_key_is_the_same_application(self) -> None:
        lin = ApplicantFactory()
        first = ApplicationFactory(borrower=lin, idempotency_key="k-1")

        again = ApplicationFactory(borrower=lin, idempotency_key="k-1")

        assert again.pk == first.pk
        assert Application.objects.count() == 1

    def test_the_same_key_for_another_wish_is_refused(self) -> None:
        lin = ApplicantFactory()
        ApplicationFactory(borrower=lin, idempotency_key="k-1")

        with pytest.raises(IdempotencyKeyReused):
            ApplicationFactory(borrower=lin, idempotency_key="k-1", amount=Decimal("9000.00"))

    @pytest.mark.parametrize(
        ("wish", "refusal"),
        [
            ({"amount": Decimal("99.99")}, AmountOutOfRange),
            ({"amount": Decimal("200000.01")}, AmountOutOfRange),
            ({"term_count": 13}, TermOutOfRange),
            ({"price": Decimal("10000.00")}, PriceNotExpected),
            ({"on": date(2019, 12, 31)}, ProductNotSold),
        ],
    )
    def test_a_wish_the_product_does_not_sell_is_refused_by_name(self, wish: dict, refusal: type) -> None:
        with pytest.raises(refusal):
            ApplicationFactory(borrower__on=date(2019, 1, 1), **wish)

    def test_a_purchase_needs_its_price(self) -> None:
        version = ProductVersionFactory(product__code="phone-purchase", is_purchase=True)

        with pytest.raises(PriceMissing):
            ApplicationFactory(version=version, purchase=True, price=None)
        with pytest.raises(PriceMissing):
            ApplicationFactory(version=version, purchase=True, price=Decimal("9999.99"))

    def test_a_draft_is_submitted_once(self) -> None:
        wish = ApplicationWish(
            borrower_id=ApplicantFactory().pk,
            product_id=ProductVersionFactory().product_id,
            amount=Decimal("5000.00"),
            term_count=6,
            purpose="travel",
        )
        draft = origination.save_draft(wish, channel="web", on=ON)
        assert draft.submitted_on is None

        origination.submit_draft(application_id=draft.pk, on=ON)
        again = origination.submit_draft(application_id=draft.pk, on=ON + timedelta(days=1))

        assert (again.status, again.submitted_on) == ("submitted", ON)


class TestLifecycle:
    illegal = [
        (before, after)
        for before, after in pairs(ApplicationStatus, ApplicationStatus)
        if after not in APPLICATIONS.steps[before]
    ]

    @pytest.mark.parametrize(("before", "after"), illegal)
    def test_every_step_outside_the_table_is_refused(self, before: ApplicationStatus, after: ApplicationStatus) -> None:
        application = Application(number="AP-1", status=before)

        with pytest.raises(ApplicationStepRefused):
            advance(application, after)
        assert application.status == before

    def test_each_step_leaves_one_history_row_and_one_audit_event(self) -> None:
        application = ApplicationFactory()

        origination.withdraw(application_id=application.pk, on=ON)

        states = list(application.history.order_by("history_id").values_list("status", flat=True))
        assert states == ["submitted", "withdrawn"]
        event = AuditEvent.objects.filter(object_type="loans.application", action="changed").get()
        assert (event.before["status"], event.after["status"]) == ("submitted", "withdrawn")

    def test_withdrawing_closes_the_open_offer(self) -> None:
        offer = OfferFactory()

        origination.withdraw(application_id=offer.application_id, on=ON)

        offer.refresh_from_db()
        assert (offer.status, offer.closed_on) == ("withdrawn", ON)


class TestDeciding:
    def test_a_decision_needs_reasons_known_to_the_house(self) -> None:
        with pytest.raises(DecisionReasonMissing):
            Decision(outcome="decline", reasons=())
        with pytest.raises(DecisionReasonUnknown):
            Decision(outcome="decline", reasons=("bad mood",))

    def test_an_approval_needs_its_terms(self) -> None:
        with pytest.raises(DecisionIncomplete):
            Decision(outcome="approve", reasons=("meets_policy",))

    def test_the_database_refuses_a_decision_without_a_reason(self) -> None:
        application = ApplicationFactory()

        with pytest.raises(IntegrityError), transaction.atomic():
            Application.objects.filter(pk=application.pk).update(outcome="decline")

    def test_approving_makes_one_offer_with_schedule_and_both_annual_costs(self) -> None:
        offer = OfferFactory()

        assert (offer.principal, offer.term_count, len(offer.schedule)) == (Decimal("10000.00"), 12, 12)
        assert sum(Decimal(row["principal"]) for row in offer.schedule) == offer.principal
        assert sum(Decimal(row["total"]) for row in offer.schedule) == offer.total_repayable
        assert offer.annualised_simple == pytest.approx(Decimal("0.18"), abs=Decimal("0.0001"))
        assert offer.annualised_compound == pytest.approx(Decimal("0.1956"), abs=Decimal("0.0001"))
        assert offer.cost_cap == Decimal("0.24")
        assert offer.expires_on == ON + timedelta(days=7)
        assert Message.objects.get().template_code == "offer_ready"

    def test_the_same_decision_again_makes_no_second_offer(self) -> None:
        offer = OfferFactory()

        origination.decide(
            application_id=offer.application_id, decision=DecisionFactory(application=offer.application), on=ON
        )

        assert Offer.objects.count() == 1
        assert Message.objects.count() == 1

    def test_another_decision_on_a_decided_application_is_refused(self) -> None:
        offer = OfferFactory()

        with pytest.raises(ApplicationStepRefused):
            origination.decline(
                application_id=offer.application_id, decision=Decision(outcome="decline", reasons=("age",)), on=ON
            )

    def test_a_verb_refuses_a_decision_that_says_something_else(self) -> None:
        with pytest.raises(DecisionOutcomeMismatch):
            origination.approve(
                application_id=ApplicationFactory().pk, decision=Decision(outcome="decline", reasons=("age",)), on=ON
            )

    def test_declining_and_referring_keep_their_reasons(self) -> None:
        application = ApplicationFactory()
        origination.refer(
            application_id=application.pk, decision=Decision(outcome="refer", reasons=("income_unknown",)), on=ON
        )

        declined = origination.decline(
            application_id=application.pk, decision=Decision(outcome="decline", reasons=("affordability",)), on=ON
        )

        assert (declined.status, declined.decision_reasons) == ("declined", ["affordability"])
        assert not Offer.objects.exists()

    def test_an_offer_over_the_cap_is_refused_with_both_figures(self) -> None:
        application = ApplicationFactory()

        with pytest.raises(AllInCostTooHigh) as refused:
            origination.approve(
                application_id=application.pk,
                decision=DecisionFactory(application=application, annual_rate=Decimal("0.25")),
                on=ON,
            )

        assert "25.00%" in refused.value.detail
        assert "28.07%" in refused.value.detail
        assert "24.00%" in refused.value.detail
        application.refresh_from_db()
        assert application.status == "submitted"

    def test_exactly_the_cap_is_offered(self) -> None:
        application = ApplicationFactory()

        origination.approve(
            application_id=application.pk,
            decision=DecisionFactory(application=application, annual_rate=Decimal("0.24")),
            on=ON,
        )

        assert application.offers.get().annualised_compound > Decimal("0.268")

    def test_a_fee_counts_towards_the_cap(self) -> None:
        version = ProductVersionFactory(product__code="with-fee", fee_rate=Decimal("0.04"), annual_rate=Decimal("0.18"))
        application = ApplicationFactory(version=version)

        with pytest.raises(AllInCostTooHigh):
            origination.approve(application_id=application.pk, decision=DecisionFactory(application=application), on=ON)

    def test_the_principal_of_a_purchase_is_price_less_down_payment(self) -> None:
        version = ProductVersionFactory(product__code="purchase", is_purchase=True)
        price = Decimal("6000.00")
        application = ApplicationFactory(version=version, amount=price, purchase=True, price=price)

        offer = OfferFactory(
            application=application, decision__principal=Decimal("4800.00"), decision__down_payment=Decimal("1200.00")
        )

        assert (offer.price, offer.down_payment, offer.principal) == (
            Decimal("6000.00"),
            Decimal("1200.00"),
            Decimal("4800.00"),
        )
        with pytest.raises(IntegrityError), transaction.atomic():
            Offer.objects.filter(pk=offer.pk).update(down_payment=Decimal("1.00"))

    def test_a_market_without_a_cap_lets_any_cost_pass(self) -> None:
        rule_says("cost_cap", {"annual_rate": None})
        forget_cached_rules()
        application = ApplicationFactory()

        offer = OfferFactory(
            application=application, decision__flat_charge=Decimal("3000.00"), decision__source="imported"
        )

        assert offer.cost_cap is None
        assert offer.total_interest == Decimal("3000.00")


def of_somebody_well_off(**wish: Any) -> Application:
    """An application that nothing of the gate stops: income and limit are for more."""
    rich = ApplicantFactory(income__monthly_amount=Decimal("60000.00"))
    CreditLimitFactory(borrower=rich, amount=Decimal("100000.00"))
    return ApplicationFactory(borrower=rich, **wish)


class TestSecondPerson:
    amount = Decimal("50000.01")

    def waiting(self, staff_member) -> tuple[Application, Approval]:
        application = of_somebody_well_off(amount=self.amount)
        origination.approve(
            application_id=application.pk,
            decision=DecisionFactory(application=application, source="staff", note="Known for years"),
            on=ON,
            by=staff_member("underwriter"),
        )
        application.refresh_from_db()
        return application, Approval.objects.get()

    def test_a_large_loan_waits_without_an_offer(self, staff_member) -> None:
        application, approval = self.waiting(staff_member)

        assert application.status == "second_approval"
        assert not Offer.objects.exists()
        assert (approval.amount, approval.after["amount"]) == (self.amount, "50000.01")
        assert approval.before.keys() <= approval.after.keys(), "each value asked for stands beside the one it replaces"

    def test_the_same_person_may_not_approve_it(self, staff_member) -> None:
        _application, approval = self.waiting(staff_member)
        maker = staff_member("underwriter", "checker", username="underwriter")

        with pytest.raises(approvals.SecondPersonNeeded):
            approvals.approve(approval_id=approval.pk, decided_by=maker, on=ON)

    def test_another_person_makes_the_offer_as_it_was_decided(self, staff_member) -> None:
        application, approval = self.waiting(staff_member)

        approvals.approve(approval_id=approval.pk, decided_by=staff_member("checker"), on=ON)

        application.refresh_from_db()
        assert application.status == "offered"
        assert application.offers.get().principal == self.amount

    def test_a_rejection_sends_it_back_to_the_underwriters(self, staff_member) -> None:
        application, approval = self.waiting(staff_member)

        approvals.reject(approval_id=approval.pk, decided_by=staff_member("checker"), reason="Too much", on=ON)

        application.refresh_from_db()
        assert (application.status, application.decision_reasons) == ("referred", ["second_person_rejected"])

    def test_the_threshold_itself_needs_nobody_else(self) -> None:
        assert OfferFactory(application=of_somebody_well_off(amount=Decimal("50000.00"))).status == "open"

    def test_an_imported_contract_needs_nobody_else(self) -> None:
        assert OfferFactory(application__amount=self.amount, decision__source="imported").status == "open"
        assert not Message.objects.exists()


class TestProducts:
    def test_a_product_dearer_than_the_cap_at_its_shortest_term_is_refused(self) -> None:
        fair = ProductVersionFactory(product__code="fair")
        dear = ProductVersionFactory(product__code="dear", fee_rate=Decimal("0.02"), min_count=1)

        require_product_within_cap(fair, ON)
        with pytest.raises(AllInCostTooHigh):
            require_product_within_cap(dear, ON)

    def test_the_admin_changes_nothing_of_it(self, client, signed_in) -> None:
        draft = ProductVersionFactory(product__code="draft", status="draft")
        values = {field.name: field.value_from_object(draft) for field in ProductVersion._meta.fields}
        form = {name: "" if value is None else value for name, value in values.items()}
        form |= {"status": "live", "allocation_order": ",".join(draft.allocation_order), "is_purchase": ""}
        page = f"/admin/loans/productversion/{draft.pk}/change/"
        rescuer = signed_in(client, superuser=True)

        assert rescuer.get(page).status_code == 200
        assert rescuer.post(page, form).status_code == 403
        draft.refresh_from_db()
        assert draft.status == "draft"

    def test_an_offer_outside_what_the_product_sells_is_refused(self) -> None:
        application = ApplicationFactory(version__product__code="small", version__max_amount=Decimal("10000"))

        with pytest.raises(AmountOutOfRange):
            origination.counter_offer(
                application_id=application.pk,
                decision=DecisionFactory(
                    application=application, outcome="counter_offer", principal=Decimal("10001.00")
                ),
                on=ON,
            )
