"""What people type about applications. The forms read values; origination decides what is possible."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower, ConsentPurpose
from core import business_date
from core.forms import StrictForm
from core.identifiers import number_given
from loans.models import Application, ApplicationStatus, Merchant, Product
from loans.origination.application_wish import ApplicationWish
from loans.preconditions.purposes import PurposeUnknown, offered_purposes, require_known_code
from loans.pricing.agreed_instalments import AgreedInstalmentOrNumber
from loans.pricing.quotes import versions_on_sale
from loans.templatetags.loan_words import product_name
from loans.web.forms import KeyedForm, money_input


class ProductField(forms.ModelChoiceField):
    """Products by their name in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return product_name(obj)


class PurposeField(forms.ChoiceField):
    """A loan purpose by its code. The domain refuses in its own words what is not on the list here, and what is missing."""

    def validate(self, value: Any) -> None:
        try:
            require_known_code(value)
        except PurposeUnknown as refusal:
            raise forms.ValidationError(refusal.detail, refusal.code) from refusal


def _purpose_choices() -> list[Any]:
    """The allowed ones, and apart what no loan is given for: named, it is known and refused."""
    offered = offered_purposes()
    allowed = [(purpose.code, purpose.label) for purpose in offered if not purpose.forbidden]
    forbidden = [(purpose.code, purpose.label) for purpose in offered if purpose.forbidden]
    return [("", "—"), *allowed, (_("No loan is given for"), forbidden)]


class ApplicationFilter(StrictForm):
    """The filters of the list; they live in the address, so a view can be shared."""

    q = forms.CharField(label=_("Number"), required=False)
    status = forms.ChoiceField(label=_("State"), required=False)
    product = ProductField(label=_("Product"), queryset=Product.objects.none(), required=False)
    submitted_from = forms.DateField(
        label=_("Submitted from"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].choices = [("", _("All")), ("open", _("Under way")), *ApplicationStatus.choices]  # type: ignore[attr-defined]
        product = self.fields["product"]
        product.queryset, product.empty_label = Product.objects.order_by("name"), _("All")  # type: ignore[attr-defined]

    @property
    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    def apply(self, rows: QuerySet[Application]) -> QuerySet[Application]:
        values = self.cleaned_data if self.is_valid() else {}
        if values.get("q"):
            rows = rows.filter(number=number_given(values["q"], "AP") or values["q"].strip().upper())
        if values.get("status") == "open":
            rows = rows.open()  # type: ignore[attr-defined]
        elif values.get("status"):
            rows = rows.filter(status=values["status"])
        if values.get("product"):
            rows = rows.filter(product=values["product"])
        if values.get("submitted_from"):
            rows = rows.filter(submitted_on__gte=values["submitted_from"])
        return rows


class WishForm(KeyedForm):
    """What somebody wants: product, amount, term; for a purchase what is bought, from whom, at which price.

    The page sends the ticks of the consents that are missing beside it (``borrowers.web.forms.MissingConsents``).
    """

    also_sent = KeyedForm.also_sent | {f"consent_{purpose}" for purpose in ConsentPurpose.values}

    product = ProductField(label=_("Product"), queryset=Product.objects.none())
    amount = money_input(_("Amount"), min_value=Decimal("0.01"))
    price = money_input(
        _("Price of the purchase"),
        min_value=Decimal("0.01"),
        required=False,
        help_text=_("Only for a purchase. The price less the amount is paid down to the merchant."),
    )
    first_drawdown = money_input(
        _("First drawdown"),
        min_value=Decimal("0.01"),
        required=False,
        help_text=_("Only where the product is paid out in parts. Empty: all at once."),
    )
    merchant = forms.ModelChoiceField(
        label=_("Merchant"), queryset=Merchant.objects.none(), required=False, help_text=_("Only for a purchase.")
    )
    goods = forms.CharField(
        label=_("Goods"), max_length=120, required=False, help_text=_("Only for a purchase: what is bought.")
    )
    term_count = forms.IntegerField(label=_("Number of instalments"), min_value=1, max_value=365, required=False)
    agreed_instalment = money_input(
        _("or: instalment that can be paid"),
        min_value=Decimal("0.01"),
        required=False,
        help_text=_("Where the product allows it: the number of instalments follows, and the last one is smaller."),
    )
    purpose = PurposeField(label=_("Purpose"))
    purpose_note = forms.CharField(
        label=_("In the borrower's words"), max_length=120, required=False, help_text=_("What the money is spent on.")
    )
    wants_person = forms.BooleanField(
        label=_("The borrower wants a person to decide"),
        required=False,
        help_text=_("Then the rules decide nothing, and no consent to a decision by software is needed."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = _purpose_choices()  # type: ignore[attr-defined]
        on_sale = versions_on_sale(business_date.current()).values("product_id")
        sold = Product.objects.filter(pk__in=on_sale).order_by("name")
        self.fields["product"].queryset = sold  # type: ignore[attr-defined]
        self.fields["merchant"].queryset = Merchant.objects.filter(active=True).order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The number, or the instalment it follows from: exactly one of them."""
        values: dict[str, Any] = super().clean() or {}
        if not self.errors and (values["term_count"] is None) == (values["agreed_instalment"] is None):
            self.add_error("term_count", AgreedInstalmentOrNumber().detail)
        return values

    def wish_of(self, borrower: Borrower) -> ApplicationWish:
        """What the borrower wants."""
        values = self.cleaned_data
        return ApplicationWish(
            borrower_id=borrower.pk,
            product_id=values["product"].pk,
            amount=values["amount"],
            term_count=values["term_count"],
            price=values["price"],
            merchant_id=values["merchant"].pk if values["merchant"] else None,
            goods=values["goods"],
            first_drawdown=values["first_drawdown"],
            agreed_instalment=values["agreed_instalment"],
            purpose=values["purpose"],
            purpose_note=values["purpose_note"],
            wants_person=values["wants_person"],
        )

    @property
    def idempotency_key(self) -> str:
        """The page's own key: sent twice, it is one application."""
        return f"page:{self.cleaned_data['key']}"
