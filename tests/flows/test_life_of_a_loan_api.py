"""The whole life of a loan through the API alone: what a partner's program sees from the counter to the last payment.

Only what happens inside the house is done by its own jobs: deciding, paying out, closing the day.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core import business_date
from ledger.queries import difference
from loans.incoming import taking_in
from loans.models import Loan
from loans.proof.verifying import compare
from loans.tasks import send_due_disbursements, settle_bank_file
from operations.end_of_day import close_until
from risk.tasks import assess_submitted
from tests.api.town import the_payroll_says, yuan
from tests.borrowers.factories import NEEDED, resident_number
from tests.loans.factories import ProductVersionFactory
from tests.loans.statements import statement
from tests.partners.factories import Caller, CallerFactory

pytestmark = pytest.mark.django_db(transaction=True)
JUNE_15 = date(2026, 6, 15)


@pytest.fixture
def lilac() -> Caller:
    business_date.move_to(JUNE_15)
    ProductVersionFactory()
    return CallerFactory(client__name="Lilac Phones")


def fen(money):
    return money["amount"]


def good(response, status=200):
    assert response.status_code == status, response.content.decode()
    return response.json()


def wait_until(on):
    """The house closes its days until ``on`` is open."""
    close_until(on)
    assert business_date.current() == on


def bring_lin(lilac):
    """Lin Xiaoyu at the counter of Lilac Phones: identity, consent, income, account."""
    lin = good(
        lilac.send(
            "/borrowers",
            {
                "name": "林小雨",
                "identity_number": resident_number(1),
                "phone": "13812341234",
                "external_id": "C-1",
                "occupation": "employed",
                "consents": [
                    {"purpose": purpose, "given_at": "2026-06-15T02:00:00Z"} for purpose in (*NEEDED, "third_party")
                ],
            },
        ),
        201,
    )
    path = f"/borrowers/{lin['id']}"
    income = {"source": "salary", "monthly_amount": yuan(12_000), "as_of": "2026-06-01"}
    account = {"bank_name": "Harbour Bank", "account_number": "6222020200001234567"}
    good(lilac.send(f"{path}/incomes", income), 201)
    good(lilac.send(f"{path}/bank_accounts", account), 201)
    the_payroll_says(lin["id"], Decimal(12_000))
    return lin["id"]


def borrow(lilac):
    """From quote to money in the account; the loan as the partner sees it then."""
    product = next(row for row in good(lilac.ask("/products"))["data"] if row["code"] == "phone-12")
    wish = {"product": product["id"], "amount": yuan(2_000), "term_count": 6}
    quote = good(lilac.send("/quotes", wish, key=""))
    application = good(
        lilac.send("/applications", {**wish, "borrower": bring_lin(lilac), "purpose": "electronics"}), 201
    )
    assess_submitted()
    decision = good(lilac.ask(f"/applications/{application['id']}/decision"))
    assert (decision["final"], decision["outcome"]) == (True, "approve"), decision
    assert fen(decision["offer"]["principal"]) == fen(quote["principal"])

    waiting = good(lilac.send(f"/offers/{decision['offer']['id']}/accept"), 201)
    assert waiting["status"] == "pending_disbursement"
    send_due_disbursements()
    loan = good(lilac.ask(f"/loans/{waiting['id']}"))
    assert (loan["status"], loan["disbursed_on"]) == ("active", "2026-06-15")
    return loan


def instalments(lilac, loan):
    return good(lilac.ask(f"/loans/{loan['id']}/schedule"))["instalments"]


def pay(lilac, loan, amount, **more):
    return good(lilac.send("/repayments", {"loan": loan["id"], "amount": amount, **more}), 201)


def books_are_right():
    assert difference() == 0
    assert [compare(loan) for loan in Loan.objects.all()] == [[]]


def test_a_loan_is_asked_for_paid_out_paid_back_and_settled_early(lilac):
    loan = borrow(lilac)
    first, second, *_later = instalments(lilac, loan)

    wait_until(date.fromisoformat(first["due_on"]))
    paid = pay(lilac, loan, first["total"])
    assert paid["allocation"]["principal"] == first["principal"]
    assert instalments(lilac, loan)[0]["state"] == "paid"

    wait_until(date.fromisoformat(second["due_on"]) - timedelta(days=5))
    quote = good(lilac.ask(f"/loans/{loan['id']}/payoff_quote"))
    assert fen(quote["principal"]) == fen(loan["principal"]) - fen(first["principal"])
    assert 0 < fen(quote["interest"]) < fen(second["interest"])
    pay(lilac, loan, quote["total"], settles_early=True)

    settled = good(lilac.ask(f"/loans/{loan['id']}"))
    assert settled["status"] == "settled"
    assert fen(settled["position"]["outstanding_total"]) == fen(settled["position"]["overpaid"]) == 0
    moved = good(lilac.ask(f"/loans/{loan['id']}/transactions"))["data"]
    assert [row["kind"] for row in moved] == ["repayment", "repayment", "disbursement"]
    books_are_right()


def test_a_late_loan_costs_late_interest_and_is_brought_back(lilac):
    loan = borrow(lilac)
    first = instalments(lilac, loan)[0]
    due = date.fromisoformat(first["due_on"])

    wait_until(due + timedelta(days=13))
    late = good(lilac.ask(f"/loans/{loan['id']}"))["position"]
    assert (late["days_past_due"], late["bucket"], late["risk_class"]) == (12, "M1", "special_mention")
    assert fen(late["late_interest_receivable"]) > 0
    assert fen(late["overdue_total"]) > fen(first["total"])
    assert instalments(lilac, loan)[0]["state"] == "overdue"
    assert [row["id"] for row in good(lilac.ask("/loans?dpd_gte=10"))["data"]] == [loan["id"]]

    wrong = pay(lilac, loan, yuan(100))
    good(lilac.send(f"/repayments/{wrong['id']}/reverse", {"reason": "returned by the bank"}))
    again = good(lilac.ask(f"/loans/{loan['id']}"))["position"]
    assert again["principal_outstanding"] == late["principal_outstanding"]
    assert fen(again["overdue_total"]) >= fen(late["overdue_total"])

    # The money had arrived on the due date, it was only reported late: the bank says so, and no late interest is left.
    told = {"loan": loan["id"], "amount": first["total"], "received_on": due.isoformat()}
    assert good(lilac.send("/repayments", told), 409)["code"] == "receipt_back_dated"
    brought = statement((due.isoformat(), "B-1", f"{fen(first['total']) / 100:.2f}", loan["number"]))
    bank_file = taking_in.take_in(content=brought, name="july.csv", on=business_date.current())
    settle_bank_file(bank_file_id=bank_file.pk)
    back = good(lilac.ask(f"/loans/{loan['id']}"))["position"]
    assert (back["days_past_due"], back["bucket"], fen(back["overdue_total"])) == (0, "C", 0)
    assert fen(back["late_interest_receivable"]) == 0
    books_are_right()
