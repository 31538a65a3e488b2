"""Reads about messages: the list, a borrower's phone, and the words for why something was not sent."""

from dataclasses import dataclass
from datetime import date, time

from django.db.models import Case, Count, F, Max, Q, QuerySet, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower
from core.identifiers import number_given
from core.rules import rule
from messaging import rereading
from messaging.contact_guard import ContactRules, Why
from messaging.models import Message, MessageStatus, Since

NO_USABLE_CONTACT = "no_usable_contact"
WORDING_MISSING = "wording_missing"
VARIABLE_MISSING = "variable_missing"
VARIABLE_REFUSED = "variable_refused"
GATEWAY_UNREACHABLE = "gateway_unreachable"
NUMBER_REFUSED = "number_refused"
MESSAGE_REFUSED = "message_refused"
FAULT = "fault"

REASONS: dict[str, str | Promise] = {
    Why.BORROWER_CLOSED: _("the borrower's file is closed"),
    Why.DO_NOT_CONTACT: _("the borrower must not be contacted"),
    Why.CONSENT_WITHDRAWN: _("the borrower withdrew the consent to reminders"),
    Why.OUT_OF_DATE: _("more than a day late; content out of date"),
    Why.QUIET_HOURS: _("it is night, nobody may be disturbed"),
    Why.ANSWERED_CALLS_USED_UP: _("the calls allowed for today are used up"),
    Why.DIALS_USED_UP: _("this number was dialled often enough today"),
    Why.MESSAGES_USED_UP: _("the messages allowed for today are used up"),
    NO_USABLE_CONTACT: _("no contact point works: find a new one"),
    WORDING_MISSING: _("there is no approved wording"),
    VARIABLE_MISSING: _("a variable of the wording is missing"),
    VARIABLE_REFUSED: _("a variable is too long or holds a link or phone number"),
    GATEWAY_UNREACHABLE: _("the gateway did not take it after several attempts"),
    NUMBER_REFUSED: _("the gateway does not know the number"),
    MESSAGE_REFUSED: _("the gateway will not take this message: too long, or worded so"),
    FAULT: _("a fault of this software, see the log"),
    **rereading.WORDS,
}


def reason_label(code: str) -> str:
    """Why a message or call does not go out, in words."""
    return str(REASONS.get(code, code))


def contact_rules(on: date, market: str | None = None) -> ContactRules:
    """The rules of contact in force in a market on a day."""
    hours, counts = rule("contact_hours", on, market), rule("contact_counts", on, market)
    return ContactRules(
        opens=time.fromisoformat(hours["from"]),
        closes=time.fromisoformat(hours["to"]),
        answered_calls_per_day=counts["answered_calls_per_day"],
        dials_per_number_per_day=counts["dials_per_number_per_day"],
        messages_per_day=counts.get("messages_per_day"),
    )


def message_list(*, status: str = "", channel: str = "", purpose: str = "", text: str = "") -> QuerySet[Message]:
    """Messages for the list, newest first; ``text`` is a loan or borrower number."""
    chosen = {"status": status, "channel": channel, "purpose": purpose}
    found = Message.objects.filter(**{name: value for name, value in chosen.items() if value})
    if status == MessageStatus.DELIVERED:
        found = found.exclude(sent_at=None)  # as the law has it; said so that the index of what was sent can be used
    if text:
        number = number_given(text) or text
        found = found.filter(**{"borrower__number" if number.startswith("CU-") else "reference": number})
    return found.select_related("borrower", "contact_point").order_by("-id")


def read_again(since: date) -> list[tuple[str, int]]:
    """How many messages queued from ``since`` on were dropped or rewritten because of what happened meanwhile, by reason
    in words, most first."""
    changed = Message.objects.filter(Q(refusal__in=Since.values) | ~Q(rewritten=""), created_on__gte=since)
    why = Case(When(refusal__in=Since.values, then=F("refusal")), default=F("rewritten"))
    rows = changed.annotate(because=why).values("because").annotate(number=Count("id")).order_by("-number", "because")
    return [(reason_label(row["because"]), row["number"]) for row in rows]


def messages_of(borrower: Borrower, *, most: int = 50) -> list[Message]:
    """The last messages to a borrower, newest first, for timelines."""
    return list(Message.objects.filter(borrower=borrower).select_related("contact_point").order_by("-id")[:most])


ARRIVED_OR_ON_THE_WAY = (
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.FAILED,
    MessageStatus.WRONG_NUMBER,
)


@dataclass(frozen=True, slots=True)
class Phone:
    """What one borrower's phone shows."""

    borrower: Borrower
    messages: list[Message]


def phone_of(borrower: Borrower, *, most: int = 30) -> Phone:
    """The messages that left for a borrower, oldest first, as a phone shows them."""
    left = Message.objects.filter(borrower=borrower, status__in=ARRIVED_OR_ON_THE_WAY)
    newest = list(left.select_related("contact_point").order_by("-sent_at", "-id")[:most])
    return Phone(borrower, newest[::-1])


def last_sent() -> QuerySet[Message, tuple[int, int]]:
    """The messages that left last, as keys."""
    return Message.objects.exclude(sent_at=None).order_by("-id").values_list("borrower_id", "id")[:500]


def recent_phones(*, most: int = 20) -> list[Borrower]:
    """The borrowers written to last."""
    newest = (
        Message.objects.filter(pk__in=[pk for _borrower_id, pk in last_sent()])
        .values("borrower_id")
        .annotate(last=Max("id"))
        .order_by("-last")[:most]
    )
    order = [row["borrower_id"] for row in newest]
    people = Borrower.objects.in_bulk(order)
    return [people[pk] for pk in order]
