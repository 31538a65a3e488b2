"""A partner who names another account for money that is promised already, and one who says that it is verified."""

import pytest

from borrowers.models import BankAccount, Borrower
from tests.api.town import lent, registered, yuan
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db
ACCOUNT = {"bank_name": "Harbour Bank", "account_number": "6222020200001022"}


def test_a_partner_does_not_say_that_an_account_is_verified(lilac):
    borrower = registered(lilac)

    for forged in ({"state": "verified"}, {"holder_matches": True}, {"verified_on": "2026-06-15"}):
        answer = lilac.send(f"/borrowers/{borrower}/bank_accounts", ACCOUNT | forged)
        assert answer.status_code == 422 or answer.json()["state"] == "unverified"


def test_an_account_the_bank_says_nothing_of_waits_for_a_second_person(lilac):
    borrower = registered(lilac)
    first = BankAccount.objects.get()

    made = lilac.send(f"/borrowers/{borrower}/bank_accounts", ACCOUNT | {"is_primary": True}).json()

    assert (made["state"], made["is_primary"], made["awaits_second_person"]) == ("unverified", False, True)
    paid = BankAccount.objects.get(borrower=Borrower.objects.get(public_id=borrower), is_primary=True)
    assert (paid, paid.state) == (first, "verified")


def test_a_receipt_above_the_rule_is_refused_by_name(lilac, product):
    loan = lent(lilac, product)
    asked = {"loan": loan["id"], "amount": yuan(5_000_000), "allow_overpayment": True}

    assert_problem(lilac.send("/repayments", asked), 409, "receipt_without_bank_line")
