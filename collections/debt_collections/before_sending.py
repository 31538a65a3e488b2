"""Who reads a promise again before the message that it was broken is sent; imported when Django starts."""

from debt_collections.broken_today import promises_today
from messaging.rereading import register

register(["promise_broken"], promises_today)
