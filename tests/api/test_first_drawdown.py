"""A loan drawn in parts over the API: chosen in the application, shown with offer and loan, drawn further by the lender."""

from datetime import date

import pytest

from core import business_date
from loans.acts.performing import perform
from loans.models import Loan
from tests.api.town import lent, offered, registered, yuan
from tests.loans.acts.test_acts import wish
from tests.loans.books import close_until
from tests.loans.factories import ProductVersionFactory
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(open_house):
    return ProductVersionFactory(product__code="line", allows_drawdowns=True).product


def test_a_quote_shows_the_cost_of_the_sum_drawn(lilac, line):
    asked = {"product": line.public_id, "amount": yuan(12_000), "term_count": 12}

    part = lilac.send("/quotes", {**asked, "first_drawdown": yuan(5_000)}, key="").json()
    alone = lilac.send("/quotes", {**asked, "amount": yuan(5_000)}, key="").json()

    assert (part["principal"], part["first_drawdown"]) == (yuan(12_000), yuan(5_000))
    for same in ("instalments", "total_repayable", "annualised_simple", "rates"):
        assert part[same] == alone[same]
    assert alone["first_drawdown"] is None


@pytest.mark.parametrize(
    ("code", "first", "problem"),
    [("line", 2_001, "first_drawdown_out_of_range"), ("phone-12", 1_000, "drawdowns_not_sold")],
)
def test_what_cannot_be_drawn_is_named(lilac, line, code, first, problem):
    product = ProductVersionFactory(product__code=code).product
    wished = {"borrower": registered(lilac), "product": product.public_id, "amount": yuan(2_000), "term_count": 6}

    found = assert_problem(lilac.send("/applications", {**wished, "first_drawdown": yuan(first)}), 422, problem)

    assert found["errors"][0]["pointer"] == "/first_drawdown"
    shown = lilac.ask(f"/products/{product.public_id}").json()
    assert shown["allows_drawdowns"] is (code == "line")


def test_from_application_to_a_second_drawdown(lilac, line):
    chosen = {"amount": yuan(6_000), "first_drawdown": yuan(5_000), "term_count": 12}
    offer = offered(lilac, line, **chosen)
    assert (offer["principal"], offer["first_drawdown"]) == (yuan(6_000), yuan(5_000))

    loan = lent(lilac, line, **chosen)

    assert (loan["principal"], loan["first_drawdown"]) == (yuan(6_000), yuan(5_000))
    assert loan["disbursement"]["amount"] == loan["position"]["principal_outstanding"] == yuan(5_000)
    further = {"kind": "drawn_down", "parameters": {"amount": yuan(1_000)}, "reason": "second part"}
    assert_problem(lilac.send(f"/loans/{loan['id']}/acts", further), 403, "act_for_staff_only")
    close_until(date(2026, 7, 14))
    business_date.move_to(date(2026, 7, 15))
    stored = Loan.objects.get(public_id=loan["id"])
    perform(wish(stored, "drawn_down", date(2026, 7, 15), amount=stored.principal - stored.first_drawdown))

    after = lilac.ask(f"/loans/{loan['id']}").json()
    assert after["position"]["principal_outstanding"] == yuan(6_000)
    assert [act["kind"] for act in lilac.ask(f"/loans/{loan['id']}/acts").json()["data"]] == ["drawn_down"]
    assert lilac.ask(f"/loans/{loan['id']}/schedule").json()["totals"]["principal"] == yuan(6_000)
