"""The benchmark of pages asks for every page there is: a new one is measured by itself, or refused here by name."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import _page_addresses as asked
from benchmarks import book, pages
from core import business_date
from operations.end_of_day import close_day

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_book() -> None:
    business_date.move_to(book.DAY)
    book.write(60)
    assert close_day().finished


def test_every_route_is_measured_or_left_out_with_a_reason(small_book: None) -> None:
    measured = {address.name.split(" ")[0] for address in asked.addresses()}
    routes = {name for name, _pattern, _parameters in asked.routes()}

    assert {name for name in routes if not asked.is_left_out(name)} == measured
    assert all(asked.LEFT_OUT.values())


def test_nothing_is_left_out_that_is_not_there() -> None:
    routes = {name for name, _pattern, _parameters in asked.routes()}
    spaces = {name.split(":")[0] for name in routes}

    assert set(asked.LEFT_OUT) <= routes | spaces


def test_every_page_opens_and_lists_are_asked_for_with_each_of_their_filters(small_book: None) -> None:
    shown = {address.name: status for _client, address, status in pages.shown()}

    assert {name: status for name, status in shown.items() if status not in pages.SHOWN} == {}
    assert {
        "desk:home",
        "loans:loan_list ?status=settled",
        "collections:workbench ?order=amount",
        "admin:loans_loan_changelist search",
        "api:loan",
        "desk:loan_tab accounting",
    } <= set(shown)


def test_a_page_fails_that_grows_or_is_slow_or_reads_more(small_book: None) -> None:
    small = pages.Measured(200, 20, 20, 5)

    def wrong(*large: float) -> str:
        return pages.Verdict("page", small, pages.Measured(200, large[0], large[1], int(large[2]))).wrong

    assert wrong(29, 29, 5) == ""
    assert wrong(20, 31, 5) == "warm grows"
    assert wrong(151, 20, 5) == "cold over 150 ms"
    assert wrong(20, 20, 6) == "statements differ"


def test_statements_of_session_and_person_are_counted(small_book: None) -> None:
    client: Client = pages._signed_in()
    address = asked.Address("desk:home", "/app/")
    client.get(address.path)
    _took, counted = pages._timed(client, address, lambda: None)
    with CaptureQueriesContext(connection) as captured:
        client.get(address.path)

    assert counted == len(captured) > 2
