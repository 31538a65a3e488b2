"""Pages are planned for their values and stand on one business date; what writes stays prepared."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from core import business_date
from core.middleware import PageReads
from loans.models import Loan
from tests.loans.factories import DISBURSED

pytestmark = pytest.mark.django_db
OFTEN = 8  # the driver prepares a statement at its sixth run


@pytest.fixture(autouse=True)
def _nothing_prepared(db: None) -> None:
    """By the tests before, of which statements stay prepared."""
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")


def prepared() -> list[str]:
    """The statements PostgreSQL keeps for this connection."""
    found = connection.connection.execute("SELECT statement FROM pg_prepared_statements", prepare=False)
    return [statement for (statement,) in found.fetchall()]


def answered(method: str, read: Callable[[], object]) -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        for _time in range(OFTEN):
            read()
        return HttpResponse()

    PageReads(view)(RequestFactory().generic(method, "/"))


@pytest.mark.parametrize(("method", "kept"), [("GET", False), ("HEAD", False), ("POST", True)])
def test_only_what_writes_is_prepared(method: str, kept: bool) -> None:
    status = f"status of {method}"
    answered(method, lambda: list(Loan.objects.filter(status=status).only("pk", "goods")))

    assert any('"loans_loan"."goods" FROM' in statement for statement in prepared()) is kept
    assert connection.connection.prepare_threshold == connection.settings_dict["OPTIONS"]["prepare_threshold"]


def test_a_page_asks_for_the_business_date_once(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    business_date.move_to(DISBURSED)

    with django_assert_num_queries(1):
        answered("GET", business_date.current)
    with django_assert_num_queries(OFTEN):
        answered("POST", business_date.current)


def test_a_date_that_moves_within_is_read_anew() -> None:
    business_date.move_to(DISBURSED)
    with business_date.read_once():
        assert business_date.current() == DISBURSED
        business_date.move_to(DISBURSED + timedelta(days=1))
        assert business_date.current() == DISBURSED + timedelta(days=1)


def test_every_request_passes_through_it(client: Client, signed_in: Callable[..., Client]) -> None:
    signed_in(client, "officer")
    for _time in range(OFTEN):
        client.get(reverse("loans:loan_list") + "?status=settled")

    assert not any('FROM "loans_loan"' in statement for statement in prepared())
