"""What people type about merchants. Plain forms: they read values, the use cases decide."""

from __future__ import annotations

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.reveals import FOR_PEOPLE
from core.forms import StrictForm
from loans.merchants.merchant_numbers import normal
from loans.models import Merchant


class MerchantFilter(StrictForm):
    q = forms.CharField(label=_("Name or registration number"), required=False, max_length=120)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            ("active", pgettext_lazy("merchant", "active")),
            ("inactive", pgettext_lazy("merchant", "not active")),
        ],
    )

    def apply(self, rows: QuerySet[Merchant]) -> QuerySet[Merchant]:
        values = self.cleaned_data if self.is_valid() else {}
        if text := values.get("q", "").strip():
            rows = rows.filter(Q(name__icontains=text) | Q(registration_number=normal(text)))
        return rows.filter(active=values["state"] == "active") if values.get("state") else rows

    @property
    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in self.fields)


class _AccountFields(StrictForm):
    bank_name = forms.CharField(label=_("Bank"), max_length=80)
    account_holder = forms.CharField(label=_("Account holder"), max_length=120, required=False)
    account_number = forms.CharField(
        label=_("Account number"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    reason = forms.CharField(label=_("Reason"), max_length=100)


class NewMerchantForm(_AccountFields):
    name = forms.CharField(label=pgettext_lazy("merchant", "Name"), max_length=120)
    registration_number = forms.CharField(label=_("Registration number"), max_length=60)

    field_order = ("name", "registration_number", "bank_name", "account_holder", "account_number", "reason")


class ChangeMerchantForm(StrictForm):
    name = forms.CharField(label=pgettext_lazy("merchant", "Name"), max_length=120)
    active = forms.BooleanField(label=_("Loans are made for its goods and paid to it"), required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=100,
        help_text=_("For another name, or business again, a second person reads it and must agree."),
    )


class AskForAccountForm(_AccountFields):
    """Begins empty and is filled whole: an account is never put together of what is on file and what is typed."""


class ShowAccountForm(StrictForm):
    reason = forms.ChoiceField(
        label=_("Why do you need to see it?"), choices=[("", "—"), *((why.value, why.label) for why in FOR_PEOPLE)]
    )
    other = forms.CharField(label=_("In words"), max_length=180, required=False)
