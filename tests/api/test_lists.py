"""Lists: paged by cursor, filtered by name, at a number of queries that does not grow."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import business_date
from loans.models import LoanPosition
from tests.api.conftest import TODAY
from tests.api.town import applied, lent, registered, somebody, yuan
from tests.loans.factories import LoanFactory
from tests.partners.factories import CallerFactory
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db


def ids(response):
    return [row["id"] for row in response.json()["data"]]


def queries(partner, path):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = partner.ask(path)
    assert response.status_code == 200, response.content
    return len(captured)


def test_a_list_is_walked_by_its_cursor_newest_first(lilac):
    made = [lilac.send("/borrowers", somebody()).json()["id"] for _ in range(5)]

    seen, cursor = [], ""
    while True:
        body = lilac.ask(f"/borrowers?limit=2{cursor}").json()
        assert body["object"] == "list"
        seen += [row["id"] for row in body["data"]]
        if not body["has_more"]:
            break
        cursor = f"&starting_after={body['next_cursor']}"

    assert seen == made[::-1]
    assert body["next_cursor"] is None
    assert "total_count" not in body


def test_a_new_object_does_not_shift_the_pages(lilac):
    made = [lilac.send("/borrowers", somebody()).json()["id"] for _ in range(3)]
    first = lilac.ask("/borrowers?limit=2").json()
    lilac.send("/borrowers", somebody())

    second = lilac.ask(f"/borrowers?limit=2&starting_after={first['next_cursor']}")

    assert ids(second) == made[:1]


def test_the_total_is_counted_when_asked_for(lilac):
    for _ in range(3):
        lilac.send("/borrowers", somebody())

    assert lilac.ask("/borrowers?include_total=1&limit=1").json()["total_count"] == 3


def test_only_the_fields_asked_for_come(lilac):
    lilac.send("/borrowers", somebody())

    assert set(lilac.ask("/borrowers?fields=number,status").json()["data"][0]) == {"object", "id", "number", "status"}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 422, "validation_failed"),
        ("limit=201", 422, "validation_failed"),
        ("limit=many", 422, "validation_failed"),
        ("starting_after=cus_nothing", 422, "cursor_unknown"),
        ("starting_after=%00", 422, "validation_failed"),
        ("status=actve", 422, "validation_failed"),
        ("colour=red", 400, "parameter_unknown"),
        ("created_gte=yesterday", 422, "validation_failed"),
        ("expand=nothing", 400, "expansion_unknown"),
    ],
)
def test_a_parameter_that_is_wrong_or_unknown_is_refused(lilac, query, status, code):
    assert_problem(lilac.ask(f"/borrowers?{query}"), status, code)


def test_a_cursor_of_another_partner_tells_nothing(lilac, harbour):
    made = lilac.send("/borrowers", somebody()).json()["id"]

    assert_problem(harbour.ask(f"/borrowers?starting_after={made}"), 422, "cursor_unknown")


def test_loans_are_filtered_by_state_lateness_and_borrower(lilac, product):
    one, two = lent(lilac, product), lent(lilac, product)
    LoanPosition.objects.filter(loan__public_id=two["id"]).update(days_past_due=12, bucket="M1")

    assert ids(lilac.ask("/loans?dpd_gte=1")) == [two["id"]]
    assert ids(lilac.ask("/loans?dpd_lte=0")) == [one["id"]]
    assert ids(lilac.ask("/loans?status=settled,written_off")) == []
    assert ids(lilac.ask(f"/loans?status=active&borrower={one['borrower']}")) == [one["id"]]
    assert ids(lilac.ask("/loans?created_gte=2099-01-01T00:00:00Z")) == []
    assert ids(lilac.ask("/applications?status=accepted")) == [two["application"], one["application"]]


def test_repayments_are_filtered_by_loan_and_day(lilac, product):
    one, two = lent(lilac, product), lent(lilac, product)
    paid = [lilac.send("/repayments", {"loan": x["id"], "amount": yuan(9)}).json()["id"] for x in (one, two)]

    assert ids(lilac.ask(f"/repayments?loan={one['id']}")) == paid[:1]
    assert ids(lilac.ask("/repayments?received_gte=2026-06-16")) == []
    assert ids(lilac.ask("/repayments?received_lte=2026-06-15&status=posted")) == paid[::-1]


def test_a_list_costs_the_same_number_of_queries_however_long_it_is(lilac, product):
    paths = [
        "/borrowers",
        "/applications?expand=borrower",
        "/loans?expand=borrower,application.borrower",
        "/repayments?expand=loan.borrower",
        "/products",
    ]
    for _ in range(2):
        lilac.send("/repayments", {"loan": lent(lilac, product)["id"], "amount": yuan(9)})
    few = {path: queries(lilac, path) for path in paths}
    for _ in range(4):
        lilac.send("/repayments", {"loan": lent(lilac, product)["id"], "amount": yuan(9)})

    assert {path: queries(lilac, path) for path in paths} == few
    assert max(few.values()) <= 12


def test_the_transactions_of_a_loan_cost_the_same_however_many_there_are(lilac, product):
    loan = lent(lilac, product)
    path = f"/loans/{loan['id']}/transactions"
    lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(1)})
    few = queries(lilac, path)
    for n in range(5):
        lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(2 + n)})

    assert queries(lilac, path) == few
    assert len(lilac.ask(path).json()["data"]) == 7


def test_applications_and_the_portfolio(lilac, product):
    applied(lilac, product, borrower=registered(lilac))
    LoanFactory(active=True, disbursed_on=TODAY)
    business_date.move_to(TODAY)

    everything = CallerFactory(
        client__name="River Bureau", scopes=["loans:read", "applications:read", "portfolio:read"]
    )

    assert len(everything.ask("/loans").json()["data"]) == 1
    assert len(everything.ask("/applications").json()["data"]) == 1
    assert lilac.ask("/loans").json()["data"] == []
