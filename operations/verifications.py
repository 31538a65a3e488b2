"""Verifying all loans and books as a stored run: chunks over processes, resumed after a kill, never in one transaction.

Each chunk sees one moment of the database, another one than the next chunk's, and payments go on meanwhile. What holds at
each moment by itself (a loan against its contract, events and lines; an entry against its lines; an account against all
positions) is asked at one moment; nothing is summed over moments but what is over: entries of days that no booking reaches
any more. How books may be closed on the strength of that: ``operations.books``.
"""

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, NotFound
from core.money import ZERO
from ledger.models import ArchivedMonth, PeriodClosing
from loans.models import LoanPosition
from loans.proof.verifying import NIGHTS, SAMPLED, SUMS, Difference, parts_of_book
from operations.models import Verification, VerificationChunk
from operations.verification_work import Worker, kept_as
from staff.models import User

Status = Verification.Status
Progress = Callable[[str, int, int], object]
LOANS_A_PROCESS = 20_000  # of a smaller book more processes than one would only start and end
SECONDS_BETWEEN_LOOKS = 1.0
UNFINISHED = (Status.QUEUED, Status.RUNNING, Status.STOPPED, Status.FAILED)


class VerificationRunning(DomainError):
    code = "verification_already_running"
    message = _("The books are being verified already. Wait until that has ended, or cancel it.")


class NothingToResume(NotFound):
    code = "no_verification_to_resume"
    message = _("No verification was interrupted. Start a new one.")


