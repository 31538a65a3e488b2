"""A night whose PostgreSQL falls ends as one that nobody disturbed: what is lost is lost whole, and done again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from signal import SIGKILL, SIGQUIT, Signals

import pytest
from django.db import Error
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from core import business_date, partitions
from devtools import servers, sizing
from loans.models import MandateAttempt
from loans.proof.verifying import verify
from operations import end_of_day
from operations.end_of_day import Progress, close_day
from operations.models import EndOfDayChunk
from operations.steps import STEPS, Counts, Step
from tests.debt_collections.factories import CaseFactory, PromiseFactory
from tests.examples import BY_NIGHT
from tests.loans.factories import LoanFactory, MandateFactory, PolicyPledgeFactory, RepaymentFactory
from tests.operations.falling import Falling, Look

pytestmark = [pytest.mark.machine, pytest.mark.long]
DUE = date(2026, 3, 15)
Chunk = tuple[str, int]  # its step, and where it begins


@dataclass(frozen=True)
class Night:
    """A server with the book of an eve, and how it looks after each chunk of the night that nobody disturbs."""

    server: Falling
    chunks: list[Chunk]
    looks: list[Look]  # the last one of the night's end

    def number_of(self, step: str, *, last: bool = True) -> int:
        """Of the last or first chunk of a step, counted from one."""
        numbers = [number for number, (code, _lo) in enumerate(self.chunks, 1) if code == step]
        return numbers[-1 if last else 0]

    def falls(
        self,
        database: str,
        *,
        after: int = 0,
        inside: int = 0,
        back: bool = False,
        how: Signals = SIGKILL,
        workers: int = 1,
    ) -> None:
        """Close the day until the server falls: after that chunk has committed, or inside it with everything written. The
        server is up again when this ends; where it is ``back`` at once, the chunks that follow find it up."""

        def fall_after(at: Progress) -> None:
            if at.done == after:
                self.server.fall(how)
                if back:
                    self.server.rise()

        def obeying(step: Step) -> Step:
            def work(lo: int, hi: int, on: date) -> Counts:
                counts = step.function(lo, hi, on)
                if inside and self.chunks[inside - 1] == (step.code, lo):
                    self.server.fall(how)
                return counts

            return replace(step, function=work)

        self.server.hold_writers()
        with self.server.used(database), pytest.MonkeyPatch.context() as patch:
            patch.setattr(end_of_day, "STEPS", tuple(map(obeying, STEPS)))
            with pytest.raises(Error):
                close(fall_after, workers=workers)
        self.server.rise()

    def kept(self, database: str) -> int:
        """How many chunks have a checkpoint. What those did is there, all of it, and nothing else."""
        seen = self.server.look(database)
        chunks = seen["operations_endofdaychunk"][0]
        begun = self.server.look("book") | {table: seen[table] for table in ("run", "operations_businessday")}
        assert seen == (self.looks[chunks - 1] if chunks else begun), chunks
        return chunks

    def ends(self, database: str) -> None:
        """The night goes on to its end and is the same."""
        with self.server.used(database):
            close()
            assert business_date.current() == DUE + timedelta(days=1)
            assert list(verify()) == []
        assert self.server.look(database) == self.looks[-1]


@pytest.fixture(scope="module")
def night(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Night]:
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(sizing, "of_this_machine", lambda folder: servers.FOR_TESTS)
        server = Falling(tmp_path_factory.mktemp("falling"))
        try:
            with server.used("book"):
                make_book()
            server.copy("even")
            looks: list[Look] = []
            with server.used("even"):
                close(lambda at: looks.append(server.look("even")))
                chunks = list(EndOfDayChunk.objects.order_by("id").values_list("step", "lo"))
                looks.append(server.look("even"))
            yield Night(server, chunks, looks)
        finally:
            server.end()


def make_book() -> None:
    """The eve of a due date: two loans that are debited, one that was paid, one that was not, a pledge, a promise."""
    partitions.ensure_months(date(2025, 12, 1), DUE)
    for _number in range(2):
        MandateFactory()
    RepaymentFactory(loan=LoanFactory(active=True), amount=Decimal("1100.16"), received_on=DUE - timedelta(days=28))
    LoanFactory(active=True)
    PolicyPledgeFactory()
    eve = DUE - timedelta(days=1)
    PromiseFactory(case=CaseFactory(on=eve), on=eve, due_on=eve)


def close(progress: Callable[[Progress], object] | None = None, *, workers: int = 1) -> None:
    with override_settings(END_OF_DAY_CHUNK_SIZE=2, END_OF_DAY_WORKERS=workers):
        run = close_day(progress=progress)
    assert run.finished, run.error


def test_a_server_killed_again_and_again_loses_whole_chunks_and_not_the_end(night: Night) -> None:
    night.server.copy("killed")
    night.falls("killed", after=night.number_of("positions"))
    assert night.kept("killed") == night.number_of("late_rates"), "four chunks were not on the disk yet"

    night.falls("killed", inside=night.number_of("reminders"))
    assert night.kept("killed") == night.number_of("policies")

    night.server.hold_writers()
    night.ends("killed")
    night.server.fall()
    night.server.rise()
    assert night.server.look("killed") == night.looks[-1]


def test_a_server_that_is_back_at_once_is_noticed_before_the_day_is_closed(night: Night) -> None:
    """Its coordinator believes done what is lost."""
    night.server.copy("back")
    night.falls("back", after=len(night.chunks), back=True)
    assert night.kept("back") == len(night.chunks) - 1
    assert night.server.ask("back", 'SELECT "on" FROM core_businessdate') == (DUE,)
    night.ends("back")


def test_a_debit_that_the_bank_was_asked_for_is_found_again_though_the_borrower_paid_meanwhile(night: Night) -> None:
    night.server.copy("debited")
    night.falls("debited", inside=night.number_of("mandates", last=False))
    assert night.kept("debited") == night.number_of("months")

    with night.server.used("debited"):
        attempt = MandateAttempt.objects.get(outcome="sent")
        RepaymentFactory(loan=attempt.mandate.loan, amount=attempt.amount, received_on=DUE)
        close()
        attempt.refresh_from_db()
        assert (attempt.outcome, attempt.repayment.amount) == ("paid", attempt.amount)
        assert list(verify()) == []


@pytest.mark.skipif(not BY_NIGHT, reason="a fall at every chunk takes minutes: HYPOTHESIS_PROFILE=nightly")
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("place", ["after", "inside"])
def test_a_server_that_falls_at_any_chunk_leaves_the_same_night(night: Night, place: str, workers: int) -> None:
    for number in range(1, len(night.chunks) + 1):
        night.server.copy("any_chunk")
        night.falls("any_chunk", how=(SIGKILL, SIGQUIT)[number % 2], workers=workers, **{place: number})
        if workers == 1:
            assert night.kept("any_chunk") <= number
        night.ends("any_chunk")
        night.server.drop("any_chunk")
