"""The outbox. Rows are put in cheaply, thousands at a time by one INSERT; wording and address are settled at sending.

Only ``dedupe_key, borrower_id, template_code, context, purpose, due_at, created_on`` must be given; PostgreSQL itself
fills the rest, so that a set-based producer names no column it has no opinion on.
"""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.choices import Tone, Toned
from core.masking import mask_contact


class Channel(models.TextChoices):
    """The way a message travels."""

    SMS = "sms", _("SMS")
    EMAIL = "email", _("E-mail")
    PUSH = "push", _("App push")
    WECHAT = "wechat", _("WeChat")


class Purpose(models.TextChoices):
    """Why it is sent; the contact guard treats each differently."""

    SERVICE = "service", _("Service")
    REMINDER = "reminder", _("Reminder")
    COLLECTION = "collection", _("Collection")


class MessageStatus(Toned):
    """How far a message came. Moves are listed in ``messaging.outbox.MESSAGES``."""

    QUEUED = "queued", Tone.NEUTRAL, _("Waiting")
    REFUSED = "refused", Tone.ATTENTION, _("Not sent")
    SENT = "sent", Tone.INFO, _("Sent")
    DELIVERED = "delivered", Tone.GOOD, _("Delivered")
    FAILED = "failed", Tone.BAD, _("Failed")
    WRONG_NUMBER = "wrong_number", Tone.BAD, _("Wrong number")


class Since(models.TextChoices):
    """What happened between the queueing of a message and its sending (``messaging.rereading``): why it was dropped, or
    rewritten."""

    PAID = "paid_since", _("what it asks for was paid since")
    SETTLED = "settled_since", _("the loan was settled since")
    ENDED = "ended_since", _("what it tells of ended since")
    HELD = "held_since", _("messages about the loan are on hold since")
    DATE_MOVED = "date_moved_since", _("the due date it names was moved since")
    DAY_PASSED = "day_passed", _("the day it speaks of has passed")
    UNDONE = "undone_since", _("what it tells of was undone since")
    FIGURE_CHANGED = "figure_changed", _("rewritten: a figure or date changed since it was queued")


# Why a message was not worded: what it tells of is still true, and nobody hears it.
UNWORDED = ("variable_refused", "variable_missing", "wording_missing")


