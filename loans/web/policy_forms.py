"""What people type about pledged policies. Plain forms: they read values, the use cases decide."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.currencies import without_currency
from core.forms import StrictForm
from core.strict import amount_text, calendar_day
from loans.account.policy_cover import CashValue
from loans.models import LIVE_PLEDGES, CashValueGrowth, PledgeStatus, PolicyPledge
from loans.pledges.pledging import Policy
from loans.servicing.guarding import ANOTHER_PAYMENT
from loans.web.forms import DayInput, KeyedForm, MoneyField, money_input


class CashValuesField(forms.CharField):
    """One day and one amount a line, as copied from the insurer's table."""

    widget = forms.Textarea(attrs={"rows": 5, "placeholder": "2026-01-01 10000.00"})

    def clean(self, value: object) -> list[CashValue]:
        return [self._row(line) for line in super().clean(value).splitlines() if line.strip()]

    def _row(self, line: str) -> CashValue:
        try:
            day, amount = line.replace("\t", " ").split(maxsplit=1)
            worth = MoneyField(max_digits=14, decimal_places=2).clean(amount_text(without_currency(amount.strip())))
            return CashValue(calendar_day(day), worth)
        except (ValueError, forms.ValidationError) as error:
            raise forms.ValidationError(_("“%(line)s” is not a day and an amount.") % {"line": line}) from error


class PledgeForm(StrictForm):
    loan = forms.CharField(label=_("Loan number"), max_length=20)
    insurer = forms.CharField(label=_("Insurer"), max_length=80)
    policy_number = forms.CharField(label=_("Policy number"), max_length=60)
    insured_name = forms.CharField(label=_("Insured person"), max_length=80)
    policy_since = forms.DateField(label=_("Policy in force since"), widget=DayInput())
    growth = forms.ChoiceField(label=_("Cash value grows"), choices=CashValueGrowth.choices)
    cash_values = CashValuesField(label=_("Cash values"), max_length=4000)

    def policy(self) -> Policy:
        data = self.cleaned_data
        return Policy(
            insurer=data["insurer"],
            number=data["policy_number"],
            insured_name=data["insured_name"],
            since=data["policy_since"],
            growth=data["growth"],
        )


class CashValueForm(StrictForm):
    on = forms.DateField(label=_("Valid from"), widget=DayInput())
    amount = money_input(_("Cash value"), min_value=Decimal(0))


class CapitaliseForm(KeyedForm):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class ReinstateForm(KeyedForm):
    amount = money_input(_("Amount"), min_value=Decimal("0.01"))
    allow_repeat = forms.BooleanField(label=ANOTHER_PAYMENT, required=False)


class PledgeFilter(StrictForm):
    status = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("in force")), ("all", _("all")), *PledgeStatus.choices]
    )

    def apply(self, rows: QuerySet[PolicyPledge]) -> QuerySet[PolicyPledge]:
        wanted = self.cleaned_data.get("status") if self.is_valid() else ""
        if wanted == "all":
            return rows
        return rows.filter(status=wanted) if wanted else rows.filter(status__in=LIVE_PLEDGES)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.is_valid() and self.cleaned_data.get("status"))
