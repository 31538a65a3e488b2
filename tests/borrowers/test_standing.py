"""Who somebody is, and whether they live, on the pages of a borrower: who may say so, and what it stops."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from audit.models import Approval, AuditEvent
from borrowers.models import Borrower
from core import business_date
from staff.models import AccountTie, User
from tests.borrowers.factories import ON, BorrowerFactory
from tests.loans.factories import ApplicantFactory, ApplicationFactory, OfferFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
SEEN = {"evidence": "Passport seen, copy 4711 in the archive"}
CERTIFICATE = {"evidence": "Death certificate 12 of 2026, archive 815"}
CHINESE = {"headers": {"accept-language": "zh-hans"}}
SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def _today() -> None:
    business_date.move_to(ON)


def at(name: str, borrower: Borrower) -> str:
    return reverse(f"borrowers:{name}", args=[borrower.number])


def stranger_with_an_application(**facts: Any) -> Borrower:
    """Somebody with another document than a resident ID, whom an underwriter sees."""
    borrower: Borrower = ApplicationFactory(borrower=ApplicantFactory(other_document=True, **facts)).borrower
    return borrower


def stored(borrower: Borrower) -> tuple[Any, ...]:
    """State, and when and by whom the identity was confirmed, as PostgreSQL has them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status, identity_confirmed_on, identity_confirmed_by_id FROM borrowers_borrower WHERE id = %s",
            [borrower.pk],
        )
        (row,) = cursor.fetchall()
    return tuple(row)


class TestIdentity:
    @pytest.mark.parametrize("role", ["officer", "finance", "collector", "administrator"])
    def test_the_right_is_needed(self, client: Client, signed_in: SignIn, role: str) -> None:
        stranger = stranger_with_an_application()

        answer = signed_in(client, role).post(at("confirm_identity", stranger), SEEN)

        assert answer.status_code in {403, 404}
        assert stored(stranger) == ("active", None, None)

    def test_another_person_than_the_registrar_confirms(self, client: Client, signed_in: SignIn) -> None:
        stranger = stranger_with_an_application(registered_by=UserFactory(roles=["officer"]))
        underwriter = signed_in(client, "underwriter", username="uwe")
        uwe = User.objects.get(username="uwe")
        assert at("confirm_identity", stranger) in underwriter.get(stranger.get_absolute_url()).content.decode()

        answer = underwriter.post(at("confirm_identity", stranger), SEEN)

        assert answer.headers["Location"] == stranger.get_absolute_url()
        assert stored(stranger) == ("active", ON, uwe.pk)
        assert AuditEvent.objects.filter(reason=SEEN["evidence"], actor=uwe).exists()
        page = underwriter.get(stranger.get_absolute_url()).content.decode()
        assert "confirmed on 2026-06-15" in page
        assert at("confirm_identity", stranger) not in page

    def test_who_registered_the_person_does_not(self, client: Client, signed_in: SignIn) -> None:
        both = UserFactory(username="both", roles=["officer", "underwriter"])
        stranger = stranger_with_an_application(registered_by=both)
        client.force_login(both, backend="staff.backends.StaffBackend")

        answer = client.post(at("confirm_identity", stranger), SEEN)

        assert answer.status_code == 422
        assert "Another person must confirm the identity" in answer.content.decode()
        assert stored(stranger) == ("active", None, None)

    def test_nor_does_an_account_that_the_registrar_made(self, client: Client, signed_in: SignIn) -> None:
        registrar = UserFactory(roles=["officer"])
        stranger = stranger_with_an_application(registered_by=registrar)
        underwriter = signed_in(client, "underwriter", username="uwe")
        AccountTie.objects.create(account=User.objects.get(username="uwe"), by=registrar, what="made")

        answer = underwriter.post(at("confirm_identity", stranger), SEEN)

        assert (answer.status_code, "Another person must confirm" in answer.content.decode()) == (422, True)
        assert stored(stranger) == ("active", None, None)

    def test_a_resident_number_proves_itself(self, client: Client, signed_in: SignIn) -> None:
        resident = ApplicationFactory().borrower
        underwriter = signed_in(client, "underwriter")
        assert "proved by its number" in underwriter.get(resident.get_absolute_url()).content.decode()

        answer = underwriter.post(at("confirm_identity", resident), SEEN)

        assert answer.status_code == 422
        assert "nothing has to be confirmed" in answer.content.decode()
        assert stored(resident) == ("active", None, None)

    @pytest.mark.parametrize("evidence", ["", "   ", "x" * 201])
    def test_not_without_evidence(self, client: Client, signed_in: SignIn, evidence: str) -> None:
        stranger = stranger_with_an_application()

        answer = signed_in(client, "underwriter").post(at("confirm_identity", stranger), {"evidence": evidence})

        assert answer.status_code == 422
        assert stored(stranger) == ("active", None, None)


