"""What is said to borrowers: approved wordings and the outbox."""

from messaging.models.message import Channel, ContextDecoder, Message, MessageKey, MessageStatus, Purpose, Since
from messaging.models.template import Template

__all__ = ["Channel", "ContextDecoder", "Message", "MessageKey", "MessageStatus", "Purpose", "Since", "Template"]
