from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import StrictForm
from staff.models import Language, Theme


class SettingsForm(StrictForm):
    display_name = forms.CharField(
        label=_("Name"), max_length=80, required=False, help_text=_("How colleagues see you on every record.")
    )
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices, widget=forms.RadioSelect)
    theme = forms.ChoiceField(
        label=_("Appearance"),
        choices=Theme.choices,
        widget=forms.RadioSelect(attrs={"x-data": "themeChoice", "x-on:change": "show"}),
    )
    shortcuts_enabled = forms.BooleanField(
        label=_("Single-key shortcuts"),
        required=False,
        help_text=_("Switch them off if you use speech input, or if keys fire by accident."),
    )
