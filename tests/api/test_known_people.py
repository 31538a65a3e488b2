"""Whether a person is known already is told to no partner: every answer is held against that about a stranger."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from borrowers.bank_accounts import add_bank_account
from borrowers.contacts import add_contact_point, change_state
from borrowers.means import receive_income
from borrowers.models import BankAccount, Borrower, BorrowerStatus, ContactPoint, PartnerFile, ToldBy
from core import business_date
from tests.api.town import applied, lent, lin, passing_on, registered, somebody, yuan
from tests.borrowers.factories import BorrowerFactory, resident_number
from tests.partners.factories import Caller, caller
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db
STRANGER, KNOWN = resident_number(7_001), resident_number(7_003)  # men born on one day
HERS = {"name": "王芳", "phone": "13900001111", "external_id": "H-1", "email": "fang@example.com"}
OURS = {"name": "林小雨", "phone": "13812341234"}
_BANKS = {KNOWN: "62220202", STRANGER: "62220203"}
_OWN = re.compile(r"(cus)_[0-9A-Z]{26}|CU-\d{4}-\d{6}|req_\w+|ETag.*")


def known_to(whom: str, **facts: Any) -> Borrower:
    """Somebody on file with a verified phone, an account, an income and every consent, in a few states."""
    if whom == "another partner":
        lilac = caller("Lilac Phones")
        registered(lilac, **OURS, identity_number=KNOWN)
        borrower = Borrower.objects.get(name_index__isnull=False)
    else:
        borrower = BorrowerFactory(**OURS, identity_number=KNOWN, phone_verified=True)
        add_bank_account(borrower_id=borrower.pk, bank_name="Ours", account_number="6222020200007654321")
        receive_income(
            borrower_id=borrower.pk,
            source="salary",
            monthly_amount=Decimal("1.00"),
            as_of=business_date.current(),
            told_by=ToldBy.PAYROLL,
        )
    Borrower.objects.filter(pk=borrower.pk).update(**facts)
    return Borrower.objects.get(pk=borrower.pk)


def story(partner: Caller, identity: str, told: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Everything a partner can do about a person it registers, answer by answer."""
    made = partner.send("/borrowers", {**told, "identity_number": identity, "consents": passing_on()})
    answers = [made]
    path = f"/borrowers/{made.json().get('id', 'cus_none')}"
    bank = _BANKS[identity]  # an account is one person's
    account, another = f"{bank}00007654321", f"{bank}00001111111"
    tick = {"purpose": "credit_query", "given_at": "2026-06-15T02:00:00Z"}
    for part, body in (
        ("consents", tick),
        ("consents", {**tick, "given_at": "2026-06-15T01:59:00Z"}),
        ("consents", passing_on()[0]),
        ("contact_points", {"kind": "mobile", "value": "13812341234", "is_primary": True}),
        ("contact_points", {"kind": "mobile", "value": "13812341234"}),
        ("contact_points", {"kind": "mobile", "value": told["phone"]}),
        ("contact_points", {"kind": "wechat", "value": "fang"}),
        ("incomes", {"source": "salary", "monthly_amount": yuan(9_000), "as_of": "2026-06-01"}),
        ("external_debts", {"lender": "X", "balance": yuan(5), "monthly_payment": yuan(1), "as_of": "2026-06-01"}),
        ("bank_accounts", {"bank_name": "Hers", "account_number": account, "is_primary": True}),
        ("bank_accounts", {"bank_name": "Hers", "account_number": account}),
        ("bank_accounts", {"bank_name": "Hers", "account_number": another}),
    ):
        answers.append(partner.send(f"{path}/{part}", body))
    answers.append(partner.send(path, {"language": "en"}, method="patch"))
    answers.append(partner.ask(path))
    parts = ("consents", "contact_points", "incomes", "external_debts", "bank_accounts")
    answers += [partner.ask(f"{path}/{part}") for part in parts]
    answers += [
        partner.ask("/borrowers"),
        partner.ask("/borrowers?status=active"),
        partner.ask("/borrowers?status=deceased"),
    ]
    answers.append(partner.send("/borrowers", {**told, "identity_number": identity, "consents": passing_on()}))
    answers.append(partner.send("/borrowers", {**somebody(), "external_id": told.get("external_id", "-")}))
    return [(answer.status_code, _headers(answer), _plain(answer.content.decode(), identity)) for answer in answers]


