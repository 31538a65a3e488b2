"""Acts on running loans over the API: listed, previewed, done once, refused by name, undone."""

from datetime import timedelta

import pytest

from core import business_date
from core.rules import forget_cached_rules
from loans.acts.performing import perform
from loans.models import Loan, LoanAct, Repayment
from tests.api.town import lent, yuan
from tests.core.factories import rule_says
from tests.loans.acts.test_acts import wish as loan_wish
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def uncapped(open_house):
    """A market without a cap on the all-in cost: the loan lent here is at the cap, and a penalty would break it."""
    rule_says("cost_cap", {"annual_rate": None})
    forget_cached_rules()


def wish(**changes):
    return {"kind": "penalty_added", "parameters": {"amount": yuan(25)}, "reason": "a broken rule", **changes}


def test_every_kind_says_what_it_asks_for(lilac, product):
    kinds = lilac.ask("/act_kinds").json()["data"]

    fee = next(kind for kind in kinds if kind["kind"] == "fee_added")
    assert [parameter["name"] for parameter in fee["parameters"]] == ["amount", "due_on"]


def test_a_preview_shows_what_would_change_and_stores_nothing(lilac, product, uncapped):
    loan = lent(lilac, product)

    shown = lilac.send(f"/loans/{loan['id']}/acts/preview", wish()).json()

    moved = {"before": yuan(0), "after": yuan(25)}
    assert shown["figures"] == [{"name": name, **moved} for name in ("late_interest_receivable", "overdue_total")]
    assert [line["debit"]["amount"] for line in shown["journal"]] == [2500, 0]
    assert not LoanAct.objects.exists()


def test_an_act_is_done_listed_and_undone(lilac, product, uncapped):
    loan = lent(lilac, product)

    done = lilac.send(f"/loans/{loan['id']}/acts", wish())
    undone = lilac.send(f"/loans/{loan['id']}/acts/{done.json()['id']}/undo", {"reason": "wrong loan"})

    assert done.status_code == 201
    assert done.json()["parameters"]["amount"]["amount"] == 2500
    assert undone.json()["status"] == "undone"
    assert [act["id"] for act in lilac.ask(f"/loans/{loan['id']}/acts").json()["data"]] == [done.json()["id"]]


def test_lists_that_are_whole_know_fields_and_refuse_what_they_do_not_know(lilac, product, uncapped):
    loan = lent(lilac, product)
    lilac.send(f"/loans/{loan['id']}/acts", wish())

    for path in ("/act_kinds", f"/loans/{loan['id']}/acts", f"/loans/{loan['id']}/transactions", "/products", "/enums"):
        assert_problem(lilac.ask(f"{path}?limit=5"), 400, "parameter_unknown")
    assert_problem(lilac.ask(f"/loans/{loan['id']}?colour=red"), 400, "parameter_unknown")
    thin = lilac.ask(f"/loans/{loan['id']}/acts?fields=kind").json()["data"]
    assert [set(act) - {"object", "id"} for act in thin] == [{"kind"}]


def test_the_hold_of_a_notice_that_failed_is_not_for_partners(lilac, product):
    loan = lent(lilac, product)
    on = business_date.current()
    until = {"stops": "notice", "until": (on + timedelta(days=9)).isoformat()}
    held = perform(
        loan_wish(Loan.objects.get(), "hold_placed", on, stops="notice", until=on + timedelta(days=9)), approved=True
    )

    asked = lilac.send(f"/loans/{loan['id']}/acts", wish(kind="hold_placed", parameters=until))
    undone = lilac.send(f"/loans/{loan['id']}/acts/{held.public_id}/undo", {"reason": "no"})

    assert_problem(asked, 403, "act_for_staff_only")
    assert_problem(undone, 403, "act_for_staff_only")


