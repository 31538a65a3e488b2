from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.delegations import rights_to_lend
from audit.two_people import names_of_rights
from core.forms import StrictForm
from staff.models import User


class DelegationForm(StrictForm):
    """Who gets which right until when."""

    permission = forms.ChoiceField(label=_("Right to decide"))
    given_to = forms.ModelChoiceField(
        label=_("Lent to"), queryset=User.objects.none(), help_text=_("Somebody who asks for nothing it decides.")
    )
    ends_on = forms.DateField(label=_("Until"), widget=forms.DateInput)
    reason = forms.CharField(label=_("Reason"), max_length=500)

    def __init__(self, *args: Any, giver: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = User.objects.filter(is_active=True, api_client__isnull=True).exclude(pk=giver.pk)
        self.fields["given_to"].queryset = others.order_by("display_name", "username")  # type: ignore[attr-defined]
        names = names_of_rights()
        rights = [(code, names.get(code, code)) for code in rights_to_lend(giver)]
        self.fields["permission"].choices = rights  # type: ignore[attr-defined]