def _headers(answer: Any) -> dict[str, str]:
    """All of them but what differs by chance: the request's id, what is left of the minute, the length."""
    left_out = {"Request-Id", "RateLimit", "ETag", "Content-Length"}
    return {name: _OWN.sub("…", value) for name, value in answer.headers.items() if name not in left_out}


def _plain(text: str, identity: str) -> str:
    text = text.replace(_BANKS[identity], "BANK")
    return _OWN.sub("…", text).replace(f"{identity[:3]}***********{identity[-4:]}", "ID")


@pytest.mark.parametrize("scopes", [[], ["borrowers:read_personal"]], ids=["masked", "plain"])
@pytest.mark.parametrize("told", [HERS, {**HERS, **OURS}], ids=["told otherwise", "told the same"])
@pytest.mark.parametrize(
    ("whom", "facts"),
    [
        ("another partner", {}),
        ("the desk", {}),
        ("the desk", {"status": BorrowerStatus.DECEASED}),
        ("the desk", {"do_not_contact": True}),
    ],
    ids=["brought by another", "from the desk", "deceased", "left alone"],
)
def test_a_known_person_and_a_stranger_get_the_same_answers(open_house, whom, facts, told, scopes):
    known_to(whom, **facts)
    own = ["borrowers:read", "borrowers:write", *scopes]

    known = story(caller("Harbour Pay", own), KNOWN, told)
    stranger = story(caller("River Shops", own), STRANGER, told)

    assert known[0][0] == 201
    for one, other in zip(known, stranger, strict=True):
        assert (one[0], one[1], one[2].replace(KNOWN, "ID")) == (other[0], other[1], other[2].replace(STRANGER, "ID"))


def test_what_is_on_file_stays_as_it_was_and_staff_see_what_contradicts(open_house):
    before = known_to("the desk")
    points = set(ContactPoint.objects.filter(borrower=before).values_list("value_index", "is_primary", "state"))

    story(caller("Harbour Pay"), KNOWN, HERS)

    after = Borrower.objects.get(pk=before.pk)
    assert (after.name, after.phone, after.language) == (before.name, before.phone, before.language)
    assert set(after.contact_points.values_list("value_index", "is_primary", "state")) == points
    assert BankAccount.objects.get(borrower=before, is_primary=True).bank_name == "Ours"
    file = PartnerFile.objects.get(borrower=before)
    assert (file.opened, file.awaits_a_look) == (False, True)
    assert set(file.contradicts) == {"name", "phone", "email"}
    linked = AuditEvent.objects.get(action="linked")
    assert (linked.object_label, linked.after["partner"]) == (before.number, "Harbour Pay")


def test_each_partner_has_a_handle_of_its_own_and_the_others_opens_nothing(lilac, harbour):
    first = lilac.send("/borrowers", lin()).json()
    second = harbour.send("/borrowers", lin()).json()

    assert Borrower.objects.count() == 1
    assert first["id"] != second["id"] and first["number"] != second["number"]
    assert_problem(harbour.ask(f"/borrowers/{first['id']}"), 404, "not_found")
    assert_problem(lilac.ask(f"/borrowers/{second['id']}"), 404, "not_found")
    assert_problem(harbour.send(f"/borrowers/{first['id']}", {"language": "en"}, method="patch"), 404, "not_found")
    again = assert_problem(harbour.send("/borrowers", lin()), 409, "borrower_already_registered")
    assert (again["existing"], second["number"] in again["detail"]) == (second["id"], True)


def test_nobody_sees_what_another_partner_brought_later(lilac, harbour):
    first, second = registered(lilac, **lin()), registered(harbour, **lin())
    harbour.send(f"/borrowers/{second}/contact_points", {"kind": "email", "value": "x@example.com"})
    harbour.send(f"/borrowers/{second}/external_debts",
                 {"lender": "X", "balance": yuan(5), "monthly_payment": yuan(1), "as_of": "2026-06-01"})  # fmt: skip

    for part, count in (("contact_points", 1), ("incomes", 1), ("external_debts", 0), ("bank_accounts", 1)):
        assert len(lilac.ask(f"/borrowers/{first}/{part}").json()["data"]) == count


