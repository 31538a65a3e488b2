"""My day: each role sees its own queues, approvals of others, the last night and the portfolio."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from desk import home, navigation
from loans.models import Loan
from loans.night.portfolio import rebuild
from loans.pages import portfolio
from staff.roles import ROLES
from tests.loans.books import close_until
from tests.loans.doing import ask_for_write_off
from tests.loans.factories import DISBURSED, LoanFactory
from tests.operations.factories import EndOfDayRunFactory

pytestmark = pytest.mark.django_db
HOME = "desk:home"


def test_a_visitor_signs_in_first(client: Client) -> None:
    assert client.get(reverse(HOME)).url.startswith("/login/")


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_day(client: Client, signed_in: Callable[..., Client], role: str) -> None:
    close_until(DISBURSED)
    LoanFactory(active=True)
    signed_in(client, role)

    response = client.get(reverse(HOME))

    assert response.status_code == 200
    assert response.context["tiles"]


def test_an_empty_system_leads_to_the_first_loan(client: Client, signed_in: Callable[..., Client]) -> None:
    signed_in(client, "officer")

    assert "Four steps to the first loan" in client.get(reverse(HOME)).content.decode()


def test_only_what_others_asked_for_and_i_may_decide_waits_for_me(staff_member: Callable) -> None:
    loan = LoanFactory(active=True)
    lead, checker, officer = staff_member("team_lead"), staff_member("checker"), staff_member("officer")
    ask_for_write_off(loan, lead)

    waiting = {user.username: len(home.waiting_approvals(user).read()) for user in (lead, checker, officer)}

    assert waiting == {"team_lead": 0, "checker": 1, "officer": 0}


def test_the_count_beside_approvals_is_what_i_may_decide(
    client: Client, signed_in: Callable, staff_member: Callable
) -> None:
    ask_for_write_off(LoanFactory(active=True), staff_member("team_lead"))

    assert signed_in(client, "checker").get(reverse(HOME)).context["nav_counts"]["approvals"] == "1"
    assert signed_in(client, "collector").get(reverse(HOME)).context["nav_counts"]["approvals"] == ""


def test_the_change_is_shown_before_it_is_opened(client: Client, signed_in: Callable, staff_member: Callable) -> None:
    loan = LoanFactory(active=True)
    ask_for_write_off(loan, staff_member("team_lead"))
    signed_in(client, "checker")

    page = client.get(reverse(HOME)).content.decode()

    assert loan.number in page
    assert "<del>active</del>" in page
    assert "<ins>written off</ins>" in page


@pytest.mark.parametrize(("role", "linked"), [("operations", True), ("officer", False)])
def test_the_night_leads_on_only_for_those_who_may_look(
    client: Client, signed_in: Callable[..., Client], role: str, linked: bool
) -> None:
    EndOfDayRunFactory(failed=True, business_day__on=DISBURSED, business_day__closed=True)
    signed_in(client, role)

    page = " ".join(client.get(reverse(HOME)).content.decode().split())

    assert "Night of" in page
    assert (f'class="plain" href="{reverse("operations:end_of_day")}"' in page) is linked


def test_counts_of_the_navigation_stop_at_a_hundred() -> None:
    assert navigation.told(navigation.counted(Loan.objects.all())) == ""
    for _each in range(2):
        LoanFactory(active=True)
    assert navigation.told(navigation.counted(Loan.objects.all())) == "2"


def test_the_navigation_counts_once_for_many_pages(
    client: Client, signed_in: Callable[..., Client], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    signed_in(client, "operations")
    first = client.get(reverse("desk:search"))
    assert first.status_code == 200

    with django_assert_max_num_queries(8):
        client.get(reverse("desk:search"))


def test_month_ends_run_back_over_the_turn_of_the_year() -> None:
    assert portfolio.month_ends(date(2026, 2, 10), 3) == [date(2025, 11, 30), date(2025, 12, 31), date(2026, 1, 31)]


def test_one_month_end_is_no_chart() -> None:
    LoanFactory(active=True)
    close_until(date(2026, 1, 20))

    rebuild(date(2026, 1, 20))

    chart = home.portfolio_chart(date(2026, 1, 21)).read()

    assert not chart.picture.is_drawable
    assert len(chart.picture.rows) == 1
