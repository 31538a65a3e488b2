"""What is said to borrowers: approved wordings and the outbox."""

from messaging.models.message import Channel, ContextDecoder, Message, MessageStatus, Purpose, Since
from messaging.models.template import Template

__all__ = ["Channel", "ContextDecoder", "Message", "MessageStatus", "Purpose", "Since", "Template"]
