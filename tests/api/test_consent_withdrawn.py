"""Who withdraws the consent that a partner is told of them: from then on its keys read its running loans, nothing else."""

from typing import Any

import pytest
from django.test import Client

from borrowers.consents import withdraw_consent
from borrowers.models import Borrower, Consent
from partners.keys import revoke_key
from partners.models import ApiClient, ApiKey
from tests.api.town import applied, lent, passing_on, registered, somebody, yuan
from tests.borrowers.factories import AT, consent_again, resident_number
from tests.partners.factories import Caller, CallerFactory
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db
TICK = {"purpose": "third_party", "given_at": "2026-06-15T03:00:00Z"}


def withdraw(borrower: Borrower) -> None:
    for consent in Consent.objects.filter(borrower=borrower, purpose="third_party", withdrawn_at=None):
        withdraw_consent(consent_id=consent.pk, at=AT)


@pytest.fixture
def ended(lilac: Caller, product: Any) -> dict[str, Any]:
    """A person with a running loan of Lilac's who withdrew the consent, and another application of theirs."""
    loan = lent(lilac, product)
    person = lilac.ask(f"/loans/{loan['id']}").json()["borrower"]
    application = applied(lilac, product, borrower=person)
    withdraw(Borrower.objects.get(public_id=person))
    return {"loan": loan["id"], "person": person, "application": application["id"]}


@pytest.mark.parametrize("part", ["", "/consents", "/contact_points", "/incomes", "/external_debts", "/bank_accounts"])
def test_no_profile_means_or_contacts_are_read(lilac: Caller, ended: dict[str, Any], part: str) -> None:
    problem = assert_problem(lilac.ask(f"/borrowers/{ended['person']}{part}"), 403, "consent_withdrawn")
    assert "running loans" in problem["detail"]


@pytest.mark.parametrize(
    ("part", "body"),
    [
        ("consents", TICK),
        ("contact_points", {"kind": "email", "value": "lin@example.com"}),
        ("incomes", {"source": "salary", "monthly_amount": yuan(9), "as_of": "2026-06-01"}),
        ("external_debts", {"lender": "X", "balance": yuan(5), "monthly_payment": yuan(1), "as_of": "2026-06-01"}),
        ("bank_accounts", {"bank_name": "B", "account_number": "6222020200008888888"}),
    ],
)
def test_nothing_is_changed_about_the_person(lilac: Caller, ended: dict[str, Any], part: str, body: Any) -> None:
    assert_problem(lilac.send(f"/borrowers/{ended['person']}/{part}", body), 403, "consent_withdrawn")


def test_neither_updated_nor_applied_for(lilac: Caller, ended: dict[str, Any], product: Any) -> None:
    patched = lilac.send(f"/borrowers/{ended['person']}", {"language": "en"}, method="patch")
    assert_problem(patched, 403, "consent_withdrawn")
    wish = {"borrower": ended["person"], "product": product.public_id, "amount": yuan(2_000), "term_count": 6}
    problem = assert_problem(lilac.send("/applications", {**wish, "purpose": "electronics"}), 403, "consent_withdrawn")
    assert problem["errors"][0]["pointer"] == "/borrower"
    for address in ("", "/decision"):
        assert_problem(lilac.ask(f"/applications/{ended['application']}{address}"), 403, "consent_withdrawn")
    assert_problem(lilac.send(f"/applications/{ended['application']}/withdraw"), 403, "consent_withdrawn")


def test_lists_leave_the_person_out_and_show_the_running_loan(lilac: Caller, ended: dict[str, Any]) -> None:
    assert lilac.ask("/borrowers").json()["data"] == []
    assert lilac.ask("/applications").json()["data"] == []
    assert [loan["id"] for loan in lilac.ask("/loans").json()["data"]] == [ended["loan"]]


def test_the_running_loan_is_served_with_the_name_masked(lilac: Caller, ended: dict[str, Any]) -> None:
    for part in ("", "/schedule", "/transactions", "/payoff_quote"):
        assert lilac.ask(f"/loans/{ended['loan']}{part}").status_code == 200
    paid = lilac.send("/repayments", {"loan": ended["loan"], "amount": yuan(100)})
    assert paid.status_code == 201
    assert lilac.ask(f"/repayments/{paid.json()['id']}").status_code == 200

    for shown in (
        lilac.ask(f"/loans/{ended['loan']}?expand=borrower").json()["borrower"],
        lilac.ask("/loans?expand=borrower").json()["data"][0]["borrower"],
    ):
        assert shown["id"] == ended["person"]
        assert "*" in shown["name"]
        facts = ("identity_number", "phone", "birth_date", "sex", "occupation", "occupation_claimed")
        assert [shown[name] for name in facts] == ["", "", None, "unknown", "", None]


def test_once_settled_the_loan_is_read_no_more(lilac: Caller, ended: dict[str, Any]) -> None:
    owed = lilac.ask(f"/loans/{ended['loan']}/payoff_quote").json()["total"]
    paid = lilac.send("/repayments", {"loan": ended["loan"], "amount": owed, "settles_early": True})
    assert paid.status_code == 201, paid.content

    assert_problem(lilac.ask(f"/loans/{ended['loan']}"), 403, "consent_withdrawn")
    assert_problem(lilac.ask(f"/loans/{ended['loan']}/schedule"), 403, "consent_withdrawn")
    assert_problem(lilac.ask(f"/repayments/{paid.json()['id']}"), 403, "consent_withdrawn")
    assert lilac.ask("/loans").json()["data"] == lilac.ask("/repayments").json()["data"] == []


