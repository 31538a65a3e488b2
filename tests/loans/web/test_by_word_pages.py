"""The list of receipts that still wait for a bank line or a second person."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import business_date
from tests.loans.doing import vouched
from tests.loans.factories import LoanFactory, RepaymentFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
LIST = "/app/payments/by-word/"
ON = date(2026, 2, 15)


@pytest.fixture(autouse=True)
def _the_day() -> None:
    business_date.move_to(ON)


@pytest.mark.parametrize("role", ["finance", "operations"])
def test_it_is_reached_from_the_payments_and_tells_when_nothing_waits(
    client: Client, signed_in: Callable[..., Client], role: str
) -> None:
    reader = signed_in(client, role)

    assert f'href="{LIST}"' in reader.get(reverse("loans:payments")).content.decode()
    page = reader.get(LIST)

    assert page.status_code == 200
    assert "No receipt rests on a word alone" in page.content.decode()


@pytest.mark.parametrize("role", ["officer", "collector", "risk_analyst", "administrator"])
def test_nobody_else_sees_it(client: Client, signed_in: Callable[..., Client], role: str) -> None:
    reader = signed_in(client, role)

    assert reader.get(LIST).status_code == 403
    assert LIST not in reader.get("/app/payments/", follow=True).content.decode()


def test_it_tells_age_amount_who_said_so_and_of_which_loan(client: Client, signed_in: Callable[..., Client]) -> None:
    clerk, loan = UserFactory(first_name="Wu", last_name="Lin"), LoanFactory(active=True)
    old = RepaymentFactory(loan=loan, amount=Decimal("321.00"), received_on=ON - timedelta(days=9), recorded_by=clerk)
    new = RepaymentFactory(loan=loan, amount=Decimal("123.00"), received_on=ON)
    RepaymentFactory(loan=loan, amount=Decimal("77.00"), received_on=ON, channel="bank_file")

    page = signed_in(client, "finance").get(LIST)

    assert [row.number for row in page.context["page"].items] == [old.number, new.number]
    assert [row.age_in_days for row in page.context["page"].items] == [9, 0]
    told = page.content.decode()
    assert loan.number in told and "321.00" in told and str(clerk.label) in told and "77.00" not in told
    vouched(loan, ON)
    assert page.context["page"].items and not client.get(LIST).context["page"].items


def test_more_rows_cost_no_more_statements(client: Client, signed_in: Callable[..., Client]) -> None:
    reader = signed_in(client, "operations")
    counts = []
    for _ in range(2):
        for _ in range(4):
            RepaymentFactory(loan=LoanFactory(active=True), received_on=ON, recorded_by=UserFactory())
        reader.get(LIST)
        with CaptureQueriesContext(connection) as taken:
            reader.get(LIST)
        counts.append(len(taken))

    assert counts[0] == counts[1]
