"""Factories of what operations remember: days and their closing, long jobs, imported tapes.

`EndOfDayRunFactory(failed=True)` is a night that stopped; `BusinessDayFactory(closed=True)` a day that is over.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from operations.models import BusinessDay, EndOfDayChunk, EndOfDayRun, ImportBatch, ImportRow, LongJob, Verification

BEGAN = datetime(2026, 6, 15, 16, 0, tzinfo=UTC)  # midnight in Shanghai


class BusinessDayFactory(DjangoModelFactory[BusinessDay]):
    """An open day, another one each time."""

    class Meta:
        model = BusinessDay

    class Params:
        closed = factory.Trait(status=BusinessDay.Status.CLOSED, closed_at=BEGAN)

    on = factory.Sequence(lambda n: date(2026, 1, 1) + timedelta(days=n))


class EndOfDayRunFactory(DjangoModelFactory[EndOfDayRun]):
    """A closing that was asked for and has not begun."""

    class Meta:
        model = EndOfDayRun

    class Params:
        failed = factory.Trait(status=EndOfDayRun.Status.FAILED, started_at=BEGAN, attempts=1, error="a test")
        done = factory.Trait(
            status=EndOfDayRun.Status.DONE,
            business_day=factory.SubFactory(BusinessDayFactory, closed=True),
            started_at=BEGAN,
            finished_at=BEGAN + timedelta(minutes=1),
            attempts=1,
        )

    business_day = factory.SubFactory(BusinessDayFactory)
    trigger = EndOfDayRun.Trigger.HAND
    chunk_size = 1000


class EndOfDayChunkFactory(DjangoModelFactory[EndOfDayChunk]):
    """A chunk that is done."""

    class Meta:
        model = EndOfDayChunk

    run = factory.SubFactory(EndOfDayRunFactory)
    step = "accrue"
    lo = factory.Sequence(lambda n: 1000 * n + 1)
    hi = factory.LazyAttribute(lambda chunk: chunk.lo + chunk.run.chunk_size)


class LongJobFactory(DjangoModelFactory[LongJob]):
    """Work that waits for a worker."""

    class Meta:
        model = LongJob

    kind = "close_books"
    argument = "2026-06-15"


class ImportBatchFactory(DjangoModelFactory[ImportBatch]):
    """A tape that was checked and stored."""

    class Meta:
        model = ImportBatch

    class Params:
        replaying = factory.Trait(status=ImportBatch.Status.REPLAYING)

    sha256 = factory.Sequence(lambda n: f"{n:064x}")
    profile = "repeat-loans"
    file_name = "tape.csv"


class ImportRowFactory(DjangoModelFactory[ImportRow]):
    """A loan of thirty days on a tape, not lived again yet."""

    class Meta:
        model = ImportRow

    batch = factory.SubFactory(ImportBatchFactory)
    profile = factory.SelfAttribute("batch.profile")
    line = factory.Sequence(lambda n: n + 2)
    loan_key = factory.Sequence(lambda n: f"L-{n}")
    borrower_key = factory.Sequence(lambda n: f"B-{n}")
    approved_at = BEGAN
    approved_on = factory.LazyAttribute(lambda row: row.approved_at.date())
    applied_on = factory.SelfAttribute("approved_on")
    term_days = 30
    first_due_on = factory.LazyAttribute(lambda row: row.approved_on + timedelta(days=row.term_days))
    principal = Decimal("1000.00")
    total_due = Decimal("1030.00")


class VerificationFactory(DjangoModelFactory[Verification]):
    """A verification that was asked for and has not begun; `running=True` is led by somebody, `done=True` found nothing."""

    class Meta:
        model = Verification

    class Params:
        running = factory.Trait(
            status=Verification.Status.RUNNING, attempts=1, started_at=BEGAN, beat_at=factory.LazyFunction(timezone.now)
        )
        done = factory.Trait(status=Verification.Status.DONE, attempts=1, started_at=BEGAN, finished_at=BEGAN)

    business_date = BEGAN.date()
