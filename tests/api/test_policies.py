"""Policies pledged for loans over the API: pledged, listed, watched, reinstated and given back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from audit.approvals import approve
from audit.models import Approval
from core import business_date
from core.models import Rule
from core.rules import forget_cached_rules
from loans.account.policy_cover import CashValue
from loans.models import Loan, PledgeStatus, PolicyPledge, Repayment
from tests.api.conftest import TODAY
from tests.api.town import lent, yuan
from tests.core.factories import rule_says
from tests.loans.factories import PolicyPledgeFactory
from tests.loans.pledged_policies import night
from tests.partners.factories import EVERYTHING_OWN, CallerFactory
from tests.partners.test_problems import assert_problem
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def loan(lilac, product):
    return lent(lilac, product)


def paper(to, **changes):
    """The papers of a policy worth 2,500.00, which carries the 2,000.00 lent."""
    facts = {
        "loan": to["id"],
        "insurer": "Harbour Life",
        "policy_number": "PL-99 88 7766",
        "insured_name": "林小雨",
        "policy_since": "2020-07-01",
        "cash_values": [{"on": "2026-01-01", "amount": yuan(2_500)}, {"on": "2028-01-01", "amount": yuan(3_000)}],
    }
    return {**facts, **changes}


def pledged(partner, loan, **changes):
    made = partner.send("/policies", paper(loan, **changes))
    assert made.status_code == 201, made.content
    assert made.json()["agreed_on"] is None
    agreed()
    return partner.ask(f"/policies/{made.json()['id']}").json()


def agreed():
    """A second person of the lender agrees to what waits."""
    (asked,) = Approval.objects.filter(status="pending")
    approve(approval_id=asked.pk, decided_by=UserFactory(roles=["checker"]), on=business_date.current())


def lapsed(partner, loan):
    """A policy whose insurer took its cash value back to 1,000.00, and nobody paid within the notice."""
    policy = pledged(partner, loan)
    low = [{"on": "2026-06-15", "amount": yuan(1_000)}, {"on": "2028-01-01", "amount": yuan(1_000)}]
    waits = partner.send(f"/policies/{policy['id']}/cash_values", {"cash_values": low})
    assert (waits.status_code, waits.json()["cash_values"]) == (202, policy["cash_values"])
    agreed()
    night(TODAY)
    night(TODAY + timedelta(days=31))
    return partner.ask(f"/policies/{policy['id']}").json()


def test_the_policy_tells_cash_value_against_debt_and_nothing_personal(lilac, loan):
    assert_problem(lilac.ask(f"/loans/{loan['id']}/policy"), 404, "loan_without_policy")
    values = (CashValue(date(2020, 1, 1), Decimal("50000.00")),)
    pledge = PolicyPledgeFactory(
        loan=Loan.objects.get(public_id=loan["id"]), cash_values=values, on=TODAY, policy__number="PL-99887766"
    )

    answer = lilac.ask(f"/loans/{loan['id']}/policy")

    policy = answer.json()
    assert (policy["object"], policy["id"], policy["status"]) == ("policy_pledge", pledge.public_id, "pledged")
    assert policy["cover"]["cash_value"]["amount"] == 5_000_000
    assert policy["cover"]["debt"] == loan["principal"] and policy["exhausted_on"] is None
    assert "99887766" not in answer.content.decode() and policy["last4"] == "7766"


def test_a_policy_is_pledged_once_under_its_key(lilac, loan):
    first = lilac.send("/policies", paper(loan), key="pledge")
    again = lilac.send("/policies", paper(loan), key="pledge")

    policy = first.json()
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 201, "true")
    assert first["Location"] == f"/api/v1/policies/{policy['id']}" and again.json() == policy
    assert PolicyPledge.objects.count() == 1
    assert (policy["loan"], policy["last4"], policy["lent"]) == (loan["id"], "7766", loan["principal"])
    assert [row["amount"] for row in policy["cash_values"]] == [yuan(2_500), yuan(3_000)]
    assert "林小雨" not in first.content.decode() and "998877" not in first.content.decode()
    assert lilac.ask(f"/loans/{loan['id']}/policy").json() == policy


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"cash_values": [{"on": "2026-01-01", "amount": yuan(2_499, 99)}]}, 409, "policy_lent_too_much"),
        ({"cash_values": [{"on": "2026-06-16", "amount": yuan(9_000)}]}, 422, "cash_values_invalid"),
        ({"cash_values": []}, 422, "validation_failed"),
        ({"cash_values": [{"on": "2026-01-01", "amount": yuan(2_500)}] * 201}, 422, "validation_failed"),
        ({"policy_number": "A-1"}, 422, "policy_number_invalid"),
        ({"policy_since": "2026-06-16"}, 422, "policy_begins_later"),
        ({"loan": "loan_01JD0000000000000000000000"}, 422, "reference_unknown"),
        ({"growth": "by itself"}, 422, "validation_failed"),
    ],
)
def test_what_cannot_be_pledged_is_refused_by_name(lilac, loan, changes, status, code):
    assert_problem(lilac.send("/policies", paper(loan, **changes)), status, code)
    assert not PolicyPledge.objects.exists()


def test_a_policy_pledged_elsewhere_and_a_second_policy_are_refused(lilac, product, loan):
    pledged(lilac, loan)

    assert_problem(lilac.send("/policies", paper(loan, policy_number="PL-OTHER-1")), 409, "loan_has_policy")
    other = lent(lilac, product)
    assert_problem(lilac.send("/policies", paper(other)), 409, "policy_already_pledged")


def test_nobody_sees_or_touches_the_policy_of_anothers_loan(lilac, harbour, loan):
    policy = pledged(lilac, loan)

    assert harbour.ask("/policies").json()["data"] == []
    assert_problem(harbour.ask(f"/policies/{policy['id']}"), 404, "not_found")
    assert_problem(harbour.send("/policies", paper(loan, policy_number="PL-OTHER-1")), 422, "reference_unknown")
    for verb in ("cash_values", "review", "release", "reinstate"):
        assert_problem(harbour.send(f"/policies/{policy['id']}/{verb}"), 404, "not_found")


def test_each_change_asks_for_its_own_scope(lilac, loan):
    policy = pledged(lilac, loan)
    reader = CallerFactory(
        client__name="Lilac Phones", scopes=[scope for scope in EVERYTHING_OWN if scope != "policies:write"]
    )

    for path in ("", *(f"/{policy['id']}/{verb}" for verb in ("cash_values", "review", "release"))):
        problem = assert_problem(reader.send(f"/policies{path}"), 403, "missing_scope")
        assert problem["missing_scope"] == "policies:write"
    assert_problem(reader.send(f"/policies/{policy['id']}/reinstate", {"amount": yuan(1)}), 409, "pledge_not_in_state")


def test_the_list_is_narrowed_by_state_and_loan(lilac, product, loan):
    calm = pledged(lilac, loan)
    other = lent(lilac, product)
    near = pledged(lilac, other, policy_number="PL-OTHER-1")
    near_values = [{"on": "2026-01-01", "amount": yuan(2_200)}, {"on": "2028-01-01", "amount": yuan(2_200)}]
    lilac.send(f"/policies/{near['id']}/cash_values", {"cash_values": near_values})
    agreed()
    assert lilac.send(f"/policies/{near['id']}/review").json()["done"] == ["warned"]

    def ids(query=""):
        return [row["id"] for row in lilac.ask(f"/policies{query}").json()["data"]]

    assert ids() == [near["id"], calm["id"]]
    assert ids("?status=warned") == [near["id"]]
    assert ids("?status=warned,pledged") == [near["id"], calm["id"]]
    assert ids(f"?loan={loan['id']}") == [calm["id"]]
    assert ids("?limit=1") == [near["id"]]
    assert_problem(lilac.ask("/policies?status=sound"), 422, "validation_failed")
    row = lilac.ask("/policies?status=warned").json()["data"][0]
    assert row["cover"] == {"on": "2026-06-15", "cash_value": yuan(2_200), "debt": yuan(2_000), "percent": "90.91"}


def test_a_list_of_many_takes_as_many_statements_as_one_of_few(lilac, product, django_assert_max_num_queries):
    for number in range(4):
        pledged(lilac, lent(lilac, product), policy_number=f"PL-MANY-{number}")

    with django_assert_max_num_queries(8):
        assert len(lilac.ask("/policies").json()["data"]) == 4


def test_cash_values_are_corrected_and_watched(lilac, loan):
    policy = pledged(lilac, loan)
    path = f"/policies/{policy['id']}"

    changed = lilac.send(f"{path}/cash_values", {"cash_values": [{"on": "2026-01-01", "amount": yuan(2_600)}]})
    assert (changed.status_code, changed.json()["cash_values"][0]["amount"]) == (200, yuan(2_600))
    low = [{"on": "2026-06-15", "amount": yuan(1_900)}]
    waits = lilac.send(f"{path}/cash_values", {"cash_values": low})
    assert (waits.status_code, waits.json()["cash_values"]) == (202, changed.json()["cash_values"])
    assert lilac.send(f"{path}/review").json()["done"] == []
    assert_problem(lilac.send(f"{path}/cash_values", {"cash_values": low}), 409, "approval_already_pending")
    agreed()
    reviewed = lilac.send(f"{path}/review").json()

    assert (reviewed["done"], reviewed["policy"]["status"]) == (["notified"], "lapse_notified")
    assert reviewed["policy"]["notice_ends_on"] == "2026-07-15"
    assert lilac.send(f"{path}/review").json()["done"] == []


def test_a_policy_that_only_the_partner_tells_of_pays_nothing_off(lilac, loan):
    """Debt above a cash value that the partner states itself, reviewed by the partner until long after any notice."""
    policy = lilac.send("/policies", paper(loan)).json()
    path, low = f"/policies/{policy['id']}", [{"on": "2026-01-01", "amount": yuan(1_999)}]
    assert lilac.send(f"{path}/cash_values", {"cash_values": low}).status_code == 200

    for on in (TODAY, TODAY + timedelta(days=31), TODAY + timedelta(days=32)):
        assert lilac.send(f"{path}/review").json()["done"] == []
        night(on)

    assert (PolicyPledge.objects.get().status, PolicyPledge.objects.get().agreed_on) == (PledgeStatus.PLEDGED, None)
    assert not Repayment.objects.exists()


def test_a_policy_is_released_only_when_nothing_is_owed(lilac, loan):
    policy = pledged(lilac, loan)
    path = f"/policies/{policy['id']}/release"
    assert_problem(lilac.send(path), 409, "pledge_still_owed")
    total = lilac.ask(f"/loans/{loan['id']}/payoff_quote").json()["total"]
    lilac.send("/repayments", {"loan": loan["id"], "amount": total, "settles_early": True})

    released = lilac.send(path, {"reason": "repaid"}).json()

    assert (released["status"], released["released_on"], released["cover"]) == ("released", "2026-06-15", None)
    assert lilac.send(path).json() == released


def test_a_lapsed_policy_comes_back_for_what_is_quoted(lilac, loan):
    policy = lapsed(lilac, loan)
    assert (policy["status"], policy["cover"]) == ("lapsed", None)
    quote = lilac.ask(f"/policies/{policy['id']}/reinstatement_quote").json()
    assert quote["total"]["amount"] > 200_000 and Repayment.objects.count() == 1

    path = f"/policies/{policy['id']}/reinstate"
    assert_problem(lilac.send(path, {"amount": yuan(1)}), 422, "settlement_amount_differs")
    back = lilac.send(path, {"amount": quote["total"]}, key="back")
    again = lilac.send(path, {"amount": quote["total"]}, key="back")

    assert (back.status_code, back.json()["channel"], again.json()) == (201, "api", back.json())
    assert back["Location"].endswith(back.json()["id"])
    assert PolicyPledge.objects.get().status == PledgeStatus.REINSTATED
    assert lilac.send(f"/policies/{policy['id']}/review").json()["done"] == ["released"]


def test_a_reinstatement_beside_a_payment_of_its_day_and_amount_is_asked_about(lilac, loan):
    path = f"/policies/{lapsed(lilac, loan)['id']}"
    whole = lilac.ask(f"{path}/reinstatement_quote").json()["total"]["amount"]
    for cents in [1] * (whole % 2) + [whole // 2]:
        assert lilac.send("/repayments", {"loan": loan["id"], "amount": yuan(0, cents)}).status_code == 201
    half = lilac.ask(f"{path}/reinstatement_quote").json()["total"]
    assert half["amount"] == whole // 2

    assert_problem(lilac.send(f"{path}/reinstate", {"amount": half}), 409, "payment_looks_repeated")
    assert lilac.send(f"{path}/reinstate", {"amount": half, "allow_repeat": True}).status_code == 201


def test_a_policy_cannot_come_back_once_its_period_is_over(lilac, loan):
    rule_says("policy_loan", {**Rule.objects.get(code="policy_loan").data, "reinstatement_days": 10})
    forget_cached_rules()
    policy = lapsed(lilac, loan)
    business_date.move_to(TODAY + timedelta(days=42))

    assert_problem(lilac.ask(f"/policies/{policy['id']}/reinstatement_quote"), 409, "reinstatement_too_late")
