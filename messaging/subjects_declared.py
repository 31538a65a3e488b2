"""Who sees a message, and with it the task about one: whoever sees the borrower it was for, or keeps the wordings."""

from typing import Any

from django.db.models import QuerySet

from casework.subjects import tell_seen
from messaging.models import Message
from staff.models import User
from staff.visibility import Kind, seen


def _messages(person: User) -> QuerySet[Any]:
    rows = Message.objects.all()
    if person.has_perm("messaging.add_template"):
        return rows
    return (
        seen(rows, person, Kind.BORROWER, "borrower_id") if person.has_perm("messaging.view_message") else rows.none()
    )


tell_seen(Message._meta.label_lower, _messages)