def request(
    *,
    on: date,
    through: date | None = None,
    from_the_first: bool = False,
    oracle_every: int = SAMPLED,
    processes: int | None = None,
    requested_by: User | None = None,
) -> Verification:
    """Put a verification on record; ``on`` is the business date. ``carry_out`` does it.

    ``from_the_first``: closed periods row by row too. ``processes`` None: as many as cores, fewer for a small book.
    Raises VerificationRunning.
    """
    for other in Verification.objects.filter(status__in=(Status.QUEUED, Status.RUNNING)):
        if other.waiting:
            raise VerificationRunning
        _set(other, Status.STOPPED)
    closing = None if from_the_first else closing_in_force()
    return Verification.objects.create(
        business_date=on,
        through=through,
        closed_through=closing.closed_through if closing else None,
        oracle_every=oracle_every,
        processes=processes
        or min(settings.VERIFICATION_PROCESSES, 1 + LoanPosition.objects.count() // LOANS_A_PROCESS),
        requested_by=requested_by,
    )


def newest_unfinished() -> Verification:
    """The verification a resumption goes on with. Raises NothingToResume."""
    newest = Verification.objects.first()
    if newest is None or newest.status not in UNFINISHED:
        raise NothingToResume
    return newest


def carry_out(run: Verification, progress: Progress | None = None) -> Verification:
    """Do what is missing of ``run`` and end it. Two that lead the same run share its chunks.

    ``progress`` is told what is looked at, how many chunks are done and how many there are.
    """
    if run.status == Status.DONE:
        return run
    _begin(run)
    _tell(run, progress)
    try:
        if run.processes > 1:
            _lead(run, progress)
        else:
            _work_alone(run, progress)
    except BaseException:  # somebody pressed Ctrl-C, or the database went away: who looks shall not wait for the lease
        with suppress(DatabaseError):
            Verification.objects.filter(pk=run.pk, status=Status.RUNNING).update(status=Status.STOPPED)
        raise
    return _end(run)


def cancel(run: Verification) -> None:
    """Let no further chunk begin; what was found so far stays on record."""
    with transaction.atomic():
        held = Verification.objects.select_for_update().get(pk=run.pk)
        if held.status in UNFINISHED:
            held.finished_at = timezone.now()
            _set(held, Status.CANCELLED)


def closing_in_force() -> PeriodClosing | None:
    """The closing whose sums everything closed must still have; None while no day is closed."""
    closing = PeriodClosing.objects.order_by("-id").first()
    return closing if closing is not None and closing.closed_through is not None else None


def differences(run: Verification) -> list[Difference]:
    """What ``run`` has found and kept, in the order of the book: loans first."""
    return [Difference(row.whose, row.figure, row.stored, row.rebuilt) for row in run.differences.all()]


def found_so_far(run: Verification) -> int:
    """How many differences there are, counted also where not all of a chunk are kept."""
    return run.found if run.finished else run.chunks.aggregate(found=Sum("found"))["found"] or 0


def progress_of(run: Verification) -> tuple[int, int]:
    """Chunks done and chunks planned."""
    if run.finished:
        return run.chunks_planned, run.chunks_planned
    return run.chunks.exclude(status=VerificationChunk.Status.WAITING).count(), run.chunks_planned


@transaction.atomic
def _begin(run: Verification) -> None:
    held = Verification.objects.select_for_update().get(pk=run.pk)
    if not held.attempts:
        _plan(run)
    run.chunks.filter(status=VerificationChunk.Status.FAILED).update(status=VerificationChunk.Status.WAITING)
    run.attempts = held.attempts + 1
    run.started_at = held.started_at or timezone.now()
    run.status, run.error, run.finished_at = Status.RUNNING, "", None
    run.save()
    _beat(run)


def _plan(run: Verification) -> None:
    """What takes long by itself is taken first, so that no process is left alone with it at the end."""
    with_sums = run.through is not None or run.closed_through is not None
    parts = parts_of_book(every=run.oracle_every, on=run.business_date, with_sums=with_sums)
    placed = sorted(enumerate(parts), key=lambda one: not one[1].is_whole)
    VerificationChunk.objects.bulk_create(
        VerificationChunk(run=run, place=place, code=part.code, lo=part.lo, hi=part.hi) for place, part in placed
    )
    run.chunks_planned, run.loans = len(parts), LoanPosition.objects.count()
    is_all = run.oracle_every == 1
    run.by_nights = run.loans if is_all else sum(part.code == NIGHTS for part in parts)


def _work_alone(run: Verification, progress: Progress | None) -> None:
    worker = Worker(run)
    while worker.next_chunk():
        _beat(run)
        _tell(run, progress)


def _lead(run: Verification, progress: Progress | None) -> None:
    """Start the processes and look after them: one that dies with work left is replaced, a few times."""
    started: list[subprocess.Popen[bytes]] = []
    spare = run.processes
    try:
        started = [_start(run) for _process in range(run.processes)]
        working = list(started)
        while working:
            with suppress(subprocess.TimeoutExpired):
                working[0].wait(timeout=SECONDS_BETWEEN_LOOKS)
            for process in [one for one in working if one.poll() is not None]:
                working.remove(process)
                if process.returncode and spare and _is_left(run):
                    spare -= 1
                    started.append(_start(run))
                    working.append(started[-1])
            _beat(run)
            _tell(run, progress)
    finally:
        for process in started:
            if process.poll() is None:
                process.terminate()
                process.wait()


def _start(run: Verification) -> "subprocess.Popen[bytes]":
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "verify_books", "--work-on", str(run.pk)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _is_left(run: Verification) -> bool:
    return run.chunks.filter(status=VerificationChunk.Status.WAITING, run__status=Status.RUNNING).exists()


def _beat(run: Verification) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE operations_verification SET beat_at = clock_timestamp() WHERE id = %s", [run.pk])


def _tell(run: Verification, progress: Progress | None) -> None:
    if progress is not None:
        newest = run.chunks.filter(status=VerificationChunk.Status.WAITING).first()
        progress(newest.code if newest else "done", *progress_of(run))


@transaction.atomic
def _end(run: Verification) -> Verification:
    """Done when every chunk is; what two leaders find, one of them writes."""
    run = Verification.objects.select_for_update().get(pk=run.pk)
    if run.status != Status.RUNNING:
        return run
    chunks = {status: run.chunks.filter(status=status) for status in VerificationChunk.Status}
    failed = chunks[VerificationChunk.Status.FAILED].first()
    run.finished_at = timezone.now()
    if failed is not None:
        run.error = f"{failed.code} {failed.lo}–{failed.hi}: {failed.error}"
        return _set(run, Status.FAILED)
    if chunks[VerificationChunk.Status.WAITING].exists():
        return _set(run, Status.STOPPED)
    _hold_against_closing(run)
    run.found = found_so_far(run)
    run.found += run.differences.filter(place=run.chunks_planned).count()
    _forget_chunks_before(run)
    return _set(run, Status.DONE)


def _set(run: Verification, status: Verification.Status) -> Verification:
    run.status = status
    run.save()
    return run


def _hold_against_closing(run: Verification) -> None:
    """What is closed must have the sums it was closed with; what is to be closed is kept for the closing to compare."""
    if run.through is not None:
        run.entries, run.debit, run.credit = _summed(run, "through")
    closing = closing_in_force()
    if run.closed_through is None or closing is None or closing.closed_through != run.closed_through:
        return
    figures = ("entries", "debit", "credit")
    for figure, counted in zip(figures, _summed(run, "closed"), strict=True):
        sealed = getattr(closing, figure)
        if counted != sealed:
            found = Difference(f"books through {run.closed_through}", f"{figure} as closed", counted, sealed)
            kept_as(run, run.chunks_planned, found).save()


def _summed(run: Verification, name: str) -> tuple[int, Decimal, Decimal]:
    """What the chunks counted, and what was put away in the archive, which is closed, by its seals."""
    sealed = ArchivedMonth.objects.filter(restored_at=None).values_list("entries", "debit", "credit")
    rows = [*sealed] + [(sums or {})[name] for sums in run.chunks.filter(code=SUMS).values_list("sums", flat=True)]
    entries, debits, credits = zip(*rows, strict=True) if rows else ((), (), ())
    return sum(map(int, entries)), sum(map(Decimal, debits), ZERO), sum(map(Decimal, credits), ZERO)


def _forget_chunks_before(run: Verification) -> None:
    """Of earlier runs that came to their end the chunks are no longer needed: what they found stands by itself."""
    VerificationChunk.objects.filter(run__status=Status.DONE, run__lt=run.pk).delete()
