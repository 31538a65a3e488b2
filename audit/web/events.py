"""Who changed what, when and why."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit import lookups, queries, quotas, reveals
from audit.changes import changes_of, people_in, type_label
from audit.models import AuditEvent
from audit.web.forms import CHANNELS, EventFilterForm, shown_action
from core.pages import page_of
from staff.permissions import MissingPermission, require

ALL, POWER = "audit.view_auditevent", "audit.view_power_event"
SUMMARY_FIELDS = 2
ALARMS_SHOWN, DAY = timedelta(days=30), timedelta(days=1)


def row_of(event: AuditEvent, people: dict[int, str]) -> dict[str, object]:
    changes = changes_of(event, people)
    return {
        "event": event,
        "action": shown_action(event.action),
        "channel": CHANNELS.get(event.channel, event.channel),
        "type": type_label(event.object_type),
        "changes": changes[:SUMMARY_FIELDS],
        "more": max(0, len(changes) - SUMMARY_FIELDS),
    }


def _types(request: HttpRequest) -> list[str] | None:
    """Which events the person may see: all, or those of configuration. Raises MissingPermission."""
    if request.user.has_perm(ALL):
        return None
    if not request.user.has_perm(POWER):
        raise MissingPermission(ALL)
    return queries.power_types()


@require_GET
@login_required
def event_list(request: HttpRequest) -> HttpResponse:
    types = _types(request)
    form = EventFilterForm(request.GET, types=types)
    page = page_of(queries.events(form.wanted(), types=types), request, order=queries.NEWEST_FIRST, size=50)
    people = people_in(page.items)
    rows = [row_of(event, people) for event in page.items]
    filtered = any(request.GET.get(name) for name in form.fields)
    context = {"form": form, "page": page, "rows": rows, "filtered": filtered}
    return render(request, "audit/events.html", context)


@require_GET
@login_required
def event_detail(request: HttpRequest, pk: int) -> HttpResponse:
    types = _types(request)
    event = get_object_or_404(AuditEvent.objects.select_related("actor"), pk=pk)
    if types is not None and event.object_type not in types:
        raise MissingPermission(ALL)
    earlier, later = queries.neighbours(event)
    others = [other for other in queries.same_request(event) if types is None or other.object_type in types]
    people = people_in([event, *others])
    context = {
        **row_of(event, people),
        "changes": changes_of(event, people),
        "earlier": earlier,
        "later": later,
        "others": [row_of(other, people) for other in others],
        "object_url": queries.addresses_of([event]).get((event.object_type, event.object_id), ""),
    }
    return render(request, "audit/event.html", context)


@require_GET
@require("audit.view_auditevent")
def reveal_list(request: HttpRequest) -> HttpResponse:
    """Who saw whose personal data unmasked, when and why; who saw much of it, first."""
    now = timezone.now()
    page = page_of(reveals.reveals(), request, order=queries.NEWEST_FIRST, size=50)
    context = {
        "page": page,
        "rows": [(event, reveals.what_was_shown(event), reveals.why_in_words(event)) for event in page.items],
        "alarms": [(alarm, reveals.alarm_in_words(alarm)) for alarm in reveals.alarms(now - ALARMS_SHOWN)],
        "lookers": reveals.seen_since(now - DAY),
        "looked_up": reveals.looked_up_since(now - DAY),
        "allowed": reveals.allowed(now, program=False),
        "may_look_up": quotas.spans(lookups.RULE, now),
    }
    return render(request, "audit/reveals.html", context)
