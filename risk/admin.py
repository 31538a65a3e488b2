"""Configuration of risk in the admin: cards and policies. What was judged and moved is shown, never edited."""

from typing import Any

from django import forms
from django.contrib import admin

from audit.admin.by_two import ChangedByTwoAdmin
from borrowers.admin import FoundByPersonAdmin
from core.admin import HistoryAdmin, LargeTableAdmin
from risk.models import Assessment, CreditLimit, DoNotLendEntry, GradePolicy, LimitChange, Scorecard
from risk.policy.policy import read_grades
from risk.scorecards.scorecard import read_card


class ScorecardForm(forms.ModelForm):
    """Refuses a table that could not be read on the day it is needed."""

    class Meta:
        model = Scorecard
        fields = ["code", "version", "is_active", "data", "description"]

    def clean_data(self) -> Any:
        return _readable(read_card, self.cleaned_data["data"])


class GradePolicyForm(forms.ModelForm):
    """Refuses rows that are no policy."""

    class Meta:
        model = GradePolicy
        fields = ["market", "version", "effective_from", "rows", "source"]

    def clean_rows(self) -> Any:
        return _readable(read_grades, self.cleaned_data["rows"])


def _readable(read: Any, data: object) -> Any:
    try:
        read(data)
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise forms.ValidationError(str(error)) from error
    return data


@admin.register(Scorecard)
class ScorecardAdmin(ChangedByTwoAdmin, HistoryAdmin):
    form = ScorecardForm
    list_display = ["code", "version", "is_active"]


@admin.register(GradePolicy)
class GradePolicyAdmin(ChangedByTwoAdmin, HistoryAdmin):
    form = GradePolicyForm
    list_display = ["market", "version", "effective_from", "source"]
    list_filter = ["market"]


@admin.register(DoNotLendEntry)
class DoNotLendEntryAdmin(FoundByPersonAdmin):
    list_display = ["borrower", "reason_code", "listed_on", "lifted_on"]
    list_select_related = ["borrower"]


@admin.register(Assessment)
class AssessmentAdmin(LargeTableAdmin):
    list_display = ["application", "points", "grade", "recommended_outcome", "assessed_on"]
    list_select_related = ["application"]
    search_fields = ["application__number__exact"]


@admin.register(CreditLimit)
class CreditLimitAdmin(FoundByPersonAdmin):
    list_display = ["borrower", "amount", "grade", "changed_on"]
    list_select_related = ["borrower"]


@admin.register(LimitChange)
class LimitChangeAdmin(FoundByPersonAdmin):
    list_display = ["borrower", "on", "before", "after", "reason"]
    list_select_related = ["borrower"]
