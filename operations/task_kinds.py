"""What people must do about the night and the books: the kinds of task of operations, and when they stand."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Exists, Max, OuterRef, QuerySet, TextField
from django.db.models.functions import Cast, JSONObject, Left
from django.utils.translation import gettext_lazy as _

from casework.kinds import Choice, TaskKind
from casework.standing import declare_condition, settled_as, told_as
from operations.models import EndOfDayRun, Verification

NIGHT_FAILED = TaskKind(
    code="night.failed",
    label=_("The night failed"),
    about="operations.endofdayrun",
    teams=("operations",),
    escalates_to="checker",
    words=_("The closing of %(day)s stopped at the step %(step)s: %(error)s"),
    steps=(
        Choice("read", _("Read the error on the page End of day")),
        Choice("mend", _("Mend what it names, or call whoever runs the system")),
        Choice("again", _("Start the closing again: it goes on where it stopped")),
    ),
    outcomes=(Choice("closed", _("The day is closed")),),
    priority=100,
    settled_by=_("the day is closed"),
)

BOOKS_DIFFER = TaskKind(
    code="books.differ",
    label=_("The books differ"),
    about="operations.verification",
    teams=("finance", "operations"),
    escalates_to="checker",
    words=_("A verification of %(day)s found %(found)s differences between loans, events and books."),
    steps=(
        Choice("look", _("Look at the differences, the first one of a loan first")),
        Choice("cause", _("Find the entry or event behind each")),
        Choice("again", _("Verify once more when all are mended")),
    ),
    outcomes=(Choice("agree", _("A later verification found none")),),
    priority=90,
    settled_by=_("a later verification finds no difference"),
)


def _failed(_on: date) -> QuerySet[Any, Any]:
    rows = EndOfDayRun.objects.filter(status=EndOfDayRun.Status.FAILED)
    day = Cast("business_day__on", TextField())
    facts = JSONObject(day=day, step="step", error=Left("error", 200))
    return told_as(rows, label="business_day__on", facts=facts, priority=NIGHT_FAILED.priority)


def _closed(_on: date) -> QuerySet[Any, Any]:
    return settled_as(EndOfDayRun.objects.filter(status=EndOfDayRun.Status.DONE), outcome="closed")


def _differing(_on: date) -> QuerySet[Any, Any]:
    """Of verifications that came to their end: the first that found differences since the last that found none.

    It stays the same while later ones go on finding some, so the task about it grows old, and is told of.
    """
    done = Verification.objects.filter(status=Verification.Status.DONE)
    agreed = done.filter(found=0).aggregate(last=Max("id"))["last"] or 0
    first = done.filter(found__gt=0, pk__gt=agreed).order_by("id").values("pk")[:1]
    facts = JSONObject(day=Cast("business_date", TextField()), found=Cast("found", TextField()))
    rows = Verification.objects.filter(pk__in=first)
    return told_as(rows, label="business_date", facts=facts, priority=BOOKS_DIFFER.priority)


def _agreeing(_on: date) -> QuerySet[Any, Any]:
    later = Verification.objects.filter(status=Verification.Status.DONE, found=0, pk__gt=OuterRef("pk"))
    return settled_as(Verification.objects.filter(Exists(later)), outcome="agree")


declare_condition(NIGHT_FAILED, _failed, settled=_closed)
declare_condition(BOOKS_DIFFER, _differing, settled=_agreeing)
