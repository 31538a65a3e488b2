"""Reads of the business day: last night in five lines, a run step by step, what is behind."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.choices import Tone, Toned
from core.writing import number
from operations.models import EndOfDayChunk, EndOfDayRun
from operations.steps import STEPS, Step

COUNT_LABELS: dict[str, str | Promise] = {
    "debits_paid": _("paid"),
    "debits_failed": _("refused by the bank"),
    "debits_to_check": _("to be checked"),
    "debits_withheld": _("not debited, account not verified"),
    "rates_changed": _("rates changed"),
    "notices_failed": _("held, not notified"),
    "notices_made_good": _("notified again"),
    "late_rates_changed": _("late rates changed"),
    "loans_read": _("loans"),
    "loans_counted_on": _("moved by time alone"),
    "loans_past_due": _("past due"),
    "bucket_moves": _("bucket changed"),
    "lines_closed": _("lines closed"),
    "portfolio_days": _("days written"),
    "policies_capitalised": _("interest made principal"),
    "policies_warned": _("warned of low cover"),
    "policies_notified": _("given notice"),
    "policies_cured": _("covered again"),
    "policies_lapsed": _("policies lapsed"),
    "policies_released": _("policies released"),
    "reminders_queued": _("queued"),
    "promises_kept": _("kept"),
    "promises_broken": _("broken"),
    "cases_opened": _("opened"),
    "cases_moved": _("moved"),
    "write_offs_told": _("told of a write-off"),
    "cases_closed": _("closed"),
    "holds_ended": _("holds ended"),
    "raised": _("raised"),
    "cut": _("cut"),
    "ended": _("ended"),
    "requests_expired": _("requests expired"),
    "tables_made": _("tables made"),
    "days_summed": _("days summed"),
    "late_bookings": _("booked late"),
    "difference": _("difference"),
    "books_closed": _("closed"),
    "closings_refused": _("refused, books differ"),
}


@dataclass(frozen=True, slots=True)
class NightLine:
    label: str | Promise
    value: str
    good: bool = False


@dataclass(frozen=True, slots=True)
class Night:
    """The last closing as the home page tells it."""

    on: date
    run: EndOfDayRun
    lines: tuple[NightLine, ...]

    @property
    def seconds(self) -> str:
        return _seconds(self.run.took)


class StepStatus(Toned):
    """How far one step of a run is."""

    WAITING = "waiting", Tone.NEUTRAL, _("waiting")
    RUNNING = "running", Tone.INFO, _("running")
    FAILED = "failed", Tone.BAD, _("failed")
    DONE = "done", Tone.GOOD, _("done")


@dataclass(frozen=True, slots=True)
class StepState:
    """One step of a run: how many chunks there are, how many are done, what they did."""

    step: Step
    planned: int
    done: int
    failed: int
    took: timedelta | None
    counts: tuple[tuple[str | Promise, str], ...]
    status: StepStatus

    @property
    def seconds(self) -> str:
        return _seconds(self.took)


def _seconds(took: timedelta | None) -> str:
    """38, 3.8 or 0.04: two figures are enough."""
    if took is None:
        return ""
    seconds = took.total_seconds()
    return f"{seconds:.{0 if seconds >= 10 else 1 if seconds >= 1 else 2}f}"


def last_night() -> Night | None:
    """The newest run that is closed or failed; nothing before the first."""
    ended = (EndOfDayRun.Status.DONE, EndOfDayRun.Status.FAILED)
    run = EndOfDayRun.objects.select_related("business_day").filter(status__in=ended).first()
    return Night(run.business_day.on, run, _night_lines(run.counts)) if run else None


def runs() -> QuerySet[EndOfDayRun]:
    return EndOfDayRun.objects.select_related("business_day", "requested_by")


def run_of(on: date) -> EndOfDayRun | None:
    return runs().filter(business_day__on=on).first()


def steps_of(run: EndOfDayRun) -> list[StepState]:
    """The step table with this run's figures, in the order of the night."""
    figures = {row["step"]: row for row in _figures(run)}
    states, reached = [], run.status != EndOfDayRun.Status.QUEUED
    for step in STEPS:
        state = _step_state(run, step, figures.get(step.code, {}), reached)
        states.append(state)
        reached = reached and state.status == StepStatus.DONE
    return states


