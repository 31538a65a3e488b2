"""What the delivery of messages still needs of a month of them; imported when Django starts (``audit.record_archive``)."""

from datetime import date

from audit.record_archive import register_need
from core.dates import add_months
from messaging.models import Message, MessageStatus


def to_be_sent(month: date) -> str:
    """A message that waits to be sent."""
    of_month = Message.objects.filter(created_on__gte=month, created_on__lt=add_months(month, 1))
    waiting = of_month.filter(status=MessageStatus.QUEUED).values_list("pk", flat=True).first()
    return "" if waiting is None else f"#{waiting}"


register_need("messages", to_be_sent)
