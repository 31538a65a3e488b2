"""What underwriters and risk analysts type."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import StrictForm
from loans.models import Outcome
from loans.origination.decisions import DecisionReason
from loans.web.forms import money_input
from risk.do_not_lend import DoNotLendReason

# What a person can have found; the rest are findings of the rules.
_FOR_PEOPLE = (
    DecisionReason.MEETS_POLICY,
    DecisionReason.INCOME_VERIFIED,
    DecisionReason.CONTACT_CONFIRMED,
    DecisionReason.AMOUNT_OVER_LIMIT,
    DecisionReason.AFFORDABILITY,
    DecisionReason.EXPOSURE,
    DecisionReason.ARREARS,
    DecisionReason.SCORE_LOW,
    DecisionReason.INCOME_UNKNOWN,
    DecisionReason.IDENTITY_UNCERTAIN,
    DecisionReason.DOCUMENTS_NEEDED,
    DecisionReason.SUSPECTED_FRAUD,
    DecisionReason.PRODUCT_NOT_SOLD,
    DecisionReason.NO_PRICE,
)


class DecisionForm(StrictForm):
    """A decision; the reason is compulsory. Amount and term count only for an offer."""

    outcome = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    reasons = forms.MultipleChoiceField(
        label=_("Reasons"),
        choices=[(reason.value, reason.label) for reason in _FOR_PEOPLE],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Give the reason for the decision.")},
    )
    principal = money_input(_("Amount to lend"), min_value=Decimal("0.01"), required=False)
    term_count = forms.IntegerField(label=_("Number of instalments"), min_value=1, max_value=365, required=False)
    note = forms.CharField(label=_("Note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    override = forms.CharField(
        label=_("Reason to override checks"),
        max_length=500,
        required=False,
        help_text=_("Only where soft checks do not pass: a second person is asked, who sees them and this reason."),
    )

    def __init__(self, *args: Any, may_refer: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [outcome for outcome in Outcome if may_refer or outcome != Outcome.REFER]
        self.fields["outcome"].choices = [(outcome.value, outcome.label) for outcome in offered]  # type: ignore[attr-defined]

    @property
    def decision(self) -> dict[str, Any]:
        return {**self.cleaned_data, "reasons": tuple(self.cleaned_data["reasons"])}


class LimitForm(StrictForm):
    amount = money_input(_("New limit"), min_value=Decimal("0.00"))
    reason = forms.CharField(label=_("Reason"), max_length=500)


class DoNotLendForm(StrictForm):
    reason = forms.ChoiceField(label=_("Reason"), choices=DoNotLendReason.choices)
    note = forms.CharField(label=_("What was found"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class PapersForm(StrictForm):
    """What stands on the document of whoever comes to the counter."""

    identity_number = forms.CharField(label=_("Identity number"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=120)


class LimitFilter(StrictForm):
    q = forms.CharField(label=_("Borrower"), required=False)
    moved = forms.ChoiceField(
        label=_("Moved"),
        required=False,
        choices=[("", _("All")), ("up", _("raised")), ("ended", _("ended"))],
    )
