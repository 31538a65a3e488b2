"""Configuration of products; loans and money are shown for rescue only and changed through their own doors."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms.models import construct_instance
from django.http import HttpRequest
from unfold.admin import TabularInline

from audit.admin.by_two import ChangedByTwoAdmin
from borrowers.admin import FoundByPersonAdmin
from core.admin import HistoryAdmin, LargeTableAdmin, ReadOnlyAdmin
from core.errors import DomainError
from core.forms import StrictModelForm
from core.identifiers import number_given
from loans.bookkeeping.account_mapping import require_changeable
from loans.models import (
    AccountMapping,
    Application,
    BankFile,
    Contract,
    Disbursement,
    GateOverride,
    GateVerdict,
    IncomingPayment,
    Instalment,
    Loan,
    LoanAct,
    LoanPurpose,
    LoanTransition,
    Mandate,
    Merchant,
    NightAccrual,
    PolicyPledge,
    PortfolioDay,
    Product,
    ProductVersion,
    Repayment,
    SetAside,
)
from loans.products.terms import QUESTIONS
from staff.visibility import Kind


class VersionInline(TabularInline):
    """The versions of a product, each a link to its own page here."""

    model = ProductVersion
    extra = 0
    can_delete = False
    show_change_link = True
    ordering = ("-version",)
    fields = ("version", "status", "effective_from", "method", "annual_rate")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin, HistoryAdmin):
    list_display = ("code", "name", "name_zh", "market", "active", "sale_ends_on")
    list_filter = ("active", "market")
    search_fields = ("code", "name")
    inlines: ClassVar = [VersionInline]


@admin.register(ProductVersion)
class ProductVersionAdmin(ReadOnlyAdmin, HistoryAdmin):
    """Shown for rescue only: versions are designed and agreed to on their pages."""

    fieldsets: ClassVar = [
        (None, {"fields": ["product", "version", "status", "effective_from"]}),
        *((question.title, {"fields": question.names}) for question in QUESTIONS),
    ]
    list_display = (
        "product",
        "version",
        "status",
        "effective_from",
        "method",
        "annual_rate",
        "min_amount",
        "max_amount",
    )
    list_filter = ("status", "method", "product")


class AccountMappingForm(StrictModelForm):  # its fields come from the admin
    """Refuses to exchange an account on which loans have balances."""

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        if not self.errors:
            before = AccountMapping.objects.filter(pk=self.instance.pk).first()
            try:
                require_changeable(construct_instance(self, self.instance), before)
            except DomainError as refusal:
                raise forms.ValidationError(refusal.detail) from refusal
        return values


@admin.register(AccountMapping)
class AccountMappingAdmin(ChangedByTwoAdmin, HistoryAdmin):
    """Which account plays which part; the common rows are changed but never removed."""

    form = AccountMappingForm
    list_display = ("role", "product", "account")
    list_filter = ("role", "product")
    list_select_related = ("product", "account")

    def has_delete_permission(self, request: HttpRequest, obj: AccountMapping | None = None) -> bool:
        return False


@admin.register(Loan)
class LoanAdmin(FoundByPersonAdmin):
    list_display = ("number", "borrower", "product_version", "status", "principal", "disbursed_on")
    list_filter = ("status",)
    search_fields = ("number__startswith", "public_id__exact")
    list_select_related = ("borrower", "product_version__product")


@admin.register(PortfolioDay)
class PortfolioDayAdmin(ReadOnlyAdmin):
    list_display = ("on", "loans", "outstanding", "late_1", "late_30", "late_60", "late_90", "disbursed", "collected")
    date_hierarchy = "on"


@admin.register(Instalment)
class ScheduleAdmin(LargeTableAdmin):
    """The rows of all schedules, those that acts replaced included; one loan's are found by its number."""

    list_display = (
        "loan",
        "version",
        "number",
        "due_on",
        "principal",
        "interest",
        "fee",
        "settled_on",
        "superseded_on",
    )
    search_fields = ("loan__number__exact", "loan__public_id__exact")
    list_select_related = ("loan",)


@admin.register(LoanAct)
class LoanActAdmin(LargeTableAdmin):
    list_display = ("number", "loan", "kind", "effective_on", "recorded_by", "agreed_by", "undone_on")
    search_fields = ("number__startswith", "loan__number__exact")
    list_select_related = ("loan", "recorded_by", "agreed_by")


@admin.register(LoanTransition)
class LoanTransitionAdmin(LargeTableAdmin):
    """Who may see loans sees how they moved; found by the loan's number."""

    list_before_template = "audit/archived_in_admin.html"
    list_display = ("loan_id", "on", "kind", "before", "after", "days_past_due", "amount")
    search_fields = ("loan_id__exact",)

    def look_ups(self, text: str) -> list[QuerySet[Any]]:
        loans = Loan.objects.filter(number=number_given(text, "LN") or text).values_list("pk", flat=True)
        return [LoanTransition.objects.filter(loan_id__in=list(loans))]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        everything = getattr(request.user, "sees_everything", False)
        return bool(everything and request.user.has_perm("loans.view_loan"))


