"""Configuration of products; loans and money are shown for rescue only and changed through their own doors."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import DecimalField, Field, JSONField, QuerySet
from django.forms.models import construct_instance
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from audit.admin.by_two import ChangedByTwoAdmin
from borrowers.admin import FoundByPersonAdmin
from core.admin import HistoryAdmin, LargeTableAdmin, ReadOnlyAdmin
from core.day_counts import DayCount
from core.errors import DomainError
from core.identifiers import number_given
from core.models import Calendar
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
    VersionStatus,
)
from loans.pricing.early_charges import require_early_charge_allowed
from loans.pricing.late_rules import require_multiplier_allowed
from loans.pricing.quotes import require_product_within_cap
from loans.templatetags.loan_words import day_count_words, product_name

VERSION_SECTIONS = [
    (None, ["product", "version", "status", "effective_from"]),
    (
        _("Amounts and instalments"),
        [
            *("min_amount", "max_amount", "method", "frequency", "every", "min_count", "max_count"),
            *("allows_agreed_instalment", "down_payment_rate", "balloon_rate", "stages", "first_period", "level_from"),
            *("grace_on_principal", "grace_on_interest_payment", "grace_on_interest_charged"),
        ],
    ),
    (_("Due dates"), ["month_end", "business_day_roll", "business_calendar"]),
    (
        _("Interest"),
        ["annual_rate", "day_count", "interest_type", "interest_by", "rate_index", "rate_spread", "repricing"],
    ),
    (
        _("Fee and repaying early"),
        [
            *("fee_rate", "fee_due", "fee_payee"),
            *("early_charge_rate", "early_charge_last_year_rate", "early_charge_months"),
        ],
    ),
    (
        _("Paying late"),
        [
            *("grace_days", "late_rate_multiplier", "late_interest_cap", "late_interest_compounds"),
            *("late_rate_follows_rule", "charge_off_makes_all_due"),
        ],
    ),
    (_("What payments go to"), ["allocation_order", "payment_order", "prepayment", "remainder_tolerance"]),
    (
        _("Purchases, and loans paid out in parts"),
        ["is_purchase", "refund_gives_interest_back", "allows_drawdowns", "line_open_months", "level_on"],
    ),
    (
        _("Interest on the actual balance"),
        ["recalculates", "rest", "overdue_bears", "compounding", "compounding_day"],
    ),
    (
        _("Rounding"),
        [
            *("rounding_mode", "rounding_step", "instalment_multiple", "multiple_for_principal"),
            *("emi_rounding", "residue", "round_each_segment"),
        ],
    ),
]


class VersionInline(TabularInline):
    """The versions of a product, each a link to its form: only there they are made, so only there they are judged."""

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
class ProductAdmin(HistoryAdmin):
    list_display = ("code", "name", "name_zh", "market", "active")
    list_filter = ("active", "market")
    search_fields = ("code", "name")
    inlines: ClassVar = [VersionInline]


class ProductVersionForm(forms.ModelForm):  # its fields come from the admin
    """Refuses a live version whose loans would cost more than the cap, naming both annualised figures."""

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        if not self.errors and values.get("status", self.instance.status) == VersionStatus.LIVE:
            version = construct_instance(self, self.instance)
            try:
                require_product_within_cap(version, version.effective_from)
                require_early_charge_allowed(version, version.effective_from)
                require_multiplier_allowed(version.late_rate_multiplier, version.effective_from, version.product.market)
            except DomainError as refusal:
                raise forms.ValidationError(refusal.detail) from refusal
        return values


class PlainDecimalField(forms.DecimalField):
    """Shows 0.18 and 0, where the column's eight places make 0.18000000 and 0E-8."""

    def prepare_value(self, value: object) -> object:
        return f"{value.normalize():f}" if isinstance(value, Decimal) else value


class OptionalListField(forms.JSONField):
    """Shows nothing where there is no list, not the word null."""

    def prepare_value(self, value: object) -> str:
        return "" if value is None else super().prepare_value(value)


def _choice_of_calendars(column: Field[Any, Any]) -> forms.ChoiceField:
    kept = [(calendar.code, f"{product_name(calendar)} ({calendar.code})") for calendar in Calendar.objects.all()]
    return forms.ChoiceField(
        label=capfirst(str(column.verbose_name)),
        help_text=column.help_text,
        choices=[("", "—"), *kept],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )


@admin.register(ProductVersion)
class ProductVersionAdmin(HistoryAdmin):
    """Drafts are edited here; a draft becomes live by its status, and then the row is closed."""

    form = ProductVersionForm
    fieldsets: ClassVar = [(title, {"fields": fields}) for title, fields in VERSION_SECTIONS]

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

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new version of ``?product=`` begins with the conditions of the newest one: what stays need not be typed."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        product = initial.get("product", "")
        newest = ProductVersion.objects.filter(product=product).first() if str(product).isdecimal() else None
        if newest is None:
            return {"version": 1} | initial
        kept = {name: getattr(newest, name) for _title, fields in VERSION_SECTIONS for name in fields}
        return kept | {"product": newest.product_id, "version": newest.version + 1, "status": VersionStatus.DRAFT}

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Fractions, lists and day counts as people write them; the calendar is chosen from those that are kept."""
        if isinstance(db_field, DecimalField):
            kwargs["form_class"] = PlainDecimalField
        elif isinstance(db_field, JSONField):
            kwargs |= {"form_class": OptionalListField, "widget": UnfoldAdminTextareaWidget(attrs={"rows": 2})}
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "day_count":
            field.choices = [(count.value, day_count_words(count.value)) for count in DayCount]
        return _choice_of_calendars(db_field) if db_field.name == "business_calendar" else field

    def has_change_permission(self, request: HttpRequest, obj: ProductVersion | None = None) -> bool:
        closed = obj is not None and obj.status == VersionStatus.RETIRED
        return not closed and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: ProductVersion | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: ProductVersion | None = None) -> tuple[str, ...]:
        """Of a live version only the status moves: it can be retired."""
        if obj is None or obj.status == VersionStatus.DRAFT:
            return ()
        return tuple(field.name for field in ProductVersion._meta.fields if field.name not in {"id", "status"})


class AccountMappingForm(forms.ModelForm):  # its fields come from the admin
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

    def has_view_permission(self, request: HttpRequest, obj: LoanTransition | None = None) -> bool:
        return bool(request.user.has_perm("loans.view_loan"))


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
class LoanPurposeAdmin(ReadOnlyAdmin):
    """What no loan is given for is law: nobody changes the list alone."""

    list_display = ("code", "name", "name_zh", "forbidden", "active")
    list_filter = ("forbidden", "active")


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
    list_display = ("name", "profile", "payment_count", "total", "imported_on", "imported_by")


@admin.register(IncomingPayment)
class IncomingPaymentAdmin(LargeTableAdmin):
    list_display = ("bank_reference", "paid_on", "amount", "credited", "status", "matched_how")
    search_fields = ("bank_reference__exact",)
    exclude = ("payer_name", "remark")
