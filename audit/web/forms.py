from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from audit.changes import type_label
from audit.queries import EventFilter, object_types
from core.choices import Shown, Tone, Toned
from core.forms import StrictForm


class Action(Toned):
    """What the log tells of; any other code is shown as it was written."""

    CREATED = "created", Tone.GOOD, _("created")
    CHANGED = "changed", Tone.INFO, _("changed")
    DELETED = "deleted", Tone.BAD, _("deleted")
    REVEALED = "revealed", Tone.ATTENTION, _("revealed")
    REVEAL_ALARM = "reveal_alarm", Tone.BAD, _("saw much personal data")
    REVEAL_REFUSED = "reveal_refused", Tone.BAD, _("was refused more personal data")
    LOOKED_UP = "looked_up", Tone.NEUTRAL, _("looked up by number")
    LOOKUP_ALARM = "lookup_alarm", Tone.BAD, _("looked up many people")
    LOOKUP_REFUSED = "lookup_refused", Tone.BAD, _("was refused more lookups")
    PAPERS_SHOWN = "papers_shown", Tone.INFO, _("document shown at the counter")
    LINKED = "linked", Tone.INFO, _("linked to a partner")
    EXPORTED = "exported", Tone.ATTENTION, _("exported")
    REQUESTED = "requested", Tone.ATTENTION, _("asked for approval")
    APPROVED = "approved", Tone.GOOD, _("approved")
    REJECTED = "rejected", Tone.BAD, _("rejected")
    EXPIRED = "expired", Tone.NEUTRAL, _("expired")
    OUTCOME_CHANGED = "outcome_changed", Tone.ATTENTION, _("outcome changed")
    BROKE_GLASS = "broke_glass", Tone.BAD, _("decided alone in an emergency")
    MADE_INACTIVE = "made_inactive", Tone.ATTENTION, _("made inactive")
    ARCHIVED = "archived", Tone.ATTENTION, _("archived")
    RESTORED = "restored", Tone.INFO, _("brought back")
    ATTACHED = "attached", Tone.INFO, _("attached")
    DETACHED = "detached", Tone.ATTENTION, _("taken off")
    HELD = "held", Tone.ATTENTION, _("put under legal hold")
    HOLD_LIFTED = "hold_lifted", Tone.ATTENTION, _("legal hold lifted")
    WIPED = "wiped", Tone.NEUTRAL, _("wiped")
    SIGNED_IN = "signed_in", Tone.NEUTRAL, _("signed in")
    SIGNED_OUT = "signed_out", Tone.NEUTRAL, _("signed out")
    LOCKED_OUT = "locked_out", Tone.BAD, _("locked out")


def shown_action(code: str) -> Action | Shown:
    """The act of an audit event as its badge shows it."""
    return Action(code) if code in Action.values else Shown(code.replace("_", " "), Tone.NEUTRAL)


CHANNELS = {
    "web": _("the pages"),
    "api": _("the API"),
    "admin": _("the configuration"),
    "task": _("a background task"),
    "cli": _("a command"),
    "system": _("the system"),
}


class EventFilterForm(StrictForm):
    text = forms.CharField(label=_("Number or reason"), required=False, max_length=80)
    actor = forms.TypedChoiceField(label=_("Who"), required=False, coerce=int, empty_value=None)
    object_type = forms.ChoiceField(label=_("What"), required=False)
    action = forms.ChoiceField(label=_("Action"), required=False)
    first = forms.DateField(label=_("From"), required=False)
    last = forms.DateField(label=_("To"), required=False)
    request_id = forms.CharField(label=_("Request id"), required=False, max_length=64)

    def __init__(self, *args: Any, types: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        anyone = ("", _("Anyone"))
        people = get_user_model().objects.order_by("display_name", "username")
        shown = sorted(((code, type_label(code)) for code in types or object_types()), key=lambda pair: pair[1])
        self.fields["actor"].choices = [anyone, *((user.pk, str(user)) for user in people)]  # type: ignore[attr-defined]
        self.fields["object_type"].choices = [("", _("Anything")), *shown]  # type: ignore[attr-defined]
        self.fields["action"].choices = [("", _("Any")), *Action.choices]  # type: ignore[attr-defined]

    def wanted(self) -> EventFilter:
        """The valid part of what was asked; a wrong date narrows nothing and is shown as wrong."""
        self.is_valid()
        given = self.cleaned_data
        return EventFilter(
            actor_id=given.get("actor"),
            **{name: given.get(name) or "" for name in ("object_type", "action", "request_id", "text")},
            first=given.get("first"),
            last=given.get("last"),
        )
