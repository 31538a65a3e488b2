"""Past loans lived again: exact, once, and exact again after a kill."""

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.db.transaction import TransactionManagementError
from pytest_django.plugin import DjangoDbBlocker

from borrowers.models import Borrower
from core import business_date
from loans.models import Instalment, Loan, LoanPosition, Repayment
from messaging.models import Message, MessageStatus
from operations.models import EndOfDayRun, ImportBatch, ImportRow
from operations.tape import living
from operations.tape.facts import measure
from operations.tape.profiles import PROFILES
from operations.tape.reading import read_tape
from operations.tape.replay import replay
from operations.tape.staging import stage
from tests.examples import BY_NIGHT
from tests.operations.nights import Killed
from tests.operations.tapes import ADA, BOLA, CHIDI, ROWS, WEEK, write_tape
from tests.worlds import shared

PROFILE = PROFILES["repeat-loans"]
TODAY = date(2026, 6, 15)
EVENTS = range(1, 9)  # what the four loans of the small tape live through
KEYS = [
    "loans",
    "principal_disbursed",
    "amount_repaid",
    "loans_settled",
    "single_due_settled_late",
    "single_due_settled_over_30_days_late",
    "greatest_days_late",
    "cases_opened",
    "reminders_queued",
    "rows_rejected",
    "ledger_by_account",
    "ledger_difference",
]
# The four loans of the small tape, reckoned by hand: 50,000 lent, 62,000.50 back, Bola ten days late.
EXPECTED = {
    "loans": 4,
    "principal_disbursed": "50000.00",
    "amount_repaid": "62000.50",
    "loans_settled": 4,
    "single_due_settled_late": 1,
    "single_due_settled_over_30_days_late": 0,
    "greatest_days_late": 10,
    "cases_opened": 2,
    "rows_rejected": 0,
    "ledger_difference": "0.00",
}
# The same loans in the tape of one week, where nobody is late.
EARLY = {"single_due_settled_late": 0, "greatest_days_late": 0, "cases_opened": 0}


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return write_tape(tmp_path / "tape.csv")


def stored(path: Path) -> ImportBatch:
    return stage(tape=read_tape(path, PROFILE), profile=PROFILE, today=TODAY).batch


