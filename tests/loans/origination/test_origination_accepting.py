"""Accepting offers: one contract and one loan, whoever clicks how often and at the same moment."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from loans.gate.asking import GateRefused
from loans.models import Application, Contract, Disbursement, Loan, Offer, OfferStatus
from loans.origination import origination
from loans.origination.application_lifecycle import ApplicationStepRefused
from loans.origination.origination import OfferHasExpired, OfferMissing, OfferNotOpen
from tests.core.factories import RuleFactory
from tests.loans.factories import ON, ApplicantFactory, ApplicationFactory, OfferFactory, ProductVersionFactory

pytestmark = pytest.mark.django_db


class TestAccepting:
    def test_it_makes_a_loan_that_waits_for_its_money(self) -> None:
        offer = OfferFactory()

        loan = origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="app")

        assert (loan.status, loan.principal, loan.instalment_count) == ("pending_disbursement", offer.principal, 12)
        assert loan.application.status == "accepted"
        assert loan.annualised_cost == offer.annualised_simple
        assert (loan.late_rate_multiplier, loan.late_annual_rate) == (Decimal("1.50"), Decimal("0.24"))
        assert Disbursement.objects.get(loan=loan).status == "queued"

    def test_a_double_click_makes_one_loan(self) -> None:
        offer = OfferFactory()

        first = origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="app")
        second = origination.accept_offer(offer_id=offer.pk, on=ON + timedelta(days=30), accepted_via="app")

        assert first.pk == second.pk
        assert (Loan.objects.count(), Contract.objects.count(), Disbursement.objects.count()) == (1, 1, 1)

    def test_the_last_day_counts_and_the_next_is_too_late(self) -> None:
        offer = OfferFactory()
        with pytest.raises(OfferHasExpired):
            origination.accept_offer(offer_id=offer.pk, on=offer.expires_on + timedelta(days=1), accepted_via="app")

        assert origination.accept_offer(offer_id=offer.pk, on=offer.expires_on, accepted_via="app").pk

    def test_an_expired_offer_is_closed_and_stays_closed(self) -> None:
        offer = OfferFactory()
        assert origination.expire_offers(on=offer.expires_on) == 0
        assert origination.expire_offers(on=offer.expires_on + timedelta(days=1)) == 1
        assert origination.expire_offers(on=offer.expires_on + timedelta(days=1)) == 0

        with pytest.raises(OfferNotOpen):
            origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="app")
        assert Application.objects.get(pk=offer.application_id).status == "expired"

    def test_a_cap_lowered_since_the_offer_stops_the_booking(self) -> None:
        offer = OfferFactory()
        RuleFactory(code="cost_cap", effective_from=ON, data={"annual_rate": "0.12"}, source="4 x LPR")

        with pytest.raises(GateRefused, match=r"18\.00% a year is above the cap of 12\.00%"):
            origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="app")

        assert not Loan.objects.exists()
        assert Offer.objects.get().status == "open"

    def test_an_unknown_offer_is_refused(self) -> None:
        with pytest.raises(OfferMissing):
            origination.accept_offer(offer_id=10**9, on=ON, accepted_via="app")

    def test_the_terms_of_an_offer_never_change(self) -> None:
        offer = OfferFactory()

        with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
            Offer.objects.filter(pk=offer.pk).update(annual_rate=Decimal("0.01"))
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM loans_offer WHERE id = %s", [offer.pk])

    def test_an_application_never_has_two_standing_offers(self) -> None:
        offer = OfferFactory()
        copy = Offer.objects.get(pk=offer.pk)
        copy.pk, copy.public_id = None, "off_copy"

        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save(force_insert=True)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
class TestTwoAtOnce:
    def together(self, *acts) -> list[object]:
        results: list[object] = []
        gate = threading.Barrier(len(acts))

        def run(act) -> None:
            try:
                gate.wait()
                results.append(act())
            except Exception as error:
                results.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def test_two_accepts_make_one_loan(self) -> None:
        offer = OfferFactory()

        def accept() -> int:
            return origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="app").pk

        results = self.together(accept, accept, accept)

        assert len(set(results)) == 1, results
        assert (Loan.objects.count(), Contract.objects.count(), Disbursement.objects.count()) == (1, 1, 1)

    def test_accepting_and_withdrawing_leave_one_winner(self) -> None:
        offer = OfferFactory()

        results = self.together(
            lambda: origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="app"),
            lambda: origination.withdraw(application_id=offer.application_id, on=ON),
        )

        refused = [result for result in results if isinstance(result, (OfferNotOpen, ApplicationStepRefused))]
        assert len(refused) == 1, results
        assert Loan.objects.count() == Offer.objects.filter(status=OfferStatus.ACCEPTED).count()

    def test_two_submissions_with_one_key_are_one_application(self) -> None:
        lin, version = ApplicantFactory(), ProductVersionFactory()

        def submit() -> int:
            return ApplicationFactory(borrower=lin, version=version, idempotency_key="click").pk

        results = self.together(submit, submit, submit)

        assert len(set(results)) == 1, results
        assert Application.objects.count() == 1
