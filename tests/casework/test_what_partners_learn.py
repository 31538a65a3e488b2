"""What a partner learns from tasks about the evidence it brought: nothing of loans that others made, nor of who left it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from borrowers.consents import withdraw_consent
from borrowers.models import Borrower, Consent
from core import business_date
from loans.models import Loan
from partners.models import ApiKey
from tests.api.conftest import TODAY
from tests.api.town import lent, somebody
from tests.casework.looking import look
from tests.casework.papers import kept
from tests.loans.factories import LoanFactory, ProductVersionFactory
from tests.loans.test_task_kinds import noon
from tests.partners.factories import Caller, CallerFactory

pytestmark = pytest.mark.django_db
TOMORROW = noon(TODAY + timedelta(days=1))


@pytest.fixture
def lilac(db: None) -> Caller:
    business_date.move_to(TODAY)
    return CallerFactory(client__name="Lilac Phones")


def paper_of(name: str, about: Borrower) -> str:
    """A paper about the person that the partner brought and that is valid until today."""
    client = ApiKey.objects.get(client__name=name).client
    return kept(about, client=client, by=client.acts_as, expires_on=TODAY).public_id


def test_not_that_somebody_else_has_lent_to_the_person(lilac: Caller) -> None:
    harbour, person = CallerFactory(client__name="Harbour Pay"), somebody()
    for partner in (lilac, harbour):
        assert partner.send("/borrowers", person).status_code == 201
    shared = Borrower.objects.get()
    paper_of("Harbour Pay", shared)
    Loan.objects.filter(pk=LoanFactory(active=True).pk).update(borrower=shared)
    assert look(TOMORROW)["evidence.expired"] == (1, 0)
    assert harbour.ask("/tasks").json()["data"] == []


def test_of_a_loan_of_its_own_it_is_asked_for_a_valid_paper(lilac: Caller) -> None:
    loan = Loan.objects.get(public_id=lent(lilac, ProductVersionFactory().product)["id"])
    paper = paper_of("Lilac Phones", loan.borrower)
    look(TOMORROW)
    (row,) = lilac.ask("/tasks").json()["data"]
    assert (row["kind"], row["about"]) == ("evidence.expired", paper)
    house = CallerFactory(client__name="House", scopes=["tasks:read", "portfolio:read"])
    assert [row["about"] for row in house.ask("/tasks").json()["data"]] == [paper]


def test_of_who_withdrew_the_consent_what_its_own_running_loan_needs(lilac: Caller) -> None:
    loan = Loan.objects.get(public_id=lent(lilac, ProductVersionFactory().product)["id"])
    paper_of("Lilac Phones", loan.borrower)
    look(TOMORROW)
    consent = Consent.objects.get(purpose="third_party")
    withdraw_consent(consent_id=consent.pk, at=consent.given_at + timedelta(days=1))
    assert len(lilac.ask("/tasks").json()["data"]) == 1
    Loan.objects.filter(pk=loan.pk).update(status="settled", settled_on=TODAY)
    assert lilac.ask("/tasks").json()["data"] == []