class ContextDecoder(json.JSONDecoder):
    """Amounts in a context stay Decimal."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "parse_float": Decimal})


class Message(models.Model):
    """One message to one borrower, once (``dedupe_key``, which ``MessageKey`` holds). Laid by the month of ``created_on``.

    ``wanted_point`` is the address asked for, ``contact_point`` the one it went to: every attempt chooses anew, so that a
    number changed between two attempts is not written to. ``context_queued`` is there where what it tells was read again
    before it was sent and had changed; ``rewritten`` says why.
    """

    by_month = "created_on"
    archived_as = "messages"

    dedupe_key = models.CharField(max_length=120)
    # PostgreSQL keeps it by a law, a statement at a time: a foreign key asks for each of a night's messages by itself.
    borrower = models.ForeignKey(
        "borrowers.Borrower", on_delete=models.PROTECT, related_name="messages", db_constraint=False
    )
    contact_point = models.ForeignKey(
        "borrowers.ContactPoint", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    wanted_point = models.ForeignKey(
        "borrowers.ContactPoint", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    channel = models.CharField(
        _("channel"), max_length=8, choices=Channel.choices, default=Channel.SMS, db_default=Channel.SMS.value
    )
    template_code = models.CharField(_("template"), max_length=40)
    template_version = models.PositiveIntegerField(_("template version"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True, default="", db_default="")
    context = models.JSONField(_("variables"), default=dict, encoder=DjangoJSONEncoder, decoder=ContextDecoder)
    context_queued = models.JSONField(
        _("variables as queued"), null=True, blank=True, encoder=DjangoJSONEncoder, decoder=ContextDecoder
    )
    rewritten = models.CharField(_("rewritten because"), max_length=40, blank=True, default="", db_default="")
    subject = models.CharField(_("subject"), max_length=200, blank=True, default="", db_default="")
    body = models.TextField(_("body"), blank=True, default="", db_default="")
    reference = models.CharField(_("about"), max_length=40, blank=True, default="", db_default="")
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose.choices)
    due_at = models.DateTimeField(_("due at"))
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=MessageStatus.choices,
        default=MessageStatus.QUEUED,
        db_default=MessageStatus.QUEUED.value,
    )
    refusal = models.CharField(_("reason"), max_length=40, blank=True, default="", db_default="")
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    provider_reference = models.CharField(max_length=80, blank=True, default="", db_default="")
    # PostgreSQL keeps it by a law: no foreign key can point at a table laid by the month.
    follows = models.ForeignKey(
        "self",
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    created_on = models.DateField(_("queued on"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    receipt_at = models.DateTimeField(_("receipt at"), null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        permissions = [("report_receipt", _("Can report what became of a message"))]
        indexes = [
            models.Index(
                Coalesce("next_attempt_at", "due_at"),
                "id",
                condition=models.Q(status="queued"),
                name="messaging_queue",
            ),
            models.Index(
                fields=["sent_at", "id"], condition=models.Q(status="sent"), name="messaging_awaiting_receipt"
            ),
            models.Index(
                fields=["provider_reference"],
                condition=~models.Q(provider_reference=""),
                name="messaging_provider_reference",
            ),
            models.Index(fields=["reference", "-id"], condition=~models.Q(reference=""), name="messaging_reference"),
            models.Index(
                fields=["reference"],
                condition=models.Q(status__in=["refused", "failed", "wrong_number"]),
                name="messaging_not_reached_about",
            ),
            models.Index(
                fields=["contact_point"], condition=models.Q(contact_point__isnull=False), name="messaging_contact"
            ),
            models.Index(
                fields=["wanted_point"], condition=models.Q(wanted_point__isnull=False), name="messaging_wanted"
            ),
            # Nearly all are delivered in the end: whoever asks for those finds them everywhere.
            models.Index(
                fields=["status", "-id"], condition=~models.Q(status="delivered"), name="messaging_not_delivered"
            ),
            # Except where many wait in front of them.
            models.Index(fields=["-id"], condition=models.Q(sent_at__isnull=False), name="messaging_left"),
            models.Index(fields=["purpose", "-id"], name="messaging_purpose"),
            # Nearly all messages are SMS: a filter by another channel must not read them.
            models.Index(
                fields=["channel", "-id"], condition=~models.Q(channel="sms"), name="messaging_other_channels"
            ),
            models.Index(
                fields=["created_on"],
                condition=models.Q(refusal__in=[code for code, _label in Since.choices]) | ~models.Q(rewritten=""),
                name="messaging_read_again",
            ),
            # What somebody has to tell in another way (messaging.task_kinds).
            models.Index(
                fields=["created_on"],
                condition=models.Q(status="failed") | models.Q(status="refused", refusal__in=UNWORDED),
                name="messaging_not_taken",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["queued", "refused", "failed"]) | models.Q(sent_at__isnull=False),
                name="messaging_sent_when",
            ),
            models.CheckConstraint(
                condition=models.Q(rewritten="", context_queued__isnull=True)
                | (~models.Q(rewritten="") & models.Q(context_queued__isnull=False)),
                name="messaging_rewritten_explains",
            ),
            models.CheckConstraint(
                condition=models.Q(refusal="") | models.Q(status__in=["queued", "refused", "failed"]),
                name="messaging_refusal_explains",
            ),
        ]

    def __str__(self) -> str:
        return self.dedupe_key

    @property
    def shown_status(self) -> MessageStatus:
        """Its status as the choice that knows words and tone."""
        return MessageStatus(self.status)

    @property
    def why(self) -> str:
        """The code of the reason why it was not sent, or not as it was queued."""
        return self.refusal or self.rewritten

    @property
    def is_on_its_way(self) -> bool:
        """Sent, and nobody reported yet what became of it."""
        return self.status == MessageStatus.SENT

    @property
    def may_be_reported(self) -> bool:
        """Whether a phone can still answer \"wrong number\"."""
        return self.status in (MessageStatus.SENT, MessageStatus.DELIVERED)

    @property
    def masked_address(self) -> str:
        """Where it went; empty until a contact point was chosen."""
        point = self.contact_point
        return mask_contact(point.kind, point.value) if point else ""

    @property
    def at(self) -> datetime:
        """The moment shown in lists and timelines."""
        return self.sent_at or self.due_at


class MessageKey(models.Model):
    """What a message is queued once for, over all months, with the number and month of that message.

    Whoever queues takes the key first, which gives the message its number; a message that comes without one takes its key
    as it is stored, and is refused where it is taken (``messaging/law/one_message_a_key.sql``). Keys only grow.
    """

    dedupe_key = models.CharField(_("key"), max_length=120, primary_key=True)
    message_id = models.BigIntegerField(_("message"))
    created_on = models.DateField(_("queued on"))

    class Meta:
        verbose_name = _("message key")
        verbose_name_plural = _("message keys")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.dedupe_key
