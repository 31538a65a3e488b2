"""Accounts of a borrower: unverified until the bank or a second person says whose they are, and changed by two."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from audit.approvals import ApprovalNotPermitted, SecondPersonNeeded, approve
from audit.models import Approval
from borrowers import bank_accounts
from borrowers.bank_accounts import (
    AccountAlreadyPaid,
    AccountKnown,
    AccountNotOwn,
    AccountNumberRefused,
    OwnAccountAgreed,
    add_and_ask,
    add_bank_account,
    ask_about_waiting,
    ask_bank,
    pay_to,
)
from borrowers.models import BankAccount
from borrowers.tasks import ask_about_accounts
from core import business_date
from tests.borrowers.factories import AT, ON, BankAccountFactory, LinFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


def added(number: str = "6222 0212 3456 7890", **facts: Any) -> BankAccount:
    borrower = facts.pop("borrower", None) or LinFactory()
    return add_bank_account(borrower_id=borrower.pk, bank_name="示例银行", account_number=number, **facts)


def asked(account: BankAccount) -> BankAccount:
    return ask_bank(account_id=account.pk, at=AT, on=ON)


def test_a_new_account_is_unverified_and_the_first_one_is_paid() -> None:
    account = added()

    assert (account.state, account.is_primary, account.last4) == ("unverified", True, "7890")
    assert account.account_number == "6222021234567890"


@pytest.mark.parametrize(
    ("ending", "state", "answer", "primary"),
    [
        ("1000", "verified", "match", True),
        ("1021", "refused", "no_match", False),
        ("1022", "unverified", "no_answer", True),
        ("1023", "unverified", "later", True),
    ],
)
def test_the_bank_says_whose_an_account_is(ending: str, state: str, answer: str, primary: bool) -> None:
    account = asked(added(f"622202123456{ending}"))

    assert (account.state, account.bank_answer, account.is_primary) == (state, answer, primary)
    assert (account.verified_on is not None) is (state == "verified")


def test_a_bank_that_answers_later_is_asked_again_by_the_schedule() -> None:
    business_date.move_to(ON)
    late = asked(added("6222021234561023"))
    silent = asked(added("6222021234561022", borrower=BankAccountFactory().borrower))

    assert ask_about_waiting(now=AT, on=ON) == {}  # asked this moment
    assert ask_about_waiting(now=AT + bank_accounts.PAUSE, on=ON) == {"verified": 1, "unverified": 1}
    late.refresh_from_db()
    assert late.is_verified

    BankAccount.objects.filter(pk=silent.pk).update(times_asked=bank_accounts.MOST_QUESTIONS)
    assert ask_about_accounts() == {}


def test_an_account_is_kept_once_and_must_look_like_one() -> None:
    account = added()

    with pytest.raises(AccountKnown):
        added("6222-0212-3456-7890", borrower=account.borrower)
    with pytest.raises(AccountNumberRefused):
        added("1234", borrower=account.borrower)


def test_another_verified_account_is_paid_while_nothing_is_owed_to_the_borrower() -> None:
    first = BankAccountFactory()
    second = BankAccountFactory(borrower=first.borrower)
    assert not second.is_primary

    pay_to(account_id=second.pk, reason="New card", on=ON, by=UserFactory(roles=["officer"]))

    assert [row.pk for row in BankAccount.objects.filter(is_primary=True)] == [second.pk]
    with pytest.raises(AccountAlreadyPaid):
        pay_to(account_id=second.pk, reason="New card", on=ON, by=None)


def test_what_the_bank_says_nothing_of_is_agreed_to_by_another_person_with_evidence() -> None:
    clerk, checker = UserFactory(roles=["officer"]), UserFactory(roles=["checker"])
    account = asked(added("6222021234561022", by=clerk))

    request = pay_to(account_id=account.pk, reason="Card shown, copy in the file", on=ON, by=clerk)
    assert isinstance(request, Approval)
    assert request.after["the bank says"] == "The bank does not answer; it is asked again."
    with pytest.raises(SecondPersonNeeded):
        approve(approval_id=request.pk, decided_by=clerk, on=ON)
    with pytest.raises(ApprovalNotPermitted):
        approve(approval_id=request.pk, decided_by=UserFactory(roles=["collector"]), on=ON)
    approve(approval_id=request.pk, decided_by=checker, on=ON)

    account.refresh_from_db()
    assert (account.state, account.agreed_by, account.agreed_on, account.is_primary) == ("verified", checker, ON, True)


def test_who_put_an_account_on_file_does_not_agree_to_it_whoever_asks() -> None:
    adder = UserFactory(roles=["checker"])
    account = asked(added("6222021234561022", by=adder))
    request = pay_to(account_id=account.pk, reason="Card shown", on=ON, by=UserFactory(roles=["officer"]))

    with pytest.raises(OwnAccountAgreed):
        approve(approval_id=request.pk, decided_by=adder, on=ON)

    account.refresh_from_db()
    assert account.is_unverified


def test_nobody_makes_somebody_elses_account_the_borrowers() -> None:
    account = asked(added("6222021234561021"))

    with pytest.raises(AccountNotOwn):
        pay_to(account_id=account.pk, reason="Her sister's", on=ON, by=None)


def test_a_wish_to_be_paid_to_a_new_account_waits_where_the_bank_is_silent() -> None:
    borrower = BankAccountFactory().borrower

    account = add_and_ask(
        borrower_id=borrower.pk,
        bank_name="示例银行",
        account_number="6222021234561022",
        at=AT,
        on=ON,
        make_primary=True,
        reason="New card",
    )

    assert not account.is_primary and bank_accounts.is_asked_for(account)


@pytest.mark.parametrize(
    "forged",
    [
        {"state": "verified"},
        {"state": "verified", "verified_on": ON},
        {"state": "verified", "verified_on": ON, "bank_answer": "later"},
    ],
)
def test_postgresql_refuses_a_verification_that_nobody_made(forged: dict[str, Any]) -> None:
    account = added()

    with pytest.raises(IntegrityError, match="verified_by_bank_or_two"), transaction.atomic():
        BankAccount.objects.filter(pk=account.pk).update(**forged)


def test_postgresql_refuses_the_agreement_of_who_added_it() -> None:
    adder = UserFactory(roles=["checker"])
    account = added(by=adder)

    with pytest.raises(IntegrityError, match="agreed_by_another"), transaction.atomic():
        BankAccount.objects.filter(pk=account.pk).update(agreed_by=adder, agreed_on=ON)
