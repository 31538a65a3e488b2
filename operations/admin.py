"""Read-only views of days, runs, tapes and jobs, for rescue. Closing and importing have doors of their own."""

from django.contrib import admin
from django.http import HttpRequest
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from unfold.admin import TabularInline

from core.admin import LargeTableAdmin, ReadOnlyAdmin
from operations.models import (
    BusinessDay,
    EndOfDayChunk,
    EndOfDayRun,
    FailingJob,
    ImportBatch,
    LongJob,
    Verification,
    VerificationChunk,
    VerificationDifference,
)


class ChunkInline(TabularInline):
    model = EndOfDayChunk
    fields = ("step", "lo", "hi", "status", "attempts", "counts", "took", "error")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


# What runs when stands in the settings: a schedule made by hand here could run any task with any arguments.
for schedule in (PeriodicTask, ClockedSchedule, CrontabSchedule, IntervalSchedule, SolarSchedule):
    admin.site.unregister(schedule)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ReadOnlyAdmin):
    list_display = ("name", "task", "enabled", "last_run_at", "total_run_count")
    list_filter = ("enabled",)


@admin.register(BusinessDay)
class BusinessDayAdmin(ReadOnlyAdmin):
    list_display = ("on", "status", "closed_at")
    list_filter = ("status",)


@admin.register(EndOfDayRun)
class EndOfDayRunAdmin(ReadOnlyAdmin):
    list_display = ("business_day", "status", "trigger", "attempts", "started_at", "finished_at")
    list_filter = ("status", "trigger")
    inlines = (ChunkInline,)


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    list_display = ("file_name", "profile", "status", "rows_read", "rows_accepted", "rows_known", "staged_at")
    list_filter = ("status", "profile")
    exclude = ("rejects",)


@admin.register(Verification)
class VerificationAdmin(ReadOnlyAdmin):
    list_display = (
        *("business_date", "status", "through", "loans", "by_nights", "found", "attempts"),
        *("started_at", "finished_at"),
    )
    list_filter = ("status",)


@admin.register(VerificationChunk)
class VerificationChunkAdmin(LargeTableAdmin):
    list_display = ("run", "code", "lo", "hi", "status", "found", "took", "error")
    search_fields = ("run__id__exact",)
    list_select_related = ("run",)


@admin.register(VerificationDifference)
class VerificationDifferenceAdmin(ReadOnlyAdmin):
    list_display = ("run", "whose", "figure", "stored", "rebuilt")
    list_select_related = ("run",)
    search_fields = ("=whose",)


@admin.register(FailingJob)
class FailingJobAdmin(ReadOnlyAdmin):
    list_display = ("name", "failures", "since", "last_at", "error")


@admin.register(LongJob)
class LongJobAdmin(ReadOnlyAdmin):
    list_display = ("kind", "argument", "status", "done", "total", "requested_by", "requested_at")
    list_filter = ("status", "kind")
