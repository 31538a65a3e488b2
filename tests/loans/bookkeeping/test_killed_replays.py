"""Twenty-five replays at once on overlapping loans, and workers killed in the middle of one: the books verify."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from threading import Event

import pytest
from django.db import OperationalError, connection, connections

from core.money import ZERO
from ledger.models import JournalEntry
from ledger.queries import difference
from loans.bookkeeping import concluding
from loans.models import Loan, Repayment
from loans.proof.verifying import verify
from loans.servicing import repayments
from tests.loans.books import close_until
from tests.loans.factories import DISBURSED, LoanFactory
from tests.loans.night.test_concurrency import at_once, payment
from tests.places import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = DISBURSED + timedelta(days=60)
EVE = TODAY - timedelta(days=1)


@pytest.fixture
def loans() -> list[Loan]:
    """Five loans, late by weeks and with a payment of yesterday, which every back-dated one replays."""
    made = [LoanFactory(active=True) for _ in range(5)]
    close_until(EVE - timedelta(days=1))
    for loan in made:
        payment(loan, "700.00", f"yesterday-{loan.pk}", on=EVE)()
    close_until(EVE)
    return made


def came_on(n: int) -> date:
    return DISBURSED + timedelta(days=20 + n)


def back_dated(loans: list[Loan], n: int):
    return payment(loans[n % len(loans)], "50.00", f"late-{n}", on=came_on(n))


def assert_books_verify() -> None:
    assert list(verify()) == []
    assert difference() == ZERO


@pytest.fixture
def stuck(loans: list[Loan]) -> Iterator[subprocess.Popen[str]]:
    """A real worker that stands in the middle of a replay of the first loan, holding its locks."""
    command = [sys.executable, "-m", "tests.loans.bookkeeping.replaying_worker", str(connection.settings_dict["NAME"])]
    facts = [str(loans[0].pk), "late-0", came_on(0).isoformat(), TODAY.isoformat()]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "collections")])
    worker = subprocess.Popen(
        [*command, *facts],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.testing", "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None and worker.stdout.readline() == "middle\n"
    yield worker
    worker.kill()
    worker.communicate()


def test_twenty_five_replays_at_once_reach_no_caller_as_an_error(loans: list[Loan]) -> None:
    answers = at_once([back_dated(loans, n) for n in range(25)])

    assert [answer for answer in answers if not isinstance(answer, Repayment)] == []
    assert Repayment.objects.filter(amount="50.00").count() == 25
    assert JournalEntry.objects.filter(event="repayment_reversal").exists(), "nothing was replayed"
    assert_books_verify()


def test_a_worker_killed_in_the_middle_leaves_right_books_and_no_lock(
    loans: list[Loan], stuck: subprocess.Popen[str]
) -> None:
    def kill() -> None:
        stuck.send_signal(signal.SIGKILL)
        stuck.wait()

    answers = at_once([*[back_dated(loans, n) for n in range(1, 25)], kill])

    assert [answer for answer in answers[:-1] if not isinstance(answer, Repayment)] == []
    assert stuck.returncode == -signal.SIGKILL
    assert not Repayment.objects.filter(idempotency_key="late-0").exists()
    assert_books_verify()


def test_what_the_killed_worker_was_asked_can_be_asked_again(loans: list[Loan], stuck: subprocess.Popen[str]) -> None:
    stuck.send_signal(signal.SIGKILL)
    stuck.wait()

    receipts = [back_dated(loans, 0)() for _ in range(2)]

    assert receipts[0].pk == receipts[1].pk
    assert_books_verify()


def test_a_connection_ended_by_the_server_takes_back_all_of_its_replay(
    loans: list[Loan], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller of the ended one is told; everybody else is served, and a repeat with its key finishes the work."""
    conclude, ended = concluding.conclude, Event()

    def end_first(loan: Loan, *arguments: object, **named: object) -> None:
        conclude(loan, *arguments, **named)  # type: ignore[arg-type]
        if loan.pk == loans[0].pk and not ended.is_set():
            ended.set()
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(repayments, "conclude", end_first)
    answers = at_once([back_dated(loans, n) for n in range(25)])

    failed = [n for n, answer in enumerate(answers) if not isinstance(answer, Repayment)]
    assert [type(answers[n]) for n in failed] == [OperationalError]
    assert Repayment.objects.filter(amount=Decimal("50.00")).count() == 24
    assert_books_verify()
    assert back_dated(loans, failed[0])().status == "posted"
    assert_books_verify()
