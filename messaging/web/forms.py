"""Filters of the list of messages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import StrictForm
from messaging.models import Channel, MessageStatus, Purpose

_ANY = ("", _("All"))


class MessageFilter(StrictForm):
    """All in the address, so that a view of the list can be shared."""

    q = forms.CharField(label=_("Loan or borrower number"), required=False, strip=True)
    status = forms.ChoiceField(label=_("State"), required=False, choices=[_ANY, *MessageStatus.choices])
    channel = forms.ChoiceField(label=_("Channel"), required=False, choices=[_ANY, *Channel.choices])
    purpose = forms.ChoiceField(label=_("Purpose"), required=False, choices=[_ANY, *Purpose.choices])
