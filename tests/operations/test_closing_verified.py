"""The books are closed on the strength of a verification: refused when anything moved since, and held against it later."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ledger.models import JournalEntry, JournalLine
from ledger.posting import credit, debit, post
from ledger.queries import closed_through
from loans.models import Loan
from operations import books
from operations.books import BooksMoved, NotVerified, close_books, close_verified
from operations.end_of_day import close_day
from operations.models import Verification
from operations.verifications import cancel, carry_out, request
from tests.core.factories import RuleFactory
from tests.loans.proof.test_verifying import tamper
from tests.loans.servicing.test_repayments import pay
from tests.operations.test_verifications import EVE, TODAY, by_itself, late_loans, told

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def loans() -> list[Loan]:
    return late_loans()


def test_what_was_posted_on_a_closed_day_since_refuses_the_closing(loans: list[Loan]) -> None:
    run = carry_out(request(on=TODAY, through=EVE, oracle_every=0))
    assert run.is_clean and run.entries == JournalEntry.objects.filter(posted_on__lte=EVE).count()
    lines = [debit("1001", Decimal("9.00")), credit("4003", Decimal("9.00"))]
    post(event="manual", posted_on=EVE, effective_on=EVE, lines=lines)

    with pytest.raises(BooksMoved):
        close_verified(run, on=TODAY)

    assert closed_through() is None


def test_payments_of_the_open_day_do_not_stop_the_closing(loans: list[Loan]) -> None:
    run = carry_out(request(on=TODAY, through=EVE, oracle_every=0))
    pay(loans[2], "20.00", TODAY)

    made = close_verified(run, on=TODAY)

    assert (closed_through(), made.debit) == (EVE, run.debit)


def test_only_a_verification_that_came_to_its_end_closes_the_books(loans: list[Loan]) -> None:
    run = request(on=TODAY, through=EVE)
    with pytest.raises(NotVerified):
        close_verified(run, on=TODAY)
    with pytest.raises(NotVerified):  # verified, but for no closing
        close_verified(by_itself_after(run), on=TODAY)


def by_itself_after(run: Verification) -> Verification:
    cancel(run)
    return by_itself()


def test_books_opened_again_meanwhile_are_not_closed_on_what_was_verified_before(loans: list[Loan]) -> None:
    close_books(through=EVE - timedelta(days=5), on=TODAY)
    run = carry_out(request(on=TODAY, through=EVE, oracle_every=0))
    Verification.objects.filter(pk=run.pk).update(closed_through=EVE - timedelta(days=9))
    run.refresh_from_db()

    with pytest.raises(BooksMoved):
        close_verified(run, on=TODAY)


def test_a_night_killed_before_it_closed_does_not_verify_again(
    loans: list[Loan], monkeypatch: pytest.MonkeyPatch
) -> None:
    RuleFactory(code="books_closing", data={"automatic": True, "days_kept_open": 1})
    books.verify_by_rule(TODAY)

    assert close_day(on=TODAY).counts["period"] == {"books_closed": 1}
    assert Verification.objects.count() == 1 and closed_through() == EVE


def test_closed_books_are_held_against_their_closing_and_row_by_row_when_asked(loans: list[Loan]) -> None:
    close_books(through=EVE, on=TODAY)
    old = JournalLine.objects.filter(entry__posted_on__lte=EVE, subledger_id=loans[3].pk, debit__gt=0).first()
    assert old is not None

    tamper("UPDATE ledger_journalline SET debit = debit + 1 WHERE id = %s", old.pk)
    quick, whole = by_itself(), carry_out(request(on=TODAY, from_the_first=True))

    closed = {(f"books through {EVE}", "debit as closed")}
    row = {(f"entry {old.entry_id}", "debits and credits")}
    assert closed <= told(quick) and not row & told(quick)
    assert row <= told(whole) and not closed & told(whole)


def test_an_entry_taken_out_of_closed_books_or_slipped_in_is_seen_by_their_sums(loans: list[Loan]) -> None:
    close_books(through=EVE, on=TODAY)
    entry = JournalEntry.objects.filter(posted_on=TODAY).first()
    assert entry is not None

    tamper("UPDATE ledger_journalentry SET posted_on = %s WHERE id = %s", EVE, entry.pk)
    tamper("UPDATE ledger_journalline SET posted_on = %s WHERE entry_id = %s", EVE, entry.pk)

    sealed = {"entries as closed", "debit as closed", "credit as closed"}
    assert sealed <= {figure for _whose, figure in told(by_itself())}