def test_loans_name_the_person_by_the_handle_of_whoever_asks(lilac, harbour, product):
    person = somebody()
    first, second = registered(lilac, **person), registered(harbour, **person)
    theirs = lent(lilac, product, borrower=first)
    ours = applied(harbour, product, borrower=second, amount=yuan(1_000))

    assert ours["borrower"] == second
    assert_problem(harbour.send("/applications", _wish(first, product)), 422, "reference_unknown")
    (seen,) = harbour.ask("/applications?expand=borrower").json()["data"]
    assert (seen["borrower"]["id"], seen["borrower"]["object"]) == (second, "borrower")
    assert harbour.ask(f"/applications?borrower={second}").json()["data"][0]["id"] == ours["id"]
    assert harbour.ask(f"/applications?borrower={first}").json()["data"] == []
    assert harbour.ask("/loans").json()["data"] == []
    assert lilac.ask(f"/loans?borrower={first}").json()["data"][0]["id"] == theirs["id"]
    assert lilac.ask(f"/loans/{theirs['id']}").json()["borrower"] == first
    house = caller("The House", ["applications:read", "borrowers:read", "portfolio:read"])
    assert house.ask(f"/applications/{ours['id']}").json()["borrower"] == first
    assert house.ask(f"/borrowers/{first}").json()["id"] == first
    assert_problem(house.ask(f"/borrowers/{second}"), 404, "not_found")


def _wish(borrower: str, product: Any) -> dict[str, Any]:
    wish = {"borrower": borrower, "product": product.public_id, "amount": yuan(2_000), "term_count": 6}
    return {**wish, "purpose": "electronics"}


def test_without_the_persons_consent_nobody_is_registered_known_or_not(lilac, harbour):
    lilac.send("/borrowers", lin())

    for person in (lin(consents=[]), somebody(consents=[])):
        problem = assert_problem(harbour.send("/borrowers", person), 422, "consent_missing")
        assert problem["errors"][0]["pointer"] == "/consents"
    assert PartnerFile.objects.count() == 1


def test_many_links_cost_no_more_statements(lilac, harbour, product):
    counts = []
    for _ in range(2):
        for _ in range(2):
            person = somebody()
            registered(lilac, **person)
            applied(harbour, product, borrower=registered(harbour, **person))
        with CaptureQueriesContext(connection) as asked:
            harbour.ask("/applications")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_what_became_otherwise_since_is_told(harbour):
    known = known_to("the desk")
    handle = harbour.send("/borrowers", {**OURS, "identity_number": KNOWN, "consents": passing_on()}).json()["id"]
    point = known.contact_points.get()
    assert point.state == "verified"

    change_state(contact_point_id=point.pk, to="undeliverable", at=business_date.now())
    Borrower.objects.filter(pk=known.pk).update(status=BorrowerStatus.DECEASED)
    add_contact_point(borrower_id=known.pk, kind="email", value="ours@example.com")

    (told,) = harbour.ask(f"/borrowers/{handle}/contact_points").json()["data"]
    assert told["state"] == "undeliverable"
    assert harbour.ask(f"/borrowers/{handle}").json()["status"] == "deceased"
    assert [one["id"] for one in harbour.ask("/borrowers?status=deceased").json()["data"]] == [handle]


def test_who_may_change_every_origin_is_shown_no_personal_data_it_may_not_see(lilac):
    handle = lilac.send("/borrowers", lin()).json()["id"]
    changer = caller("River Gateway", ["borrowers:write", "borrowers:read_personal", "portfolio:write"])

    changed = changer.send(f"/borrowers/{handle}", {"language": "en"}, method="patch").json()

    assert (changed["name"], changed["phone"]) == ("林*雨", "138****1234")
    assert not AuditEvent.objects.filter(action="revealed").exists()


def test_consents_the_person_gave_elsewhere_do_not_stand_for_this_partner(lilac, harbour, product):
    person = somebody()
    applied(lilac, product, borrower=registered(lilac, **person))
    answers = []
    for told in (person, somebody()):
        made = harbour.send("/borrowers", told).json()
        answers.append(
            assert_problem(harbour.send("/applications", _wish(made["id"], product)), 422, "consents_missing")
        )

    known, stranger = ({**answer, "request_id": ""} for answer in answers)
    assert known == stranger
