"""When an address turns out dead or somebody else's: its state changes, and the message looks for another way (S4)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from borrowers import contacts
from borrowers.models import ContactPoint, ContactState
from messaging.addressing import best_address
from messaging.models import Message
from messaging.outbox import queue_again
from staff.models import User


@transaction.atomic
def number_refused(*, message_id: int, at: datetime) -> None:
    """The gateway would not even take the message for this number."""
    message = Message.objects.select_related("contact_point").get(pk=message_id)
    address_failed(message, to=ContactState.UNDELIVERABLE, at=at, reason=_("The gateway does not know the number."))


def address_failed(message: Message, *, to: ContactState, at: datetime, reason: str, by: User | None = None) -> None:
    """Mark the address the message went to, and say the same through the next one that still works."""
    point = message.contact_point
    if point is None:
        return
    if contacts.CONTACT_POINTS.leads(point, to):
        contacts.change_state(contact_point_id=point.pk, to=to, at=at, reason=reason, changed_by=by)
    others = ContactPoint.objects.filter(borrower_id=message.borrower_id)
    if best_address(others, channel=message.channel) is not None:
        queue_again(message, at)
