"""What is asked of the books: days, a kind of event, and why closed books should be opened."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import StrictForm
from desk.books import event_name
from ledger.day_sums import events_booked


class DaysForm(StrictForm):
    first = forms.DateField(label=_("From"), required=False)
    last = forms.DateField(label=_("To"), required=False)

    def clean(self) -> dict[str, object]:
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if first and last and first > last:
            self.add_error("last", _("This day lies before the first one."))
        return given


class StatementForm(DaysForm):
    event = forms.ChoiceField(label=_("Event"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(event, event_name(event)) for event in events_booked()]
        self.fields["event"].choices = [("", _("Any")), *known]  # type: ignore[attr-defined]


class ClosingForm(StrictForm):
    through = forms.DateField(
        label=_("Close through"),
        help_text=_("The last day on which nothing more may be posted; before the business date."),
    )


class ReopeningForm(StrictForm):
    day = forms.DateField(label=_("Open from"), help_text=_("The first day that takes entries again."))
    reason = forms.CharField(label=_("Reason"), max_length=500)