@admin.register(Repayment)
class RepaymentAdmin(FoundByPersonAdmin):
    person = "loan__borrower"
    list_display = ("number", "loan", "amount", "received_on", "channel", "status")
    search_fields = ("number__startswith", "loan__number__exact", "payer_reference__exact")
    list_select_related = ("loan",)


@admin.register(NightAccrual)
class NightAccrualAdmin(LargeTableAdmin):
    """What each night accrued, a row an entry; a loan's own shares stand on its page."""

    list_display = ("accrued_on", "product_id", "lo", "hi", "loans", "interest", "late_interest", "fee", "entry_id")
    search_fields = ("entry_id__exact",)


@admin.register(Application)
class ApplicationAdmin(FoundByPersonAdmin):
    kind = Kind.APPLICATION
    list_display = ("number", "borrower", "product", "amount", "status", "submitted_on")
    list_filter = ("status",)
    search_fields = ("number__startswith",)
    list_select_related = ("borrower", "product")


@admin.register(Contract)
class ContractAdmin(LargeTableAdmin):
    list_display = ("number", "signed_on", "signed_via", "sha256")
    search_fields = ("number__startswith",)


@admin.register(GateVerdict)
class GateVerdictAdmin(FoundByPersonAdmin):
    """What the gate answered, with its facts; an application's and a loan's are found by their number."""

    list_display = ("created_at", "act", "binds", "borrower", "application", "loan", "amount", "asked_by")
    search_fields = ("application__number__exact", "loan__number__exact")
    list_select_related = ("borrower", "application", "loan", "asked_by")


@admin.register(GateOverride)
class GateOverrideAdmin(FoundByPersonAdmin):
    list_display = ("agreed_on", "borrower", "application", "loan", "amount", "asked_by", "agreed_by", "good_until")
    search_fields = ("application__number__exact", "loan__number__exact")
    list_select_related = ("borrower", "application", "loan", "asked_by", "agreed_by")


@admin.register(Disbursement)
class DisbursementAdmin(LargeTableAdmin):
    list_display = ("number", "loan", "amount", "status", "requested_on", "paid_on")
    search_fields = ("number__startswith", "loan__number__exact")
    list_select_related = ("loan",)


@admin.register(Mandate)
class MandateAdmin(LargeTableAdmin):
    list_display = ("number", "loan", "status", "signed_on")
    search_fields = ("number__startswith", "loan__number__exact")
    list_select_related = ("loan",)


@admin.register(PolicyPledge)
class PolicyPledgeAdmin(FoundByPersonAdmin):
    person = "loan__borrower"
    list_display = ("masked_number", "insurer", "loan", "status", "pledged_on", "notice_ends_on")
    search_fields = ("loan__number__exact", "public_id__exact")
    list_select_related = ("loan",)
    exclude = ("policy_number", "insured_name")


@admin.register(LoanPurpose)
class LoanPurposeAdmin(ChangedByTwoAdmin, HistoryAdmin):
    """What no loan is given for is law: nobody changes the list alone, and nothing of it is removed."""

    list_display = ("code", "name", "name_zh", "forbidden", "active")
    list_filter = ("forbidden", "active")

    def has_delete_permission(self, request: HttpRequest, obj: LoanPurpose | None = None) -> bool:
        return False


@admin.register(Merchant)
class MerchantAdmin(ReadOnlyAdmin):
    """Shown for rescue; merchants are kept on their own pages, where the account is sealed and a reason is asked for."""

    list_display = ("name", "registration_number", "bank_name", "masked_account", "active")
    list_filter = ("active", "market")
    search_fields = ("name", "registration_number", "public_id")
    fields = readonly_fields = (
        "name",
        "market",
        "registration_number",
        "bank_name",
        "masked_holder",
        "masked_account",
        "active",
        "created_at",
        "created_by",
    )


@admin.register(BankFile)
class BankFileAdmin(ReadOnlyAdmin):
    list_display = ("name", "profile", "status", "payment_count", "total", "imported_on", "imported_by", "confirmed_by")


@admin.register(SetAside)
class SetAsideAdmin(ReadOnlyAdmin):
    list_display = ("name", "what", "came_by", "code", "set_aside_on", "brought_by", "settled_on")
    list_filter = ("what", "came_by")
    list_select_related = ("brought_by",)


@admin.register(IncomingPayment)
class IncomingPaymentAdmin(LargeTableAdmin):
    list_display = ("bank_reference", "paid_on", "amount", "credited", "status", "matched_how")
    search_fields = ("bank_reference__exact",)
    exclude = ("payer_name", "payer_account", "remark")