def run_command(*arguments: Any) -> str:
    out = StringIO()
    call_command("import_tape", *map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.fixture(scope="class")
def first_told(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The small tape, lived by the command; what it printed. The tests that look at what came of it share it."""
    with shared(django_db_blocker):
        yield run_command(write_tape(tmp_path_factory.mktemp("tape") / "tape.csv"), "--replay", "--json")


@pytest.fixture
def lived(first_told: str) -> ImportBatch:
    return ImportBatch.objects.get()


def found(batch: ImportBatch) -> dict[str, Any]:
    return {name: value for name, value in measure(batch).as_dict().items() if name in EXPECTED}


@pytest.mark.django_db
class TestTheSmallTapeLived:
    """What is there after the four loans of the small tape were lived again."""

    def test_a_tape_is_lived_again_to_the_cent(self, lived: ImportBatch) -> None:
        assert lived.status == ImportBatch.Status.DONE
        assert found(lived) == EXPECTED
        assert measure(lived).ledger_by_account["1201"] == "0.00"
        assert measure(lived).ledger_by_account["1001"] == "12000.50"

    @pytest.mark.usefixtures("lived")
    def test_each_day_between_the_first_and_the_last_event_is_closed(self) -> None:
        assert business_date.current() == date(2020, 4, 20)
        days = EndOfDayRun.objects.filter(status=EndOfDayRun.Status.DONE).order_by("business_day__on")
        assert days.count() == 49
        assert days[0].business_day.on == date(2020, 3, 2)
        assert EndOfDayRun.objects.exclude(status=EndOfDayRun.Status.DONE).count() == 0

    @pytest.mark.usefixtures("lived")
    def test_loans_have_the_terms_of_the_tape(self) -> None:
        chidi = ImportRow.objects.get(loan_key="1003").loan
        parts = Instalment.objects.filter(loan=chidi).order_by("number").values_list("due_on", "principal", "interest")
        assert list(parts) == [
            (date(2020, 4, 6), Decimal("10000.00"), Decimal("2250.25")),
            (date(2020, 5, 6), Decimal("10000.00"), Decimal("2250.25")),
        ]
        bola = ImportRow.objects.get(loan_key="1002").loan
        due = Instalment.objects.get(loan=bola)
        assert (due.due_on, due.principal, due.interest) == (date(2020, 3, 17), Decimal(10000), Decimal(1500))
        assert (bola.disbursed_on, bola.settled_on) == (date(2020, 3, 2), date(2020, 3, 27))
        assert not LoanPosition.objects.exclude(late_interest_accrued=0).exists()

    @pytest.mark.usefixtures("lived")
    def test_a_borrower_who_repays_and_borrows_again_on_one_day_keeps_one_file(self) -> None:
        ada = Borrower.objects.get(source="repeat-loans", external_id="ada")
        assert [(loan.disbursed_on, loan.settled_on) for loan in Loan.objects.filter(borrower=ada).order_by("pk")] == [
            (date(2020, 3, 2), date(2020, 4, 1)),
            (date(2020, 4, 1), date(2020, 4, 10)),
        ]
        assert Borrower.objects.count() == 3

    def test_reminders_are_queued_and_none_is_sent(self, lived: ImportBatch) -> None:
        assert measure(lived).reminders_queued == Message.objects.count() > 0
        assert not Message.objects.exclude(status=MessageStatus.QUEUED).exists()

    def test_a_second_import_of_the_same_content_imports_nothing(
        self, first_told: str, tape: Path, tmp_path: Path
    ) -> None:
        packed = tmp_path / "again.csv.gz"
        packed.write_bytes(gzip.compress(tape.read_bytes()))

        second = run_command(packed, "--replay", "--json")

        assert json.loads(first_told) == json.loads(second)
        assert (Loan.objects.count(), Repayment.objects.count(), ImportBatch.objects.count()) == (4, 4, 1)

    def test_json_is_one_object_with_the_agreed_keys(self, first_told: str) -> None:
        facts = json.loads(first_told)

        assert list(facts) == KEYS
        assert facts["ledger_difference"] == "0.00"
        assert sum(Decimal(balance) for balance in facts["ledger_by_account"].values()) == 0

    @pytest.mark.usefixtures("lived")
    def test_the_text_names_every_figure(self, tape: Path) -> None:
        text = run_command(tape, "--replay")

        for figure in ("loans settled", "greatest days late", "62000.50", "ledger 1001", "ledger difference"):
            assert figure in text

    @pytest.mark.usefixtures("lived")
    def test_a_desk_in_operation_refuses_to_live_the_past(self, tmp_path: Path) -> None:
        older = write_tape(tmp_path / "older.csv", (BOLA | {"systemloanid": "9"},))

        with pytest.raises(CommandError, match="tape_desk_in_operation"):
            run_command(older, "--replay")

        assert Loan.objects.count() == 4


@pytest.mark.django_db
@pytest.mark.django_db
def test_a_loan_that_was_never_repaid_stays_open_and_late(tmp_path: Path) -> None:
    open_loan = BOLA | {"closeddate": "", "firstrepaiddate": ""}

    batch = replay(batch_id=stored(write_tape(tmp_path / "tape.csv", (ADA, open_loan))).pk)

    assert measure(batch).loans_settled == 1
    assert LoanPosition.objects.get(status="active").bucket == "M1"


@pytest.mark.django_db
def test_another_file_brings_only_loans_that_are_new(tmp_path: Path) -> None:
    first, second = write_tape(tmp_path / "a.csv", (ADA, BOLA)), write_tape(tmp_path / "b.csv", (BOLA, CHIDI))

    stored(first)
    batch = stored(second)

    assert (batch.rows_accepted, batch.rows_known, batch.rows_rejected) == (1, 1, 0)


@pytest.mark.django_db
def test_without_replay_a_tape_is_only_checked_and_stored(tape: Path) -> None:
    facts = json.loads(run_command(tape, "--json"))

    assert (facts["loans"], ImportRow.objects.count()) == (0, 4)


@pytest.mark.django_db
def test_broken_lines_go_to_the_rejects_file_and_good_ones_go_in(tmp_path: Path) -> None:
    broken = (
        ADA,
        BOLA | {"approveddate": "2020-13-01 00:00:00"},
        CHIDI | {"loanamount": "-5"},
        ADA,
        BOLA | {"systemloanid": "1009", "closeddate": "2020-03-01 00:00:00"},
    )
    path, rejects = write_tape(tmp_path / "tape.csv", broken), tmp_path / "refused.csv"

    facts = json.loads(run_command(path, "--replay", "--json", "--rejects", rejects))

    assert (facts["loans"], facts["rows_rejected"]) == (1, 4)
    with rejects.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["column"], row["reason"]) for row in rows] == [
        ("3", "approveddate", "bad_date"),
        ("4", "loanamount", "not_positive"),
        ("5", "systemloanid", "duplicate"),
        ("6", "closeddate", "closed_before_approval"),
    ]
    assert rows[1]["value"] == "-5"
    assert "greater than zero" in rows[1]["message"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "code"),
    [("", "tape_empty"), ("%PDF-1.7", "tape_not_csv"), ("customerid,systemloanid\n1,2\n", "tape_columns_missing")],
)
def test_what_is_no_tape_is_refused_by_name(tmp_path: Path, content: str, code: str) -> None:
    path = tmp_path / "tape.csv"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(CommandError, match=code):
        run_command(path, "--replay")

    assert not ImportBatch.objects.exists()


@pytest.mark.django_db
def test_an_unfinished_replay_must_be_finished_before_another(tape: Path, tmp_path: Path) -> None:
    ImportBatch.objects.filter(pk=stored(tape).pk).update(status=ImportBatch.Status.REPLAYING)
    other = write_tape(tmp_path / "other.csv", (BOLA | {"systemloanid": "9"},))

    with pytest.raises(CommandError, match="tape_replay_unfinished"):
        run_command(other, "--replay")


@pytest.mark.django_db
def test_killed_at_each_event_and_resumed_each_time_it_is_exact(tape: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kill falls after the effects of an event and before its transaction ends."""
    batch, died = stored(tape), set()

    def dying(live: Any) -> Any:
        def call(row: ImportRow, profile: Any) -> None:
            live(row, profile)
            if (event := (row.pk, live)) not in died:
                died.add(event)
                raise Killed

        return call

    monkeypatch.setattr(living, "lend", dying(living.lend))
    monkeypatch.setattr(living, "take_repayment", dying(living.take_repayment))
    for event in EVENTS:
        with pytest.raises(Killed):
            replay(batch_id=batch.pk)
        lived = ImportRow.objects.exclude(state="staged").count() + ImportRow.objects.filter(state="repaid").count()
        assert lived == event - 1

    assert found(replay(batch_id=batch.pk)) == EXPECTED


def test_a_spoiled_transaction_says_what_spoiled_it() -> None:
    spoiled = TransactionManagementError("no more queries")
    spoiled.__context__ = IntegrityError("there twice")
    assert living._told(spoiled) == "IntegrityError: there twice (TransactionManagementError: no more queries)"


@pytest.fixture
def environment() -> dict[str, str]:
    """What a second process needs to work on the database of this test."""
    at = connection.settings_dict
    url = f"postgresql://{at['USER']}@/{at['NAME']}?host={at['HOST']}&port={at['PORT']}"
    if at["PASSWORD"] or not at["HOST"].startswith("/"):
        url = f"postgresql://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.testing"}


def in_another_process(path: Path, environment: dict[str, str], *, hands: int = 1) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "import_tape", str(path), "--replay", "--json", "--hands", str(hands)]
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_until_lived(process: subprocess.Popen[str], events: int) -> None:
    while ImportRow.objects.exclude(state="staged").count() + ImportRow.objects.filter(state="repaid").count() < events:
        try:
            _out, error = process.communicate(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"the import ended before it was killed: {error}")


