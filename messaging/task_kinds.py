"""What people must do about messages that nobody will get, and when that stands."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, Min, OuterRef, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import JSONObject
from django.utils.translation import gettext_lazy as _

from casework.kinds import Choice, TaskKind
from casework.models import Task
from casework.standing import declare_condition, settled_as, told_as
from casework.timing import left_alone
from messaging.models import Message, MessageStatus
from messaging.queries import VARIABLE_MISSING, VARIABLE_REFUSED, WORDING_MISSING

_TOLD = Choice("told", _("They were told in another way"))
_LEFT = (MessageStatus.SENT, MessageStatus.DELIVERED)

MESSAGE_LOST = TaskKind(
    code="message.lost",
    label=_("Message that nobody gets"),
    about="messaging.message",
    teams=("operations", "officer"),
    escalates_to="checker",
    words=_("The message %(template)s about %(reference)s was refused for good (%(why)s)."),
    steps=(
        Choice("why", _("Look under Messages why it was refused: its length, its words, or the address")),
        Choice("mend", _("Shorten what stands in it, or ask the borrower for another address")),
        Choice("tell", _("Tell the borrower in another way what it was to say")),
    ),
    outcomes=(_TOLD, Choice("late", _("What it was to say is no longer true"))),
    priority=40,
    settled_by=_("a later message of the same wording reaches the borrower's gateway"),
)

WORDING_LACKING = TaskKind(
    code="message.wording",
    label=_("Messages without words"),
    about="messaging.message",
    teams=("administrator",),
    escalates_to="compliance",
    words=_("Messages %(template)s are not sent (%(why)s), this one being the first."),
    steps=(
        Choice("words", _("See which language or variable is missing, under Wordings in the admin")),
        Choice("approve", _("Bring in a wording that has it, for a second person to agree to")),
    ),
    outcomes=(Choice("worded", _("Messages of this wording are sent again")),),
    priority=60,
    settled_by=_("a later message of this wording is sent"),
)


def _in_time(on: date) -> QuerySet[Message]:
    """Messages of the last days alone: what is older is no news, and lies in months that are put away."""
    return Message.objects.filter(created_on__gte=on - timedelta(days=left_alone("refused_message_days", on)))


def _told(rows: QuerySet[Message], kind: TaskKind) -> QuerySet[Any, Any]:
    facts = JSONObject(template=F("template_code"), reference=F("reference"), why=F("refusal"))
    return told_as(rows, label="template_code", facts=facts, priority=kind.priority)


def _lost(on: date) -> QuerySet[Any, Any]:
    rows = _in_time(on)
    later = _said_again(rows).filter(status__in=(*_LEFT, MessageStatus.QUEUED))
    failed = rows.filter(status=MessageStatus.FAILED)
    refused = rows.filter(status=MessageStatus.REFUSED, refusal=VARIABLE_REFUSED)
    return _told((failed | refused).filter(~Exists(later)), MESSAGE_LOST)


def _said_again(rows: QuerySet[Message]) -> QuerySet[Message]:
    return rows.filter(
        borrower=OuterRef("borrower"),
        template_code=OuterRef("template_code"),
        reference=OuterRef("reference"),
        pk__gt=OuterRef("pk"),
    )


def _reached_later(_on: date) -> QuerySet[Any, Any]:
    later = _said_again(Message.objects.all()).filter(status__in=_LEFT)
    return settled_as(Message.objects.filter(Exists(later)), outcome="told")


def _without_words(on: date) -> QuerySet[Any, Any]:
    """One for each wording and reason, however many messages wait for it, and however long: while a task about one of them
    is open, another message that comes to be the first is no further task."""
    rows = _in_time(on).filter(status=MessageStatus.REFUSED, refusal__in=(WORDING_MISSING, VARIABLE_MISSING))
    open_ones = Task.objects.open().filter(kind=WORDING_LACKING.code)
    told = open_ones.annotate(template=KT("facts__template"), why=KT("facts__why")).filter(
        template=OuterRef("template_code"), why=OuterRef("refusal")
    )
    lacking = (
        rows.filter(~Exists(_sent_since(_in_time(on))), ~Exists(told)).order_by().values("template_code", "refusal")
    )
    return _told(Message.objects.filter(pk__in=lacking.annotate(first=Min("pk")).values("first")), WORDING_LACKING)


def _sent_since(rows: QuerySet[Message]) -> QuerySet[Message]:
    return rows.filter(template_code=OuterRef("template_code"), pk__gt=OuterRef("pk"), status__in=_LEFT)


def _worded(_on: date) -> QuerySet[Any, Any]:
    return settled_as(Message.objects.filter(Exists(_sent_since(Message.objects.all()))), outcome="worded")


declare_condition(MESSAGE_LOST, _lost, settled=_reached_later, once=True)
declare_condition(WORDING_LACKING, _without_words, settled=_worded)
