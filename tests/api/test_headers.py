"""Location, ETag, If-None-Match and If-Match: the reference promises what answers send, and the other way round."""

from typing import Any, NamedTuple

import pytest

from core.rules import forget_cached_rules
from loans.task_kinds import EVIDENCE_WANTED
from loans.tasks import send_due_disbursements
from partners.api.openapi import document
from partners.models import ApiKey
from partners.scopes import SCOPES
from tests.api.test_loan_acts import wish
from tests.api.test_policies import lapsed, paper
from tests.api.town import brought_evidence, lin, offered, registered, statement, yuan
from tests.core.factories import rule_says
from tests.loans.factories import MerchantFactory
from tests.partners.test_problems import assert_problem

OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, operations in document()["paths"].items()
    for method, operation in operations.items()
}
ONE_OF_A_KIND = {"get_application_decision", "get_loan_schedule", "get_loan_policy"}  # GETs that end in no id


def operations(method: str) -> list[Any]:
    found = [(path, operation) for given, path, operation in OPERATIONS.values() if given == method]
    return [pytest.param(path, operation, id=operation["operationId"]) for path, operation in found]


def parameters(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", [])}


def headers(operation: dict[str, Any], status: str) -> set[str]:
    return set(operation["responses"][status].get("headers", {}))


class Town(NamedTuple):
    """What POST answered by operation, and the ids of what is there by the name a path gives them."""

    answers: dict[str, Any]
    ids: dict[str, str]


@pytest.fixture
def lilac(lilac: Any) -> Any:
    """A program of the house: it reaches what every scope is for, but nothing unmasked."""
    ApiKey.objects.update(scopes=sorted(SCOPES.keys() - {"borrowers:read_personal"}))
    return lilac


@pytest.fixture
def town(lilac: Any, product: Any) -> Town:
    """One of everything; the policy has lapsed."""
    rule_says("cost_cap", {"annual_rate": None})
    forget_cached_rules()
    person, offer = registered(lilac), offered(lilac, product)
    answers = {"post_offer_accept": lilac.send(f"/offers/{offer['id']}/accept")}
    loan = answers["post_offer_accept"].json()
    send_due_disbursements()
    asked = {"product": product.public_id, "amount": yuan(2_000), "term_count": 6, "purpose": "electronics"}
    application = {"borrower": person, **asked}
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "post_borrowers": ("/borrowers", lin()),
        "post_applications": ("/applications", application),
        "post_loan_acts": (f"/loans/{loan['id']}/acts", wish()),
        "post_repayments": ("/repayments", {"loan": loan["id"], "amount": yuan(5)}),
        "post_policy_pledges": ("/policies", paper(loan)),
    }
    for part in ("consents", "contact_points", "incomes", "external_debts", "bank_accounts"):
        example = OPERATIONS[f"post_borrower_{part}"][2]["requestBody"]["content"]["application/json"]["examples"]
        bodies[f"post_borrower_{part}"] = (f"/borrowers/{person}/{part}", dict(example["Example"]["value"]))
    bodies["post_borrower_bank_accounts"][1]["account_number"] = "6222020200007654321"
    answers |= {name: lilac.send(path, body) for name, (path, body) in bodies.items()}
    answers["post_evidence_uploads"] = lilac.send("/evidence_uploads", statement(person))
    answers["post_evidence_upload_finish"] = brought_evidence(lilac, loan["id"])
    answers["post_tasks"] = lilac.send(
        "/tasks", {"kind": "loan.partner_request", "about": loan["id"], "words": "Look."}
    )
    wanted = {"kind": EVIDENCE_WANTED.code, "subject": offer["application"], "facts": {"what": "income"}}
    answers["post_house_tasks"] = lilac.send("/house_tasks", wanted)
    ids = {
        "task_id": answers["post_house_tasks"].json()["id"],
        "borrower_id": person,
        "product_id": product.public_id,
        "merchant_id": MerchantFactory().public_id,
        "application_id": offer["application"],
        "offer_id": offer["id"],
        "loan_id": loan["id"],
        "repayment_id": answers["post_repayments"].json()["id"],
        "policy_id": lapsed(lilac, loan)["id"],
        "upload_id": answers["post_evidence_uploads"].json()["id"],
        "evidence_id": answers["post_evidence_upload_finish"].json()["id"],
    }
    return Town(answers, ids)


