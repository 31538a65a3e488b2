"""The auditor's answer: silent over right books, and every way of tampering is named, done around all the guards."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django.plugin import DjangoDbBlocker

from ledger.posting import credit, debit, post
from loans.models import Accrual, Loan, Repayment
from loans.night.closing import accrue_and_age
from loans.proof.book_checks import POSITIONS, ranges
from loans.proof.verifying import Difference, compare_income, verify
from tests.loans.books import close_days, close_until
from tests.loans.doing import refund_overpayment, waive, write_off
from tests.loans.factories import LoanFactory
from tests.loans.servicing.test_repayments import pay, position
from tests.worlds import shared

pytestmark = pytest.mark.django_db
ON = date(2026, 2, 25)


def told() -> set[tuple[str, str]]:
    """Whose figures differ, as (number, figure)."""
    return {(row.loan_number, row.figure) for row in verify()}


def tamper(sql: str, *parameters: object) -> None:
    """Change rows as somebody with the database's own keys would: past triggers and constraints of reference."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, parameters)
        assert cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


@pytest.fixture(scope="module")
def told_of(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[int, int]]:
    """The loans of ``lived`` and ``lost``, which the tests share."""
    with shared(django_db_blocker):
        yield a_life().pk, a_loss().pk


@pytest.fixture
def lived(told_of: tuple[int, int]) -> Loan:
    return Loan.objects.get(pk=told_of[0])


@pytest.fixture
def lost(told_of: tuple[int, int]) -> Loan:
    return Loan.objects.get(pk=told_of[1])


def a_life() -> Loan:
    """A loan with nights, late interest, a waiver, a payment told of late, money paid too much and given back."""
    loan, settled = LoanFactory(active=True), LoanFactory(active=True)
    close_days(date(2026, 1, 16), ON)
    owed = position(loan).late_interest_receivable
    waive(loan_id=loan.pk, component="late_interest", amount=owed, on=ON, reason="notice late")
    pay(loan, "500.00", date(2026, 2, 15), recorded_on=ON)
    pay(settled, "15000.00", ON)
    refund_overpayment(loan_id=settled.pk, amount=Decimal("5.00"), on=ON, idempotency_key="back")
    return loan


def a_loss() -> Loan:
    """A loan written off after a part was paid, and partly recovered since."""
    loan = LoanFactory(active=True)
    close_until(ON)
    pay(loan, "700.00", ON)
    write_off(loan_id=loan.pk, on=ON, reason="no prospect")
    pay(loan, "100.00", ON)
    return loan


def test_an_ordinary_life_is_verified_in_silence(lived: Loan, lost: Loan) -> None:
    assert list(verify()) == []
    assert Accrual.objects.exists()


@pytest.mark.parametrize(
    ("table", "change", "figures"),
    [
        ("loanposition", "principal_outstanding = principal_outstanding - 1",
         {"principal_outstanding", "principal_outstanding in the books"}),
        ("loanposition", "interest_paid = interest_paid + 0.01", {"interest_paid", "interest_receivable in the books"}),
        ("loanposition", "overpaid = overpaid + 3", {"overpaid", "overpaid in the books"}),
        ("loanposition", "days_past_due = 0", {"days_past_due"}),
        ("loanposition", "status = 'settled'", {"status of the position"}),
        ("loanposition", "next_due_on = next_due_on + 1", {"next_due_on"}),
        ("instalment", "interest_paid = interest_paid - 0.01", {"instalment 1: interest_paid"}),
        ("instalment", "due_on = due_on + 1", {"instalment 1 as signed: due_on"}),
        ("instalment", "principal = principal - 1", {"instalment 1 as signed: principal"}),
        ("instalment", "late_interest = late_interest + 0.00000001", {"instalment 1: late_interest"}),
        ("repayment", "amount = amount + 1", {"amount in the books", "sum of its parts"}),
        ("repayment", "status = 'reversed'", {"status of its entry"}),
        ("loanact", "parameters = parameters || '{\"amount\": \"0.01\"}'", {"late_interest_accrued"}),
        ("loan", "annual_rate = 0.19", {"instalment 1 as signed: interest"}),
    ],
)  # fmt: skip
def test_each_figure_changed_by_hand_is_named(lived: Loan, table: str, change: str, figures: set[str]) -> None:
    column = "id" if table == "loan" else "loan_id"
    first = " AND number = 1" if table == "instalment" else ""

    tamper(f"UPDATE loans_{table} SET {change} WHERE {column} = %s{first}", lived.pk)

    names = {lived.number, *Repayment.objects.filter(loan=lived).values_list("number", flat=True)}
    found = told()
    assert figures <= {figure for number, figure in found if number in names}
    assert all(number in names or number.startswith("account ") for number, _ in found), found


@pytest.mark.parametrize(
    ("change", "figure"),
    [
        ("written_off_amount = written_off_amount - 1", "written_off_amount in the books"),
        ("recovered = recovered + 1", "recovered in the books"),
        ("principal_outstanding = 1", "principal_outstanding in the books"),
        ("risk_class = 'normal'", "risk_class"),
        ("late_interest_accrued = late_interest_accrued + 1", "late_interest_accrued"),
    ],
)
def test_a_written_off_loan_is_rebuilt_as_well(lost: Loan, change: str, figure: str) -> None:
    tamper(f"UPDATE loans_loanposition SET {change} WHERE loan_id = %s", lost.pk)

    assert (lost.number, figure) in told()


