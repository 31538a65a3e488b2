"""How many statements the pages take that people look at all day, session and person included, with a story behind them."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks import book
from core import business_date
from debt_collections.models import Case
from operations.demo.staff import every_role_together
from operations.end_of_day import close_day
from staff.roles import ROLES

pytestmark = pytest.mark.django_db
LATE = 20


@pytest.fixture
def everybody(client: Client, signed_in: Callable[..., Client]) -> Client:
    """Somebody with every role, in a book that was closed for a night."""
    business_date.move_to(book.DAY)
    book.write(60)
    assert close_day().finished
    with every_role_together():
        return signed_in(client, *ROLES)


@pytest.mark.parametrize(("page", "most"), [("loan", 7), ("borrower", 6), ("home", 5), ("workbench", 12), ("case", 9)])
def test_a_page_takes_so_many_statements_and_no_more(everybody: Client, page: str, most: int) -> None:
    address = {
        "loan": reverse("desk:loan", args=[book.number("LN", LATE)]),
        "borrower": reverse("desk:borrower", args=[book.number("CU", LATE)]),
        "home": reverse("desk:home"),
        "workbench": reverse("collections:workbench"),
        "case": reverse("collections:case", args=[Case.objects.get(borrower=LATE).public_id]),
    }[page]
    everybody.get(address)  # rules are kept in the process, counts of the navigation for half a minute

    with CaptureQueriesContext(connection) as asked:
        assert everybody.get(address).status_code == 200

    assert len(asked) <= most, "\n".join(query["sql"] for query in asked)


def test_a_home_page_that_nobody_opened_for_a_while_takes_few_more(everybody: Client) -> None:
    everybody.get(reverse("desk:home"))
    cache.clear()

    with CaptureQueriesContext(connection) as asked:
        everybody.get(reverse("desk:home"))

    assert len(asked) <= 12
