"""Living the history of a tape again: day by day, event by event, through the very functions the pages use.

Where the replay stands is in the database alone: the business date says which day is open, the state of each row says
which of its events have happened, and both commit together with their effects. Whoever kills it, and whenever, the next
start goes on with the next event.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import business_date
from core.errors import DomainError
from loans.bookkeeping.signals import quiet
from loans.models import Loan
from operations.coordinator import only_coordinator
from operations.end_of_day import EndOfDayFailed, Progress, close_day
from operations.models import BusinessDay, EndOfDayRun, ImportBatch, ImportRow
from operations.tape.living import Crew, Event, Kind, crew_for, without_waiting_for_disk
from operations.tape.products import open_products
from operations.tape.profiles import profile_named

ONE_DAY = timedelta(days=1)
State = ImportRow.State


class DeskInOperation(DomainError):
    """History can only be lived before anything else has happened."""

    code = "tape_desk_in_operation"
    message = _(
        "The books are open for %(business_date)s and the tape begins on %(first_on)s: a past day cannot be lived again. "
        "Replay the tape into an empty database, for example LOANDESK_HOME=replay ./dev manage import_tape …"
    )


class AnotherReplayUnfinished(DomainError):
    code = "tape_replay_unfinished"
    message = _("The replay of %(file)s is not finished. Start it again first: its days must not pass without it.")


@dataclass(frozen=True, slots=True)
class Step:
    """How far the replay is: events of the tape and days closed, out of all."""

    on: date
    doing: str
    done: int
    total: int


Callback = Callable[[Step], object]


def replay(*, batch_id: int, progress: Callback | None = None, hands: int | None = None) -> ImportBatch:
    """Live all days of a batch, or the rest of them. Days are closed in between; the last day stays open.

    ``hands`` is how many processes live the events of a day; without it, as many as the work is worth.

    Only one replay or end of day runs at a time. Raises DeskInOperation when the days of the tape are past here.
    """
    with only_coordinator(), quiet(), without_waiting_for_disk():
        batch = _begin(batch_id)
        if batch.status == ImportBatch.Status.DONE:
            return batch
        walk = _Walk(batch, progress)
        with crew_for(profile_named(batch.profile), events=walk.total - walk.done, hands=hands) as crew:
            walk.to_the_end(crew)
        return _end(batch)


@transaction.atomic
def _begin(batch_id: int) -> ImportBatch:
    """Open the books for the first day of the tape, unless this batch has begun before."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
    if batch.status != ImportBatch.Status.STAGED or batch.first_on is None:
        return batch
    if unfinished := ImportBatch.objects.filter(status=ImportBatch.Status.REPLAYING).first():
        raise AnotherReplayUnfinished(file=unfinished.file_name)
    in_operation = EndOfDayRun.objects.exists() or Loan.objects.exists()
    if in_operation and business_date.current() > batch.first_on:
        raise DeskInOperation(business_date=business_date.current(), first_on=batch.first_on)
    if not in_operation:
        business_date.move_to(batch.first_on)
        BusinessDay.objects.get_or_create(on=batch.first_on)
    open_products(profile_named(batch.profile))
    batch.status = ImportBatch.Status.REPLAYING
    batch.save(update_fields=["status"])
    return batch


def _end(batch: ImportBatch) -> ImportBatch:
    batch.status, batch.finished_at = ImportBatch.Status.DONE, timezone.now()
    batch.save(update_fields=["status", "finished_at"])
    return batch


class _Walk:
    """The walk through the days of one batch."""

    def __init__(self, batch: ImportBatch, progress: Callback | None) -> None:
        self.batch, self.progress = batch, progress
        self.on = business_date.current()
        self.done, self.total = self._counted()

    def to_the_end(self, crew: Crew) -> None:
        last_on = self.batch.last_on
        if last_on is None:
            return
        while True:
            crew.live(sorted(self._events(), key=lambda event: (event.at, event.line)), self._lived)
            if self.on >= last_on:
                return
            self._close()

    def _counted(self) -> tuple[int, int]:
        """Events and days lived already, and all there are."""
        rows = ImportRow.objects.filter(batch=self.batch)
        disbursed = rows.exclude(state=State.STAGED).count()
        repaid = rows.filter(state=State.REPAID).count()
        events = rows.count() + rows.filter(closed_on__isnull=False).count()
        first_on, last_on = self.batch.first_on or self.on, self.batch.last_on or self.on
        return disbursed + repaid + (self.on - first_on).days, events + (last_on - first_on).days

    def _events(self) -> Iterator[Event]:
        """What happens today and has not happened yet; a loan repaid on the day it was paid out has two events."""
        rows = ImportRow.objects.filter(batch=self.batch).filter(
            Q(approved_on=self.on, state=State.STAGED) | Q(closed_on=self.on) & ~Q(state=State.REPAID)
        )
        for row in rows:
            if row.state == State.STAGED:
                yield Event(row.approved_at, row.line, row.pk, row.borrower_key, Kind.LENT)
            if row.closed_at and row.closed_on == self.on:
                yield Event(row.closed_at, row.line, row.pk, row.borrower_key, Kind.REPAID)

    def _close(self) -> None:
        run = close_day(on=self.on, triggered_by=EndOfDayRun.Trigger.REPLAY, progress=self._closing)
        if not run.finished:
            raise EndOfDayFailed(on=self.on, error=run.error)
        self.on += ONE_DAY
        self.done += 1

    def _closing(self, progress: Progress) -> None:
        self._show(str(progress.label))

    def _lived(self) -> None:
        self.done += 1
        self._show("")

    def _show(self, doing: str) -> None:
        if self.progress:
            self.progress(Step(on=self.on, doing=doing, done=self.done, total=self.total))
