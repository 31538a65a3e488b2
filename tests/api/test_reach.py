"""What a key may see and what it may change are two things: every address by every method, held against both.

The addresses come from the URLs themselves. A new one with an object of somebody's in it, or in its body, is tried by
itself; a body it needs is entered in ``BODIES``, and an address that is about nobody's object in ``NOBODYS``.
"""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from casework.raising import raise_task
from core import business_date
from core.rules import forget_cached_rules
from loans.models import Application, Loan
from loans.task_kinds import EVIDENCE_WANTED
from partners.introductions import reaches_every_origin
from partners.models import ApiKey
from partners.scopes import SCOPES, usual
from tests import worlds
from tests.api.conftest import TODAY
from tests.api.test_doors import ADDRESSES, ULID
from tests.api.test_policies import paper
from tests.api.town import WORDS, applied, brought_evidence, lent, offered, part_of, statement, yuan
from tests.core.factories import rule_says
from tests.loans.doing import extend, refund_overpayment, waive
from tests.loans.factories import MerchantFactory, ProductVersionFactory
from tests.partners.factories import Caller, IssuedKeyFactory, caller
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db
OWN = sorted(set(SCOPES) - {"portfolio:read", "portfolio:write"})
NOBODYS = {  # what every partner may ask, or what makes something of its own
    "act_kinds", "account_lines", "enums", "errors", "loan_purposes", "me", "merchant", "merchants", "product",
    "product_price_table", "products", "quote", "trial_balance",
}  # fmt: skip
LISTS = {"applications", "borrowers", "evidence", "house_tasks", "loans", "policy_pledges", "repayments", "tasks"}
REASON = {"reason": "booked by mistake"}


