"""What the queue says of a case in half a line: what comes next, or what happened last, and whose it is."""

from datetime import date
from typing import Any

from django import template
from django.template.context import Context
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.deciding import same_account
from core.writing import day
from debt_collections.models import Outcome, PromiseStatus

register = template.Library()


@register.simple_tag(takes_context=True)
def queue_note(context: Context, case: Any, today: date) -> str:
    """The note below a name in the queue; ``case`` comes from ``queries.queue``, with its last contact and promise."""
    person = context["request"].user.pk
    parts = [_what(case, today)]
    if case.claimed_by_id and not same_account(case.claimed_by_id, person):
        parts.append(_("with %(name)s") % {"name": case.claimed_by.label})
    elif case.assigned_to_id and not same_account(case.assigned_to_id, person):
        parts.append(case.assigned_to.label)
    if case.escalated_at:
        parts.append(_("escalated"))
    return " · ".join(parts)


def _what(case: Any, today: date) -> str:
    if case.is_resting:
        return f"{case.get_hold_reason_display()} · {_('rests until %(day)s') % {'day': day(case.hold_until)}}"
    if case.promise_status == PromiseStatus.PENDING:
        due = case.promise_due_on
        return _("Promised for today") if due <= today else _("Promised for %(day)s") % {"day": day(due)}
    spoken_on = timezone.localtime(case.last_contact_at).date() if case.last_contact_at else None
    if case.promise_status == PromiseStatus.BROKEN and not (spoken_on and spoken_on > case.promise_judged_on):
        return _("Promise broken %(day)s") % {"day": day(case.promise_judged_on)}
    if case.last_outcome:
        return f"{Outcome(case.last_outcome).label} {day(case.last_contact_at)}"
    return _("Never contacted")
