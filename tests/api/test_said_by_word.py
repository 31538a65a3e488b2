"""What a partner's program says and takes back alone, by its key; beyond it a person of the lender, or two, are asked."""

from datetime import date
from decimal import Decimal

import pytest

from audit.models import Approval
from core import business_date
from core.models import Rule
from core.rules import forget_cached_rules
from loans.acts import receipts
from loans.incoming import importing, taking_in
from loans.models import IncomingPayment, Loan, LoanAct, Repayment
from tests.api.conftest import TODAY
from tests.api.town import lent, yuan
from tests.core.factories import rule_says
from tests.loans.doing import refund_overpayment, second_person_agrees
from tests.loans.statements import HEADER
from tests.partners.factories import caller
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db


def with_rule(code, **changes):
    """The seeded rule with other figures."""
    row = Rule.objects.get(code=code)
    rule_says(row.code, row.data | changes)
    forget_cached_rules()


def told(caller_, loan, amount, **more):
    return caller_.send(
        "/repayments",
        {"loan": loan["id"], "amount": yuan(amount), "allow_repeat": True, "allow_overpayment": True, **more},
    )


def test_what_a_bank_line_proved_a_key_only_asks_to_take_back(lilac, product):
    loan = lent(lilac, product)
    made = told(lilac, loan, 900).json()
    number = Loan.objects.get(public_id=loan["id"]).number
    line = f"{HEADER}\n{TODAY},B-1,900.00,x,6222020000009999,{number}\n"
    bank_file = taking_in.take_in(content=line.encode(), name="a.csv", on=TODAY)
    importing.settle_file(bank_file_id=bank_file.pk, on=TODAY)
    assert Repayment.objects.get().proved_on == TODAY

    answer = lilac.send(f"/repayments/{made['id']}/reverse", {"reason": "returned"})

    assert (answer.status_code, answer.json()["status"]) == (202, "posted")
    assert Approval.objects.get().kind == receipts.REQUEST
    assert Repayment.objects.get().stands and IncomingPayment.objects.get().status == "matched"


def test_what_a_key_says_on_a_day_counts_over_all_loans(lilac, harbour, product):
    first, second, third = lent(lilac, product), lent(lilac, product), lent(harbour, product)
    with_rule("receipt_without_bank_line", in_a_day={"counter": "0", "api": "700"})

    assert told(lilac, first, 400).status_code == 201
    assert_problem(told(lilac, second, 301), 409, "receipts_of_a_day")
    assert told(lilac, second, 300).status_code == 201
    assert told(harbour, third, 700).status_code == 201


def test_a_key_says_what_came_some_days_ago_and_no_further_back(lilac, product):
    loan = lent(lilac, product)
    business_date.move_to(date(2026, 6, 25))

    refused = told(lilac, loan, 100, received_on="2026-06-21")

    assert_problem(refused, 409, "receipt_back_dated")
    assert told(lilac, loan, 100, received_on="2026-06-22").status_code == 201


class TestReversals:
    def test_above_what_one_may_reverse_a_second_person_is_asked(self, lilac, product):
        loan = lent(lilac, product)
        made = told(lilac, loan, 6_000).json()
        path = f"/repayments/{made['id']}/reverse"

        asked = lilac.send(path, {"reason": "returned"})

        assert (asked.status_code, asked.json()["status"]) == (202, "posted")
        assert lilac.send(path, {"reason": "returned"}).status_code == 202  # the same request
        assert Approval.objects.get().kind == "loan.repayment.undo"
        second_person_agrees(TODAY)
        assert Repayment.objects.get().is_reversed
        again = lilac.send(path, {"reason": "returned"})
        assert (again.status_code, again.json()["status"]) == (200, "reversed")

    def test_reversed_and_told_again_the_sums_go_on(self, lilac, product):
        """4,000 reversed by the key itself; another 4,000 are above the 5,000 that one takes back alone."""
        loan = lent(lilac, product)
        first = told(lilac, loan, 4_000).json()
        assert lilac.send(f"/repayments/{first['id']}/reverse", {"reason": "returned"}).status_code == 200
        assert Repayment.objects.get().reversed_alone

        second = told(lilac, loan, 4_000).json()

        assert lilac.send(f"/repayments/{second['id']}/reverse", {"reason": "returned"}).status_code == 202
        with_rule("receipt_without_bank_line", alone={"counter": "0", "api": "9000"})
        assert_problem(told(lilac, loan, 1_001), 409, "receipt_without_bank_line")

    def test_a_refund_is_taken_back_over_the_api_once_somebody_agrees(self, lilac, product):
        """It took two to give it, so it takes two to say that it came back: until now the API was always refused."""
        house = caller("The House", ["loans:read", "loans:reverse", "portfolio:read", "portfolio:write"])
        loan = lent(lilac, product)
        told(lilac, loan, 12_000)
        row = Loan.objects.get()
        act = refund_overpayment(loan_id=row.pk, amount=Decimal("10.00"), on=TODAY)
        path = f"/loans/{loan['id']}/refunds/{act.public_id}/reverse"

        asked = house.send(path, {"reason": "account closed"})

        assert (asked.status_code, asked.json()["status"]) == (202, "posted")
        second_person_agrees(TODAY)
        assert LoanAct.objects.get(pk=act.pk).is_undone
        done = house.send(path, {"reason": "account closed"})
        assert (done.status_code, done.json()["status"]) == (200, "reversed")