class TestDeath:
    def test_it_stops_lending_until_somebody_else_corrects_it(self, client: Client, signed_in: SignIn) -> None:
        application = OfferFactory().application
        borrower, accept = application.borrower, f"/app/applications/{application.number}/accept"
        officer = signed_in(client, "officer")

        assert officer.post(at("died", borrower), CERTIFICATE).headers["Location"] == borrower.get_absolute_url()
        refused = officer.post(accept, follow=True).content.decode()

        assert stored(borrower)[0] == "deceased"
        assert "The borrower has died" in refused
        assert loans() == 0
        officer.post(at("lives", borrower), {"evidence": "Came in person, passport seen"})
        officer.post(accept)
        assert (stored(borrower)[0], loans()) == ("deceased", 0)
        request = Approval.objects.get(kind="borrower.lives")
        assert "Borrower recorded as dead lives" in officer.get(borrower.get_absolute_url()).content.decode()
        officer.post(reverse("audit:approve", args=[request.pk]))
        assert (stored(borrower)[0], loans()) == ("deceased", 0)

        signed_in(Client(), "underwriter").post(reverse("audit:approve", args=[request.pk]))
        officer.post(accept)

        assert stored(borrower)[0] == "active"
        assert loans() == 1

    def test_both_steps_keep_their_evidence(self, client: Client, signed_in: SignIn) -> None:
        borrower = ApplicationFactory().borrower
        olga = signed_in(client, "officer", username="olga")
        olga.post(at("died", borrower), CERTIFICATE)
        olga.post(at("lives", borrower), SEEN)
        asked = Approval.objects.get()
        signed_in(Client(), "underwriter", username="uwe").post(reverse("audit:approve", args=[asked.pk]))

        corrected = borrower.history.order_by("-history_id").first()
        assert (corrected.history_change_reason, corrected.life_agreed_by.username) == (SEEN["evidence"], "uwe")
        kept = AuditEvent.objects.filter(reason__in=[CERTIFICATE["evidence"], SEEN["evidence"]]).order_by("id")
        assert [(event.reason, event.actor.username) for event in kept] == [
            (CERTIFICATE["evidence"], "olga"),
            (SEEN["evidence"], "olga"),
            (SEEN["evidence"], "uwe"),
        ]

    @pytest.mark.parametrize(("name", "role"), [("died", "finance"), ("died", "underwriter"), ("lives", "underwriter")])
    def test_the_right_is_needed(self, client: Client, signed_in: SignIn, name: str, role: str) -> None:
        borrower = BorrowerFactory()

        assert signed_in(client, role).post(at(name, borrower), CERTIFICATE).status_code == 403
        assert stored(borrower)[0] == "active"

    @pytest.mark.parametrize("evidence", ["", "   "])
    def test_not_without_evidence(self, client: Client, signed_in: SignIn, evidence: str) -> None:
        borrower = BorrowerFactory()

        assert signed_in(client, "officer").post(at("died", borrower), {"evidence": evidence}).status_code == 422
        assert stored(borrower)[0] == "active"

    def test_nobody_dies_twice_or_is_corrected_alive(self, client: Client, signed_in: SignIn) -> None:
        borrower = BorrowerFactory()
        both = signed_in(client, "officer", "underwriter")
        corrected = both.post(at("lives", borrower), SEEN)
        both.post(at("died", borrower), CERTIFICATE)
        again = both.post(at("died", borrower), CERTIFICATE)

        for answer, told in ((corrected, "is “Active”"), (again, "is “Deceased”")):
            assert answer.status_code == 422
            assert told in answer.content.decode()
        assert stored(borrower)[0] == "deceased"

    def test_the_page_leads_each_to_what_they_may_do(self, client: Client, signed_in: SignIn) -> None:
        borrower = ApplicationFactory().borrower
        page = borrower.get_absolute_url()
        officer, underwriter = signed_in(client, "officer"), signed_in(Client(), "underwriter")
        assert at("died", borrower) in officer.get(page).content.decode()
        assert at("died", borrower) not in underwriter.get(page).content.decode()

        officer.post(at("died", borrower), CERTIFICATE)

        assert at("lives", borrower) in officer.get(page).content.decode()
        assert at("lives", borrower) not in underwriter.get(page).content.decode()
        assert at("died", borrower) not in officer.get(page).content.decode()

    def test_its_forms_are_chinese_for_a_chinese_reader(self, client: Client, signed_in: SignIn) -> None:
        borrower = BorrowerFactory()

        form = signed_in(client, "officer").get(at("died", borrower), **CHINESE).content.decode()

        assert "借款人已故" in form
        assert "The borrower has died" not in form


def loans() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM loans_loan")
        (row,) = cursor.fetchall()
    return int(row[0])