def failures_of(run: EndOfDayRun) -> QuerySet[EndOfDayChunk]:
    return EndOfDayChunk.objects.filter(run=run, status=EndOfDayChunk.Status.FAILED)


def progress_of(run: EndOfDayRun) -> tuple[int, int]:
    """Chunks done and chunks planned."""
    done = EndOfDayChunk.objects.filter(run=run, status=EndOfDayChunk.Status.DONE).count()
    return done, max(sum(run.plan.values()), done)


def _figures(run: EndOfDayRun) -> QuerySet[EndOfDayChunk, Any]:
    done, failed = Q(status=EndOfDayChunk.Status.DONE), Q(status=EndOfDayChunk.Status.FAILED)
    chunks = EndOfDayChunk.objects.filter(run=run).order_by().values("step")
    return chunks.annotate(done=Count("pk", filter=done), failed=Count("pk", filter=failed), took=Sum("took"))


def _step_state(run: EndOfDayRun, step: Step, row: dict[str, Any], reached: bool) -> StepState:
    planned, done, failed = run.plan.get(step.code, 0), row.get("done", 0), row.get("failed", 0)
    if failed and not run.waiting:
        status = StepStatus.FAILED
    elif run.finished or (reached and done >= planned):
        status = StepStatus.DONE
    else:
        status = StepStatus.RUNNING if reached and run.waiting else StepStatus.WAITING
    counts = run.counts.get(step.code) or _counts_so_far(run, step.code, done)
    named = tuple((COUNT_LABELS.get(name, name), _written(counts[name])) for name in sorted(counts, key=_place))
    return StepState(step, planned, done, failed, row.get("took"), named, status)


def _written(count: object) -> str:
    """1,234 where it is a count; else the text as it is."""
    return number(count) if isinstance(count, int) else str(count)


def _place(name: str) -> int:
    """Counts are told in the order of their labels; the database keeps no order of its own."""
    return list(COUNT_LABELS).index(name) if name in COUNT_LABELS else len(COUNT_LABELS)


def _counts_so_far(run: EndOfDayRun, step: str, done: int) -> dict[str, object]:
    """While a run is under way its own sum is not written yet: add up the chunks."""
    totals: dict[str, Any] = {}
    if not done:
        return totals
    chunks = EndOfDayChunk.objects.filter(run=run, step=step, status=EndOfDayChunk.Status.DONE)
    for counts in chunks.values_list("counts", flat=True):
        for name, value in counts.items():
            totals[name] = totals.get(name, 0) + value if isinstance(value, int) else value
    return totals


def _night_lines(counts: dict[str, dict[str, object]]) -> tuple[NightLine, ...]:
    def figures(step: str, *names: str) -> str:
        return " / ".join(f"{counts.get(step, {}).get(name, 0):,}" for name in names)

    difference = counts.get("books", {}).get("difference")
    verified = _("no difference") if difference == "0.00" else (difference or _("not reached"))
    return (
        NightLine(_("Loans accrued and aged"), figures("positions", "loans_read")),
        NightLine(_("Cases opened / moved / closed"), figures("cases", "cases_opened", "cases_moved", "cases_closed")),
        NightLine(_("Reminders queued"), figures("reminders", "reminders_queued")),
        NightLine(_("Promises kept / broken"), figures("promises", "promises_kept", "promises_broken")),
        NightLine(_("Limits raised / cut"), figures("limits", "raised", "cut")),
        NightLine(_("Books verified"), str(verified), good=difference == "0.00"),
    )