def bodies(town: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What each changing address is sent, about what Lilac brought in."""
    loan = {"id": town["loan"]}
    wish = {"borrower": town["cus"], "product": town["prod"], "amount": yuan(2_000), "term_count": 6}
    fee = {"kind": "penalty_added", "parameters": {"amount": yuan(1)}, "reason": "a broken rule"}
    low = [{"on": "2026-06-15", "amount": yuan(2_400)}]
    return {
        "applications": wish,
        "repayments": {"loan": town["loan"], "amount": yuan(1)},
        "repayment_preview": {"loan": town["loan"], "amount": yuan(1)},
        "repayment_reverse": REASON,
        "repayment_reverse_preview": REASON,
        "policy_pledges": paper(loan, policy_number="PL-1"),
        "policy_cash_values": {"cash_values": low},
        "policy_release": REASON,
        "policy_reinstate": {"amount": yuan(2_000)},
        "loan_acts": fee,
        "loan_act_preview": fee,
        "loan_act_undo": REASON,
        "waiver_reverse": REASON,
        "extension_reverse": REASON,
        "refund_reverse": REASON,
        "evidence_uploads": statement(town["loan"], b"He came alone."),
        "evidence_upload_parts": part_of(WORDS),
        "tasks": {"kind": "loan.partner_request", "about": town["loan"], "words": "Please call."},
        "task_answer": {"note": "It is attached."},
        "house_tasks": {"kind": "application.evidence_wanted", "subject": town["app"], "cause": "again"},
        "house_task_finish": {"outcome": "received", "note": "By post."},
        "house_task_drop": {"reason": "Withdrawn."},
        "borrower": {"language": "en"},
        "borrower_consents": {"purpose": "credit_query", "given_at": "2026-06-15T02:00:00Z"},
        "borrower_contact_points": {"kind": "email", "value": "lin@example.com"},
        "borrower_incomes": {"source": "salary", "monthly_amount": yuan(9), "as_of": "2026-06-01"},
        "borrower_external_debts": {
            "lender": "Other", "balance": yuan(5), "monthly_payment": yuan(1), "as_of": "2026-06-01"
        },
        "borrower_bank_accounts": {"bank_name": "Harbour Bank", "account_number": "6222020200009999999"},
    }  # fmt: skip


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: Any) -> Any:
    """One object of each kind that Lilac Phones brought in, by the prefix of its id; the books of others are empty."""
    with worlds.shared(django_db_blocker):
        business_date.move_to(TODAY)
        rule_says("cost_cap", {"annual_rate": None})
        forget_cached_rules()
        product, lilac = ProductVersionFactory().product, caller("Lilac Phones")
        loan = lent(lilac, product)
        row = Loan.objects.get(public_id=loan["id"])
        fee = {"kind": "penalty_added", "parameters": {"amount": yuan(25)}, "reason": "a broken rule"}
        act = lilac.send(f"/loans/{loan['id']}/acts", fee).json()
        waiver = waive(loan_id=row.pk, component="late_interest", amount=Decimal("5.00"), on=TODAY, reason="goodwill")
        extension = extend(loan_id=row.pk, days=7, on=TODAY, reason="illness")
        pledge = lilac.send("/policies", paper(loan)).json()
        paid = {"loan": loan["id"], "amount": yuan(9_000), "allow_overpayment": True}
        repayment = lilac.send("/repayments", paid).json()
        refund = refund_overpayment(loan_id=row.pk, amount=Decimal("10.00"), on=TODAY, idempotency_key="r")
        draft = applied(lilac, product, submit=False)
        begun = lilac.send("/evidence_uploads", statement(draft["id"], WORDS)).json()
        asked, _new = raise_task(
            EVIDENCE_WANTED.code, Application.objects.get(public_id=draft["id"]), now=business_date.now()
        )
        yield {
            "tsk": asked.public_id,
            "eup": begun["id"], "evd": brought_evidence(lilac, loan["id"]).json()["id"],
            "cus": loan["borrower"], "app": draft["id"], "off": offered(lilac, product)["id"], "loan": loan["id"],
            "act": act["id"], "wvr": waiver.public_id, "ext": extension.public_id, "rfd": refund.public_id,
            "plg": pledge["id"], "rep": repayment["id"], "prod": product.public_id, "mer": MerchantFactory().public_id,
        }  # fmt: skip
        forget_cached_rules()


def key(name: str, *scopes: str, without: str = "") -> Caller:
    """A program of the partner with one key, its last one: every scope over its own objects, and those named."""
    ApiKey.objects.filter(client__name=name).update(revoked_at=timezone.now())
    return caller(name, [scope for scope in [*OWN, *scopes] if scope != without])


def asked(partner: Caller, method: str, path: str, name: str, town: dict[str, str]) -> Any:
    for prefix, public_id in town.items():
        path = path.replace(f"{prefix}_{ULID}", public_id)
    if method == "get":
        return partner.ask(path)
    return partner.send(path, bodies(town).get(name, {}), method=method)


SOMEBODYS = [one for one in ADDRESSES if one.values[2].name not in NOBODYS and not (
    one.values[0] == "post" and one.values[2].name == "borrowers")]  # fmt: skip
READING = [one for one in SOMEBODYS if one.values[0] == "get"]
CHANGING = [one for one in SOMEBODYS if one.values[0] != "get"]


def is_hidden(answer: Any) -> bool:
    """Refused as what is not there: by address, in the body, or as for the lender alone."""
    refused = {"not_found", "reference_unknown", "reversal_for_lender_only", "not_your_repayment", "act_not_yours"}
    return answer.status_code >= 400 and answer.json()["code"] in refused


@pytest.mark.parametrize(("method", "path", "view"), READING)
def test_what_another_brought_in_is_seen_with_the_scope_for_it_alone(town, method, path, view):
    everything_own = asked(key("Harbour Pay"), method, path, view.name, town)
    changer = asked(key("River Gateway", "portfolio:write"), method, path, view.name, town)
    reader = asked(key("River Bureau", "portfolio:read"), method, path, view.name, town)

    assert not is_hidden(reader), reader.content
    for answer in (everything_own, changer):
        if view.name in LISTS:
            assert answer.json()["data"] == []
            assert reader.json()["data"]
        else:
            assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize(("method", "path", "view"), CHANGING)
def test_what_another_brought_in_is_changed_with_the_scope_for_it_alone(town, method, path, view):
    everything_own = asked(key("Harbour Pay"), method, path, view.name, town)
    reader = asked(key("River Bureau", "portfolio:read"), method, path, view.name, town)
    changer = asked(key("River Gateway", "portfolio:write"), method, path, view.name, town)

    assert is_hidden(everything_own), everything_own.content
    assert is_hidden(reader), reader.content
    assert not is_hidden(changer), changer.content
    assert changer.status_code != 422 or changer.json()["code"] != "validation_failed", changer.content


EXPANDING = [
    pytest.param(path, name, id=f"{path.replace(ULID, '…')}?expand={name}")
    for method, path, view in (one.values for one in READING)
    for name in sorted(view.expandable)
    if method == "get"
]
NEEDS = {
    "application": "applications:read",
    "borrower": "borrowers:read",
    "loan": "loans:read",
    "merchant": "products:read",
}


@pytest.mark.parametrize(("path", "name"), EXPANDING)
def test_what_is_opened_up_needs_the_scope_that_reads_it(town, path, name):
    for prefix, public_id in town.items():
        path = path.replace(f"{prefix}_{ULID}", public_id)

    assert key("Lilac Phones").ask(f"{path}?expand={name}").status_code == 200
    for part in name.split("."):
        problem = key("Lilac Phones", without=NEEDS[part]).ask(f"{path}?expand={name}")
        assert_problem(problem, 403, "missing_scope")
        assert problem.json()["missing_scope"] == NEEDS[part]


def test_the_answer_to_a_change_opens_nothing_up_that_the_key_may_not_see(town):
    body = {"loan": town["loan"], "amount": yuan(1)}

    for partner, scope in (
        (key("Lilac Phones", without="borrowers:read"), "borrowers:read"),
        (key("River Gateway", "portfolio:write"), "portfolio:read"),
    ):
        problem = assert_problem(partner.send("/repayments?expand=loan.borrower", body), 403, "missing_scope")
        assert problem["missing_scope"] == scope and problem["errors"][0]["pointer"] == "/expand"


def test_a_repeat_opens_up_no_more_than_it_asks_for(town):
    paid = {"loan": town["loan"], "amount": yuan(1), "allow_overpayment": True}
    opened = key("Lilac Phones").send("/repayments?expand=loan.borrower", paid, key="opened")
    assert opened.status_code == 201, opened.content

    repeat = key("Lilac Phones", without="borrowers:read").send("/repayments", paid, key="opened")

    assert_problem(repeat, 422, "idempotency_key_reused")


def test_a_new_key_has_nothing_ticked_that_writes_or_sees_more_than_its_own():
    assert usual() == [
        "products:read",
        "borrowers:read",
        "applications:read",
        "loans:read",
        "repayments:read",
        "evidence:read",
        "tasks:read",
    ]


def test_a_read_only_key_that_may_change_everything_changes_nothing(town):
    issued = IssuedKeyFactory(client__name="Asleep", scopes=sorted(SCOPES), read_only=True)

    assert not reaches_every_origin(issued.key, writing=True) and reaches_every_origin(issued.key, writing=False)
    refused = Caller(issued.token).send("/repayments", {"loan": town["loan"], "amount": yuan(1)})
    assert assert_problem(refused, 403, "missing_scope")["missing_scope"] == "repayments:write"
