"""What an administrator types about a client and its keys."""

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.forms import StrictForm
from partners.models import ApiClient
from partners.scopes import SCOPES


class ClientForm(StrictForm):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Shown in the audit log."))
    contact_email = forms.EmailField(label=_("Contact"), required=False)
    requests_per_minute = forms.IntegerField(
        label=_("Requests a minute"), min_value=1, max_value=100_000, initial=600, help_text=_("More are told to wait.")
    )
    allowed_addresses = forms.CharField(
        label=_("Allowed networks"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("One a line, such as 203.0.113.0/24. Empty: any."),
    )

    def clean_allowed_addresses(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["allowed_addresses"].splitlines() if line.strip()]


class ChangeClientForm(ClientForm):
    name = None  # type: ignore[assignment]
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        help_text=_("For another contact or more networks: a second person reads it and must agree."),
    )


class KeyForm(StrictForm):
    label = forms.CharField(label=_("What it is for"), max_length=60, required=False)
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        choices=[(scope, scope) for scope in SCOPES],
    )
    read_only = forms.BooleanField(label=_("Read-only: write scopes are ignored"), required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        help_text=_(
            "For a key that changes something, sees every origin or the books, or sees personal data unmasked: a second "
            "person reads it and must agree."
        ),
    )
    expires_at = forms.DateField(
        label=_("Expires"), required=False, widget=forms.DateInput, help_text=_("At the beginning of that day.")
    )


def posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def refuse(form: forms.Form, refusal: DomainError) -> None:
    """Put a refusal of the domain where the hand is."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)


def as_initial(client: ApiClient) -> dict[str, object]:
    """The client's details as the form shows them."""
    return {
        "contact_email": client.contact_email,
        "requests_per_minute": client.requests_per_minute,
        "allowed_addresses": "\n".join(client.allowed_addresses),
    }
