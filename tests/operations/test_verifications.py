"""A verification finds the same faults however it is carried out: alone, by many processes, killed and resumed, by night."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from functools import partial
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from ledger.posting import credit, debit, post
from ledger.queries import closed_through
from loans.models import Instalment, Loan, LoanPosition, NightAccrual, Repayment
from loans.proof.verifying import parts_of_book, verify
from operations import verification_work, verifications
from operations.end_of_day import close_day
from operations.models import Verification, VerificationChunk
from operations.models.verification import LEASE
from operations.verifications import (
    NothingToResume,
    VerificationRunning,
    cancel,
    carry_out,
    newest_unfinished,
    progress_of,
    request,
)
from tests.core.factories import RuleFactory
from tests.loans.books import close_until
from tests.loans.factories import DISBURSED, LoanFactory
from tests.loans.night.test_concurrency import at_once
from tests.loans.proof.test_verifying import tamper
from tests.loans.servicing.test_repayments import pay
from tests.places import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = DISBURSED + timedelta(days=41)
EVE = TODAY - timedelta(days=1)
Status = Verification.Status
Found = set[tuple[str, str]]


@pytest.fixture
def loans() -> list[Loan]:
    return late_loans()


def late_loans() -> list[Loan]:
    """Four loans, all late; two have paid a part."""
    made = [LoanFactory(active=True) for _ in range(4)]
    close_until(EVE)
    for loan in made[:2]:
        pay(loan, "700.00", TODAY)
    return made


@pytest.fixture(autouse=True)
def _a_loan_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifications, "parts_of_book", partial(parts_of_book, chunk=1))


@pytest.fixture(autouse=True)
def _this_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that a run starts look at the database of the test."""
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    monkeypatch.setenv("DATABASE_URL", address.geturl())
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "collections")]))


def seed_faults(loans: list[Loan]) -> Found:
    """One fault of each kind, each in another place; what must be named for it."""
    first, second, third, fourth = loans
    paid, night = Repayment.objects.get(loan=first), NightAccrual.objects.first()
    assert night is not None
    tamper("UPDATE loans_loanposition SET days_past_due = 1 WHERE loan_id = %s", first.pk)
    tamper("UPDATE loans_instalment SET due_on = due_on + 1 WHERE loan_id = %s AND number = 2", second.pk)
    tamper("UPDATE loans_repaymentline SET principal = principal + 1 WHERE repayment_id = %s", paid.pk)
    tamper("UPDATE loans_loanposition SET kept_fee = kept_fee + 1 WHERE loan_id = %s", third.pk)
    tamper("UPDATE loans_nightaccrual SET interest = interest + 1 WHERE id = %s", night.pk)
    tamper("UPDATE loans_loan SET status = 'settled' WHERE id = %s", fourth.pk)
    lines = [debit("1201", Decimal("9.00"), 2**40), credit("1001", Decimal("9.00"))]
    stray = post(event="manual", posted_on=TODAY, effective_on=TODAY, lines=lines)
    tamper("UPDATE ledger_journalline SET debit = 8 WHERE entry_id = %s AND account_id = '1201'", stray.pk)
    return {
        (first.number, "days_past_due"),
        (second.number, "instalment 2 as signed: due_on"),
        (paid.number, "principal of its lines"),
        (third.number, "fee kept"),
        (f"entry {night.entry_id}", "income shared by loans"),
        (fourth.number, "status of the position"),
        (f"entry {stray.pk}", "debits and credits"),
        (f"line {stray.lines.get(account_id='1201').pk}", "belongs to no loan"),
        ("account 1201", "balance of all loans"),
    }


def told(run: Verification) -> Found:
    return set(run.differences.values_list("whose", "figure"))


def by_itself() -> Verification:
    return carry_out(request(on=TODAY, processes=1))


def by_two_processes() -> Verification:
    return carry_out(request(on=TODAY, processes=2))


def resumed() -> Verification:
    """Stopped after three chunks, as when its process ended there, and gone on with."""
    run = request(on=TODAY, processes=1)
    verifications._begin(run)
    worker = verification_work.Worker(run)
    assert all(worker.next_chunk() for _chunk in range(3))
    return carry_out(newest_unfinished())


