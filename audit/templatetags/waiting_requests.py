"""`{% waiting_about loan as waits %}{% include "audit/_waits.html" %}`: what waits for a second person about an object."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.db.models import Model
from django.template import Context

from audit.waiting import WaitingRequest, as_seen_by, requests_about
from core import business_date

register = template.Library()


@register.simple_tag(takes_context=True)
def waiting_about(
    context: Context, what: Any, kinds: str | Sequence[str] = (), without: str = ""
) -> list[WaitingRequest]:
    """The requests that wait about an object, or about the objects of a list; of ``kinds`` (names with spaces between, or
    a sequence), where named, and not of the kind ``without``."""
    on = business_date.current()
    objects = [what] if isinstance(what, Model) else list(what or ())
    found = requests_about(objects, on, kinds.split() if isinstance(kinds, str) else kinds)
    return as_seen_by([one for one in found if one.kind != without], context["request"].user, on)


@register.filter
def about(waits: list[WaitingRequest], what: Model) -> list[WaitingRequest]:
    """Those of the requests that are about the object."""
    return [one for one in waits if one.approval.object_id == str(what.pk)]