def test_what_is_not_asked_for_or_cannot_be_read_is_refused_by_name(lilac, product):
    loan = lent(lilac, product)
    address = f"/loans/{loan['id']}/acts"

    assert_problem(lilac.send(address, wish(kind="fee_added")), 422, "fee_breaks_cap")
    assert_problem(lilac.send(address, wish()), 422, "penalty_breaks_cap")
    assert_problem(lilac.send(address, wish(kind="nonsense")), 404, "act_unknown")
    assert_problem(lilac.send(address, wish(parameters={"sum": "1"})), 422, "parameter_unknown")
    assert_problem(
        lilac.send(address, wish(kind="due_day_changed", parameters={"day": "lots"})), 422, "parameter_unreadable"
    )
    assert_problem(lilac.send(address, wish(parameters={})), 422, "parameter_missing")


@pytest.mark.parametrize(
    "kind", ["drawn_down", "goodwill_credit", "settled_for_less", "rate_changed", "charge_back", "charged_off"]
)
def test_what_moves_money_or_gives_it_up_is_for_staff(lilac, product, kind):
    loan = lent(lilac, product)

    assert_problem(lilac.send(f"/loans/{loan['id']}/acts", wish(kind=kind)), 403, "act_for_staff_only")
    assert_problem(lilac.send(f"/loans/{loan['id']}/acts/preview", wish(kind=kind)), 403, "act_for_staff_only")
    assert kind not in [row["kind"] for row in lilac.ask("/act_kinds").json()["data"]]


def test_a_loan_charged_off_says_so_and_takes_money_as_before(lilac, product):
    loan = lent(lilac, product)
    row = Loan.objects.get(public_id=loan["id"])
    perform(loan_wish(row, "charged_off", row.disbursed_on, cause="fraud"), approved=True)

    now = lilac.ask(f"/loans/{loan['id']}").json()

    assert now["status"] == "active"
    assert now["position"]["charged_off_on"] == row.disbursed_on.isoformat()
    assert now["position"]["charged_off_amount"] == now["position"]["outstanding_total"] == loan["principal"]
    assert now["position"]["interest_in_suspense"]["amount"] == 0
    shown = lilac.ask(f"/loans/{loan['id']}/acts").json()["data"]
    assert_problem(
        lilac.send(f"/loans/{loan['id']}/acts/{shown[0]['id']}/undo", {"reason": "x"}), 403, "act_for_staff_only"
    )


def test_a_partner_moves_its_own_payment_to_the_right_day_and_nobody_elses(lilac, product):
    loan = lent(lilac, product)
    paid = lilac.send(
        "/repayments", {"loan": loan["id"], "amount": yuan(10), "received_on": str(business_date.current())}
    )
    receipt = Repayment.objects.get(public_id=paid.json()["id"])
    right = business_date.current() + timedelta(days=1)
    business_date.move_to(right)
    moved = {"receipt": receipt.number, "received_on": str(right)}
    redated = {"kind": "receipt_redated", "parameters": moved, "reason": "wrong day"}

    done = lilac.send(f"/loans/{loan['id']}/acts", redated)
    shown = lilac.ask(f"/repayments/{receipt.public_id}").json()
    Repayment.objects.update(recorded_by=None)

    assert done.status_code == 201
    assert (shown["received_on"], shown["first_received_on"]) == (str(right), paid.json()["received_on"])
    refused = lilac.send(f"/loans/{loan['id']}/acts", redated)
    assert_problem(refused, 403, "not_your_repayment")


def test_free_months_are_one_sum_over_all_loans_of_a_program(lilac, product):
    """A program of a partner gave three free months to whomever it liked."""
    loans = [lent(lilac, product) for _ in range(2)]
    free = wish(kind="payment_holiday", parameters={"count": 3, "interest": "free"})
    first = lilac.send(f"/loans/{loans[0]['id']}/acts", free)
    assert first.status_code == 201
    given_up = LoanAct.objects.get().figures["interest_forgone"]
    rule_says("alone_in_a_day", {"given_up": {"program": given_up}, "taken_back": {}})

    second = lilac.send(f"/loans/{loans[1]['id']}/acts", free)

    assert_problem(second, 409, "beyond_authority")