def by_night() -> Verification:
    RuleFactory(code="books_closing", data={"automatic": True, "days_kept_open": 1})
    assert close_day(on=TODAY).counts["period"] == {"books_closed": 0, "closings_refused": 1}
    return Verification.objects.get()


@pytest.mark.parametrize("way", [by_itself, by_two_processes, resumed])
def test_every_fault_is_found_whichever_way(loans: list[Loan], way: Callable[[], Verification]) -> None:
    expected = seed_faults(loans)
    plain = {(found.loan_number, found.figure) for found in verify()}
    assert expected <= plain

    run = way()

    assert told(run) == plain
    assert (run.status, run.found) == (Status.DONE, len(list(verify())))
    assert progress_of(run) == (run.chunks_planned, run.chunks_planned)


def test_the_night_finds_them_too_and_leaves_the_books_open(loans: list[Loan]) -> None:
    tamper("UPDATE loans_repayment SET fee = fee + 1, principal = principal - 1 WHERE loan_id = %s", loans[0].pk)

    run = by_night()

    assert {figure for _whose, figure in told(run)} == {"principal of its lines", "fee of its lines"}
    assert closed_through() is None


@pytest.mark.parametrize("way", [by_itself, by_two_processes, resumed])
def test_right_books_are_verified_in_silence(loans: list[Loan], way: Callable[[], Verification]) -> None:
    run = way()

    assert (run.status, run.found, told(run), run.loans) == (Status.DONE, 0, set(), 4)


# --- killed -----------------------------------------------------------------------------------------------------------


