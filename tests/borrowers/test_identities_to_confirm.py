"""Identities to confirm: whoever may confirm one finds it without an application, and sees nobody else by it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from borrowers.models import Borrower
from borrowers.standing import confirm_identity
from core import business_date
from tests.borrowers.factories import BorrowerFactory, LinFactory
from tests.loans.factories import ON
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
LIST = "borrowers:identities"


@pytest.fixture(autouse=True)
def _today(db: None) -> None:
    business_date.move_to(ON)


def stranger(**known: object) -> Borrower:
    """Known by a document of another country, registered by an officer."""
    registrar = known.pop("registered_by", None) or UserFactory(roles=["officer"])
    return BorrowerFactory(other_document=True, registered_by=registrar, **known)


def listed(client: Client) -> list[str]:
    return [borrower.number for borrower in client.get(reverse(LIST)).context["page"].items]


def test_those_who_wait_longest_come_first_and_their_pages_open(client: Client, signed_in: SignIn) -> None:
    first, second = stranger(), stranger()
    LinFactory()  # proved by her number
    underwriter = signed_in(client, "underwriter")

    assert listed(underwriter) == [first.number, second.number]
    page = underwriter.get(first.get_absolute_url())
    assert page.status_code == 200
    assert reverse("borrowers:confirm_identity", args=[first.number]) in page.content.decode()
    assert first.number in underwriter.get(reverse("borrowers:borrower_list")).content.decode()


def test_it_lets_nobody_else_be_seen(client: Client, signed_in: SignIn) -> None:
    others = UserFactory(roles=["underwriter"])
    proved, dead, confirmed = LinFactory(), stranger(), stranger()
    Borrower.objects.filter(pk=dead.pk).update(status="deceased")
    confirm_identity(borrower_id=confirmed.pk, evidence="passport seen", on=ON, by=others)
    underwriter = signed_in(client, "underwriter")

    assert listed(underwriter) == []
    assert [underwriter.get(one.get_absolute_url()).status_code for one in (proved, dead, confirmed)] == [404] * 3


def test_whom_i_registered_another_person_confirms(client: Client) -> None:
    both = UserFactory(username="both", roles=["officer", "underwriter"])
    stranger(registered_by=both)
    client.force_login(both, backend="staff.backends.StaffBackend")

    page = client.get(reverse(LIST)).content.decode()

    assert listed(client) == [] and "No identity to confirm" in page


def test_confirmed_it_leaves_the_list_and_stays_with_who_confirmed_it(client: Client, signed_in: SignIn) -> None:
    known = stranger()
    underwriter = signed_in(client, "underwriter")

    answer = underwriter.post(
        reverse("borrowers:confirm_identity", args=[known.number]), {"evidence": "Passport seen"}, follow=True
    )

    assert answer.status_code == 200 and "The identity is confirmed." in answer.content.decode()
    assert listed(underwriter) == []


def test_it_is_reached_from_navigation_and_home_with_its_count(client: Client, signed_in: SignIn) -> None:
    stranger(), stranger()
    underwriter = signed_in(client, "underwriter")

    home = underwriter.get(reverse("desk:home"))

    assert home.context["nav_counts"]["identities"] == "2"
    (tile,) = [tile for tile in home.context["tiles"] if tile.url == reverse(LIST)]
    assert (tile.label, tile.value) == ("Identities to confirm", "2")
    assert f'href="{reverse(LIST)}"' in home.content.decode().split("</nav>")[0]


@pytest.mark.parametrize("role", ["officer", "checker", "collector"])
def test_it_is_for_those_who_confirm(client: Client, signed_in: SignIn, role: str) -> None:
    refused = signed_in(client, role)

    assert refused.get(reverse(LIST)).status_code == 403
    assert reverse(LIST) not in refused.get(reverse("desk:home")).content.decode()
