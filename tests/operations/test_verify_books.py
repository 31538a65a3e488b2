"""The auditor's command: silent over right books, precise over wrong ones."""

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from loans.models import LoanPosition
from loans.proof import verifying
from loans.proof.shares import unproved
from loans.proof.verifying import NIGHTS, by_oracle, parts_of_book
from operations.models import Verification
from tests.loans.books import close_days, close_until
from tests.loans.factories import DISBURSED, LoanFactory

pytestmark = pytest.mark.django_db


def test_right_books_verify() -> None:
    LoanFactory(active=True)
    close_until(DISBURSED + timedelta(days=40))
    out = StringIO()

    call_command("verify_books", "--json", stdout=out)

    assert json.loads(out.getvalue()) == {
        "loans": 1, "by_nights": 0, "differences": [], "found": 0, "status": "done", "ledger_difference": "0.00",
    }  # fmt: skip


def test_a_figure_changed_by_hand_is_named() -> None:
    loan = LoanFactory(active=True)
    LoanPosition.objects.filter(pk=loan.pk).update(principal_outstanding=Decimal("11999.99"))
    out = StringIO()

    with pytest.raises(CommandError, match="3 differences"):
        call_command("verify_books", stdout=out)
    assert f"{loan.number}  principal_outstanding: stored 11999.99, rebuilt 12000.00" in out.getvalue()
    assert "account 1201  balance of all loans: stored 11999.99, rebuilt 12000.00" in out.getvalue()


def test_differences_are_told_as_one_object_too() -> None:
    loan = LoanFactory(active=True)
    LoanPosition.objects.filter(pk=loan.pk).update(days_past_due=7, bucket="M1")
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("verify_books", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert [(row["loan_number"], row["figure"], row["rebuilt"]) for row in told["differences"]] == [
        (loan.number, "days_past_due", "0"),
        (loan.number, "bucket", "C"),
    ]


def test_the_oracle_works_every_loan_out_once_more_where_it_is_asked_to() -> None:
    """Interest of ten days is 58.06; stored a unit higher it is told by the events, and by arithmetic too."""
    loan = LoanFactory(active=True)
    close_until(DISBURSED + timedelta(days=10))
    LoanPosition.objects.filter(pk=loan.pk).update(interest_accrued=Decimal("59.06"))
    sampled, all_of_them = StringIO(), StringIO()

    with pytest.raises(CommandError):
        call_command("verify_books", stdout=sampled)
    with pytest.raises(CommandError):
        call_command("verify_books", "--oracle", stdout=all_of_them)

    told = f"{loan.number}  interest earned on 2026-01-25: stored 59.06, rebuilt 58.06"
    assert told in all_of_them.getvalue() and told not in sampled.getvalue()


def test_of_a_large_book_no_more_loans_are_sampled_and_none_where_none_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verifying, "MOST_SAMPLED", 2)
    LoanFactory.create_batch(4, active=True)

    def asked(every: int) -> int:
        return sum(part.code == verifying.ORACLE for part in verifying.parts_of_book(every=every))

    assert [asked(0), asked(1), asked(3), asked(5)] == [0, 1, 1, 0]
    monkeypatch.setattr(verifying, "MOST_SAMPLED", 1)
    assert [asked(0), asked(2)] == [0, 1]  # each fourth, though each second was asked for


def test_the_same_loans_are_sampled_each_time() -> None:
    first, second = LoanFactory(active=True), LoanFactory(active=True)
    LoanPosition.objects.filter(pk__in=[first.pk, second.pk]).update(days_past_due=9)

    assert {found.loan_number for found in by_oracle(every=2)} == {second.number}
    assert {found.loan_number for found in by_oracle(every=1)} == {first.number, second.number}


def test_a_share_kept_for_nights_is_held_against_these_nights() -> None:
    """A unit moved from one month to the other: their sum, position and books agree, the nights of neither do."""
    loan, other = LoanFactory(active=True), LoanFactory(active=True)
    close_days(DISBURSED, date(2026, 3, 2))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE loans_accrual DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE loans_accrual SET interest = interest + CASE accrued_on WHEN '2026-01-31' THEN 1 ELSE -1 END "
            "WHERE loan_id = %s AND accrued_on IN ('2026-01-31', '2026-02-28')",
            [loan.pk],
        )
        cursor.execute("ALTER TABLE loans_accrual ENABLE TRIGGER USER")
    assert list(unproved(other)) == []
    quiet, told = StringIO(), StringIO()

    with pytest.raises(CommandError, match="2 differences"):
        call_command("verify_books", "--oracle", stdout=told)

    assert f"{loan.number}  interest of the nights until 2026-01-31: stored" in told.getvalue()
    assert f"{loan.number}  interest of the nights until 2026-02-28: stored" in told.getvalue()
    assert "2 loans verified, 2 of them night by night, 2 differences" in told.getvalue()
    assert Verification.objects.get().differences.count() == 2
    call_command("verify_books", stdout=quiet)  # not its turn
    assert "2 loans verified, 0 of them night by night, 0 differences" in quiet.getvalue()


def test_each_loan_has_its_turn_night_by_night() -> None:
    loans = LoanFactory.create_batch(5, active=True)

    turns = [
        [part.lo for part in parts_of_book(every=3, on=date(2026, 3, day)) if part.code == NIGHTS] for day in (1, 2, 3)
    ]

    assert sorted(loan_id for turn in turns for loan_id in turn) == sorted(loan.pk for loan in loans)
    assert all(turns) and not any(part.code == NIGHTS for part in parts_of_book(every=0, on=date(2026, 3, 1)))
