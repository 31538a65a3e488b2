"""One person has one file, however the number of their resident ID is written and whatever document it is said to be of;
one account is one borrower's, unless a second person decides otherwise."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from audit.approvals import ReasonMissing, approve
from audit.models import Approval
from borrowers.bank_accounts import OtherBorrowersUnseen, add_and_ask, ask_about_waiting, ask_bank, pay_to
from borrowers.models import BankAccount, Borrower
from borrowers.onboarding import BorrowerAlreadyRegistered, IdentityIsResidentId
from borrowers.queries import with_identity
from core import business_date
from loans.payees.payees import payee_state
from tests.api.town import registered, somebody
from tests.borrowers.factories import AT, ON, BankAccountFactory, BorrowerFactory, LinFactory, resident_number
from tests.loans.factories import OfferFactory
from tests.loans.night.test_concurrency import at_once
from tests.partners.factories import caller
from tests.partners.test_problems import assert_problem
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
LIN = "11010519491231002X"
OLD = "110105491231002"  # the same person's number of fifteen digits
ACCOUNT = "6222020200009991000"
DISGUISES = {
    "as it is": LIN,
    "lower case": "11010519491231002x",
    "full width": "１１０１０５１９４９１２３１００２Ｘ",
    "blanks": "110105 19491231 002X",
    "hyphens": "110105-19491231-002X",
    "dots": "110105.19491231.002X",
    "Cyrillic X": "11010519491231002Х",
    "Greek X": "11010519491231002Χ",
    "sign of products": "11010519491231002×",
    "Arabic digits": "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X",
    "circled digits": "①①0105①949①23①002X",
    "brackets": "(110105)19491231/002X",
    "old form": OLD,
    "old form, spaced": "110105 491231 002",
}


@pytest.fixture(autouse=True)
def _today() -> None:
    business_date.move_to(ON)


class TestIdentity:
    @pytest.mark.parametrize("number", DISGUISES.values(), ids=DISGUISES)
    def test_no_second_file_under_another_document(self, number: str) -> None:
        with pytest.raises(IdentityIsResidentId):
            BorrowerFactory(identity_kind="other", identity_number=number)
        assert not Borrower.objects.exists()

    @pytest.mark.parametrize("written", ["lower case", "full width", "blanks", "old form"])
    def test_it_is_the_same_person_however_it_is_written(self, written: str) -> None:
        lin, number = LinFactory(), DISGUISES[written]
        with pytest.raises(BorrowerAlreadyRegistered) as known:
            BorrowerFactory(identity_number=number)
        assert known.value.existing == lin
        assert list(with_identity(number)) == [lin]

    def test_an_old_number_is_kept_in_its_form_of_today(self) -> None:
        assert BorrowerFactory(identity_number=OLD).identity_number == LIN

    @pytest.mark.parametrize("number", ["E12345678", "110105194912310021", "P<CHN1101051949", "123456789012345"])
    def test_other_documents_are_taken(self, number: str) -> None:
        assert BorrowerFactory(identity_kind="other", identity_number=number).identity_kind == "other"

    def test_postgresql_keeps_one_row_a_number_over_all_kinds(self) -> None:
        lin, other = LinFactory(), BorrowerFactory(other_document=True)
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE borrowers_borrower SET identity_index = %s WHERE id = %s", [lin.identity_index, other.pk]
            )

    def test_the_page_names_it_at_the_document(self, client: Client, signed_in: SignIn) -> None:
        answer = signed_in(client, "officer").post(
            reverse("borrowers:new"),
            {
                "identity_kind": "other",
                "identity_number": LIN,
                "name": "林小雨",
                "phone": "13812341234",
                "language": "en",
            },
        )
        assert (answer.status_code, "number of a resident ID" in answer.content.decode()) == (422, True)

    def test_so_does_the_api_and_a_second_partner_makes_no_second_person(self) -> None:
        lilac, harbour, number = caller("Lilac Phones"), caller("Harbour Pay"), resident_number(8_011)
        registered(lilac, identity_number=number)
        facts = somebody(identity_kind="other", identity_number=number[:6] + " " + number[6:])

        problem = assert_problem(harbour.send("/borrowers", facts), 422, "identity_is_resident_id")

        assert problem["errors"][0]["pointer"] == "/identity_kind"
        assert harbour.send("/borrowers", {**facts, "identity_kind": "cn_resident_id"}).status_code == 201
        assert Borrower.objects.count() == 1


def taken(borrower: Borrower | None = None, **facts: Any) -> BankAccount:
    """Somebody puts the account on file that is verified for another borrower."""
    person = borrower or BorrowerFactory()
    return add_and_ask(borrower_id=person.pk, bank_name="B", account_number=ACCOUNT, at=AT, on=ON, **facts)


class TestAccount:
    @pytest.fixture
    def hers(self) -> BankAccount:
        return BankAccountFactory(account_number=ACCOUNT)

    @pytest.mark.parametrize("since", ["verified", "refused"])
    def test_the_bank_does_not_verify_it_for_a_second_borrower(self, hers: BankAccount, since: str) -> None:
        BankAccount.objects.filter(pk=hers.pk).update(state=since, is_primary=False)
        account = taken()

        assert (account.state, account.bank_answer, account.is_shared) == ("unverified", "match", True)
        assert payee_state(borrower_id=account.borrower_id) == "left_to_second_person"
        request = Approval.objects.get()
        assert hers.borrower.number in request.after["is or was verified for"]
        assert account.borrower.number in request.object_label

    def test_asked_again_it_stays_so_and_nobody_is_asked_twice(self, hers: BankAccount) -> None:
        account = taken()
        assert ask_about_waiting(now=AT.replace(year=2027), on=ON) == {}
        assert ask_bank(account_id=account.pk, at=AT, on=ON).is_shared
        assert Approval.objects.count() == 1

    def test_a_second_person_decides_with_a_reason(self, hers: BankAccount) -> None:
        clerk, checker = UserFactory(roles=["officer"]), UserFactory(roles=["checker"])
        account = taken(by=clerk)
        request = Approval.objects.get()
        with pytest.raises(ReasonMissing):
            approve(approval_id=request.pk, decided_by=checker, on=ON)

        approve(approval_id=request.pk, decided_by=checker, on=ON, reason="A couple's account, both passports seen")

        account.refresh_from_db()
        assert (account.state, account.agreed_by) == ("verified", checker)

    def test_what_a_request_did_not_show_is_not_agreed_to(self) -> None:
        silent = add_and_ask(
            borrower_id=BorrowerFactory().pk, bank_name="B", account_number=ACCOUNT[:-4] + "1022", at=AT, on=ON
        )
        request = pay_to(account_id=silent.pk, reason="Card seen", on=ON, by=UserFactory(roles=["officer"]))
        other = BankAccountFactory(account_number=silent.account_number)
        BankAccount.objects.filter(pk=other.pk).update(state="verified", verified_on=ON, bank_answer="match")

        with pytest.raises(OtherBorrowersUnseen):
            approve(approval_id=request.pk, decided_by=UserFactory(roles=["checker"]), on=ON, reason="Seen")

    def test_the_page_says_so(self, hers: BankAccount, client: Client, signed_in: SignIn) -> None:
        borrower, officer = BorrowerFactory(), signed_in(client, "officer")
        told = officer.post(
            reverse("borrowers:add_account", args=[borrower.number]),
            {"bank_name": "B", "account_number": ACCOUNT},
            follow=True,
        ).content.decode()
        assert "is or was verified for another borrower too" in told
        assert "Account a borrower is paid to" in told  # under what waits
        assert hers.borrower.number not in told

    def test_a_partner_learns_nothing_of_the_other(self, hers: BankAccount) -> None:
        lilac = caller("Lilac Phones")
        person = lilac.send("/borrowers", somebody()).json()["id"]
        made = lilac.send(f"/borrowers/{person}/bank_accounts", {"bank_name": "B", "account_number": ACCOUNT})

        body = made.json()
        assert (made.status_code, body["state"], body["awaits_second_person"]) == (201, "unverified", True)
        silent = lilac.send("/borrowers", somebody()).json()["id"]
        like = lilac.send(
            f"/borrowers/{silent}/bank_accounts", {"bank_name": "B", "account_number": "6222020200001022"}
        ).json()
        assert body.keys() == like.keys()
        assert hers.borrower.number not in made.content.decode()

    def test_nothing_is_paid_there_and_the_refusal_names_nobody(self, hers: BankAccount, client, signed_in) -> None:
        application = OfferFactory(application__borrower__banked=False).application
        taken(application.borrower)

        told = (
            signed_in(client, "officer")
            .post(f"/app/applications/{application.number}/accept", follow=True)
            .content.decode()
        )

        assert "left to a second person" in told
        assert hers.borrower.number not in told

    def test_postgresql_verifies_one_number_for_one_borrower(self, hers: BankAccount) -> None:
        account = taken()
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE borrowers_bankaccount SET state = 'verified', verified_on = %s WHERE id = %s", [ON, account.pk]
            )


@pytest.mark.django_db(transaction=True)
def test_of_two_borrowers_at_once_the_bank_verifies_it_for_one() -> None:
    people = [BorrowerFactory() for _ in range(4)]

    at_once([lambda person=person: taken(person) for person in people])

    assert sorted(BankAccount.objects.values_list("state", flat=True)) == ["unverified"] * 3 + ["verified"]
    assert Approval.objects.count() == 3
