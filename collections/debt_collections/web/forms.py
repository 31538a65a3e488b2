"""What collectors type: filters of the queue, the outcome of a contact, and the small forms behind the menu."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from borrowers.models import ContactPoint
from core.forms import StrictForm
from debt_collections import queries
from debt_collections.contacting import PromiseTerms
from debt_collections.models import Case, Channel, HoldReason, Outcome, PaymentMethod, PromiseStatus, Reason, Status
from debt_collections.models.case import stage_label
from debt_collections.strategy import PromiseRule
from loans.events.act_parameters import LONGEST_REASON
from staff.models import User

_OPEN_STATUSES = [(value, label) for value, label in Status.choices if value != Status.CLOSED]


def date_input(**attrs: object) -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", **attrs})


def note_field(*, required: bool, label: Any = None, longest: int = 500) -> forms.CharField:
    label = label or _("Note")
    return forms.CharField(label=label, required=required, max_length=longest, widget=forms.Textarea(attrs={"rows": 2}))


class QueueForm(StrictForm):
    """The filter of the queue, in the address so that it can be shared and survives Back."""

    whose = forms.ChoiceField(
        label=_("Queue"),
        required=False,
        choices=[
            ("mine", _("Mine and unassigned")),
            ("assigned", _("Assigned to me")),
            ("all", _("All")),
            ("escalated", _("Escalated")),
        ],
    )
    stage = forms.ChoiceField(label=_("Stage"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("Any status")), *_OPEN_STATUSES])
    least = forms.DecimalField(label=_("From amount"), required=False, min_value=0, decimal_places=2)
    order = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[("priority", _("Most urgent")), ("amount", _("Largest amount")), ("days", _("Longest late"))],
    )

    def __init__(self, *args: Any, stages: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = [("", _("Any stage")), *((s, stage_label(s)) for s in stages)]  # type: ignore[attr-defined]

    def chosen(self) -> queries.QueueFilter:
        """The filter; a value nobody offered falls back to the default instead of an error page."""
        data = self.cleaned_data if self.is_valid() else {}
        return queries.QueueFilter(
            whose=data.get("whose") or "mine",
            stage=data.get("stage") or "",
            status=data.get("status") or "",
            least_amount=data.get("least"),
            order=data.get("order") or "priority",
        )


class ContactForm(StrictForm):
    """The outcome of a contact; promise fields count only with the outcome promise."""

    outcome = forms.ChoiceField(label=_("Log the outcome"), choices=Outcome.choices, widget=forms.RadioSelect)
    channel = forms.ChoiceField(label=_("By"), choices=Channel.choices, initial=Channel.CALL)
    contact_point = forms.TypedChoiceField(label=_("Number"), required=False, coerce=int, empty_value=None)
    promise_amount = forms.DecimalField(label=_("Promised amount"), required=False, max_digits=14, decimal_places=2)
    promise_due_on = forms.DateField(label=_("By day"), required=False, widget=date_input())
    promise_method = forms.ChoiceField(label=_("Paid by"), required=False, choices=PaymentMethod.choices)
    note = note_field(required=False)
    override_reason = forms.CharField(label=_("Reason for the exception"), required=False, max_length=200)
    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, points: Sequence[ContactPoint], terms: PromiseRule, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact_point"].choices = [  # type: ignore[attr-defined]
            (point.pk, point.masked_value) for point in points if point.is_usable
        ]
        self.fields["promise_due_on"].widget.attrs |= {
            "min": on.isoformat(),
            "max": terms.latest_day(on).isoformat(),
        }

    @staticmethod
    def first_values(owed: Decimal, phone: ContactPoint | None, *, terms: PromiseRule, on: date) -> dict[str, Any]:
        return {
            "contact_point": phone.pk if phone else None,
            "promise_amount": owed,
            "promise_due_on": min(on + timedelta(days=3), terms.latest_day(on)),
            "form_key": uuid.uuid4(),
        }

    def promise(self) -> PromiseTerms | None:
        data = self.cleaned_data
        if data["outcome"] != Outcome.PROMISE or not data["promise_amount"] or not data["promise_due_on"]:
            return None
        method = data["promise_method"] or PaymentMethod.ONLINE
        return PromiseTerms(data["promise_amount"], data["promise_due_on"], method=method)


# --- behind the menu: each is one verb ------------------------------------------------------------------------------
class VerbForm(StrictForm):
    """A small form about one case on one day."""

    def __init__(self, *args: Any, case: Case, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case, self.on = case, on


class SnoozeForm(VerbForm):
    until = forms.DateField(label=_("Until"), widget=date_input())
    note = note_field(required=False)


class HoldForm(VerbForm):
    reason = forms.ChoiceField(label=_("Why"), choices=HoldReason.choices)
    until = forms.DateField(label=_("Until the end of"), widget=date_input())
    note = note_field(required=False)


class NoteForm(VerbForm):
    note = note_field(required=False)


class EscalateForm(VerbForm):
    note = note_field(required=True, label=_("What the team lead should know"))


class ClassifyForm(VerbForm):
    reason = forms.ChoiceField(label=_("Why the payment is late"), choices=Reason.choices)
    note = note_field(required=False, label=_("Evidence"))


class AssignForm(VerbForm):
    assigned_to: forms.ModelChoiceField[User] = forms.ModelChoiceField(
        label=_("Collector"), required=False, queryset=None, empty_label=_("Unassigned")
    )
    note = note_field(required=False)

    def __init__(self, *args: object, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assigned_to"].queryset = queries.collectors()  # type: ignore[attr-defined]


class LoanForm(VerbForm):
    """About one loan of the case, named by the link that opened it. Sent twice, it is done once."""

    loan = forms.IntegerField(widget=forms.HiddenInput)
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid4().hex, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)


class ExtensionForm(LoanForm):
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=365)
    reason = note_field(required=True, label=_("Reason"), longest=LONGEST_REASON)


class WriteOffForm(LoanForm):
    reason = note_field(required=True, label=_("Reason and evidence of pursuit"), longest=LONGEST_REASON)


class CancelForm(StrictForm):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class PromiseFilter(StrictForm):
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("Any status")), *PromiseStatus.choices]
    )
    whose = forms.ChoiceField(label=_("Taken by"), required=False, choices=[("", _("Anybody")), ("mine", _("Me"))])
    due = forms.ChoiceField(label=_("Due"), required=False, choices=[("", _("Any day")), ("today", _("Today"))])


class BulkAssignForm(StrictForm):
    """Team lead: the ticked cases, or everything the filter matches."""

    case = forms.TypedMultipleChoiceField(required=False, coerce=int)
    everything = forms.BooleanField(required=False)
    assigned_to: forms.ModelChoiceField[User] = forms.ModelChoiceField(queryset=None, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assigned_to"].queryset = queries.collectors()  # type: ignore[attr-defined]
        ticked = self.data.getlist("case") if hasattr(self.data, "getlist") else []
        self.fields["case"].choices = [(value, value) for value in ticked if value.isdigit()]  # type: ignore[attr-defined]
