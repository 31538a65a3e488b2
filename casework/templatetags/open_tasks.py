"""`{% open_tasks_about run as cards %}{% include "casework/_open_tasks.html" %}`: what people must do about an object."""

from django import template
from django.db.models import Model
from django.template import Context

from casework import clock, queries
from casework.cards import TaskCard, cards_of
from casework.working import WORK

register = template.Library()
MOST_SHOWN = 20


@register.simple_tag(takes_context=True)
def open_tasks_about(context: Context, *objects: Model) -> list[TaskCard]:
    """The open tasks about the objects that the reader may open, the most urgent first; one statement."""
    reader = context["request"].user
    if not objects or not reader.has_perm(WORK):
        return []
    return cards_of(queries.open_about(reader, *objects)[:MOST_SHOWN], reader, clock.now())
