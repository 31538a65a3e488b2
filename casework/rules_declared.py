"""The rules read here: hours of the office, times of tasks, size and keeping of evidence."""

from django.utils.translation import gettext_lazy as _

from core.rulebook.kinds import RuleKind, Subject, declare_rule
from core.rulebook.shapes import clock_time, figure, record, table_of

declare_rule(
    RuleKind(
        code="office_hours",
        subject=Subject.WORK,
        label=_("Office hours"),
        told=_("When the office works, on each working day."),
        shape=record({"opens": clock_time(), "closes": clock_time()}, ascending=["opens", "closes"]),
    )
)
_HOURS = {"due": figure(most="2000"), "soon": figure(most="2000"), "escalated": figure(most="2000")}
declare_rule(
    RuleKind(
        code="task_times",
        subject=Subject.WORK,
        label=_("Times of tasks"),
        told=_("In how many working hours a task is due, when it is told as due soon, and when its lead is told."),
        shape=record(
            _HOURS,
            optional={"by_kind": table_of(record({}, optional=_HOURS, ascending=["soon", "due"]))},
            ascending=["soon", "due"],
        ),
    )
)
declare_rule(
    RuleKind(
        code="evidence_limits",
        subject=Subject.WORK,
        label=_("Size of evidence"),
        told=_("How large one file of evidence may be, and how long an unfinished upload waits."),
        shape=record(
            {
                "most_megabytes": figure(least="1", most="1000"),
                "most_megapixels": figure(least="1", most="1000"),
                "most_pages": figure(least="1", most="10000"),
                "most_unpacked_megabytes": figure(least="1", most="10000"),
                "unfinished_days": figure(least="1", most="365"),
            }
        ),
    )
)
_YEARS = figure(most="100")
declare_rule(
    RuleKind(
        code="evidence_retention",
        subject=Subject.PRIVACY,
        label=_("How long evidence is kept"),
        told=_("For how many years evidence is kept after it was received and what it is about has ended."),
        shape=record({"years": _YEARS}, optional={"by_kind": table_of(_YEARS)}),
    )
)
_DAYS, _MINUTES = figure(most="3660"), figure(least="1", most="100000")
declare_rule(
    RuleKind(
        code="task_conditions",
        subject=Subject.WORK,
        label=_("What becomes a task"),
        told=_("When what was left alone becomes somebody's task."),
        shape=record(
            {
                "glass_review_days": _DAYS,
                "payout_days": _DAYS,
                "refused_message_days": _DAYS,
                "job_silent_minutes": _MINUTES,
                "job_failures": figure(least="1", most="1000"),
                "job_failing_minutes": _MINUTES,
            }
        ),
    )
)