def test_what_another_partner_was_told_is_untouched_and_it_learns_nothing(lilac: Caller, harbour: Caller) -> None:
    number = resident_number(8_021)
    words = [{**passing_on()[0], "text": "Harbour may know.", "text_version": "h1"}]
    registered(lilac, identity_number=number)
    hers = harbour.send("/borrowers", somebody(identity_number=number, consents=words)).json()["id"]
    own = Consent.objects.exclude(text_version="h1").get(purpose="third_party")
    withdraw_consent(consent_id=own.pk, at=AT)

    assert harbour.ask(f"/borrowers/{hers}").status_code == 200
    assert harbour.ask("/borrowers").json()["data"][0]["id"] == hers


def test_two_people_of_the_house_begin_it_anew(lilac: Caller, ended: dict[str, Any]) -> None:
    again = {**somebody(), "identity_number": Borrower.objects.get().identity_number}
    problem = assert_problem(lilac.send("/borrowers", again), 403, "consent_withdrawn")
    assert ended["person"] not in str(problem) and Borrower.objects.get().number not in str(problem)

    consent_again(Borrower.objects.get(), "third_party")

    assert lilac.ask(f"/borrowers/{ended['person']}").status_code == 200
    assert len(lilac.ask("/borrowers").json()["data"]) == 1


def test_a_repeat_of_what_was_told_is_answered_as_a_fresh_call_is(lilac: Caller, product: Any) -> None:
    person_sent = somebody(external_id="A-1")
    person = lilac.send("/borrowers", person_sent, key="register").json()["id"]
    account = {"bank_name": "B", "account_number": "6222020200007777777"}
    assert lilac.send(f"/borrowers/{person}/bank_accounts", account, key="account").status_code == 201
    wish = {"borrower": person, "product": product.public_id, "amount": yuan(2_000), "term_count": 6, "submit": False}
    wish |= {"purpose": "electronics", "external_id": "W-1"}
    assert lilac.send("/applications", wish, key="wish").status_code == 201
    assert lilac.send("/borrowers", person_sent, key="register").status_code == 201, (
        "a repeat before is the same answer"
    )

    withdraw(Borrower.objects.get())

    for path, body, keys in (
        ("/borrowers", person_sent, ("register", "another")),
        ("/borrowers", {**person_sent, "external_id": "A-2"}, ("a third",)),
        (f"/borrowers/{person}/bank_accounts", account, ("account", "another account")),
        ("/applications", wish, ("wish", "another wish")),
    ):
        for key in keys:
            answer = lilac.send(path, body, key=key)
            assert_problem(answer, 403, "consent_withdrawn")
            assert "Idempotent-Replayed" not in answer.headers
    other = somebody(external_id="A-1")
    assert_problem(lilac.send("/borrowers", other), 403, "consent_withdrawn")


def test_what_a_running_loan_needs_is_repeated_and_no_more_once_it_is_settled(
    lilac: Caller, ended: dict[str, Any]
) -> None:
    part = {"loan": ended["loan"], "amount": yuan(100)}
    first = lilac.send("/repayments", part, key="part")
    again = lilac.send("/repayments", part, key="part")
    assert (again.status_code, again.json()) == (201, first.json())
    owed = lilac.ask(f"/loans/{ended['loan']}/payoff_quote").json()["total"]
    lilac.send("/repayments", {"loan": ended["loan"], "amount": owed, "settles_early": True})

    assert_problem(lilac.send("/repayments", part, key="part"), 403, "consent_withdrawn")


def test_a_revoked_key_repeats_nothing_and_another_key_only_what_it_reaches(lilac: Caller) -> None:
    person_sent = somebody()
    assert lilac.send("/borrowers", person_sent, key="register").status_code == 201
    reading = CallerFactory(scopes=["borrowers:read"])
    assert_problem(reading.send("/borrowers", person_sent, key="register"), 403, "missing_scope")

    revoke_key(key_id=ApiKey.objects.earliest("pk").pk, at=AT)

    assert_problem(lilac.send("/borrowers", person_sent, key="register"), 401, "api_key_not_accepted")


def test_no_evidence_is_brought_about_the_person_but_about_the_running_loan(
    lilac: Caller, ended: dict[str, Any]
) -> None:
    def told(about: str) -> Any:
        whole = {"about": about, "kind": "income", "source": "borrower", "name": "pay.jpg", "size": 5}
        return lilac.send("/evidence_uploads", {**whole, "sha256": "0" * 64})

    for about in (ended["person"], ended["application"]):
        assert_problem(told(about), 422, "reference_unknown")
    assert told(ended["loan"]).status_code == 201


def test_a_key_of_every_origin_reads_no_more_either(ended: dict[str, Any]) -> None:
    house = ApiClient.objects.get(name="Lilac Phones")
    wide = CallerFactory(client=house, scopes=["borrowers:read", "portfolio:read"])
    assert_problem(wide.ask(f"/borrowers/{ended['person']}"), 403, "consent_withdrawn")
    assert wide.ask("/borrowers").json()["data"] == []


def test_the_borrowers_page_says_so(ended: dict[str, Any], client: Client, signed_in: Any) -> None:
    borrower = Borrower.objects.get(public_id=ended["person"])
    page = signed_in(client, "officer").get(borrower.get_absolute_url()).content.decode()
    assert "Lilac Phones is told of this person no more" in page