@contextmanager
def stuck(run: Verification, *, after: int, leads: bool) -> Iterator["subprocess.Popen[str]"]:
    """A real process that has done ``after`` chunks and stands in the middle of the next one."""
    words = [str(run.pk), str(after), "lead" if leads else "work"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.operations.verifying_process", *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == "middle\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_run_whose_leader_was_killed_goes_on_to_the_same_differences(loans: list[Loan]) -> None:
    expected = seed_faults(loans)
    run = request(on=TODAY, processes=1)
    with stuck(run, after=3, leads=True) as leader:
        leader.send_signal(signal.SIGKILL)
        leader.wait()
    done = run.chunks.filter(status=VerificationChunk.Status.DONE)
    assert done.count() == 3
    first = list(done.values_list("pk", "took"))

    resumed_run = carry_out(newest_unfinished())

    assert (resumed_run.pk, resumed_run.attempts, resumed_run.status) == (run.pk, 2, Status.DONE)
    assert expected <= told(resumed_run) == {(found.loan_number, found.figure) for found in verify()}
    assert list(done.filter(pk__in=[pk for pk, _took in first]).values_list("pk", "took")) == first  # not done again
    assert run.differences.count() == resumed_run.found


def test_the_chunk_of_a_dead_process_is_taken_by_another(loans: list[Loan]) -> None:
    run = request(on=TODAY, processes=1)
    verifications._begin(run)
    with stuck(run, after=1, leads=False) as process:
        waits = carry_out(run)
        assert (waits.status, run.chunks.filter(status=VerificationChunk.Status.WAITING).count()) == (Status.STOPPED, 1)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with transaction.atomic():  # PostgreSQL learns of the death when it looks at the connection; this waits for that
        run.chunks.select_for_update().get(status=VerificationChunk.Status.WAITING)

    assert carry_out(newest_unfinished()).is_clean


def test_a_process_that_dies_is_replaced(loans: list[Loan], monkeypatch: pytest.MonkeyPatch) -> None:
    start, ended = verifications._start, []

    def die_at_first(run: Verification) -> "subprocess.Popen[bytes]":
        if len(ended) < 2:
            ended.append(subprocess.Popen([sys.executable, "-c", "raise SystemExit(9)"]))
            return ended[-1]
        return start(run)

    monkeypatch.setattr(verifications, "_start", die_at_first)

    assert by_two_processes().is_clean
    assert len(ended) == 2


def test_a_run_that_nobody_leads_ends_by_itself(loans: list[Loan]) -> None:
    run = request(on=TODAY, processes=1)
    verifications._begin(run)
    run.refresh_from_db()
    assert run.is_alive and run.status_now == Status.RUNNING
    with pytest.raises(VerificationRunning):
        request(on=TODAY)

    Verification.objects.update(beat_at=timezone.now() - LEASE)

    run.refresh_from_db()
    assert (run.status_now, run.may_resume) == (Status.STOPPED, True)
    assert not verification_work.Worker(run).next_chunk()  # its processes stop too
    assert carry_out(request(on=TODAY)).is_clean
    run.refresh_from_db()
    assert run.status == Status.STOPPED


def test_a_run_that_somebody_interrupts_can_be_gone_on_with_at_once(loans: list[Loan]) -> None:
    def interrupt(what: str, done: int, of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    run = request(on=TODAY, processes=1)
    with pytest.raises(KeyboardInterrupt):
        carry_out(run, interrupt)

    run.refresh_from_db()
    assert run.status == Status.STOPPED
    assert carry_out(newest_unfinished()).is_clean


def test_a_cancelled_run_takes_no_further_chunk(loans: list[Loan]) -> None:
    run = request(on=TODAY, processes=1)
    verifications._begin(run)
    worker = verification_work.Worker(run)
    assert worker.next_chunk()

    cancel(run)

    assert not worker.next_chunk()
    assert verifications._end(run).status == Status.CANCELLED
    with pytest.raises(NothingToResume):
        newest_unfinished()


def test_a_chunk_that_breaks_is_told_and_tried_again(loans: list[Loan], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(verification_work.book_checks.BY_CODE, "states", None)  # type: ignore[arg-type]
        run = by_itself()
    assert run.status == Status.FAILED and "states" in run.error and "AttributeError" in run.error

    assert carry_out(newest_unfinished()).is_clean


# --- beside payments --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reads", ["FROM loans_loan l", "FROM loans_instalment"])
def test_a_payment_in_the_middle_of_a_chunk_is_no_difference(loans: list[Loan], reads: str) -> None:
    paid: list[object] = []

    def pay_after(execute: Callable[..., object], sql: str, parameters: object, many: bool, context: object) -> object:
        answer = execute(sql, parameters, many, context)
        if reads in sql and len(paid) < len(loans):
            paid.append(None)
            paid[-1] = at_once([lambda: pay(loans[len(paid) - 1], "500.00", TODAY, key=f"beside {len(paid)}")])[0]
        return answer

    run = request(on=TODAY, processes=1)
    with connection.execute_wrapper(pay_after):
        run = carry_out(run)

    assert [type(one) for one in paid] == [Repayment] * len(loans)
    assert (run.status, told(run)) == (Status.DONE, set())


def test_payments_and_verifications_at_once_leave_each_other_alone(loans: list[Loan]) -> None:
    def verify_all() -> Verification:
        return by_itself()

    def pay_often(loan: Loan) -> None:
        for n in range(8):
            pay(loan, "10.00", TODAY, key=f"{loan.pk} {n}")

    answers = at_once([verify_all, *(partial(pay_often, loan) for loan in loans)])

    run = answers[0]
    assert isinstance(run, Verification), run
    assert (run.status, told(run)) == (Status.DONE, set())
    assert answers[1:] == [None] * len(loans)
    assert by_itself().is_clean


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_goes_on_with_what_was_interrupted(loans: list[Loan]) -> None:
    run = request(on=TODAY, processes=1)
    verifications._begin(run)
    assert verification_work.Worker(run).next_chunk()

    call_command("verify_books", "--resume")

    run.refresh_from_db()
    assert run.is_clean and run.attempts == 2
    with pytest.raises(CommandError, match="no_verification_to_resume"):
        call_command("verify_books", "--resume")


def test_only_the_newest_runs_keep_their_chunks(loans: list[Loan]) -> None:
    older, newer = by_itself(), by_itself()

    assert not older.chunks.exists() and newer.chunks.count() == newer.chunks_planned


def test_of_many_differences_in_a_chunk_some_are_kept_and_all_are_counted(
    loans: list[Loan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification_work, "MOST_KEPT", 1)
    LoanPosition.objects.update(days_past_due=99, bucket="M9")

    run = by_itself()

    assert (run.found, run.differences.count()) == (2 * len(loans), len(loans))


def test_a_curve_changed_by_hand_is_named(loans: list[Loan]) -> None:
    row = Instalment.objects.get(loan=loans[2], number=3)
    tamper("UPDATE loans_instalment SET curve = %s::jsonb WHERE id = %s", '[["2026-03-15", "0.5"]]', row.pk)

    assert told(by_itself()) == {(loans[2].number, "instalment 3 as signed: curve")}