def test_a_line_taken_out_of_an_entry_is_named(lived: Loan) -> None:
    entry = Repayment.objects.get(loan=lived).entry

    tamper("DELETE FROM ledger_journalline WHERE entry_id = %s AND account_id = '1202'", entry.pk)

    assert {(f"entry {entry.pk}", "debits and credits"), (lived.number, "interest_receivable in the books")} <= told()


def test_an_entry_without_lines_is_named(lived: Loan) -> None:
    entry = Repayment.objects.get(loan=lived).entry

    tamper("DELETE FROM ledger_journalline WHERE entry_id = %s", entry.pk)

    assert (f"entry {entry.pk}", "has no lines") in told()


def test_a_deleted_payment_leaves_its_traces(lived: Loan) -> None:
    tamper(
        "DELETE FROM loans_repaymentline WHERE repayment_id IN (SELECT id FROM loans_repayment WHERE loan_id = %s)",
        lived.pk,
    )
    tamper("DELETE FROM loans_repayment WHERE loan_id = %s", lived.pk)

    assert {(lived.number, "interest_paid"), (lived.number, "instalment 1: interest_paid")} <= told()


def test_lines_of_a_payment_moved_to_another_part_are_named(lived: Loan) -> None:
    receipt = Repayment.objects.get(loan=lived)

    tamper("UPDATE loans_repaymentline SET principal = 0 WHERE repayment_id = %s", receipt.pk)

    assert told() == {(receipt.number, "principal of its lines")}


def test_a_refund_of_another_amount_than_booked_is_named(lived: Loan) -> None:
    tamper("UPDATE loans_loanact SET parameters = parameters || '{\"amount\": \"4.00\"}' WHERE kind = 'refund'")

    assert "amount in the books" in {figure for number, figure in told() if number.startswith("RF")}


def test_a_refund_that_was_reversed_in_name_alone_is_named(lived: Loan) -> None:
    tamper("UPDATE loans_loanact SET status = 'undone', undone_on = effective_on WHERE kind = 'refund'")

    assert "status of its entry" in {figure for number, figure in told() if number.startswith("RF")}


def test_a_share_given_to_no_loan_or_taken_away_is_named(lived: Loan) -> None:
    share = Accrual.objects.filter(loan_id=lived.pk, interest__gt=0).first()
    assert share is not None

    tamper("UPDATE loans_accrual SET loan_id = 0 WHERE id = %s", share.pk)

    figures = {figure for whose, figure in told() if whose == lived.number}
    assert figures == {"interest_receivable in the books", "interest kept"}
    assert (f"share {share.pk}", "belongs to no loan") in told()


def test_a_share_of_nights_that_no_night_booked_is_named(lived: Loan) -> None:
    tamper(
        "UPDATE loans_nightaccrual SET interest = interest + 0.01 WHERE id = (SELECT min(id) FROM loans_nightaccrual)"
    )

    assert {figure for _, figure in told()} == {"interest of all nights", "income shared by loans"}


def test_what_a_position_says_was_kept_is_held_against_the_shares(lived: Loan) -> None:
    tamper("UPDATE loans_loanposition SET kept_fee = kept_fee + 1 WHERE loan_id = %s", lived.pk)

    assert (lived.number, "fee kept") in told()


def test_claims_booked_for_no_loan_are_named(lived: Loan) -> None:
    lines = [debit("1201", Decimal("9.00"), 2**40), credit("1001", Decimal("9.00"))]
    nowhere = post(event="manual", posted_on=ON, effective_on=ON, lines=lines)

    line = nowhere.lines.get(account_id="1201")
    assert told() == {(f"line {line.pk}", "belongs to no loan"), ("account 1201", "balance of all loans")}


def test_a_claim_moved_to_a_loan_that_does_not_owe_it_is_named(lived: Loan) -> None:
    lines = [debit("1201", Decimal("9.00"), lived.pk), credit("1001", Decimal("9.00"))]
    post(event="manual", posted_on=ON, effective_on=ON, lines=lines)

    assert (lived.number, "principal_outstanding in the books") in told()


def test_income_that_no_loan_earned_is_named_by_its_entry() -> None:
    LoanFactory(active=True)
    amount = Decimal("7.00")
    entry = post(event="accrual", posted_on=ON, effective_on=ON, lines=[debit("1202", amount), credit("4001", amount)])

    (found,) = compare_income()

    assert found == Difference(f"entry {entry.pk}", "income shared by loans", Decimal(0), amount)
    assert ("account 1202", "balance of all loans") in told()


def test_a_missing_position_is_named(lived: Loan) -> None:
    tamper("DELETE FROM loans_loanposition WHERE loan_id = %s", lived.pk)

    assert (lived.number, "status of the position") in told()


def test_more_loans_cost_no_more_queries_and_memory_holds_a_chunk() -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert list(verify(chunk=100)) == []
        return len(queries)

    first = LoanFactory(active=True)
    accrue_and_age(first.pk, first.pk, ON)
    alone = cost()
    others = [LoanFactory(active=True) for _ in range(6)]
    accrue_and_age(first.pk, others[-1].pk, date(2026, 2, 26))

    assert cost() == alone
    assert len(ranges(POSITIONS, 2)) == (others[-1].pk - Loan.objects.earliest("pk").pk) // 2 + 1


def test_progress_is_told_from_the_first_chunk_to_the_last_check() -> None:
    LoanFactory(active=True)
    steps: list[tuple[str, int, int]] = []

    assert list(verify(lambda what, done, of: steps.append((what, done, of)))) == []

    assert steps[0] == ("loans", 0, steps[-1][2])
    assert [done for _, done, _ in steps] == list(range(steps[-1][2] + 1))
