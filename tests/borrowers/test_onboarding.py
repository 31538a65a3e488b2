"""Opening a borrower's file: one person, one file, and everything that is refused by name."""

from datetime import date
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from borrowers.consents import GivenConsent
from borrowers.contacts import EmailRefused, PhoneRefused
from borrowers.models import Borrower, ConsentPurpose, ContactPoint, ContactState
from borrowers.onboarding import (
    BirthDateNotReached,
    BorrowerAlreadyRegistered,
    IdentityNumberMissing,
    IdentityNumberRefused,
    NameMissing,
    PartnerNumberTaken,
)
from core.errors import DomainError
from tests.borrowers.factories import AT, LIN_ID, ON, BorrowerFactory, LinFactory, WangFactory

pytestmark = pytest.mark.django_db


def test_the_identity_number_tells_birth_date_and_sex() -> None:
    borrower = LinFactory()

    assert borrower.birth_date == date(1949, 12, 31)
    assert borrower.sex == "female"
    assert borrower.number.startswith("CU-2026-")
    assert borrower.public_id.startswith("cus_")
    assert borrower.age_on(ON) == 76


def test_mobile_and_email_become_primary_contact_points() -> None:
    borrower = LinFactory()

    points = {point.kind: point for point in ContactPoint.objects.filter(borrower=borrower)}
    assert set(points) == {"mobile", "email"}
    assert all(point.is_primary and point.state == ContactState.UNVERIFIED for point in points.values())
    assert (points["mobile"].value, points["email"].value) == ("13812341234", "lin@example.com")


def test_consents_are_recorded_with_the_file() -> None:
    borrower = LinFactory(consents=[GivenConsent(ConsentPurpose.CREDIT_QUERY, "web", AT)])

    (consent,) = borrower.consents.all()
    assert (consent.purpose, consent.given_at, consent.text_version) == ("credit_query", AT, "2026-01")


def test_the_same_identity_is_not_registered_twice() -> None:
    first = LinFactory()

    with pytest.raises(BorrowerAlreadyRegistered) as refusal:
        LinFactory(name="林晓雨", phone="13700000000", identity_number=LIN_ID.lower())

    assert refusal.value.existing == first
    assert first.number in refusal.value.detail
    assert Borrower.objects.count() == 1


def test_two_people_may_share_a_phone_and_a_name() -> None:
    LinFactory()

    WangFactory(name="林小雨", phone="13812341234")

    assert Borrower.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "refusal", "code"),
    [
        ({"name": "  "}, NameMissing, "name_missing"),
        ({"identity_number": "110105194912310021"}, IdentityNumberRefused, "identity_number_invalid"),
        ({"identity_number": " ", "identity_kind": "other"}, IdentityNumberMissing, "identity_number_missing"),
        ({"phone": "12345"}, PhoneRefused, "phone_invalid"),
        ({"email": "not an address"}, EmailRefused, "email_invalid"),
        ({"on": date(1949, 12, 30)}, BirthDateNotReached, "birth_date_in_future"),
    ],
)
def test_what_cannot_be_true_is_refused_by_name(changes: dict, refusal: type[DomainError], code: str) -> None:
    with pytest.raises(refusal) as refused:
        LinFactory(**changes)

    assert refused.value.code == code
    assert refused.value.detail
    assert not Borrower.objects.exists()
    assert not ContactPoint.objects.exists()


def test_the_reason_of_a_refused_number_is_said_in_words() -> None:
    with pytest.raises(IdentityNumberRefused) as refusal:
        LinFactory(identity_number="110105194912310021")

    assert "check digit" in refusal.value.detail


def test_a_partners_number_names_one_borrower() -> None:
    BorrowerFactory(source="lilac", external_id="A-1")

    with pytest.raises(PartnerNumberTaken):
        BorrowerFactory(source="lilac", external_id="A-1")

    assert BorrowerFactory(source="harbour", external_id="A-1").external_id == "A-1"


def test_another_document_brings_its_own_birth_date() -> None:
    borrower = BorrowerFactory(other_document=True, birth_date=date(1990, 5, 1), sex="male")

    assert (borrower.birth_date, borrower.sex) == (date(1990, 5, 1), "male")


@pytest.mark.django_db(transaction=True)
def test_two_clerks_registering_the_same_person_at_once_make_one_file() -> None:
    start, outcomes = Barrier(2), []

    def register() -> None:
        try:
            start.wait(timeout=10)
            outcomes.append(LinFactory().number)
        except BorrowerAlreadyRegistered as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    clerks = [Thread(target=register) for _ in range(2)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()

    assert Borrower.objects.count() == 1
    assert sorted(outcomes)[0].startswith("CU-")
    assert sorted(outcomes)[1] == "borrower_already_registered"


def test_a_file_is_opened_with_few_queries() -> None:
    """Imports open thousands of files through this very function."""
    with CaptureQueriesContext(connection) as queries:
        BorrowerFactory()

    statements = [query["sql"].split()[0] for query in queries if "SAVEPOINT" not in query["sql"]]
    # WITH: the person and the history row; then how the name sounds, who is alike, and the mobile with its history row
    assert statements == ["SELECT", "SELECT", "WITH", "INSERT", "(SELECT", "INSERT", "INSERT"]