@pytest.fixture
def week(tmp_path: Path) -> Path:
    return write_tape(tmp_path / "week.csv", WEEK)


def assert_lived_exactly(out: str, error: str) -> None:
    facts = json.loads(out or "{}")
    assert {name: facts.get(name) for name in EXPECTED} == EXPECTED | EARLY, error


@pytest.mark.long
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_process_killed_by_the_system_is_resumed_exactly(week: Path, environment: dict[str, str]) -> None:
    """With two hands, which die with their parent, and by night once more alone; two finish the rest."""
    for events, hands in ((2, 2), (5, 1)) if BY_NIGHT else ((3, 2),):
        process = in_another_process(week, environment, hands=hands)
        wait_until_lived(process, events)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL

    assert_lived_exactly(*in_another_process(week, environment, hands=2).communicate())


@pytest.mark.long
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_lost_database_connection_is_resumed_exactly(week: Path, environment: dict[str, str]) -> None:
    process = in_another_process(week, environment)
    wait_until_lived(process, 3)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    _out, _error = process.communicate()
    assert process.returncode != 0

    assert_lived_exactly(*in_another_process(week, environment).communicate())


# --- the real tape ----------------------------------------------------------------------------------------------------
REAL = Path(settings.BASE_DIR).parent / "shared" / "data" / "repeat_loans_tape.csv.gz"


@pytest.fixture
def real_rows() -> Iterator[dict[str, str]]:
    if not REAL.exists():
        warnings.warn(f"THE REAL TAPE IS NOT HERE ({REAL}): its test is skipped", stacklevel=1)
        pytest.skip(f"{REAL} is not there")
    with gzip.open(REAL, "rt", encoding="utf-8", newline="") as file:
        return iter(list(csv.DictReader(file)))


@pytest.mark.django_db
def test_six_weeks_of_the_real_tape_agree_with_the_file(real_rows: Iterator[dict[str, str]], tmp_path: Path) -> None:
    april = [row for row in real_rows if "2016-04-01" <= row["approveddate"] < "2016-04-16"]
    rows = [row for row in april if row["closeddate"] < "2016-05-14"]
    late = [
        (date.fromisoformat(row["closeddate"][:10]) - date.fromisoformat(row["firstduedate"][:10])).days
        for row in rows
        if row["termdays"] in ("15", "30")
    ]

    batch = replay(batch_id=stored(write_tape(tmp_path / "real.csv", tuple(rows))).pk)

    facts = measure(batch)
    assert len(rows) > 15
    assert (facts.loans, facts.loans_settled) == (len(rows), len(rows))
    assert Decimal(facts.principal_disbursed) == sum(Decimal(row["loanamount"]) for row in rows)
    assert Decimal(facts.amount_repaid) == sum(Decimal(row["totaldue"]) for row in rows)
    assert facts.single_due_settled_late == sum(days > 0 for days in late)
    assert facts.single_due_settled_over_30_days_late == sum(days > 30 for days in late)
    assert facts.ledger_difference == "0.00"


def test_the_small_tape_has_eight_events() -> None:
    assert len(ROWS) * 2 == 8
