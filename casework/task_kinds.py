"""What people must do about things of this app, and of the apps below, and when that stands."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, F, QuerySet, TextField, Value
from django.db.models.functions import Cast, JSONObject, TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import quotas, reveals
from audit.models import AuditEvent, BrokenGlass
from casework.kinds import Choice, TaskKind, declare
from casework.notes import MENTION
from casework.retention import NOT_WIPED
from casework.standing import declare_condition, settled_as, told_as
from casework.timing import left_alone
from staff.models import User
from staff.roles import LABELS

declare(
    TaskKind(
        code=MENTION,
        label=_("Read a note that mentions you"),
        about="casework.note",
        teams=tuple(LABELS),
        escalates_to="team_lead",
        words=_("%(who)s mentions you in a note on %(about)s."),
        outcomes=(Choice("read", _("Read")),),
        steps=(),
        priority=30,
        personal=True,
        settled_by=_("you say on the note that you have read it"),
    )
)

declare(
    TaskKind(
        code=NOT_WIPED,
        label=_("Evidence that could not be wiped"),
        about="casework.evidence",
        teams=("compliance", "operations"),
        escalates_to="compliance",
        words=_("Its time was over on %(since)s, and the storage did not let it be wiped (%(error)s)."),
        steps=(
            Choice("storage", _("Have whoever runs the system look at the storage of evidence")),
            Choice("night", _("Wait for the next night, which tries again")),
        ),
        outcomes=(Choice("wiped", _("Wiped")), Choice("held", _("It must be kept: a legal hold was set"))),
        priority=70,
        settled_by=_("a later night wipes it"),
    )
)

GLASS_UNREVIEWED = TaskKind(
    code="glass.unreviewed",
    label=_("Emergency without a review"),
    about="audit.brokenglass",
    teams=("compliance",),
    escalates_to="compliance",
    words=_("One person decided alone on %(on)s, and nobody has reviewed it yet."),
    steps=(
        Choice("look", _("Look at it under Two people › Emergencies")),
        Choice("ask", _("Ask who decided, and who asked, why it could not wait")),
        Choice("review", _("Say that it was right, or object")),
    ),
    outcomes=(Choice("reviewed", _("Reviewed")),),
    priority=80,
    settled_by=_("somebody has reviewed it"),
)

REVEALS_UNUSUAL = TaskKind(
    code="reveals.unusual",
    label=_("Much personal data seen"),
    about="staff.user",
    teams=("compliance",),
    escalates_to="compliance",
    words=_(
        "On %(day)s this account saw or looked up personal data so often that an alarm was raised or more was refused."
    ),
    steps=(
        Choice("look", _("Look at what was seen or looked up, and for which reasons, under Personal data seen")),
        Choice("ask", _("Ask the person, or the partner whose program it is")),
        Choice("shut", _("Where it was no work of theirs, have the account shut")),
    ),
    outcomes=(Choice("work", _("It was their work")), Choice("misuse", _("It was misuse, and is being followed up"))),
    priority=80,
)


def _unreviewed(on: date) -> QuerySet[Any, Any]:
    last = on - timedelta(days=left_alone("glass_review_days", on))
    rows = BrokenGlass.objects.filter(objected__isnull=True, on__lte=last)
    facts = JSONObject(on=Cast("on", TextField()))
    return told_as(rows, label="approval__object_label", facts=facts, priority=GLASS_UNREVIEWED.priority)


def _reviewed(_on: date) -> QuerySet[Any, Any]:
    return settled_as(BrokenGlass.objects.filter(objected__isnull=False), outcome="reviewed")


def _seen_much(_on: date) -> QuerySet[Any, Any]:
    """By the clock, as the quota is. An account and day is looked at once, whatever follows on that day."""
    since = timezone.now() - reveals.TOLD_FOR
    rows = AuditEvent.objects.filter(
        action__in=(*quotas.ALARMS, *quotas.REFUSALS), at__gt=since, object_type=User._meta.label_lower
    )
    day = Cast(TruncDate("at"), CharField())
    told = {"cause": day, "facts": JSONObject(day=day), "priority": Value(REVEALS_UNUSUAL.priority)}
    about = {"subject_id": F("object_id"), "subject_label": F("object_label")}
    return rows.order_by().values(**about, **told).distinct()


declare_condition(GLASS_UNREVIEWED, _unreviewed, settled=_reviewed)
declare_condition(REVEALS_UNUSUAL, _seen_much, settled=None, once=True)
