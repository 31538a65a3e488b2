"""The commands of the business day, the demo and the tape: each makes its one call and tells what came of it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from core import business_date
from loans.models import Application, Loan
from operations.demo import portfolio
from operations.demo.portfolio import Size
from operations.models import DemoLoad, EndOfDayRun
from tests.borrowers.factories import BorrowerFactory
from tests.operations.nights import MONDAY, TUESDAY, WEDNESDAY, Night, marks, somebody_else_closes
from tests.operations.tapes import ADA, CHIDI, write_tape

pytestmark = pytest.mark.django_db


def said(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


# --- close_day --------------------------------------------------------------------------------------------------------
@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Night:
    settings.END_OF_DAY_CHUNK_SIZE = 10
    business_date.move_to(MONDAY)
    return Night(monkeypatch).of(accrue=(1, 25))


def test_one_day_is_closed_and_its_figures_told(night: Night) -> None:
    told = said("close_day").splitlines()

    assert told == [f"{MONDAY} done {{'accrue': {{'note': 'fine', 'loans': 30}}}}", f"business date {TUESDAY}"]
    assert EndOfDayRun.objects.get().trigger == EndOfDayRun.Trigger.COMMAND


def test_days_are_closed_until_a_date(night: Night) -> None:
    told = said("close_day", "--until", WEDNESDAY.isoformat()).splitlines()

    assert [line.split()[0] for line in told] == [f"{MONDAY}", f"{TUESDAY}", "business"]
    assert marks(TUESDAY) and business_date.current() == WEDNESDAY


def test_a_night_that_fails_ends_the_command_with_its_error(night: Night) -> None:
    night.fail_in(("accrue", 10))
    out = StringIO()

    with pytest.raises(CommandError, match="accrue from 10 is broken"):
        call_command("close_day", "--until", WEDNESDAY.isoformat(), stdout=out)

    assert out.getvalue().startswith(f"{MONDAY} failed") and "business date" not in out.getvalue()


def test_a_refusal_is_told_with_its_code(night: Night) -> None:
    with somebody_else_closes(), pytest.raises(CommandError, match=r"\[end_of_day_already_running\]"):
        said("close_day")

    assert business_date.current() == MONDAY


# --- load_demo --------------------------------------------------------------------------------------------------------
def test_the_demo_is_loaded_once_up_to_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(portfolio.SIZES, "tiny", Size(days=1, applications_a_day=0, calls_a_day=0))

    said("load_demo", "--size", "tiny")

    loaded = DemoLoad.objects.get()
    assert loaded.finished_at is not None and business_date.current() == timezone.localdate()
    waiting = Application.objects.count()
    assert waiting > 5
    said("load_demo", "--size", "tiny")
    assert (DemoLoad.objects.get(), Application.objects.count()) == (loaded, waiting)


def test_a_desk_with_borrowers_gets_no_demo() -> None:
    BorrowerFactory()

    with pytest.raises(CommandError, match=r"\[demo_not_possible\]"):
        said("load_demo")


# --- import_tape ------------------------------------------------------------------------------------------------------
def test_a_rejects_file_that_cannot_be_written_is_told_before_anything_is_lived(tmp_path: Path) -> None:
    path = write_tape(tmp_path / "tape.csv", (ADA, CHIDI | {"loanamount": "-5"}))

    with pytest.raises(CommandError, match=r"cannot be written .*Use --rejects"):
        said("import_tape", str(path), "--replay", "--rejects", str(tmp_path / "nowhere" / "refused.csv"))

    assert not Loan.objects.exists()