@pytest.mark.django_db
def test_what_is_made_is_found_where_the_answer_says(lilac: Any, town: Town) -> None:
    quote = lilac.ask(f"/policies/{town.ids['policy_id']}/reinstatement_quote").json()
    back = lilac.send(f"/policies/{town.ids['policy_id']}/reinstate", {"amount": quote["total"]})
    answers = {**town.answers, "post_policy_reinstate": back}
    assert set(answers) == {name for name, (_m, _p, operation) in OPERATIONS.items() if "201" in operation["responses"]}

    for name, answer in answers.items():
        assert answer.status_code == 201, (name, answer.content)
        _method, path, operation = OPERATIONS[name]
        located = "Location" in headers(operation, "201")
        assert answer.has_header("Location") == located, name
        if located:
            found = lilac.get(answer["Location"])
            assert (found.status_code, found.json()["id"]) == (200, answer.json()["id"]), name
        else:
            assert "list" in operation["responses"]["201"]["description"], name
            of_town = path.format(**town.ids)
            items = lilac.ask(of_town).json()["data"]
            assert answer.json() in items, name


def test_only_an_answer_that_made_something_tells_an_address() -> None:
    promised = {
        (name, status)
        for name, (_method, _path, operation) in OPERATIONS.items()
        for status in operation["responses"]
        if "Location" in headers(operation, status)
    }

    assert {status for _name, status in promised} == {"201"}


@pytest.mark.parametrize(("path", "operation"), operations("get"))
def test_the_reference_says_which_answers_have_a_fingerprint(path: str, operation: dict[str, Any]) -> None:
    of_one = path.endswith("}") or operation["operationId"] in ONE_OF_A_KIND

    assert ("ETag" in headers(operation, "200")) == of_one
    assert ("If-None-Match" in parameters(operation)) == of_one
    assert ("304" in operation["responses"]) == of_one


@pytest.mark.django_db
def test_who_knows_the_object_already_is_not_told_again(lilac: Any, town: Town) -> None:
    for name, (method, path, operation) in OPERATIONS.items():
        if method != "get":
            continue
        address = path.format(**town.ids) + ("?account=1201" if name == "get_account_lines" else "")
        seen = lilac.ask(address)
        assert seen.status_code == 200, (name, seen.content)
        assert seen.has_header("ETag") == ("ETag" in headers(operation, "200")), name
        if not seen.has_header("ETag"):
            continue
        tag = seen["ETag"]
        for known in (tag, f"W/{tag}", f'"another", {tag}', "*"):
            again = lilac.ask(address, **{"if-none-match": known})
            assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag), (name, known)
        assert lilac.ask(address, **{"if-none-match": '"another"'}).content == seen.content, name


def test_the_reference_says_which_changes_may_depend_on_what_was_read() -> None:
    """A PATCH could overwrite what somebody else changed: each one takes If-Match and says what comes of it."""
    conditional = {name for name, (_m, _p, operation) in OPERATIONS.items() if "412" in operation["responses"]}

    assert conditional == {
        name for name, (method, _p, _o) in OPERATIONS.items() if method in {"patch", "put", "delete"}
    }
    assert conditional == {
        name for name, (_m, _p, operation) in OPERATIONS.items() if "If-Match" in parameters(operation)
    }
    assert all("ETag" in headers(OPERATIONS[name][2], "200") for name in conditional)
    example = document()["components"]["responses"]["PreconditionFailed"]["content"]["application/problem+json"]
    assert (example["example"]["status"], example["example"]["code"]) == (412, "changed_since")


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "operation"), operations("patch"))
def test_a_change_of_what_is_no_longer_so_is_refused(
    lilac: Any, town: Town, path: str, operation: dict[str, Any]
) -> None:
    address = path.format(**town.ids)
    change = operation["requestBody"]["content"]["application/json"]["examples"]["Example"]["value"]
    seen = lilac.ask(address)["ETag"]

    for stale in ('"another"', f"W/{seen}", "another", ""):
        refused = lilac.send(address, change, method="patch", **{"if-match": stale})
        assert_problem(refused, 412, "changed_since")
    assert lilac.ask(address)["ETag"] == seen
    done = lilac.send(address, change, method="patch", **{"if-match": f'"another", {seen}'})
    assert (done.status_code, done["ETag"]) == (200, lilac.ask(address)["ETag"])
    assert lilac.send(address, change, method="patch", **{"if-match": "*"}).status_code == 200
    assert_problem(lilac.send(address, change, method="patch", **{"if-match": seen}), 412, "changed_since")
