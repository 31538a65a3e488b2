"""What collections keeps: cases, what happened to them, what was said, what was promised."""

from debt_collections.models.case import (
    Case,
    CaseEvent,
    CloseReason,
    EventKind,
    HoldReason,
    Reason,
    Status,
    mine_and_nobodys,
)
from debt_collections.models.contact import ANSWERED, Channel, ContactAttempt, Outcome
from debt_collections.models.promise import PaymentMethod, Promise, PromiseStatus

__all__ = [
    "ANSWERED",
    "Case",
    "CaseEvent",
    "Channel",
    "CloseReason",
    "ContactAttempt",
    "EventKind",
    "HoldReason",
    "Outcome",
    "PaymentMethod",
    "Promise",
    "PromiseStatus",
    "Reason",
    "Status",
    "mine_and_nobodys",
]
