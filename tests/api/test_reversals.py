"""Waivers, extensions and refunds taken back over the API: by the lender's own programs, once, and refused by name."""

from decimal import Decimal
from typing import Any

import pytest

from core.rules import forget_cached_rules
from loans.models import Loan
from tests.api.conftest import TODAY
from tests.api.town import lent, yuan
from tests.core.factories import rule_says
from tests.loans.doing import extend, refund_overpayment, second_person_agrees, waive
from tests.partners.factories import Caller, caller
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db
KINDS = ["waiver", "extension", "refund"]


@pytest.fixture(autouse=True)
def uncapped(open_house: None) -> None:
    """A market without a cap on the all-in cost: the loan lent here is at the cap, and a penalty would break it."""
    rule_says("cost_cap", {"annual_rate": None})
    forget_cached_rules()


@pytest.fixture
def house(open_house: None) -> Caller:
    """A program of the lender itself."""
    return caller("The House", ["loans:read", "loans:reverse", "portfolio:read", "portfolio:write"])


def granted(lilac: Caller, product: Any, kind: str) -> tuple[dict[str, Any], str]:
    """A loan of the partner with something granted, and the address that takes it back."""
    loan = lent(lilac, product)
    row = Loan.objects.get(public_id=loan["id"])
    if kind == "extension":
        made: Any = extend(loan_id=row.pk, days=7, on=TODAY, reason="illness")
    elif kind == "waiver":
        fee = {"kind": "penalty_added", "parameters": {"amount": yuan(25)}, "reason": "a broken rule"}
        lilac.send(f"/loans/{loan['id']}/acts", fee)
        made = waive(loan_id=row.pk, component="late_interest", amount=Decimal("5.00"), on=TODAY, reason="goodwill")
    else:
        lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(9_000), "allow_overpayment": True})
        made = refund_overpayment(loan_id=row.pk, amount=Decimal("10.00"), on=TODAY, idempotency_key="r")
    return loan, f"/loans/{loan['id']}/{kind}s/{made.public_id}/reverse"


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_taken_back_once_and_stays_in_the_list(lilac, house, product, kind):
    loan, path = granted(lilac, product, kind)

    if kind == "refund":  # money has left: a second person agrees that it came back
        assert house.send(path, {"reason": "booked by mistake"}).status_code == 202
        second_person_agrees(TODAY)
    first = house.send(path, {"reason": "booked by mistake"}, key="k")
    again = house.send(path, {"reason": "booked by mistake"}, key="k")

    answer = first.json()
    assert first.status_code == 200 and again.json() == answer
    assert (answer["kind"], answer["status"]) == (kind, "reversed")
    assert (answer["reversed_on"], answer["reversal_reason"]) == (TODAY.isoformat(), "booked by mistake")
    rows = house.ask(f"/loans/{loan['id']}/transactions").json()["data"]
    assert [row["status"] for row in rows if row["reference"] == answer["reference"]] == ["reversed"]
    assert answer["reference"] in path


@pytest.mark.parametrize("kind", KINDS)
def test_a_partner_sees_it_and_cannot_take_it_back(lilac, house, product, kind):
    loan, path = granted(lilac, product, kind)

    assert kind in [row["kind"] for row in lilac.ask(f"/loans/{loan['id']}/transactions").json()["data"]]
    assert_problem(lilac.send(path, {"reason": "please"}), 403, "reversal_for_lender_only")
    reader = caller("The Reader", ["loans:read", "portfolio:read"])
    assert_problem(reader.send(path, {"reason": "please"}), 403, "missing_scope")


def test_what_stands_in_the_way_is_a_named_problem(lilac, house, product):
    loan, path = granted(lilac, product, "waiver")
    house.send(path, {"reason": "booked by mistake"})

    assert_problem(house.send(path, {"reason": "another"}), 409, "already_reversed")
    assert_problem(house.send(path, {}), 422, "validation_failed")
    assert_problem(house.send(path, {"reason": "x"}, key=""), 400, "idempotency_key_missing")
    elsewhere = path.replace(loan["id"], lent(lilac, product)["id"])
    assert_problem(house.send(elsewhere, {"reason": "x"}), 404, "not_found")
